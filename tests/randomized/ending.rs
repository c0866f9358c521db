//! The end of a run: the keys it reports, the reason why it stopped, and its exit status.

use std::time::Duration;

use crate::fault::{Occasion, RandomFault};
use crate::log::{Event, Reads};
use crate::response::Meaning;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::signals::Interruption;
use crate::unknown::is_unauthorized_to_list;
use support::harness::exit_status;

/// The number of consecutive failures that stops a run.
const MAX_FAILURES: usize = 3;

/// The longest time from a signal to the end.
const AFTER_SIGNAL: Duration = Duration::from_millis(3500);

/// A run that ends within this time after a signal may have ended before it.
const IMMEDIATE: Duration = Duration::from_millis(500);

/// Checks that the lines are about exactly the keys that were named, or selected, in order.
pub fn check_selection(schedule: &Schedule, finished: &Finished, keys: &[usize]) -> Option<String> {
    let all: Vec<usize> = match schedule.scene {
        Scene::Selected(_) => (0..schedule.keys.len()).filter(|key| schedule.is_selected(*key)).collect(),
        _ => (0..schedule.keys.len()).collect(),
    };
    let list = finished.events.iter().rfind(|event| event.reads == Some(Reads::List));
    match schedule.scene {
        _ if keys == all => None,
        // It was interrupted before the first change.
        _ if keys.is_empty() && finished.is_interrupted() => None,
        Scene::Selected(_) if keys.is_empty() && !list.is_some_and(|list| is_usable(schedule, list)) => None,
        _ => Some(format!("the lines are about {keys:?} instead of {all:?}")),
    }
    .or_else(|| {
        // Keys from an unusable list.
        let is_selected = matches!(schedule.scene, Scene::Selected(_)) && !keys.is_empty();
        let lists = || finished.events.iter().filter(|event| event.reads == Some(Reads::List));
        let is_bad = |event: &Event| match event.fault {
            Some(RandomFault::DateOff(days)) => days > 1,
            Some(RandomFault::TwoDates | RandomFault::NextPage) => true,
            _ => !event.was_read(),
        };
        (is_selected && lists().all(is_bad)).then(|| "they are selected from an unusable list".into())
    })
}

/// Whether a list came immediately and without any fault.
fn is_usable(schedule: &Schedule, list: &Event) -> bool {
    list.was_read_immediately() && !is_odd(list.fault) && schedule.has_privilege()
}

/// Whether the fault is in the headers of a response that is fine otherwise.
pub fn is_odd(fault: Option<RandomFault>) -> bool {
    matches!(fault, Some(RandomFault::DateOff(_) | RandomFault::TwoDates | RandomFault::NextPage))
}

/// Checks that each changed key is reported as changed, or perhaps changed.
pub fn check_losses(finished: &Finished, keys: &[usize], outcomes: &[String]) -> Option<String> {
    let unreported = |key: &usize| {
        let line = keys.iter().position(|json_lines| json_lines == key);
        let is_reported = line.is_some_and(|line| {
            let json_lines =
                ["deleted", "disabled", "gone", "unknown", "unexpected", "notFound", "alreadyGone"];
            json_lines.contains(&outcomes[line].as_str())
        });
        // If standard output is closed, standard error reports it.
        let id = format!("k{}", key + 1);
        let on_stderr = |line: &str| line.contains("could not be written") && line.contains(&id);
        finished.before[*key] != finished.after[*key]
            && !is_reported
            && !finished.run.stderr.lines().any(on_stderr)
    };
    let lost: Vec<usize> = (0..finished.before.len()).filter(unreported).collect();
    (!lost.is_empty()).then(|| format!("these keys were changed without a report, from 0: {lost:?}"))
}

/// Checks the end of the run and its exit status.
pub fn check_end(schedule: &Schedule, finished: &Finished, outcomes: &[String]) -> Vec<String> {
    let mut errors = Vec::new();
    if let Some(interruption) = finished.interruption {
        errors.extend(check_signal(schedule, finished, interruption));
    }
    if finished.is_interrupted() {
        return errors;
    }
    let may_have_failed = matches!(schedule.scene, Scene::Selected(_)) && outcomes.is_empty();
    let should = exit_status(outcomes);
    if finished.run.status != should && !may_have_failed {
        errors.push(format!("the exit status is {}, and should be {should}", finished.run.status));
    }
    errors.extend(match is_unauthorized_to_list(finished) {
        true => check_unauthorized_list(schedule, outcomes),
        false => check_consecutive_failures(schedule, finished, outcomes),
    });
    if let Some(at) = outcomes.iter().position(|outcome| outcome == "organizationNotFound") {
        let claims = ["deleted", "disabled", "gone", "unknown", "unexpected"];
        if outcomes[..at].iter().any(|outcome| claims.contains(&outcome.as_str())) {
            errors.push("organizationNotFound after something may have been changed".into());
        }
        if !finished.events.iter().any(|event| names_no_organization(schedule, event)) {
            errors.push("no response says that the organization doesn't exist".into());
        }
    }
    errors
}

fn names_no_organization(schedule: &Schedule, event: &Event) -> bool {
    event.fault.and_then(RandomFault::meaning) == Some(Meaning::NoOrganization)
        || event.has_status(404) && schedule.scene.missing() == Meaning::NoOrganization
}

/// Checks that a signal ended the run, in time and without new requests.
fn check_signal(schedule: &Schedule, finished: &Finished, signal: Interruption) -> Option<String> {
    let begun = |event: &&Event| event.occasion == Occasion::Request && event.begun > signal.sent;
    let begun = finished.events.iter().filter(begun).count();
    match signal.ended_by {
        Some(_) if signal.kind.is_ignored() => {
            Some("it was ended by a signal that was ignored before".into())
        }
        None if signal.kind.is_ignored() => None,
        None if signal.took > IMMEDIATE => {
            Some(format!("it ended otherwise, {:?} after the signal", signal.took))
        }
        Some(number) if number != signal.kind.number() => Some(format!("it was ended by {number}")),
        Some(_) if signal.took > AFTER_SIGNAL => Some(format!("it ended {:?} after the signal", signal.took)),
        // One may have been in progress, followed by a read of its key.
        _ if begun > 1 && schedule.scene != Scene::Repeating => {
            Some(format!("{begun} requests were begun after the signal"))
        }
        _ => None,
    }
}

/// Checks that the run stopped after three consecutive failures, or at a missing organization.
fn check_consecutive_failures(
    schedule: &Schedule,
    finished: &Finished,
    outcomes: &[String],
) -> Option<String> {
    let (mut in_a_row, mut is_missing) = (0, false);
    for (at, outcome) in outcomes.iter().enumerate() {
        let ended = in_a_row == MAX_FAILURES || is_missing;
        // A bulk request has tried them before.
        let in_bulk = schedule.bulk && ["deleted", "disabled", "unknown"].contains(&outcome.as_str());
        let is_asked = finished.events.iter().any(|event| event.key == Some(at));
        let untried = outcome == "notTried" || ended && in_bulk && !is_asked;
        if ended != untried {
            return Some(format!("line {at} has {outcome} after {in_a_row} such keys in a row"));
        }
        match outcome.as_str() {
            _ if ended => {}
            "unauthorized" | "unavailable" | "unknown" | "unexpected" => in_a_row += 1,
            "organizationNotFound" => is_missing = true,
            _ => in_a_row = 0,
        }
    }
    None
}

/// Checks that a run stopped at its first key if the response to the list was 401.
fn check_unauthorized_list(schedule: &Schedule, outcomes: &[String]) -> Option<String> {
    let is_so = match outcomes {
        [] => matches!(schedule.scene, Scene::Selected(_)),
        [first, rest @ ..] => first == "unauthorized" && rest.iter().all(|outcome| outcome == "notTried"),
    };
    (!is_so).then(|| "the token was refused at the list".into())
}
