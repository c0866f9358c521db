//! Validates values against a JSON schema with Python's `jsonschema`: a crate for it would add a quarter to the build time.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use support::harness::skip;

/// Reads a schema and a list of values. Prints a list of errors for each value.
const SCRIPT: &str = "
import json, sys
from jsonschema import Draft202012Validator as Validator
schema, values = json.load(sys.stdin)
Validator.check_schema(schema)
validator = Validator(schema)
errors = lambda value: [f'{error.json_path}: {error.message}' for error in validator.iter_errors(value)]
print(json.dumps([errors(value) for value in values]))
";

/// The errors of each value; none if it is valid. Without Python and its `jsonschema`, calls [`skip`] and returns `None`.
#[track_caller]
pub fn errors(schema: &Value, values: &[Value]) -> Option<Vec<Vec<String>>> {
    // The first Python in the path may not be Debian's, and lack Debian's packages.
    let has_jsonschema = |python: &&&str| {
        let import = Command::new(python).args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].iter().find(has_jsonschema) else {
        skip("Python's jsonschema is missing (Debian: apt-get install python3-jsonschema)");
        return None;
    };
    let mut process = Command::new(python);
    let process = process.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = process.expect("Python starts");
    let mut input = process.stdin.take().expect("standard input is a pipe");
    write!(input, "{}", json!([schema, values])).expect("Python reads its input");
    drop(input);
    let output = process.wait_with_output().expect("Python ends");
    Some(serde_json::from_slice(&output.stdout).expect("a list of errors for each value"))
}
