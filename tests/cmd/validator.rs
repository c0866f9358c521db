//! Holds values against a JSON schema, with Python's `jsonschema`: such a crate takes as long to compile as a quarter of
//! all else together.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use support::harness::skip;

/// Reads a schema, then values, each on a line; answers each value with a list of what is wrong with it.
const SCRIPT: &str = "
import json, sys
from jsonschema import Draft202012Validator as Validator
schema = json.loads(sys.stdin.readline())
Validator.check_schema(schema)
validator = Validator(schema)
for line in sys.stdin:
    wrong = [f'{error.json_path}: {error.message}' for error in validator.iter_errors(json.loads(line))]
    print(json.dumps(wrong), flush=True)
";

/// A process that holds values against one schema. It ends with its standard input.
pub struct Validator {
    process: Child,
    values: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

impl Validator {
    /// One for `schema`. Without Python and its `jsonschema` the test is to be skipped, and [`skip`] has been called.
    #[track_caller]
    pub fn new(schema: &Value) -> Option<Validator> {
        // The first Python of the path may be another than Debian's, without Debian's packages.
        let knows = |python: &&&str| {
            let import =
                Command::new(python).args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
            import.is_ok_and(|status| status.success())
        };
        let Some(python) = ["python3", "/usr/bin/python3"].iter().find(knows) else {
            skip("Python's jsonschema is missing (Debian: apt-get install python3-jsonschema)");
            return None;
        };
        let mut process = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let verdicts = BufReader::new(process.stdout.take().expect("it has a standard output"));
        let mut values = process.stdin.take().expect("it has a standard input");
        writeln!(values, "{schema}").expect("a schema can be sent");
        Some(Validator { process, values, verdicts })
    }

    /// What is wrong with `value`: nothing if it is valid.
    pub fn errors(&mut self, value: &Value) -> Vec<String> {
        writeln!(self.values, "{value}").expect("a value can be sent");
        let mut verdict = String::new();
        self.verdicts.read_line(&mut verdict).expect("there is a verdict");
        serde_json::from_str(&verdict).expect("a verdict is a list")
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
