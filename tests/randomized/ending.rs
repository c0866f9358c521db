//! The end of a run: the keys it reports, the reason why it stopped, and its exit status.

use std::time::Duration;

use crate::fault::{Occasion, RandomFault};
use crate::log::{Event, Reads};
use crate::response::Meaning;
use crate::run::Finished;
use crate::signals::Interruption;
use crate::unknown::{is_unauthorized_to_list, may_have_changed};
use support::harness::exit_status;

/// The number of consecutive failures that stops a run.
const MAX_FAILURES: usize = 3;

/// The longest time from a signal to the end.
const AFTER_SIGNAL: Duration = Duration::from_millis(3500);

/// A run that ends within this time after a signal may have ended before it.
const IMMEDIATE: Duration = Duration::from_millis(500);

/// Checks that the lines are about exactly the keys that were named, or selected, in order.
pub fn check_selection(finished: &Finished, keys: &[usize]) -> Option<String> {
    let is_expected = |key: &usize| !finished.is_selection() || finished.schedule.is_selected(*key);
    let all: Vec<usize> = (0..finished.schedule.keys.len()).filter(is_expected).collect();
    let is_usable = |list: &Event| {
        list.was_read_immediately() && !is_odd(list.fault) && finished.schedule.has_privilege()
    };
    let may_have_no_list =
        finished.is_selection() && !finished.reads(Reads::List).next_back().is_some_and(is_usable);
    // It may have been interrupted before the first change.
    let may_be_empty = finished.is_interrupted() || may_have_no_list;
    if keys != all && !(keys.is_empty() && may_be_empty) {
        return Some(format!("the lines are about {keys:?} instead of {all:?}"));
    }
    let is_bad = |event: &Event| match event.fault {
        Some(RandomFault::DateOff(days)) => days > 1,
        Some(RandomFault::TwoDates | RandomFault::NextPage) => true,
        _ => !event.was_read(),
    };
    let is_from_bad_list =
        finished.is_selection() && !keys.is_empty() && finished.reads(Reads::List).all(is_bad);
    is_from_bad_list.then(|| "they are selected from an unusable list".into())
}

/// Whether the fault is in the headers of a response that is fine otherwise.
fn is_odd(fault: Option<RandomFault>) -> bool {
    matches!(fault, Some(RandomFault::DateOff(_) | RandomFault::TwoDates | RandomFault::NextPage))
}

/// Checks that each changed key is reported as changed, or perhaps changed.
pub fn check_losses(finished: &Finished, keys: &[usize], outcomes: &[String]) -> Option<String> {
    let reports = ["deleted", "disabled", "gone", "unknown", "unexpected", "notFound", "alreadyGone"];
    let is_reported = |key: usize| {
        let line = keys.iter().position(|reported| *reported == key);
        line.is_some_and(|line| reports.contains(&outcomes[line].as_str()))
    };
    let unreported = |&key: &usize| finished.before[key] != finished.after[key] && !is_reported(key);
    let lost: Vec<usize> = (0..finished.before.len()).filter(unreported).collect();
    (!lost.is_empty()).then(|| format!("these keys were changed without a report, from 0: {lost:?}"))
}

/// Checks the end of the run and its exit status.
pub fn check_end(finished: &Finished, outcomes: &[String]) -> Vec<String> {
    let mut errors = Vec::new();
    if let Some(interruption) = finished.interruption {
        errors.extend(check_signal(finished, interruption));
    }
    if finished.is_interrupted() {
        return errors;
    }
    let may_have_failed = finished.is_selection() && outcomes.is_empty();
    let should = exit_status(outcomes);
    if finished.run.status != should && !may_have_failed {
        errors.push(format!("the exit status is {}, and should be {should}", finished.run.status));
    }
    errors.extend(match is_unauthorized_to_list(finished) {
        true => check_unauthorized_list(finished, outcomes),
        false => check_consecutive_failures(finished, outcomes),
    });
    if let Some(at) = outcomes.iter().position(|outcome| outcome == "organizationNotFound") {
        if may_have_changed(&outcomes[..at]) {
            errors.push("organizationNotFound after something may have been changed".into());
        }
        if !finished.events.iter().any(|event| names_no_organization(finished, event)) {
            errors.push("no response says that the organization doesn't exist".into());
        }
    }
    errors
}

fn names_no_organization(finished: &Finished, event: &Event) -> bool {
    event.fault.and_then(RandomFault::meaning) == Some(Meaning::NoOrganization)
        || event.has_status(404) && finished.schedule.scene.missing() == Meaning::NoOrganization
}

/// Checks that a signal ended the run, in time and without new requests.
fn check_signal(finished: &Finished, signal: Interruption) -> Option<String> {
    let begun = |event: &&Event| event.occasion == Occasion::Request && event.begun > signal.sent;
    let begun = finished.events.iter().filter(begun).count();
    match signal.ended_by {
        Some(_) if signal.is_ignored() => Some("it was ended by a signal that was ignored before".into()),
        None if signal.is_ignored() => None,
        None if signal.took > IMMEDIATE => {
            Some(format!("it ended otherwise, {:?} after the signal", signal.took))
        }
        Some(number) if number != signal.signal => Some(format!("it was ended by {number}")),
        Some(_) if signal.took > AFTER_SIGNAL => Some(format!("it ended {:?} after the signal", signal.took)),
        // One may have been in progress, followed by a read of its key.
        _ if begun > 1 => Some(format!("{begun} requests were begun after the signal")),
        _ => None,
    }
}

/// Checks that the run stopped after three consecutive failures, or at a missing organization.
fn check_consecutive_failures(finished: &Finished, outcomes: &[String]) -> Option<String> {
    let (mut in_a_row, mut is_missing) = (0, false);
    for (at, outcome) in outcomes.iter().enumerate() {
        let ended = in_a_row == MAX_FAILURES || is_missing;
        // A bulk request has tried them before.
        let in_bulk =
            finished.schedule.bulk && ["deleted", "disabled", "unknown"].contains(&outcome.as_str());
        let is_asked = finished.about(at).next().is_some();
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
fn check_unauthorized_list(finished: &Finished, outcomes: &[String]) -> Option<String> {
    let is_so = match outcomes {
        [] => finished.is_selection(),
        [first, rest @ ..] => first == "unauthorized" && rest.iter().all(|outcome| outcome == "notTried"),
    };
    (!is_so).then(|| "the token was refused at the list".into())
}
