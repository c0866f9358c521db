//! What must be true of a key, and of the facts that are told with it, for each outcome.

use serde_json::Value;

use crate::fault::Wrong;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::unknown::{may_be_gone_unlisted, was_missing};

/// Why the outcome is not true of the key, if it is not.
pub fn against_the_truth(
    schedule: &Schedule,
    finished: &Finished,
    outcome: &str,
    key: usize,
) -> Option<String> {
    let after = &finished.after[key];
    // Where a proxy repeats requests, a first 404 says nothing of what the run did.
    let is_repeated = finished.unseen.iter().any(|event| event.key == Some(key));
    let before = match outcome {
        // Without the list, a key that a bulk request deleted can't be told from one that never was.
        "notFound" | "alreadyGone" if is_repeated || !schedule.disable && may_be_gone_unlisted(finished) => {
            &None
        }
        _ => &finished.before[key],
    };
    let ceased = finished.ceased[key];
    let is_date_off = finished.events.iter().any(|event| matches!(event.wrong, Some(Wrong::DateOff(_))));
    let confirms_missing = schedule.scene.confirms_missing();
    let wrong = match outcome {
        "deleted" | "disabled" | "gone" | "notFound" | "alreadyGone" if schedule.scene.is_elsewhere() => {
            "this is another organization"
        }
        "deleted" | "gone" if schedule.disable => "nothing was to be deleted",
        "disabled" if !schedule.disable => "nothing was to be disabled",
        "deleted" | "disabled" | "gone" if ceased => "the selector did not take it any more",
        "deleted" | "disabled" if before.is_none() && !confirms_missing => "it was not there",
        "deleted" | "gone" | "notFound" | "alreadyGone" if after.is_some() => "it is there",
        "disabled" if after.as_ref().is_some_and(|key| key.enabled) => "it is not",
        "disabled" if after.is_none() && !confirms_missing => "it is gone",
        "deleted" | "disabled" | "gone" => return None,
        "notFound" | "alreadyGone" if before.is_some() => "it was there",
        "notFound" if schedule.ignore_not_found => "--ignore-not-found was given",
        "alreadyGone" if !schedule.ignore_not_found => "--ignore-not-found was not given",
        "notFound" | "alreadyGone" => return None,
        "unauthorized" | "forbidden" | "refused" | "unavailable" | "notTried" | "kept" if before != after => {
            "it was changed"
        }
        "organizationNotFound" if finished.before != finished.after => "something was changed",
        "kept" if !ceased && !is_date_off => "the selector still took it",
        "unauthorized"
        | "forbidden"
        | "refused"
        | "unavailable"
        | "notTried"
        | "kept"
        | "organizationNotFound" => return None,
        // These two claim nothing.
        "unknown" | "unexpected" => return None,
        _ => "there is no such outcome in such a run",
    };
    Some(wrong.into())
}

/// Why the line's other facts don't go with its outcome, if they don't.
pub fn against_the_form(
    schedule: &Schedule,
    finished: &Finished,
    outcome: &str,
    line: &Value,
    key: usize,
) -> Option<String> {
    let action = if schedule.disable { "disable" } else { "delete" };
    let (status, attempts) = (line["httpStatus"].as_u64(), line["attempts"].as_u64()?);
    let is_selected = matches!(schedule.scene, Scene::Selected(_));
    let fits = match outcome {
        "deleted" | "disabled" => status == Some(204),
        "gone" | "notFound" | "alreadyGone" => status == Some(404),
        "unauthorized" => status == Some(401),
        "forbidden" => status == Some(403),
        "organizationNotFound" => {
            status == Some(404)
                && line["errorCode"].as_str().is_some_and(|code| code.starts_with("ORGANIZATION_"))
        }
        "refused" => matches!(status, Some(400 | 409 | 412)) && line["errorCode"] == "SOME_CODE",
        "kept" => status == Some(200),
        "notTried" => status.is_none(),
        // A clock that is off is seen in an answer that is fine.
        "unexpected" => is_selected || status.is_some() && status != Some(204),
        _ => {
            is_selected
                || status != Some(204) && (status != Some(404) || was_missing(schedule, finished, key))
        }
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
