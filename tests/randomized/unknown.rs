//! Whether the tool may be in doubt: where it says `unknown`, it has to be something that it can't know, and where it says
//! `gone`, an earlier attempt has to have gone astray. What it is told at once and whole, it knows.

use crate::answer::Meaning;
use crate::fault::{Occasion, Wrong};
use crate::log::Event;
use crate::run::Finished;
use crate::schedule::Schedule;

/// Why `unknown` is not right for the key, if it is not.
pub fn needless(schedule: &Schedule, finished: &Finished, key: usize) -> Option<String> {
    let window = window(schedule, &finished.events, key);
    let mut doubt = false;
    for event in window {
        let meaning = event.meaning(schedule.https);
        let own = event.occasion == Occasion::Request && event.key.is_none_or(|about| about == key);
        match meaning {
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
    window(schedule, &finished.events, key).any(|event| leaves_doubt(schedule, event))
}

/// Whether a request may have been carried out, at this event or on what it leaves behind, without an answer that says so.
fn leaves_doubt(schedule: &Schedule, event: &Event) -> bool {
    // The next request may be lost on the connection that is being closed, and no server sees it.
    matches!(event.meaning(schedule.https), Meaning::Open | Meaning::Odd)
        || event.wrong == Some(Wrong::CloseAfter)
}

/// Whether an answer about the key was one that the API does not document.
pub fn was_odd(finished: &Finished, key: usize) -> bool {
    let is_odd = |event: &Event| event.wrong.and_then(Wrong::meaning) == Some(Meaning::Odd);
    finished.events.iter().any(|event| event.key == Some(key) && is_odd(event))
}

/// What may have had to do with the key: what there was before the first request about any one key, if there was a bulk
/// request, and what lies between the requests about its neighbours, with the last one before it, which may have closed
/// the connection.
fn window<'a>(
    schedule: &Schedule,
    events: &'a [Event],
    key: usize,
) -> impl Iterator<Item = &'a Event> + use<'a> {
    let about_one = |event: &Event| event.key.is_some();
    let bulk = if schedule.bulk { events.iter().position(about_one).unwrap_or(events.len()) } else { 0 };
    let first = events.iter().rposition(|event| event.key.is_some_and(|about| about < key)).unwrap_or(0);
    let end =
        events.iter().position(|event| event.key.is_some_and(|about| about > key)).unwrap_or(events.len());
    let numbered = events.iter().enumerate();
    numbered.filter(move |(at, _)| *at < bulk || (first..end).contains(at)).map(|(_, event)| event)
}
