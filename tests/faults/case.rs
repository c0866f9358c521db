//! Shared by the tables.

use serde_json::Value;

use support::fake_coveo::{ApiKey, Certificate, Coveo, key_id};
use support::harness::{Run, check, exit_status, json_lines};

/// The number of cases that run at a time.
pub const WIDTH: usize = 40;

/// Starts an organization with this many keys, `k1…` and so on, whose IDs have the form of Coveo's.
pub fn organization(https: bool, keys: usize) -> (Coveo, Vec<String>) {
    let ids: Vec<String> = (1..=keys).map(|number| key_id(&format!("k{number}"))).collect();
    let builder = Coveo::builder();
    let builder = if https { builder.https(Certificate::Good) } else { builder };
    (builder.start_with(ids.iter().map(|id| ApiKey::new(id))), ids)
}

/// Checks the outcomes of these keys, and the exit status. Returns the lines of `--json`.
#[track_caller]
pub fn check_outcomes(run: &Run, ids: &[String], outcomes: &[&str]) -> Vec<Value> {
    assert_eq!(ids.len(), outcomes.len(), "an outcome for each key");
    let expected: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(outcomes.iter().copied()).collect();
    check(run, &expected, exit_status(outcomes));
    json_lines(&run.stdout)
}

/// The number of attempts shown by `--verbose`.
pub fn attempts_shown(run: &Run) -> usize {
    let methods = ["DELETE http", "PUT http", "POST http"];
    let shows = |line: &str| methods.iter().any(|it| line.starts_with(&format!("coveo-delete-key: {it}")));
    run.stderr.lines().filter(|line| shows(line)).count()
}
