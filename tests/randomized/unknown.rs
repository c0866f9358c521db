//! Whether the tool may be in doubt: `unknown` needs something that it can't know, and `gone` an earlier attempt that may
//! have been applied. It must know everything that a complete, immediate response says.

use crate::fault::{Occasion, RandomFault};
use crate::log::{Event, Reads};
use crate::response::Meaning;
use crate::run::Finished;
use crate::schedule::Schedule;

/// Why `unknown` is wrong for the key, if it is.
pub fn needless_unknown(schedule: &Schedule, finished: &Finished, key: usize) -> Option<String> {
    let window: Vec<&Event> = window(schedule, finished, key).collect();
    // After a 404 the key and perhaps the privileges are read, which may fail.
    let may_lack_proof = |at: usize| {
        let is_read = |event: &Event| event.occasion != Occasion::Request || event.reads.is_some();
        window[at..].iter().any(|event| {
            let meaning = event.meaning(schedule);
            let is_clear = matches!(meaning, Meaning::Missing | Meaning::Done) || event.has_status(403);
            event.fault == Some(RandomFault::CloseAfter)
                || is_read(event) && (event.fault.is_some() || !is_clear)
        })
    };
    // Keys that aren't in the list are sent one by one.
    let is_in_bulk = finished.before[key].is_some() || !was_listed(finished, Event::was_read);
    // The next request may be lost on the closing connection.
    let mut doubt =
        window.iter().any(|event| event.reads.is_some() && event.fault == Some(RandomFault::CloseAfter));
    for (at, &event) in window.iter().enumerate().filter(|(_, event)| event.reads.is_none()) {
        let meaning = event.meaning(schedule);
        let own = event.occasion == Occasion::Request && event.key.map_or(is_in_bulk, |about| about == key);
        match meaning {
            Meaning::Missing if own && may_lack_proof(at) => doubt = true,
            Meaning::Done if own => return Some("although the response said that it was done".into()),
            Meaning::Missing if own => {
                return Some("although the responses said that the key doesn't exist".into());
            }
            Meaning::Refused if own && event.key.is_some() && !doubt => {
                return Some("although it was refused, and nothing else was unclear".into());
            }
            _ => doubt |= leaves_doubt(schedule, event),
        }
    }
    (!doubt).then(|| "although no request can have been carried out without a response".into())
}

/// Whether the tool may say that the key is gone, and not only that it doesn't exist.
pub fn may_be_gone(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let is_repeated = finished.unseen.iter().any(|event| event.key == Some(key));
    is_repeated || window(schedule, finished, key).any(|event| leaves_doubt(schedule, event))
}

/// Whether this event, or its connection, may have swallowed the response to a request that was carried out.
fn leaves_doubt(schedule: &Schedule, event: &Event) -> bool {
    // The next request may be lost on the closing connection, unseen by the server.
    event.reads.is_none() && matches!(event.meaning(schedule), Meaning::Unclear | Meaning::Undocumented)
        || event.fault == Some(RandomFault::CloseAfter)
}

/// Whether a response about the key was undocumented or named a missing organization, or a 404 wasn't confirmed by a read
/// of the key, or came without proof of access.
pub fn was_odd(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let own = |event: &&Event| event.key == Some(key);
    // Late responses count, since the tool may have waited for them.
    let is_odd = |event: &Event| {
        let odd = [Meaning::Undocumented, Meaning::NoOrganization];
        event.fault.and_then(RandomFault::meaning).is_some_and(|meaning| odd.contains(&meaning))
            || event.may_be_garbled()
            || event.has_status(404) && odd.contains(&schedule.scene.missing())
            || event.reads == Some(Reads::Key) && (event.has_status(200) || event.has_status(403))
    };
    finished.events.iter().filter(own).any(is_odd)
        || was_missing(schedule, finished, key) && is_disproven(schedule, finished)
}

/// Whether all responses about the key said that the organization doesn't exist, and nothing can have been changed before.
pub fn is_plainly_elsewhere(schedule: &Schedule, finished: &Finished, before: &[String], key: usize) -> bool {
    let own = || finished.events.iter().filter(|event| event.key == Some(key));
    let claims = ["deleted", "disabled", "gone", "unknown", "unexpected"];
    own().next().is_some()
        && own().all(|event| event.meaning(schedule) == Meaning::NoOrganization)
        && !may_be_gone(schedule, finished, key)
        && !before.iter().any(|outcome| claims.contains(&outcome.as_str()))
}

/// Whether a response said that the key doesn't exist.
pub fn was_missing(schedule: &Schedule, finished: &Finished, key: usize) -> bool {
    let own = |event: &&Event| event.key == Some(key);
    // Late responses count, since the tool may have waited for them.
    let says_so = |event: &Event| {
        event.meaning(schedule) == Meaning::Missing
            || event.has_status(404)
                && event.fault.and_then(RandomFault::meaning) != Some(Meaning::Undocumented)
    };
    finished.events.iter().filter(own).any(says_so)
}

/// Whether the token's privileges were read and include none on API keys.
fn is_disproven(schedule: &Schedule, finished: &Finished) -> bool {
    let proofs = finished.events.iter().filter(|event| event.reads == Some(Reads::Proof));
    proofs.into_iter().any(|event| event.was_settled() && !(event.was_read() && schedule.has_privilege()))
}

/// Whether access is proven: by the list, a read of a key, the token's privileges, or a key that was changed before.
pub fn may_be_proven(schedule: &Schedule, finished: &Finished, before: &[String]) -> bool {
    let read = |reads| {
        finished.events.iter().any(|event| event.reads == Some(reads) && event.was_read())
            && schedule.has_privilege()
    };
    read(Reads::List)
        || read(Reads::Proof)
        || read(Reads::Key)
        || before.iter().any(|outcome| matches!(&**outcome, "deleted" | "disabled"))
}

/// Whether a bulk request may have deleted a key that the tool never saw in a list.
pub fn may_be_gone_unlisted(finished: &Finished) -> bool {
    // The tool may have given up before the list arrived.
    let was_seen = finished.run.stderr.lines().any(|line| line.contains("/apikeys: 200 in "));
    let was_listed = was_seen && was_listed(finished, Event::was_read_immediately);
    finished.events.iter().any(Event::is_bulk) && !was_listed
}

/// Whether the list of keys was read in this way.
fn was_listed(finished: &Finished, way: fn(&Event) -> bool) -> bool {
    finished.events.iter().any(|event| event.reads == Some(Reads::List) && way(event))
}

/// Whether the response to the list was 401, which ends a run before its first key.
pub fn is_unauthorized_to_list(finished: &Finished) -> bool {
    let refused = |event: &Event| event.reads == Some(Reads::List) && event.has_status(401);
    finished.events.iter().any(refused)
        && !finished.events.iter().any(|event| event.key.is_some() || event.is_bulk())
}

/// The events that may concern the key: those before the first request about a single key, if there was a bulk request, and
/// those between the requests about its neighbours, with the last one before it, which may have closed the connection.
fn window<'a>(
    schedule: &Schedule,
    finished: &'a Finished,
    key: usize,
) -> impl Iterator<Item = &'a Event> + use<'a> {
    let events = &finished.events;
    let may_be_in_bulk = finished.before[key].is_some() || !was_listed(finished, Event::was_read_immediately);
    let about_one = |event: &Event| event.key.is_some();
    let bulk = if schedule.bulk { events.iter().position(about_one).unwrap_or(events.len()) } else { 0 };
    let first = events.iter().rposition(|event| event.key.is_some_and(|about| about < key)).unwrap_or(0);
    let end =
        events.iter().position(|event| event.key.is_some_and(|about| about > key)).unwrap_or(events.len());
    let numbered = events.iter().enumerate();
    numbered.filter(move |(at, _)| *at < bulk || (first..end).contains(at)).map(|(_, event)| event).filter(
        move |event| may_be_in_bulk || !event.is_bulk() || event.fault == Some(RandomFault::CloseAfter),
    )
}
