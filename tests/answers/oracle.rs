//! What the tool may say, and with which exit status: from the meaning of the answer, the situation and the proof alone.

use crate::bodies::{Body, Meaning};
use crate::situations::{Proof, Situation};

/// The outcomes of a situation's keys, and the exit status. Some cases have more than one that is true.
pub type Expected = (Vec<&'static str>, i32);

/// All that may be said in this case.
pub fn expected(situation: Situation, body: &Body, proof: Proof) -> Vec<Expected> {
    match situation {
        Situation::Bulk | Situation::BulkApplied => bulk(situation, body, proof),
        Situation::BulkList => bulk_list(body.meaning, proof),
        Situation::AfterDeletion => {
            let outcome = match body.meaning {
                // Something was done in this organization, so it is there.
                Meaning::NoSuchOrganization => "unexpected",
                meaning => change(situation, meaning, proof),
            };
            vec![(vec!["deleted", outcome], exit(outcome))]
        }
        Situation::DryRun if body.meaning == Meaning::Unauthorized => {
            // Coveo may mean a missing privilege by 401, and what may be edited is known by then.
            let edit = if proof == Proof::Refused { "forbidden" } else { "wouldDelete" };
            vec![one("unauthorized"), one(edit)]
        }
        Situation::DryRun if body.meaning == Meaning::NoSuchKey && proof == Proof::Refused => {
            // Without proof, or for want of the privilege to edit: neither is a success.
            vec![one("unexpected"), one("forbidden")]
        }
        _ => vec![one(change(situation, body.meaning, proof))],
    }
}

fn one(outcome: &'static str) -> Expected {
    (vec![outcome], exit(outcome))
}

/// The outcome of one key.
fn change(situation: Situation, meaning: Meaning, proof: Proof) -> &'static str {
    let in_doubt = situation.is_in_doubt();
    let proof = if situation.is_proven_before() { Proof::Given } else { proof };
    match meaning {
        Meaning::NoSuchKey => match proof {
            Proof::Refused => "unexpected",
            Proof::Failing | Proof::Lost if situation.only_reads() => "unavailable",
            // A proxy may have repeated the request, so a 404 alone does not say that nothing was changed.
            Proof::Failing | Proof::Lost => "unknown",
            Proof::Given if in_doubt && !situation.disables() => "gone",
            Proof::Given if situation == Situation::IgnoreNotFound => "alreadyGone",
            Proof::Given => "notFound",
        },
        Meaning::NoSuchOrganization if in_doubt => "unexpected",
        Meaning::NoSuchOrganization => "organizationNotFound",
        Meaning::Foreign => "unexpected",
        Meaning::Unauthorized | Meaning::Forbidden | Meaning::Refused | Meaning::Busy if in_doubt => {
            "unknown"
        }
        Meaning::Unauthorized => "unauthorized",
        Meaning::Forbidden => "forbidden",
        Meaning::Refused => "refused",
        Meaning::Busy => "unavailable",
        Meaning::Failing if situation.only_reads() => "unavailable",
        Meaning::Failing => "unknown",
    }
}

/// Two keys that are in the list, and one that is not.
fn bulk(situation: Situation, body: &Body, proof: Proof) -> Vec<Expected> {
    if proof == Proof::Refused {
        // No list, no privilege, and each key by itself is answered by 404.
        let mut expected = vec![(vec!["unexpected"; 3], 1)];
        if body.meaning == Meaning::NoSuchOrganization {
            expected.push((vec!["organizationNotFound", "notTried", "notTried"], 2));
        }
        return expected;
    }
    // The list is proof enough for the third key, which is why a failing proof is not noticed.
    let done = if situation == Situation::BulkApplied && leaves_doubt(body) { "gone" } else { "deleted" };
    vec![(vec![done, done, "notFound"], 5)]
}

/// Whether the answer to a bulk request leaves it open what was changed. The others refuse the whole of it.
pub fn leaves_doubt(body: &Body) -> bool {
    ![400, 401, 403, 404, 405, 413, 415, 429].contains(&body.status)
}

/// Without the list all keys go out in bulk, which is refused for the third, and then one by one.
fn bulk_list(meaning: Meaning, proof: Proof) -> Vec<Expected> {
    match (meaning, proof) {
        (Meaning::Unauthorized, _) => vec![(vec!["unauthorized", "notTried", "notTried"], 3)],
        (Meaning::NoSuchOrganization, _) => vec![(vec!["organizationNotFound", "notTried", "notTried"], 2)],
        (_, Proof::Refused) => vec![(vec!["unexpected"; 3], 1)],
        // The first two are deleted, which proves the organization for the third.
        _ => vec![(vec!["deleted", "deleted", "notFound"], 5)],
    }
}

/// The documented exit status of a single failure.
fn exit(outcome: &str) -> i32 {
    match outcome {
        "gone" | "alreadyGone" | "wouldDelete" => 0,
        "unexpected" | "refused" => 1,
        "organizationNotFound" => 2,
        "unauthorized" => 3,
        "forbidden" => 4,
        "notFound" => 5,
        "unavailable" | "unknown" => 6,
        other => panic!("{other} has no exit status here"),
    }
}

/// Whether the outcome promises that the key is not usable any more.
pub fn is_success(outcome: &str) -> bool {
    matches!(outcome, "deleted" | "disabled" | "gone" | "alreadyGone")
}

/// Whether the outcome promises that nothing was changed.
pub fn promises_nothing_was_changed(outcome: &str) -> bool {
    matches!(
        outcome,
        "unauthorized"
            | "forbidden"
            | "refused"
            | "unavailable"
            | "organizationNotFound"
            | "notTried"
            | "kept"
    )
}
