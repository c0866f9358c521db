//! What the tables have in common: an organization with keys, a run of the tool on them, what it said of each, and many
//! such cases side by side, since most of their time is waiting.

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use support::fake_coveo::{ApiKey, Certificate, Coveo};
use support::harness::Ran;

/// So many cases run at once.
const SIDE_BY_SIDE: usize = 40;

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
pub struct Told {
    pub outcome: String,
    pub attempts: u64,
    pub http_status: Option<u64>,
    pub error_code: Option<String>,
}

/// Reads the lines of `--json`, which must be one for each of `keys`, in their order.
pub fn told(ran: &Ran, keys: &[String]) -> Vec<Told> {
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let named: Vec<&str> = lines.iter().map(|line| line["keyId"].as_str().expect("a key's ID")).collect();
    assert_eq!(named, keys, "one line a key, in the order given");
    let told = |line: &Value| Told {
        outcome: line["outcome"].as_str().expect("an outcome").to_owned(),
        attempts: line["attempts"].as_u64().expect("a number of attempts"),
        http_status: line["httpStatus"].as_u64(),
        error_code: line["errorCode"].as_str().map(str::to_owned),
    };
    lines.iter().map(told).collect()
}

/// How many attempts `--verbose` has shown.
pub fn attempts_shown(ran: &Ran) -> u64 {
    let shows = |line: &&str| {
        ["DELETE http", "PUT http", "POST http"]
            .iter()
            .any(|start| line.starts_with(&format!("coveo-delete-key: {start}")))
    };
    ran.stderr.lines().filter(shows).count() as u64
}

/// Runs `check` on each of `cases`, says how many there were, and fails with all that failed.
pub fn side_by_side<T: Display + Sync + Send>(what: &str, cases: Vec<T>, check: impl Fn(&T) + Sync) {
    let count = cases.len();
    let queue = Mutex::new(VecDeque::from(cases));
    let failed = Mutex::new(Vec::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(count) {
            scope.spawn(|| {
                while let Some(case) = next() {
                    // The message of the panic is on standard error by then; the case's name is what it lacks.
                    if catch_unwind(AssertUnwindSafe(|| check(&case))).is_err() {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(case.to_string());
                    }
                }
            });
        }
    });
    // Not by `eprintln!`, which a test that passes keeps to itself.
    _ = writeln!(std::io::stderr(), "{what}: {count} cases");
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} of {count} cases failed:\n{}", failed.len(), failed.join("\n"));
}
