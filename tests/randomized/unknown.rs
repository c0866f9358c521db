//! Whether the tool may be in doubt: `unknown` needs something that it can't know, and `gone` an earlier attempt that may
//! have been applied. It must know everything that a complete, immediate response says.

use crate::fault::{Occasion, RandomFault};
use crate::log::{Event, Reads};
use crate::response::Meaning;
use crate::run::Finished;

/// Why `unknown` is wrong for the key, if it is.
pub fn needless_unknown(finished: &Finished, key: usize) -> Option<&'static str> {
    let window: Vec<&Event> = window(finished, key).collect();
    // After a 404 the key and perhaps the privileges are read, which may fail.
    let may_lack_proof = |at: usize| {
        let is_read = |event: &Event| event.occasion != Occasion::Request || event.reads.is_some();
        window[at..].iter().any(|event| {
            let meaning = event.meaning(&finished.schedule);
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
        let meaning = event.meaning(&finished.schedule);
        let own = event.occasion == Occasion::Request && event.key.map_or(is_in_bulk, |about| about == key);
        match meaning {
            Meaning::Missing if own && may_lack_proof(at) => doubt = true,
            Meaning::Done if own => return Some("although the response said that it was done"),
            Meaning::Missing if own => {
                return Some("although the responses said that the key doesn't exist");
            }
            Meaning::Refused if own && event.key.is_some() && !doubt => {
                return Some("although it was refused, and nothing else was unclear");
            }
            _ => doubt |= leaves_doubt(finished, event),
        }
    }
    (!doubt).then_some("although no request can have been carried out without a response")
}

/// Whether the tool may say that the key is gone, and not only that it doesn't exist.
pub fn may_be_gone(finished: &Finished, key: usize) -> bool {
    let is_repeated = finished.unseen.iter().any(|event| event.key == Some(key));
    is_repeated || window(finished, key).any(|event| leaves_doubt(finished, event))
}

/// Whether this event, or its connection, may have swallowed the response to a request that was carried out.
fn leaves_doubt(finished: &Finished, event: &Event) -> bool {
    // The next request may be lost on the closing connection, unseen by the server.
    event.reads.is_none()
        && matches!(event.meaning(&finished.schedule), Meaning::Unclear | Meaning::Undocumented)
        || event.fault == Some(RandomFault::CloseAfter)
}

/// Whether a response about the key was undocumented or named a missing organization, or a 404 wasn't confirmed by a read
/// of the key, or came without proof of access.
pub fn was_odd(finished: &Finished, key: usize) -> bool {
    // Late responses count, since the tool may have waited for them.
    let is_odd = |event: &Event| {
        let odd = [Meaning::Undocumented, Meaning::NoOrganization];
        event.fault.and_then(RandomFault::meaning).is_some_and(|meaning| odd.contains(&meaning))
            || event.may_be_garbled()
            || event.has_status(404) && odd.contains(&finished.schedule.scene.missing())
            || event.reads == Some(Reads::Key) && (event.has_status(200) || event.has_status(403))
    };
    finished.about(key).any(is_odd) || was_missing(finished, key) && is_disproven(finished)
}

/// Whether all responses about the key said that the organization doesn't exist, nothing can have been changed before, and
/// the key wasn't in a list.
pub fn is_plainly_elsewhere(finished: &Finished, before: &[String], key: usize) -> bool {
    let was_seen = finished.before[key].is_some() && was_listed(finished, Event::was_read);
    !was_seen
        && finished.about(key).next().is_some()
        && finished.about(key).all(|event| event.meaning(&finished.schedule) == Meaning::NoOrganization)
        && !may_be_gone(finished, key)
        && !may_have_changed(before)
}

/// Whether one of these outcomes means that a key was changed, or perhaps.
pub fn may_have_changed(outcomes: &[String]) -> bool {
    let claims = ["deleted", "disabled", "gone", "unknown", "unexpected"];
    outcomes.iter().any(|outcome| claims.contains(&outcome.as_str()))
}

/// Whether a response said that the key doesn't exist.
pub fn was_missing(finished: &Finished, key: usize) -> bool {
    // Late responses count, since the tool may have waited for them.
    let says_so = |event: &Event| {
        event.meaning(&finished.schedule) == Meaning::Missing
            || event.has_status(404)
                && event.fault.and_then(RandomFault::meaning) != Some(Meaning::Undocumented)
    };
    finished.about(key).any(says_so)
}

/// Whether the token's privileges were read and include none on API keys.
fn is_disproven(finished: &Finished) -> bool {
    let has_privilege = finished.schedule.has_privilege();
    finished.reads(Reads::Proof).any(|event| event.was_settled() && !(event.was_read() && has_privilege))
}

/// Whether access is proven: by the list, a read of a key, the token's privileges, or a key that was changed before.
pub fn may_be_proven(finished: &Finished, before: &[String]) -> bool {
    let was_read = |subject| finished.reads(subject).any(Event::was_read);
    finished.schedule.has_privilege() && [Reads::List, Reads::Proof, Reads::Key].into_iter().any(was_read)
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
    finished.reads(Reads::List).any(way)
}

/// Whether the response to the list was 401, which ends a run before its first key.
pub fn is_unauthorized_to_list(finished: &Finished) -> bool {
    // The 401 of a web server doesn't.
    let is_refusal =
        |event: &Event| event.fault.and_then(RandomFault::meaning) != Some(Meaning::Undocumented);
    finished.reads(Reads::List).any(|event| event.has_status(401) && is_refusal(event))
        && !finished.events.iter().any(|event| event.key.is_some() || event.is_bulk())
}

/// The events that may concern the key: those before the first request about a single key, if there was a bulk request, and
/// those between the requests about its neighbours, with the last one before it, which may have closed the connection.
fn window<'a>(finished: &'a Finished, key: usize) -> impl Iterator<Item = &'a Event> + 'a {
    let events = &finished.events;
    let may_be_in_bulk = finished.before[key].is_some() || !was_listed(finished, Event::was_read_immediately);
    let about_one = |event: &Event| event.key.is_some();
    let bulk =
        if finished.schedule.bulk { events.iter().position(about_one).unwrap_or(events.len()) } else { 0 };
    let first = events.iter().rposition(|event| event.key.is_some_and(|about| about < key)).unwrap_or(0);
    let end =
        events.iter().position(|event| event.key.is_some_and(|about| about > key)).unwrap_or(events.len());
    let numbered = events.iter().enumerate();
    numbered.filter(move |(at, _)| *at < bulk || (first..end).contains(at)).map(|(_, event)| event).filter(
        move |event| may_be_in_bulk || !event.is_bulk() || event.fault == Some(RandomFault::CloseAfter),
    )
}
