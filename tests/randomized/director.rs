//! Decides what happens to each connection and each request, by the schedule and by what has happened.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::SystemTime;

use crate::answer::Meaning;
use crate::fault::{LIE, Occasion, Wrong};
use crate::log::{Event, Log, Reads};
use crate::repeater::FIRST_COPY;
use crate::scene::{Criterion, Scene};
use crate::schedule::Schedule;
use support::fake_coveo::{ApiKey, CannedResponse, Coveo, Date, Fault, Hook, Recorded};
use support::proxy::{CONNECTED, Then};

/// What the keys are before this run changes any of them.
pub type Baseline = Mutex<Vec<Option<ApiKey>>>;

/// What decides.
struct Director {
    schedule: Schedule,
    log: Arc<Log>,
    baseline: Arc<Baseline>,
    /// The connections on which an answer still owes its body.
    owing: Mutex<HashSet<usize>>,
    /// Somebody has changed a key meanwhile.
    changed: AtomicBool,
}

/// Makes the server follow the schedule.
pub fn direct(coveo: &Arc<Coveo>, schedule: &Schedule, log: &Arc<Log>, baseline: &Arc<Baseline>) {
    let weak = Arc::downgrade(coveo);
    let director = Director {
        // It follows from its seed, so a copy for the server's threads is the same one.
        schedule: Schedule::draw(schedule.seed),
        log: Arc::clone(log),
        baseline: Arc::clone(baseline),
        owing: Mutex::default(),
        changed: AtomicBool::new(false),
    };
    coveo.plan(move |moment| match weak.upgrade() {
        Some(coveo) => director.decide(&coveo, moment),
        None => Fault::None,
    });
    let request_log = Arc::clone(log);
    coveo.on_request(move |request, _| {
        if let Some(delay) = request_log.delay(request.number) {
            thread::sleep(delay);
        }
    });
    let done_log = Arc::clone(log);
    coveo.on_done(move |request| done_log.done(request.number, request.status));
}

/// What a proxy in front of the server at `port` does with its connection of this number.
pub fn direct_tunnel(schedule: &Schedule, log: &Log, port: u16, number: usize) -> (Vec<u8>, Then) {
    match schedule.wrong(Occasion::Tunnel, number) {
        Some(wrong @ Wrong::Tunnel(fault)) => {
            log.add(Event::new(Occasion::Tunnel, number, None, Some(wrong)));
            fault.behaviour(port)
        }
        _ => (CONNECTED.to_vec(), Then::Connect(port)),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Director {
    fn decide(&self, coveo: &Coveo, moment: Hook) -> Fault {
        let (occasion, number) = match moment {
            Hook::Connection(number) => (Occasion::Connection, number),
            Hook::Reading(number) => (Occasion::Reading, number),
            Hook::Request(number, request) => return self.decide_on(coveo, number, request),
        };
        let wrong = self.schedule.wrong(occasion, number);
        if wrong.is_some() {
            self.log.add(Event::new(occasion, number, None, wrong));
        }
        wrong.map_or(Fault::None, Wrong::fault)
    }

    fn decide_on(&self, coveo: &Coveo, number: usize, request: &Recorded) -> Fault {
        let key = self.schedule.ids().iter().position(|id| request.path.split('/').any(|part| part == id));
        let reads = match (&*request.method, key) {
            ("GET", Some(_)) => Some(Reads::Look),
            ("GET", None) if request.path.ends_with("/privileges/token") => Some(Reads::Proof),
            ("GET", None) => Some(Reads::List),
            _ => None,
        };
        let event = |wrong| Event::new(Occasion::Request, number, key, wrong).reading(reads);
        if request.header(FIRST_COPY).is_some() {
            self.log.add(event(None).unseen());
            return Fault::None;
        }
        let mut owing = lock(&self.owing);
        if owing.remove(&request.connection) {
            self.log.add(event(None).belated());
            let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
            return Fault::Answer(CannedResponse::raw(format!("{LIE}{refused}")));
        }
        let wrong = match (self.schedule.scene, reads) {
            (Scene::NoList(form), Some(Reads::List)) => Some(Wrong::Answer(form)),
            _ => self.schedule.wrong(Occasion::Request, number),
        };
        let wrong = wrong.filter(|wrong| self.is_true(coveo, *wrong, key, reads));
        if wrong.is_some_and(Wrong::owes_a_body) {
            owing.insert(request.connection);
        }
        if let Some(key) = key {
            self.change_meanwhile(coveo, key, reads.is_some() && matches!(wrong, Some(Wrong::Aged(_))));
        }
        self.log.add(event(wrong));
        wrong.map_or(Fault::None, Wrong::fault)
    }

    /// Whether the server does not lie with that.
    fn is_true(&self, coveo: &Coveo, wrong: Wrong, key: Option<usize>, reads: Option<Reads>) -> bool {
        let ids = self.schedule.ids();
        let exists = |key: usize| coveo.exists(&ids[key]) && !self.schedule.scene.is_elsewhere();
        let possible = |key: usize| self.schedule.may_edit(key) && exists(key);
        if self.schedule.scene == Scene::Repeating && !self.is_true_of_repeated(wrong, key) {
            return false;
        }
        match (wrong, key) {
            (Wrong::Odd404(_), Some(key)) => !exists(key),
            // It is not about a key, so there is nothing to lie about.
            _ if reads.is_some() => !wrong.is_of_bulk(),
            (Wrong::Odd204(_), Some(key)) => possible(key),
            // A bulk request is about keys that are listed, or about all of them. Its body is not read yet.
            (Wrong::Odd204(_), None) => (0..ids.len()).all(possible),
            (Wrong::Odd404(_), None) => false,
            (wrong, Some(_)) => !wrong.is_of_bulk(),
            (_, None) => true,
        }
    }

    /// The same where a proxy repeats requests: nothing says that the key was left alone that it has done something to,
    /// and nothing comes behind an answer, since there it may come late.
    fn is_true_of_repeated(&self, wrong: Wrong, key: Option<usize>) -> bool {
        match wrong.meaning() {
            _ if matches!(wrong, Wrong::Stray { .. }) || wrong.owes_a_body() => false,
            Some(Meaning::Elsewhere) => !self.log.may_be_done_unseen(None),
            Some(Meaning::Refused | Meaning::Busy) => key.is_none() || !self.log.may_be_done_unseen(key),
            _ => true,
        }
    }

    /// Somebody uses or enables a selected key: before the first request about it is carried out, or since a cache has
    /// kept the answer.
    fn change_meanwhile(&self, coveo: &Coveo, key: usize, is_stale: bool) {
        let mut baseline = lock(&self.baseline);
        let id = &self.schedule.ids()[key];
        let is_due = key == self.schedule.meanwhile && self.schedule.is_selected(key) && !is_stale;
        let (Scene::Selected(criterion), Some(old), true) = (self.schedule.scene, &baseline[key], is_due)
        else {
            return;
        };
        if self.changed.swap(true, Ordering::SeqCst) {
            return;
        }
        match criterion {
            Criterion::Unused => {
                coveo.add(ApiKey { last_used_date: Date::Rfc3339(SystemTime::now()), ..old.clone() })
            }
            Criterion::Disabled => coveo.enable(id),
        }
        baseline[key] = coveo.key(id);
    }
}
