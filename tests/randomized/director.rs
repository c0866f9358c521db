//! Decides what happens to each connection and request, from the schedule and the events so far.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::fault::{LIE, Occasion, RandomFault};
use crate::log::{Event, Log, Reads};
use crate::response::Meaning;
use crate::scene::{Criterion, Scene};
use crate::schedule::{Meddling, Schedule};
use support::fake_coveo::{ApiKey, CannedResponse, Coveo, Date, Fault, Hook, Recorded};
use support::proxy::{CONNECTED, Then};

/// The time that a handshake stalls: more than a read is valid for.
const STALL: Duration = Duration::from_millis(10_500);

/// Decides, and remembers.
pub struct Director {
    pub schedule: Schedule,
    pub log: Log,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The keys without the changes of this run.
    baseline: Vec<Option<ApiKey>>,
    /// The connections on which the body of a response is still missing.
    owing: HashSet<usize>,
    /// Whether somebody has changed a key.
    meddled: bool,
    /// Whether the next connection stalls.
    stalls: bool,
}

impl Director {
    pub fn new(schedule: Schedule, keys: Vec<Option<ApiKey>>) -> Arc<Director> {
        let state = Mutex::new(State { baseline: keys, ..State::default() });
        Arc::new(Director { schedule, log: Log::default(), state })
    }

    /// The keys without the changes of this run.
    pub fn baseline(&self) -> Vec<Option<ApiKey>> {
        self.state.lock().unwrap().baseline.clone()
    }

    /// Makes the server follow the schedule.
    pub fn direct(self: &Arc<Self>, coveo: &Arc<Coveo>) {
        let (weak, director) = (Arc::downgrade(coveo), Arc::clone(self));
        coveo.plan(move |hook| match weak.upgrade() {
            Some(coveo) => director.decide(&coveo, hook),
            None => Fault::None,
        });
        let director = Arc::clone(self);
        coveo.on_request(move |request, _| thread::sleep(director.log.delay(request.number)));
        let director = Arc::clone(self);
        coveo.on_done(move |request| director.log.done(request.number, request.status));
    }

    /// Decides what a proxy in front of the server at `port` does with its connection of this number.
    pub fn direct_tunnel(&self, port: u16, number: usize) -> (Vec<u8>, Then) {
        let fault = self.schedule.fault(Occasion::Tunnel, number);
        let Some(RandomFault::Tunnel(response, then)) = fault else {
            return (CONNECTED.to_vec(), Then::Connect(port));
        };
        self.log.add(Event::new(Occasion::Tunnel, number, None, fault));
        let then = if let Then::ConnectFor(_, most) = then { Then::ConnectFor(port, most) } else { then };
        (response.into(), then)
    }

    fn decide(&self, coveo: &Coveo, hook: Hook) -> Fault {
        let (occasion, number) = match hook {
            Hook::Connection(number) => (Occasion::Connection, number),
            Hook::Reading(number) => (Occasion::Reading, number),
            Hook::Request(number, request) => return self.decide_on(coveo, number, request),
        };
        let stalls = &mut self.state.lock().unwrap().stalls;
        if occasion == Occasion::Connection && std::mem::take(stalls) {
            return Fault::Stall(STALL);
        }
        let fault = self.schedule.fault(occasion, number);
        if fault.is_some() {
            self.log.add(Event::new(occasion, number, None, fault));
        }
        fault.map_or(Fault::None, RandomFault::fault)
    }

    fn decide_on(&self, coveo: &Coveo, number: usize, request: &Recorded) -> Fault {
        let key = self.schedule.ids().iter().position(|id| request.path.split('/').any(|part| part == id));
        let reads = match (&*request.method, key) {
            ("GET", Some(_)) => Some(Reads::Key),
            ("GET", None) if request.path.ends_with("/privileges/token") => Some(Reads::Proof),
            ("GET", None) => Some(Reads::List),
            _ => None,
        };
        let event = |fault| Event { reads, ..Event::new(Occasion::Request, number, key, fault) };
        if let Some(key) = key.filter(|_| reads.is_none() && self.schedule.repeats(number)) {
            self.log.add(Event { unseen: true, took: Some(Duration::ZERO), ..event(None) });
            self.carry_out_unseen(coveo, key);
        }
        let mut state = self.state.lock().unwrap();
        if state.owing.remove(&request.connection) {
            self.log.add(Event { belated: true, ..event(None) });
            let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
            return Fault::Answer(CannedResponse::raw(format!("{LIE}{refused}")));
        }
        let fault = match (self.schedule.scene, reads) {
            (Scene::NoList(form), Some(Reads::List)) => Some(RandomFault::Response(form)),
            _ => self.schedule.fault(Occasion::Request, number),
        };
        let is_stale = reads.is_some() && matches!(fault, Some(RandomFault::Aged(_)));
        let stalls = key.is_some_and(|key| !is_stale && self.meddle(coveo, &mut state, key, reads.is_some()));
        let fault = fault.filter(|fault| !stalls && self.is_true(coveo, *fault, key, reads));
        if fault.is_some_and(RandomFault::owes_a_body) {
            state.owing.insert(request.connection);
        }
        self.log.add(event(fault));
        if stalls {
            // The change needs a new connection.
            return Fault::header("Connection", "close");
        }
        fault.map_or(Fault::None, RandomFault::fault)
    }

    /// Changes the key as requested, as for a request whose response was lost before it was repeated.
    fn carry_out_unseen(&self, coveo: &Coveo, key: usize) {
        let id = &self.schedule.ids()[key];
        match self.schedule.disable {
            _ if !self.schedule.may_edit(key) => {}
            true => coveo.edit(id, |key| (key.enabled, key.status) = (false, "DISABLED".to_owned())),
            false => coveo.remove(id),
        }
    }

    /// Whether the fault doesn't make the server lie.
    fn is_true(&self, coveo: &Coveo, fault: RandomFault, key: Option<usize>, reads: Option<Reads>) -> bool {
        let ids = self.schedule.ids();
        let exists = |key: usize| coveo.exists(&ids[key]) && !self.schedule.scene.is_elsewhere();
        let possible = |key: usize| self.schedule.may_edit(key) && exists(key);
        if self.schedule.scene == Scene::Repeating && !self.is_true_of_repeated(fault, key) {
            return false;
        }
        match (fault, key) {
            (RandomFault::Unusual404(_), Some(key)) => !exists(key),
            // A token that can't view the key couldn't tell either.
            _ if matches!(self.schedule.scene, Scene::RefusedChanges(_))
                && fault.meaning() == Some(Meaning::Refused) =>
            {
                reads.is_none() && !fault.is_of_bulk()
            }
            // Reads claim nothing about a change.
            _ if reads.is_some() => !fault.is_of_bulk(),
            (RandomFault::Unusual204(_), Some(key)) => possible(key),
            // Its body wasn't read yet: it may be about all keys.
            (RandomFault::Unusual204(_), None) => (0..ids.len()).all(possible),
            (RandomFault::Unusual404(_), None) => false,
            (fault, Some(_)) => !fault.is_of_bulk(),
            (_, None) => true,
        }
    }

    /// The same if a proxy repeats requests: no response denies a change that the first copy may have made, and no bytes
    /// follow a response, since they may come late.
    fn is_true_of_repeated(&self, fault: RandomFault, key: Option<usize>) -> bool {
        match fault.meaning() {
            _ if matches!(fault, RandomFault::Stray { .. }) || fault.owes_a_body() => false,
            Some(Meaning::NoOrganization) => !self.log.may_be_done_unseen(None),
            Some(Meaning::Refused | Meaning::Busy) => key.is_none() || !self.log.may_be_done_unseen(key),
            _ => true,
        }
    }

    /// Lets somebody else change a selected key, once. Returns whether the connection for its change will stall.
    fn meddle(&self, coveo: &Coveo, state: &mut State, key: usize, is_read: bool) -> bool {
        let (id, meddling) = (&self.schedule.ids()[key], self.schedule.meddling);
        let is_due = key == self.schedule.meddled && self.schedule.is_selected(key) && !state.meddled;
        let is_moment = is_read != (meddling == Meddling::DeleteAfterRead);
        let (Scene::Selected(criterion), Some(old), true) =
            (self.schedule.scene, &state.baseline[key], is_due && is_moment)
        else {
            return false;
        };
        match (meddling, criterion) {
            (Meddling::Delete | Meddling::DeleteAfterRead, _) => coveo.remove(id),
            (_, Criterion::Unused) => {
                let used = ApiKey { last_used_date: Date::Rfc3339(SystemTime::now()), ..old.clone() };
                coveo.add(used)
            }
            (_, Criterion::Disabled) => coveo.enable(id),
        }
        state.meddled = true;
        state.stalls = meddling == Meddling::UseDuringStall;
        state.baseline[key] = coveo.key(id);
        state.stalls
    }
}
