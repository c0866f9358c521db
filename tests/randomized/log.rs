//! What happened in a run as the server saw it: the faults that struck, and the answers that were given.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::answer::Meaning;
use crate::fault::{Occasion, Wrong};
use crate::schedule::Schedule;
use support::fake_coveo::{Break, Point};

/// An answer within this time was there at once.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What a request reads without changing anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reads {
    /// The list of keys, before bulk requests.
    List,
    /// The token's privileges, to prove the organization after a 404.
    Proof,
    /// A key that a selector has taken.
    Look,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    pub occasion: Occasion,
    pub number: usize,
    /// The key that the request is about; `None` for others, and for what is no request.
    pub key: Option<usize>,
    /// What the request only reads.
    pub reads: Option<Reads>,
    /// What went wrong.
    pub wrong: Option<Wrong>,
    /// The tool does not see the answer: a proxy repeats the request.
    pub unseen: bool,
    /// A body that an earlier answer owed was sent before this answer, which is a 401.
    belated: bool,
    /// The status of the true answer, once it was sent.
    status: Option<u16>,
    pub begun: Instant,
    done: Option<Instant>,
}

impl Event {
    pub fn new(occasion: Occasion, number: usize, key: Option<usize>, wrong: Option<Wrong>) -> Event {
        Event {
            occasion,
            number,
            key,
            reads: None,
            wrong,
            unseen: false,
            belated: false,
            status: None,
            begun: Instant::now(),
            done: None,
        }
    }

    /// The same, with a body before the answer that an earlier answer owed.
    pub fn belated(self) -> Event {
        Event { belated: true, ..self }
    }

    /// The same of a request whose answer the tool does not see.
    pub fn unseen(self) -> Event {
        Event { unseen: true, ..self }
    }

    /// The same of a request that reads this.
    pub fn reading(self, reads: Option<Reads>) -> Event {
        Event { reads, ..self }
    }

    /// Whether it is a request about many keys.
    pub fn is_bulk(&self) -> bool {
        self.occasion == Occasion::Request && self.key.is_none() && self.reads.is_none()
    }

    /// Whether what it reads came whole. Late counts, though the tool may have given up by then.
    pub fn was_read(&self) -> bool {
        let is_true = self.wrong.and_then(Wrong::meaning).is_none_or(|meaning| meaning == Meaning::Open);
        is_true && !self.is_stale() && self.status == Some(200)
    }

    /// Whether what it reads comes from a cache.
    fn is_stale(&self) -> bool {
        self.reads.is_some() && matches!(self.wrong, Some(Wrong::Aged(_)))
    }

    /// Whether there was an answer that a client does not ask for again. Late counts.
    pub fn was_settled(&self) -> bool {
        let is_answer = match self.wrong {
            Some(Wrong::Slow(_) | Wrong::Late(_)) => true,
            _ if self.may_be_garbled() => return true,
            wrong => !matches!(wrong.and_then(Wrong::meaning), Some(Meaning::Open | Meaning::Busy)),
        };
        is_answer && self.status.is_some()
    }

    /// Whether what it reads came whole and at once.
    pub fn was_read_at_once(&self) -> bool {
        self.was_read() && self.done.is_some_and(|done| done - self.begun <= AT_ONCE)
    }

    /// Whether the answer may have come whole and not be what the server meant, if it has a body.
    pub fn may_be_garbled(&self) -> bool {
        self.wrong == Some(Wrong::Break(Point::Body, Break::Garbage))
    }

    /// Whether it was answered with this status.
    pub fn has_status(&self, status: u16) -> bool {
        self.status == Some(status)
    }

    /// What it means for the tool: whether it has got an answer, and which.
    pub fn meaning(&self, schedule: &Schedule) -> Meaning {
        let meaning = if self.is_bulk() { Wrong::bulk_meaning } else { Wrong::meaning };
        match (self.occasion, self.wrong.and_then(meaning)) {
            // The request leaves once encryption is agreed on, so nothing can have been carried out.
            (Occasion::Connection, _) if schedule.https => Meaning::Busy,
            (Occasion::Tunnel, meaning) => meaning.unwrap_or(Meaning::Open),
            (Occasion::Connection | Occasion::Reading, _) => Meaning::Open,
            _ if self.done.is_none_or(|done| done - self.begun > AT_ONCE) => Meaning::Open,
            _ if self.belated => Meaning::Refused,
            (Occasion::Request, None) if self.is_stale() => Meaning::Odd,
            (Occasion::Request, None) if self.was_read() => Meaning::Done,
            (Occasion::Request, Some(meaning)) => meaning,
            (Occasion::Request, None) => match self.status {
                Some(204) => Meaning::Done,
                Some(400 | 404 | 405 | 413) if self.is_bulk() => Meaning::Refused,
                Some(404) => schedule.scene.missing(),
                Some(401 | 403) => Meaning::Refused,
                Some(412) => Meaning::Odd,
                _ => Meaning::Open,
            },
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?} {}", self.occasion, self.number)?;
        match (self.occasion, self.key) {
            (Occasion::Request, Some(key)) => write!(f, " (k{})", key + 1)?,
            (Occasion::Request, None) => match self.reads {
                Some(reads) => write!(f, " ({reads:?})")?,
                None => write!(f, " (bulk)")?,
            },
            _ => {}
        }
        if let Some(wrong) = self.wrong {
            write!(f, ": {wrong:?}")?;
        }
        if self.unseen {
            write!(f, ": will be repeated")?;
        }
        if self.belated {
            write!(f, ": a belated body and 401")?;
        }
        if let Some(status) = self.status {
            write!(f, ", answered {status}")?;
        }
        match self.done {
            Some(done) => write!(f, " within {} ms", (done - self.begun).as_millis()),
            None => Ok(()),
        }
    }
}

/// All that happened, in its order.
#[derive(Default)]
pub struct Log(Mutex<Vec<Event>>);

impl Log {
    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, event: Event) {
        self.events().push(event);
    }

    /// The request of this number has been dealt with.
    pub fn done(&self, number: usize, status: Option<u16>) {
        let is_it = |event: &&mut Event| event.occasion == Occasion::Request && event.number == number;
        if let Some(event) = self.events().iter_mut().find(is_it) {
            event.done = Some(Instant::now());
            event.status = status;
        }
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.events().iter().filter(|event| event.occasion == Occasion::Request).count()
    }

    /// Whether a proxy has sent a request about the key, or any, and will send it again.
    pub fn may_be_done_unseen(&self, key: Option<usize>) -> bool {
        self.events().iter().any(|event| event.unseen && (key.is_none() || event.key == key))
    }

    /// How long the request of this number is to wait before it is carried out.
    pub fn delay(&self, number: usize) -> Option<Duration> {
        let events = self.events();
        let is_it = |event: &&Event| event.occasion == Occasion::Request && event.number == number;
        match events.iter().find(is_it)?.wrong {
            Some(Wrong::Late(millis)) => Some(Duration::from_millis(millis)),
            _ => None,
        }
    }

    /// Whether each request has been dealt with.
    pub fn is_at_rest(&self) -> bool {
        self.events().iter().all(|event| event.occasion != Occasion::Request || event.done.is_some())
    }

    pub fn all(&self) -> Vec<Event> {
        self.events().clone()
    }
}
