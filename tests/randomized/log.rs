//! The log of a run as seen by the server: faults and responses.

use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::fault::{Occasion, RandomFault};
use crate::response::Meaning;
use crate::schedule::Schedule;
use support::fake_coveo::{Break, Point};

/// A response within this time is immediate.
const IMMEDIATE: Duration = Duration::from_millis(100);

/// The subject of a read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reads {
    /// The list of keys.
    List,
    /// The token's privileges, as proof of access.
    Proof,
    /// A key.
    Key,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    pub occasion: Occasion,
    pub number: usize,
    /// The key that the request is about, if it is about one.
    pub key: Option<usize>,
    /// The subject of a request that only reads.
    pub reads: Option<Reads>,
    /// The fault.
    pub fault: Option<RandomFault>,
    /// A proxy has dropped the response, and repeats the request.
    pub unseen: bool,
    /// The late body of an earlier response came first; the response is 401.
    pub belated: bool,
    /// The status of the response, once it was sent.
    pub status: Option<u16>,
    pub begun: Instant,
    /// The time from the beginning to the end.
    pub took: Option<Duration>,
}

impl Event {
    pub fn new(occasion: Occasion, number: usize, key: Option<usize>, fault: Option<RandomFault>) -> Event {
        Event {
            occasion,
            number,
            key,
            reads: None,
            fault,
            unseen: false,
            belated: false,
            status: None,
            begun: Instant::now(),
            took: None,
        }
    }

    /// Whether it is the request with this number, as the tool has sent it.
    fn is_request(&self, number: usize) -> bool {
        self.occasion == Occasion::Request && self.number == number && !self.unseen
    }

    /// Whether it is a bulk request.
    pub fn is_bulk(&self) -> bool {
        self.occasion == Occasion::Request && self.key.is_none() && self.reads.is_none()
    }

    /// Whether the subject was read completely, perhaps too late for the tool.
    pub fn was_read(&self) -> bool {
        let is_true =
            self.fault.and_then(RandomFault::meaning).is_none_or(|meaning| meaning == Meaning::Unclear);
        let is_partial = self.reads == Some(Reads::List) && self.fault == Some(RandomFault::NextPage);
        is_true && !is_partial && !self.is_stale() && self.status == Some(200)
    }

    /// Whether the subject came from a cache.
    fn is_stale(&self) -> bool {
        self.reads.is_some() && matches!(self.fault, Some(RandomFault::Aged(_)))
    }

    /// Whether a response came that a client doesn't ask for again, perhaps too late.
    pub fn was_settled(&self) -> bool {
        let is_answer = match self.fault {
            Some(RandomFault::Slow(_) | RandomFault::Late(_)) => true,
            _ if self.may_be_garbled() => return true,
            fault => !matches!(fault.and_then(RandomFault::meaning), Some(Meaning::Unclear | Meaning::Busy)),
        };
        is_answer && self.status.is_some()
    }

    /// Whether the subject was read completely and immediately.
    pub fn was_read_immediately(&self) -> bool {
        self.was_read() && self.took.is_some_and(|took| took <= IMMEDIATE)
    }

    /// Whether the body of the response may seem complete and be garbled.
    pub fn may_be_garbled(&self) -> bool {
        self.fault == Some(RandomFault::Break(Point::Body, Break::Garbage))
    }

    /// Whether the response has this status.
    pub fn has_status(&self, status: u16) -> bool {
        self.status == Some(status)
    }

    /// Its meaning for the tool.
    pub fn meaning(&self, schedule: &Schedule) -> Meaning {
        let meaning = if self.is_bulk() { RandomFault::bulk_meaning } else { RandomFault::meaning };
        match (self.occasion, self.fault.and_then(meaning)) {
            // The request is sent after the handshake, so nothing was carried out.
            (Occasion::Connection, _) if schedule.https => Meaning::Busy,
            (Occasion::Tunnel, meaning) => meaning.unwrap_or(Meaning::Unclear),
            (Occasion::Connection | Occasion::Reading, _) => Meaning::Unclear,
            _ if self.took.is_none_or(|took| took > IMMEDIATE) => Meaning::Unclear,
            _ if self.belated => Meaning::Refused,
            (Occasion::Request, None) if self.is_stale() => Meaning::Undocumented,
            (Occasion::Request, None) if self.was_read() => Meaning::Done,
            (Occasion::Request, Some(meaning)) => meaning,
            (Occasion::Request, None) => match self.status {
                Some(204) => Meaning::Done,
                Some(400 | 404 | 405 | 413) if self.is_bulk() => Meaning::Refused,
                Some(404) => schedule.scene.missing(),
                Some(401 | 403) => Meaning::Refused,
                Some(412) => Meaning::Undocumented,
                _ => Meaning::Unclear,
            },
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Event { occasion, number, key, reads, fault, unseen, belated, status, took, .. } = self;
        write!(f, "{occasion:?} {number}, key {key:?}, reads {reads:?}, {fault:?}, unseen: {unseen}, ")?;
        write!(f, "belated: {belated}, answered {status:?} within {took:?}")
    }
}

/// All events in order.
#[derive(Default)]
pub struct Log(Mutex<Vec<Event>>);

impl Log {
    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap()
    }

    pub fn add(&self, event: Event) {
        self.events().push(event);
    }

    /// Marks the request with this number as done.
    pub fn done(&self, number: usize, status: Option<u16>) {
        if let Some(event) = self.events().iter_mut().find(|event| event.is_request(number)) {
            event.took = Some(event.begun.elapsed());
            event.status = status;
        }
    }

    /// The number of requests.
    pub fn requests(&self) -> usize {
        self.events().iter().filter(|event| event.occasion == Occasion::Request).count()
    }

    /// Whether a proxy repeats a request about the key, or any.
    pub fn may_be_done_unseen(&self, key: Option<usize>) -> bool {
        self.events().iter().any(|event| event.unseen && (key.is_none() || event.key == key))
    }

    /// The delay before the request with this number is carried out.
    pub fn delay(&self, number: usize) -> Duration {
        match self.events().iter().find(|event| event.is_request(number)).and_then(|event| event.fault) {
            Some(RandomFault::Late(millis)) => Duration::from_millis(millis),
            _ => Duration::ZERO,
        }
    }

    /// Whether all requests are done.
    pub fn is_at_rest(&self) -> bool {
        self.events().iter().all(|event| event.occasion != Occasion::Request || event.took.is_some())
    }

    pub fn all(&self) -> Vec<Event> {
        self.events().clone()
    }
}
