//! What the tables have in common: an organization with keys, and what the tool said of each.

use serde_json::Value;

use support::fake_coveo::{ApiKey, Certificate, Coveo};
use support::harness::{Run, json_lines};

/// So many cases run at once.
pub const WIDTH: usize = 40;

/// Starts an organization with the keys `k1` and so on.
pub fn organization(https: bool, keys: usize) -> (Coveo, Vec<String>) {
    let builder = Coveo::builder();
    let coveo = if https { builder.https(Certificate::Good) } else { builder }.start();
    let ids: Vec<String> = (1..=keys).map(|number| format!("k{number}")).collect();
    for id in &ids {
        coveo.add(ApiKey::new(id));
    }
    (coveo, ids)
}

/// What the tool said of one key.
#[derive(Debug)]
pub struct KeyResult {
    pub outcome: String,
    pub attempts: u64,
    pub http_status: Option<u64>,
    pub error_code: Option<String>,
}

/// Reads the lines of `--json`, which must be one for each of `keys`, in their order.
#[track_caller]
pub fn results(run: &Run, keys: &[String]) -> Vec<KeyResult> {
    let lines = json_lines(&run.stdout);
    let named: Vec<&str> = lines.iter().map(|line| line["keyId"].as_str().expect("a key's ID")).collect();
    assert_eq!(named, keys, "one line a key, in the order given");
    let result = |line: &Value| KeyResult {
        outcome: line["outcome"].as_str().expect("an outcome").to_owned(),
        attempts: line["attempts"].as_u64().expect("a number of attempts"),
        http_status: line["httpStatus"].as_u64(),
        error_code: line["errorCode"].as_str().map(str::to_owned),
    };
    lines.iter().map(result).collect()
}

/// How many attempts `--verbose` has shown.
pub fn attempts_shown(run: &Run) -> u64 {
    let shows = |line: &&str| {
        ["DELETE http", "PUT http", "POST http"]
            .iter()
            .any(|start| line.starts_with(&format!("coveo-delete-key: {start}")))
    };
    run.stderr.lines().filter(shows).count() as u64
}
