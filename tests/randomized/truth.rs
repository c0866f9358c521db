//! What must be true for each outcome of a key, and which other fields go with it.

use serde_json::Value;

use crate::fault::RandomFault;
use crate::run::Finished;
use crate::unknown::{may_be_gone_unlisted, was_missing};

/// Why the outcome isn't true, if it isn't.
pub fn check_truth(finished: &Finished, outcome: &str, key: usize) -> Option<&'static str> {
    let after = &finished.after[key];
    // If a proxy repeats requests, a 404 to the second copy doesn't say what the first one did.
    let is_repeated = finished.unseen.iter().any(|event| event.key == Some(key));
    let before = match outcome {
        // Without a list, a key that a bulk request deleted looks like one that never existed.
        "notFound" | "alreadyGone"
            if is_repeated || !finished.schedule.disable && may_be_gone_unlisted(finished) =>
        {
            &None
        }
        _ => &finished.before[key],
    };
    let ceased = finished.ceased[key];
    let is_date_off =
        finished.events.iter().any(|event| matches!(event.fault, Some(RandomFault::DateOff(_))));
    let confirms_missing = finished.schedule.scene.confirms_missing();
    let fault = match outcome {
        "deleted" | "disabled" | "gone" | "notFound" | "alreadyGone"
            if finished.schedule.scene.is_elsewhere() =>
        {
            "this is another organization"
        }
        "deleted" if finished.schedule.disable => "it was to be disabled",
        "gone" if finished.schedule.disable && !finished.is_selection() => "it was to be disabled",
        "disabled" if !finished.schedule.disable => "it was to be deleted",
        "deleted" | "disabled" | "gone" if ceased => "the condition no longer matched it",
        "deleted" | "disabled" if before.is_none() && !confirms_missing => "it didn't exist",
        "deleted" | "gone" | "notFound" | "alreadyGone" if after.is_some() => "it exists",
        "disabled" if after.as_ref().is_some_and(|key| key.enabled) => "it is enabled",
        "disabled" if after.is_none() && !confirms_missing => "it doesn't exist",
        "deleted" | "disabled" | "gone" => return None,
        "notFound" | "alreadyGone" if before.is_some() => "it existed",
        "notFound" if finished.schedule.ignore_not_found => "--ignore-not-found was given",
        "alreadyGone" if !finished.schedule.ignore_not_found => "--ignore-not-found was not given",
        "notFound" | "alreadyGone" => return None,
        "unauthorized" | "forbidden" | "refused" | "unavailable" | "notTried" | "kept" if before != after => {
            "it was changed"
        }
        "organizationNotFound" if finished.before != finished.after => "something was changed",
        "kept" if !ceased && !is_date_off => "the condition still matched it",
        "unauthorized"
        | "forbidden"
        | "refused"
        | "unavailable"
        | "notTried"
        | "kept"
        | "organizationNotFound" => return None,
        // These two promise nothing.
        "unknown" | "unexpected" => return None,
        _ => "this outcome is impossible in such a run",
    };
    Some(fault)
}

/// Why the other fields of the line don't go with its outcome, if they don't.
pub fn check_fields(finished: &Finished, outcome: &str, line: &Value, key: usize) -> Option<String> {
    let action = if finished.schedule.disable { "disable" } else { "delete" };
    let (status, attempts) = (line["httpStatus"].as_u64(), line["attempts"].as_u64()?);
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
        // The response of a read can be fine except for its clock.
        "unexpected" => finished.is_selection() || status.is_some() && status != Some(204),
        _ => {
            finished.is_selection()
                || status != Some(204) && (status != Some(404) || was_missing(finished, key))
        }
    };
    let most = finished.schedule.retries + 1;
    match () {
        () if !fits => Some(format!("the HTTP status doesn't go with it: {line}")),
        () if (outcome == "notTried") != (attempts == 0) && outcome != "unknown" || attempts > most => {
            Some(format!("{attempts} attempts"))
        }
        () if line["action"] != action => Some(format!("the action is {}", line["action"])),
        () => None,
    }
}
