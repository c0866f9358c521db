//! The check of a run: what the tool said of each key, held against what the key was and what it is.

use serde_json::Value;

use crate::run::Finished;
use crate::schedule::Schedule;
use crate::unknown::{
    is_unauthorized_to_list, may_be_gone, may_be_gone_unlisted, may_be_proven, needless, was_missing, was_odd,
};
use support::fake_coveo::ApiKey;

/// The most that the tool may go beyond `--timeout` for a key, in milliseconds.
const OVERRUN: i64 = 1000;

/// Whoever gives up with less than this left, in milliseconds, may have missed an answer that was under way.
const LAST_MOMENT: i64 = 300;

/// So many keys in a row that end for a reason that is not theirs end a run.
const ENOUGH: usize = 3;

#[derive(Default)]
pub struct Findings {
    /// What was wrong.
    pub lies: Vec<String>,
    pub outcomes: Vec<String>,
    /// How far the tool went beyond `--timeout` at most; less than 0 if it did not.
    pub overrun: i64,
    /// The answers that came so late that `unknown` is no error.
    pub last_moment: usize,
}

pub fn check(schedule: &Schedule, finished: &Finished) -> Findings {
    let mut findings = Findings { overrun: i64::MIN, ..Findings::default() };
    let named: Vec<&str> =
        finished.lines.iter().map(|line| line["keyId"].as_str().unwrap_or_default()).collect();
    if named != schedule.ids() {
        findings.lies.push(format!("the lines are about {named:?}"));
        return findings;
    }
    let outcomes: Vec<&str> =
        finished.lines.iter().map(|line| line["outcome"].as_str().unwrap_or_default()).collect();
    for (key, line) in finished.lines.iter().enumerate() {
        let outcome = outcomes[key];
        // Without the list, a key that a bulk request deleted can't be told from one that never was.
        let before = match outcome {
            "notFound" | "alreadyGone" if !schedule.disable && may_be_gone_unlisted(finished) => &None,
            _ => &finished.before[key],
        };
        let mut complaints = vec![
            against_the_truth(schedule, outcome, before, &finished.after[key]),
            against_the_form(schedule, outcome, line, was_missing(schedule, finished, key)),
        ];
        if matches!(outcome, "gone" | "notFound" | "alreadyGone")
            && !may_be_proven(schedule, finished, &outcomes, key)
        {
            complaints.push(Some("although nothing has proven the organization".into()));
        }
        let overrun = line["elapsedMs"].as_i64().unwrap_or(i64::MAX) - schedule.timeout as i64;
        if outcome == "unknown" && line["attempts"] != 0 {
            let complaint = needless(schedule, finished, key);
            if complaint.is_some() && overrun > -LAST_MOMENT {
                findings.last_moment += 1;
            } else {
                complaints.push(complaint);
            }
        }
        if outcome == "unexpected" && !was_odd(schedule, finished, key) {
            complaints.push(Some("although every answer was one that is documented".into()));
        }
        if outcome == "gone" && !may_be_gone(schedule, finished, key) {
            complaints.push(Some("although no earlier attempt can have been carried out".into()));
        }
        if overrun > OVERRUN {
            complaints.push(Some(format!("{overrun} ms beyond --timeout")));
        }
        findings.overrun = findings.overrun.max(overrun);
        findings.outcomes.push(outcome.to_owned());
        let id = named[key];
        findings
            .lies
            .extend(complaints.into_iter().flatten().map(|why| format!("{id} is called {outcome}: {why}")));
    }
    let end = match is_unauthorized_to_list(finished) {
        true => against_the_end_at_the_list(&outcomes),
        false => against_the_end(schedule, &findings.outcomes),
    };
    findings.lies.extend(end);
    let status = status(&findings.outcomes);
    if finished.ran.status != status {
        findings.lies.push(format!("the exit status is {}, and should be {status}", finished.ran.status));
    }
    // Beside its keys a run may have a bulk request and a list, and it has to start.
    let limit = (schedule.keys.len() as u64 + 2 * u64::from(schedule.bulk)) * (schedule.timeout + 500) + 2000;
    if finished.ran.took.as_millis() > limit.into() {
        findings.lies.push(format!("the run took {:?}", finished.ran.took));
    }
    findings
}

fn against_the_truth(
    schedule: &Schedule,
    outcome: &str,
    before: &Option<ApiKey>,
    after: &Option<ApiKey>,
) -> Option<String> {
    let wrong = match outcome {
        "deleted" if schedule.disable => "nothing was to be deleted",
        "deleted" if before.is_none() => "it was not there",
        "deleted" | "gone" | "notFound" | "alreadyGone" if after.is_some() => "it is there",
        "gone" if schedule.disable => "nothing was to be deleted",
        "deleted" | "gone" => return None,
        "disabled" if !schedule.disable => "nothing was to be disabled",
        "disabled" if after.as_ref().is_none_or(|key| key.enabled) => "it is not",
        "disabled" => return None,
        "notFound" | "alreadyGone" if before.is_some() => "it was there",
        "notFound" if schedule.ignore_not_found => "--ignore-not-found was given",
        "alreadyGone" if !schedule.ignore_not_found => "--ignore-not-found was not given",
        "notFound" | "alreadyGone" => return None,
        "unauthorized" | "forbidden" | "refused" | "unavailable" | "notTried" if before != after => {
            "it was changed"
        }
        "unauthorized" | "forbidden" | "refused" | "unavailable" | "notTried" => return None,
        // These two claim nothing.
        "unknown" | "unexpected" => return None,
        _ => "there is no such outcome in such a run",
    };
    Some(wrong.into())
}

/// Whether the line's other facts go with its outcome. `missing`: an answer said that there is no such key, which may
/// have lacked a proof.
fn against_the_form(schedule: &Schedule, outcome: &str, line: &Value, missing: bool) -> Option<String> {
    let action = if schedule.disable { "disable" } else { "delete" };
    let (status, attempts) = (line["httpStatus"].as_u64(), line["attempts"].as_u64()?);
    let fits = match outcome {
        "deleted" | "disabled" => status == Some(204),
        "gone" | "notFound" | "alreadyGone" => status == Some(404),
        "unauthorized" => status == Some(401),
        "forbidden" => status == Some(403),
        "refused" => matches!(status, Some(400 | 409 | 412)) && line["errorCode"] == "SOME_CODE",
        "notTried" => status.is_none(),
        "unexpected" => status.is_some() && status != Some(204),
        _ => status != Some(204) && (status != Some(404) || missing),
    };
    let most = schedule.retries + 1;
    match () {
        () if !fits => Some(format!("the status does not go with it: {line}")),
        () if (outcome == "notTried") != (attempts == 0) && outcome != "unknown" || attempts > most => {
            Some(format!("{attempts} attempts"))
        }
        () if line["action"] != action => Some(format!("the action is {}", line["action"])),
        () => None,
    }
}

/// Whether the run ended where it should have: behind three keys in a row that failed for a reason that is not theirs.
fn against_the_end(schedule: &Schedule, outcomes: &[String]) -> Option<String> {
    let mut in_a_row = 0;
    for (key, outcome) in outcomes.iter().enumerate() {
        let ended = in_a_row == ENOUGH;
        // A bulk request that is in doubt has tried them all.
        let untried = outcome == "notTried" || ended && schedule.bulk && outcome == "unknown";
        if ended != untried {
            return Some(format!("k{} is called {outcome} after {in_a_row} such keys in a row", key + 1));
        }
        match outcome.as_str() {
            _ if ended => {}
            "unauthorized" | "unavailable" | "unknown" | "unexpected" => in_a_row += 1,
            _ => in_a_row = 0,
        }
    }
    None
}

/// Whether a run whose list was refused with 401 ended at its first key.
fn against_the_end_at_the_list(outcomes: &[&str]) -> Option<String> {
    let rest = outcomes[1..].iter().all(|outcome| *outcome == "notTried");
    (outcomes[0] != "unauthorized" || !rest).then(|| "the token was refused before the first key".into())
}

/// The exit status that follows from the outcomes.
fn status(outcomes: &[String]) -> i32 {
    let mut failures: Vec<i32> = outcomes
        .iter()
        .filter_map(|outcome| match outcome.as_str() {
            "deleted" | "disabled" | "gone" | "alreadyGone" => None,
            "unauthorized" => Some(3),
            "forbidden" => Some(4),
            "notFound" => Some(5),
            "unavailable" | "unknown" => Some(6),
            // Not a success, and not a failure of its own.
            "notTried" => None,
            _ => Some(1),
        })
        .collect();
    failures.sort_unstable();
    failures.dedup();
    match failures.as_slice() {
        [] if outcomes.iter().any(|outcome| outcome == "notTried") => 1,
        [] => 0,
        [one] => *one,
        _ => 1,
    }
}
