//! Checks a run: the reported outcome of each key against its true state.

use std::time::Duration;

use crate::ending;
use crate::fault::RandomFault;
use crate::run::Finished;
use crate::truth::{check_fields, check_truth};
use crate::unknown::{is_plainly_elsewhere, may_be_gone, may_be_proven, needless_unknown, was_odd};
use support::proxy::Then;

/// The allowed time beyond `--timeout` for a key, in milliseconds.
const OVERRUN: i64 = 1000;

/// With less time left than this, in milliseconds, the tool may have missed a response that was on its way.
const LAST_MOMENT: i64 = 300;

/// Returns what is wrong.
pub fn check(finished: &Finished) -> Vec<String> {
    let (schedule, outcomes) = (&finished.schedule, finished.outcomes());
    let ids = schedule.ids();
    let key = |line: &serde_json::Value| ids.iter().position(|id| line["keyId"] == **id);
    let Some(keys) = finished.lines.iter().map(key).collect::<Option<Vec<usize>>>() else {
        return vec!["a line is about an unknown key".into()];
    };
    let mut errors: Vec<String> = ending::check_selection(finished, &keys).into_iter().collect();
    errors.extend(ending::check_losses(finished, &keys, &outcomes));
    for (at, &key) in keys.iter().enumerate() {
        let complaints = check_key(finished, key, at, &outcomes);
        errors.extend(complaints.into_iter().map(|why| format!("{} is {}: {why}", ids[key], outcomes[at])));
    }
    errors.extend(ending::check_end(finished, &outcomes));
    // In addition to its keys, a run may have a list and a bulk request, and it has to start.
    let limit = (schedule.keys.len() as u64 + 3) * (schedule.timeout + 500) + 2000;
    if finished.run.took > Duration::from_millis(limit) {
        errors.push(format!("the run took {:?}", finished.run.took));
    }
    errors
}

/// Returns what is wrong with the line at `at`, which is about this key.
fn check_key(finished: &Finished, key: usize, at: usize, outcomes: &[String]) -> Vec<String> {
    let (before, outcome, line) = (&outcomes[..at], outcomes[at].as_str(), &finished.lines[at]);
    let mut errors: Vec<String> =
        check_truth(finished, outcome, key).map(str::to_owned).into_iter().collect();
    errors.extend(check_fields(finished, outcome, line, key));
    let overrun = line["elapsedMs"].as_i64().unwrap_or(i64::MAX) - finished.schedule.timeout as i64;
    if overrun > OVERRUN {
        errors.push(format!("{overrun} ms beyond --timeout"));
    }
    let is_missing = matches!(outcome, "gone" | "notFound" | "alreadyGone");
    let why = match outcome {
        _ if is_missing && !may_be_proven(finished, before) => Some("without proof of access"),
        _ if !is_plain(finished) => None,
        "unknown" if line["attempts"] != 0 && overrun <= -LAST_MOMENT => needless_unknown(finished, key),
        "unexpected" if !was_odd(finished, key) => Some("although every response was documented"),
        "unexpected" if is_plainly_elsewhere(finished, before, key) => {
            Some("although the response says that the organization doesn't exist")
        }
        "gone" if !may_be_gone(finished, key) => {
            Some("although no earlier attempt can have been carried out")
        }
        _ => None,
    };
    errors.extend(why.map(str::to_owned));
    errors
}

/// Whether the log shows everything that the tool could know: no signal ended the run, no reads came before its changes,
/// and no tunnel was cut at a moment that only the proxy knows.
fn is_plain(finished: &Finished) -> bool {
    let is_cut = |fault| matches!(fault, Some(RandomFault::Tunnel(_, Then::ConnectFor(..))));
    !finished.is_interrupted()
        && !finished.is_selection()
        && !finished.events.iter().any(|event| is_cut(event.fault))
}
