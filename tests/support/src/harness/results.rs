//! Reads the results of `--json`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Run;

#[track_caller]
pub fn json_lines(stdout: &str) -> Vec<Value> {
    let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("this line is not JSON: {line}"));
    stdout.lines().map(read).collect()
}

#[track_caller]
pub fn outcomes(stdout: &str) -> Vec<String> {
    json_lines(stdout).iter().map(|line| text(line, "outcome")).collect()
}

/// The key IDs and outcomes in the lines of `--json`.
#[track_caller]
pub fn key_outcomes(stdout: &str) -> Vec<(String, String)> {
    json_lines(stdout).iter().map(|line| (text(line, "keyId"), text(line, "outcome"))).collect()
}

/// Checks key IDs and outcomes in the lines of `--json`, and the exit status.
#[track_caller]
pub fn check(run: &Run, expected: &[(&str, &str)], status: i32) {
    let owned = |(id, outcome): &(&str, &str)| ((*id).to_owned(), (*outcome).to_owned());
    let expected: Vec<_> = expected.iter().map(owned).collect();
    assert_eq!(key_outcomes(&run.stdout), expected, "{}", run.stderr);
    assert_eq!(run.status, status, "{}", run.stderr);
}

/// The name and exit status of each outcome, read from its row in the source: `    Deleted "deleted" "deleted" 0 false`.
pub fn source_outcomes() -> BTreeSet<(String, u8)> {
    let row = |line: &str| {
        let mut parts = line.strip_prefix("    ")?.split('"');
        let (variant, name, rest) = (parts.next()?.trim(), parts.next()?, parts.next_back()?);
        let status = rest.split_whitespace().next()?.parse().ok()?;
        variant.chars().all(char::is_alphanumeric).then(|| (name.to_owned(), status))
    };
    let outcomes: BTreeSet<_> = include_str!("../../../../src/outcome.rs").lines().filter_map(row).collect();
    assert!(outcomes.len() >= 17 && outcomes.contains(&("gone".to_owned(), 0)), "{outcomes:?}");
    outcomes
}

/// The documented exit status of a run with these outcomes.
pub fn exit_status<T: AsRef<str>>(outcomes: &[T]) -> i32 {
    let is = |wanted: &str| outcomes.iter().any(|outcome| outcome.as_ref() == wanted);
    let failure = |outcome: &T| match outcome.as_ref() {
        "unexpected" | "refused" => Some(1),
        "organizationNotFound" => Some(2),
        "unauthorized" => Some(3),
        "forbidden" => Some(4),
        "notFound" => Some(5),
        "unavailable" | "unknown" => Some(6),
        // Neither a success nor a separate failure.
        "notTried" => None,
        "deleted" | "disabled" | "activated" | "gone" | "alreadyGone" | "kept" | "listed" => None,
        outcome if outcome.starts_with("would") => None,
        outcome => panic!("{outcome} has no exit status"),
    };
    let mut failures: Vec<i32> = outcomes.iter().filter_map(failure).collect();
    failures.sort_unstable();
    failures.dedup();
    match failures.as_slice() {
        [] => i32::from(is("notTried")),
        [status] => *status,
        _ => 1,
    }
}

#[track_caller]
fn text(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_else(|| panic!("{field} isn't a string: {line}")).to_owned()
}
