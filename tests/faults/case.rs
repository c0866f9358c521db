//! Shared by the tables: an organization with keys, and the result for each.

use serde_json::Value;

use support::fake_coveo::{ApiKey, Certificate, Coveo, key_id};
use support::harness::{Run, json_lines};

/// The number of cases that run at a time.
pub const WIDTH: usize = 40;

/// Starts an organization with the keys `k1` and so on.
pub fn organization(https: bool, keys: usize) -> (Coveo, Vec<String>) {
    start(https, (1..=keys).map(|number| format!("k{number}")).collect())
}

/// Starts an organization with keys whose IDs have the form of Coveo's.
pub fn coveo_organization(https: bool, keys: usize) -> (Coveo, Vec<String>) {
    start(https, (1..=keys).map(|number| key_id(&format!("k{number}"))).collect())
}

fn start(https: bool, ids: Vec<String>) -> (Coveo, Vec<String>) {
    let builder = Coveo::builder();
    let builder = if https { builder.https(Certificate::Good) } else { builder };
    let coveo = builder.start_with(ids.iter().map(|id| ApiKey::new(id)));
    (coveo, ids)
}

/// The result for one key.
#[derive(Debug)]
pub struct KeyResult {
    pub outcome: String,
    pub attempts: u64,
    pub http_status: Option<u64>,
    pub error_code: Option<String>,
}

/// Reads the lines of `--json`: one for each of `keys`, in order.
#[track_caller]
pub fn results(run: &Run, keys: &[String]) -> Vec<KeyResult> {
    let lines = json_lines(&run.stdout);
    let named: Vec<&str> = lines.iter().map(|line| line["keyId"].as_str().expect("a key's ID")).collect();
    assert_eq!(named, keys, "one line a key, in order");
    let result = |line: &Value| KeyResult {
        outcome: line["outcome"].as_str().expect("an outcome").to_owned(),
        attempts: line["attempts"].as_u64().expect("a number of attempts"),
        http_status: line["httpStatus"].as_u64(),
        error_code: line["errorCode"].as_str().map(str::to_owned),
    };
    lines.iter().map(result).collect()
}

/// The number of attempts shown by `--verbose`.
pub fn attempts_shown(run: &Run) -> u64 {
    let shows = |line: &&str| {
        ["DELETE http", "PUT http", "POST http"]
            .iter()
            .any(|start| line.starts_with(&format!("coveo-delete-key: {start}")))
    };
    run.stderr.lines().filter(shows).count() as u64
}
