//! Whether the tool may be in doubt: where it says `unknown`, it has to be something that it can't know, and where it says
//! `gone`, an earlier attempt has to have gone astray. What it is told at once and whole, it knows.

use crate::answer::Meaning;
use crate::fault::{Occasion, Wrong};
use crate::log::{Event, Reads};
use crate::run::Finished;
use crate::schedule::Schedule;

/// Why `unknown` is not right for the key, if it is not.
pub fn needless(schedule: &Schedule, finished: &Finished, key: usize) -> Option<String> {
    let window: Vec<&Event> = window(schedule, finished, key).collect();
    // A 404 is about the key only where the organization is proven, and that may go wrong.
    let may_lack_proof = |at: usize| {
        let lost = |event: &&Event| event.occasion != Occasion::Request || event.reads == Some(Reads::Proof);
        window[at..].iter().any(|event| {
            event.wrong == Some(Wrong::CloseAfter)
                || lost(event) && matches!(event.meaning(schedule), Meaning::Open | Meaning::Busy)
        })
    };
    // Keys that are not in the list go out one by one.
    let is_in_bulk = finished.before[key].is_some() || !was_listed(finished, Event::was_read);
    // The next request may be lost on the connection that is being closed.
    let mut doubt =
        window.iter().any(|event| event.reads.is_some() && event.wrong == Some(Wrong::CloseAfter));
    for (at, &event) in window.iter().enumerate().filter(|(_, event)| event.reads.is_none()) {
        let meaning = event.meaning(schedule);
        let own = event.occasion == Occasion::Request && event.key.map_or(is_in_bulk, |about| about == key);
        match meaning {
            // A proxy may have repeated the request.
            Meaning::Missing if own && may_lack_proof(at) => doubt = true,
            Meaning::Done if own => return Some("although it was done, and the answer said so".into()),
            Meaning::Missing if own => {
                return Some("although the answer said that there is no such key".into());
            }
            Meaning::Refused if own && event.key.is_some() && !doubt => {
                return Some("although it was refused, and nothing else was in doubt".into());
            }
            _ => doubt |= leaves_doubt(schedule, event),
        }
    }
    (!doubt).then(|| "although no request can have been carried out without an answer".into())
}

/// Whether the tool may say that the key is gone, and not just that there is none.
pub fn may_be_gone(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let is_repeated = finished.unseen.iter().any(|event| event.key == Some(key));
    is_repeated || window(schedule, finished, key).any(|event| leaves_doubt(schedule, event))
}

/// Whether a request may have been carried out, at this event or on what it leaves behind, without an answer that says so.
fn leaves_doubt(schedule: &Schedule, event: &Event) -> bool {
    // The next request may be lost on the connection that is being closed, and no server sees it.
    event.reads.is_none() && matches!(event.meaning(schedule), Meaning::Open | Meaning::Odd)
        || event.wrong == Some(Wrong::CloseAfter)
}

/// Whether an answer about the key was one that the API does not document or that names a missing organization, or a 404
/// in an organization that is not proven.
pub fn was_odd(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let own = |event: &&Event| event.key == Some(key);
    // Late answers count, since the tool may have waited for them.
    let is_odd = |event: &Event| {
        let odd = [Meaning::Odd, Meaning::Elsewhere];
        event.wrong.and_then(Wrong::meaning).is_some_and(|meaning| odd.contains(&meaning))
            || event.may_be_garbled()
            || event.has_status(404) && odd.contains(&schedule.scene.missing())
    };
    finished.events.iter().filter(own).any(is_odd)
        || was_missing(schedule, finished, key) && is_disproven(schedule, finished)
}

/// Whether all answers about the key said that there is no such organization, and nothing can have been changed before.
pub fn is_plainly_elsewhere(schedule: &Schedule, finished: &Finished, before: &[String], key: usize) -> bool {
    let own = || finished.events.iter().filter(|event| event.key == Some(key));
    let claims = ["deleted", "disabled", "gone", "unknown", "unexpected"];
    own().next().is_some()
        && own().all(|event| event.meaning(schedule) == Meaning::Elsewhere)
        && !may_be_gone(schedule, finished, key)
        && !before.iter().any(|outcome| claims.contains(&outcome.as_str()))
}

/// Whether an answer said that there is no such key.
pub fn was_missing(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let own = |event: &&Event| event.key == Some(key);
    // Late answers count, since the tool may have waited for them.
    let says_so = |event: &Event| {
        event.meaning(schedule) == Meaning::Missing
            || event.has_status(404) && event.wrong.and_then(Wrong::meaning) != Some(Meaning::Odd)
    };
    finished.events.iter().filter(own).any(says_so)
}

/// Whether the proof of the organization was answered, and not with a privilege on API keys.
fn is_disproven(schedule: &Schedule, finished: &Finished) -> bool {
    let proofs = finished.events.iter().filter(|event| event.reads == Some(Reads::Proof));
    proofs.into_iter().any(|event| event.was_settled() && !(event.was_read() && schedule.has_privilege()))
}

/// Whether something has shown that the token works on the organization's keys: the list, a look at a key, the token's
/// privileges, or a key before this one that was changed.
pub fn may_be_proven(schedule: &Schedule, finished: &Finished, before: &[String]) -> bool {
    let read = |reads| {
        finished.events.iter().any(|event| event.reads == Some(reads) && event.was_read())
            && schedule.has_privilege()
    };
    read(Reads::List)
        || read(Reads::Proof)
        || read(Reads::Look)
        || before.iter().any(|outcome| matches!(&**outcome, "deleted" | "disabled"))
}

/// Whether a key may have gone by a bulk request although the tool can't say so, since it had no list of keys.
pub fn may_be_gone_unlisted(finished: &Finished) -> bool {
    // The tool may have given up right before the list came.
    let was_seen = finished.run.stderr.lines().any(|line| line.contains("/apikeys: 200 in "));
    let was_listed = was_seen && was_listed(finished, Event::was_read_at_once);
    finished.events.iter().any(Event::is_bulk) && !was_listed
}

/// Whether the list of keys was read in such a way.
fn was_listed(finished: &Finished, way: fn(&Event) -> bool) -> bool {
    finished.events.iter().any(|event| event.reads == Some(Reads::List) && way(event))
}

/// Whether the list of keys was refused with 401, which ends a run before its first key.
pub fn is_unauthorized_to_list(finished: &Finished) -> bool {
    let refused = |event: &Event| event.reads == Some(Reads::List) && event.has_status(401);
    finished.events.iter().any(refused)
        && !finished.events.iter().any(|event| event.key.is_some() || event.is_bulk())
}

/// What may have had to do with the key: what there was before the first request about any one key, if there was a bulk
/// request, and what lies between the requests about its neighbours, with the last one before it, which may have closed
/// the connection.
fn window<'a>(
    schedule: &Schedule,
    finished: &'a Finished,
    key: usize,
) -> impl Iterator<Item = &'a Event> + use<'a> {
    let events = &finished.events;
    let may_be_in_bulk = finished.before[key].is_some() || !was_listed(finished, Event::was_read_at_once);
    let about_one = |event: &Event| event.key.is_some();
    let bulk = if schedule.bulk { events.iter().position(about_one).unwrap_or(events.len()) } else { 0 };
    let first = events.iter().rposition(|event| event.key.is_some_and(|about| about < key)).unwrap_or(0);
    let end =
        events.iter().position(|event| event.key.is_some_and(|about| about > key)).unwrap_or(events.len());
    let numbered = events.iter().enumerate();
    numbered
        .filter(move |(at, _)| *at < bulk || (first..end).contains(at))
        .map(|(_, event)| event)
        .filter(move |event| may_be_in_bulk || !event.is_bulk() || event.wrong == Some(Wrong::CloseAfter))
}
