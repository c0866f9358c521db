//! Validates values against a JSON schema with Python's `jsonschema`: a crate for it would add a quarter to the build time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use support::harness::skip;

/// Reads a schema, then values, one per line. Prints a list of errors for each value.
const SCRIPT: &str = "
import json, sys
from jsonschema import Draft202012Validator as Validator
schema = json.loads(sys.stdin.readline())
Validator.check_schema(schema)
validator = Validator(schema)
for line in sys.stdin:
    errors = [f'{error.json_path}: {error.message}' for error in validator.iter_errors(json.loads(line))]
    print(json.dumps(errors), flush=True)
";

/// A process that validates values against one schema. It ends with its standard input.
pub struct Validator {
    process: Child,
    values: ChildStdin,
    errors: BufReader<ChildStdout>,
}

impl Validator {
    /// Starts one for `schema`. Without Python and its `jsonschema`, calls [`skip`] and returns `None`.
    #[track_caller]
    pub fn new(schema: &Value) -> Option<Validator> {
        // The first Python in the path may not be Debian's, and lack Debian's packages.
        let has_jsonschema = |python: &&&str| {
            let import =
                Command::new(python).args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
            import.is_ok_and(|status| status.success())
        };
        let Some(python) = ["python3", "/usr/bin/python3"].iter().find(has_jsonschema) else {
            skip("Python's jsonschema is missing (Debian: apt-get install python3-jsonschema)");
            return None;
        };
        let mut process = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let errors = BufReader::new(process.stdout.take().expect("standard output is a pipe"));
        let mut values = process.stdin.take().expect("standard input is a pipe");
        writeln!(values, "{schema}").expect("a schema can be sent");
        Some(Validator { process, values, errors })
    }

    /// The errors of `value`; empty if it is valid.
    pub fn errors(&mut self, value: &Value) -> Vec<String> {
        writeln!(self.values, "{value}").expect("a value can be sent");
        let mut line = String::new();
        self.errors.read_line(&mut line).expect("a line of errors");
        serde_json::from_str(&line).expect("a list")
    }

    pub fn is_valid(&mut self, value: &Value) -> bool {
        self.errors(value).is_empty()
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
