//! How a run ends: which keys it tells of, after which of them, by which signal, and with which exit status.

use std::time::Duration;

use crate::answer::Meaning;
use crate::fault::{Occasion, Wrong};
use crate::log::{Event, Reads};
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::signals::Interruption;
use crate::unknown::is_unauthorized_to_list;

/// So many keys in a row that end for a reason that is not theirs end a run.
const ENOUGH: usize = 3;

/// The longest from a signal to the end.
const AFTER_SIGNAL: Duration = Duration::from_millis(3500);

/// Whoever ends otherwise so soon after a signal had ended before it came.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Whether the lines are about the keys that were named, or selected: all of them, in their order.
pub fn against_the_selection(schedule: &Schedule, finished: &Finished, keys: &[usize]) -> Option<String> {
    let all: Vec<usize> = match schedule.scene {
        Scene::Selected(_) => (0..schedule.keys.len()).filter(|key| schedule.is_selected(*key)).collect(),
        _ => (0..schedule.keys.len()).collect(),
    };
    let list = finished.events.iter().rfind(|event| event.reads == Some(Reads::List));
    match schedule.scene {
        _ if keys == all => None,
        // It has not begun to change anything.
        _ if keys.is_empty() && finished.is_interrupted() => None,
        Scene::Selected(_) if keys.is_empty() && !list.is_some_and(|list| is_usable(schedule, list)) => None,
        _ => Some(format!("the lines are about {keys:?}, not about {all:?}")),
    }
    .or_else(|| {
        // Keys from a list that was not usable.
        let is_selected = matches!(schedule.scene, Scene::Selected(_)) && !keys.is_empty();
        let lists = || finished.events.iter().filter(|event| event.reads == Some(Reads::List));
        let is_bad = |event: &Event| match event.wrong {
            Some(Wrong::DateOff(days)) => days > 1,
            _ => !event.was_read(),
        };
        (is_selected && lists().all(is_bad))
            .then(|| "they are selected from a list that is not fit for it".into())
    })
}

/// Whether a list came at once and as it should.
fn is_usable(schedule: &Schedule, list: &Event) -> bool {
    list.was_read_at_once() && !matches!(list.wrong, Some(Wrong::DateOff(_))) && schedule.has_privilege()
}

/// Whether each key that the organization has lost, or that was disabled, is told as such or as possibly so.
pub fn against_the_loss(finished: &Finished, keys: &[usize], outcomes: &[String]) -> Option<String> {
    let untold = |key: &usize| {
        let line = keys.iter().position(|json_lines| json_lines == key);
        let is_told = line.is_some_and(|line| {
            let json_lines =
                ["deleted", "disabled", "gone", "unknown", "unexpected", "notFound", "alreadyGone"];
            json_lines.contains(&outcomes[line].as_str())
        });
        // What standard output did not take is told on standard error.
        let id = format!("k{}", key + 1);
        let on_stderr = |line: &str| line.contains("could not be written") && line.contains(&id);
        finished.before[*key] != finished.after[*key]
            && !is_told
            && !finished.run.stderr.lines().any(on_stderr)
    };
    let lost: Vec<usize> = (0..finished.before.len()).filter(untold).collect();
    (!lost.is_empty()).then(|| format!("nothing tells that these were changed, from 0: {lost:?}"))
}

/// Whether the run ended where it should have and as it should have.
pub fn against_the_end(schedule: &Schedule, finished: &Finished, outcomes: &[String]) -> Vec<String> {
    let mut lies = Vec::new();
    if let Some(interruption) = finished.interruption {
        lies.extend(against_the_signal(schedule, finished, interruption));
    }
    if finished.is_interrupted() {
        return lies;
    }
    let may_have_failed = matches!(schedule.scene, Scene::Selected(_)) && outcomes.is_empty();
    let should = status(outcomes);
    if finished.run.status != should && !may_have_failed {
        lies.push(format!("the exit status is {}, and should be {should}", finished.run.status));
    }
    lies.extend(match is_unauthorized_to_list(finished) {
        true => against_the_end_at_the_list(schedule, outcomes),
        false => against_the_end_in_a_row(schedule, finished, outcomes),
    });
    if let Some(at) = outcomes.iter().position(|outcome| outcome == "organizationNotFound") {
        let claims = ["deleted", "disabled", "gone", "unknown", "unexpected"];
        if outcomes[..at].iter().any(|outcome| claims.contains(&outcome.as_str())) {
            lies.push("the organization is called missing after something may have been changed".into());
        }
        if !finished.events.iter().any(|event| names_no_organization(schedule, event)) {
            lies.push("no answer says that the organization is missing".into());
        }
    }
    lies
}

fn names_no_organization(schedule: &Schedule, event: &Event) -> bool {
    event.wrong.and_then(Wrong::meaning) == Some(Meaning::Elsewhere)
        || event.has_status(404) && schedule.scene.missing() == Meaning::Elsewhere
}

/// Whether a run that was sent a signal ended by it, in time, and began nothing new.
fn against_the_signal(schedule: &Schedule, finished: &Finished, signal: Interruption) -> Option<String> {
    let begun = |event: &&Event| event.occasion == Occasion::Request && event.begun > signal.sent;
    let begun = finished.events.iter().filter(begun).count();
    match signal.ended_by {
        Some(_) if signal.kind.is_ignored() => {
            Some("it was ended by a signal that was ignored before".into())
        }
        None if signal.kind.is_ignored() => None,
        None if signal.took > AT_ONCE => {
            Some(format!("it ended otherwise, {:?} after the signal", signal.took))
        }
        Some(number) if number != signal.kind.number() => Some(format!("it was ended by {number}")),
        Some(_) if signal.took > AFTER_SIGNAL => Some(format!("it ended {:?} after the signal", signal.took)),
        // One may have been under way.
        _ if begun > 1 && schedule.scene != Scene::Repeating => {
            Some(format!("{begun} requests were begun after the signal"))
        }
        _ => None,
    }
}

/// Whether the run ended behind three keys in a row that failed for a reason that is not theirs, or where there is no
/// organization.
fn against_the_end_in_a_row(schedule: &Schedule, finished: &Finished, outcomes: &[String]) -> Option<String> {
    let (mut in_a_row, mut is_missing) = (0, false);
    for (at, outcome) in outcomes.iter().enumerate() {
        let ended = in_a_row == ENOUGH || is_missing;
        // A bulk request before has tried them all.
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

/// Whether a run whose list was refused with 401 ended at its first key.
fn against_the_end_at_the_list(schedule: &Schedule, outcomes: &[String]) -> Option<String> {
    let is_so = match outcomes {
        [] => matches!(schedule.scene, Scene::Selected(_)),
        [first, rest @ ..] => first == "unauthorized" && rest.iter().all(|outcome| outcome == "notTried"),
    };
    (!is_so).then(|| "the token was refused before the first key".into())
}

/// The exit status that follows from the outcomes.
fn status(outcomes: &[String]) -> i32 {
    let mut failures: Vec<i32> = outcomes
        .iter()
        .filter_map(|outcome| match outcome.as_str() {
            "deleted" | "disabled" | "gone" | "alreadyGone" | "kept" => None,
            "organizationNotFound" => Some(2),
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
