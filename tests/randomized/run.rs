//! Runs a schedule: an organization with its keys, a server on which the faults strike, and the tool.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fault::{LIE, Occasion, Wrong};
use crate::log::{Event, Log, Reads};
use crate::schedule::{Before, Schedule};
use support::fake_coveo::{
    ApiKey, Certificate, Coveo, Date, Fault, Moment, Recorded, SINGLE_KEY_TOKEN, Scripted,
};
use support::harness::{Ran, tool};

/// A run that has ended.
pub struct Finished {
    pub before: Vec<Option<ApiKey>>,
    pub after: Vec<Option<ApiKey>>,
    pub events: Vec<Event>,
    /// What the tool said, a line of JSON a key.
    pub lines: Vec<Value>,
    pub ran: Ran,
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for event in &self.events {
            writeln!(f, "  server: {event}")?;
        }
        let state =
            |key: &Option<ApiKey>| key.as_ref().map_or("missing".to_owned(), |key| key.status.clone());
        let after: Vec<String> = self.after.iter().map(state).collect();
        writeln!(f, "  keys after: {}", after.join(", "))?;
        write!(
            f,
            "exit status {} after {:?}\n{}{}",
            self.ran.status, self.ran.took, self.ran.stdout, self.ran.stderr
        )
    }
}

/// What decides about each request.
struct Director<'a> {
    schedule: &'a Schedule,
    coveo: &'a Coveo,
    log: &'a Log,
    /// The connections on which an answer still owes its body.
    owing: &'a Mutex<HashSet<usize>>,
}

pub fn run(schedule: &Schedule) -> Finished {
    let builder = Coveo::builder().partial_bulk(schedule.partial_bulk);
    let builder = if schedule.https { builder.https(Certificate::Good) } else { builder };
    let coveo = Arc::new(builder.start());
    let ids = schedule.ids();
    for (id, before) in ids.iter().zip(&schedule.keys) {
        match before {
            Before::Enabled => coveo.add(ApiKey::new(id)),
            Before::Disabled => coveo.add(ApiKey {
                enabled: false,
                status: "DISABLED".into(),
                disabled_date: Date::Rfc3339(coveo.now() - Duration::from_secs(86400)),
                ..ApiKey::new(id)
            }),
            Before::Missing => {}
        }
    }
    if schedule.token == SINGLE_KEY_TOKEN {
        coveo.set_single_key(&ids[schedule.single_key()]);
    }
    let keys = || ids.iter().map(|id| coveo.key(id)).collect::<Vec<_>>();
    let before = keys();

    let log = Arc::new(Log::default());
    direct(&coveo, schedule, &log);
    let ran = tool(&coveo).env("COVEO_ACCESS_TOKEN", schedule.token).args(schedule.arguments()).run();
    // A request may be carried out after the tool has given up on it.
    let patience = Instant::now() + Duration::from_secs(10);
    while !log.is_at_rest() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(log.is_at_rest(), "the server does not come to rest");
    let lines = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    Finished { before, after: keys(), events: log.all(), lines, ran }
}

/// Makes the server follow the schedule.
fn direct(coveo: &Arc<Coveo>, schedule: &Schedule, log: &Arc<Log>) {
    let seed = schedule.seed;
    let (weak, plan_log) = (Arc::downgrade(coveo), Arc::clone(log));
    // It follows from its seed, so a copy for the server's threads is the same one.
    let (schedule, owing) = (Schedule::draw(seed), Mutex::new(HashSet::new()));
    coveo.plan(move |moment| {
        let Some(coveo) = weak.upgrade() else { return Fault::None };
        let director = Director { schedule: &schedule, coveo: &coveo, log: &plan_log, owing: &owing };
        director.decide(moment)
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

impl Director<'_> {
    fn decide(&self, moment: Moment) -> Fault {
        let (occasion, number) = match moment {
            Moment::Connection(number) => (Occasion::Connection, number),
            Moment::Reading(number) => (Occasion::Reading, number),
            Moment::Request(number, request) => return self.decide_on(number, request),
        };
        let wrong = self.schedule.wrong(occasion, number);
        if wrong.is_some() {
            self.log.add(Event::new(occasion, number, None, wrong));
        }
        wrong.map_or(Fault::None, Wrong::fault)
    }

    fn decide_on(&self, number: usize, request: &Recorded) -> Fault {
        let key = self.schedule.ids().iter().position(|id| request.path.split('/').any(|part| part == id));
        let reads = match (&*request.method, request.path.ends_with("/privileges/token")) {
            ("GET", true) => Some(Reads::Proof),
            ("GET", false) => Some(Reads::List),
            _ => None,
        };
        let mut owing = self.owing.lock().unwrap_or_else(PoisonError::into_inner);
        if owing.remove(&request.connection) {
            self.log.add(Event::new(Occasion::Request, number, key, None).reading(reads).belated());
            let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
            return Fault::Answer(Scripted::raw(format!("{LIE}{refused}")));
        }
        let wrong = self.schedule.wrong(Occasion::Request, number);
        let wrong = wrong.filter(|wrong| match reads {
            // It is not about a key, so there is nothing to lie about.
            Some(_) => !wrong.is_of_bulk(),
            None => self.is_true(*wrong, key),
        });
        if wrong.is_some_and(Wrong::owes_a_body) {
            owing.insert(request.connection);
        }
        self.log.add(Event::new(Occasion::Request, number, key, wrong).reading(reads));
        wrong.map_or(Fault::None, Wrong::fault)
    }

    /// Whether the server does not lie with that.
    fn is_true(&self, wrong: Wrong, key: Option<usize>) -> bool {
        let ids = self.schedule.ids();
        let possible = |key: usize| self.schedule.may_edit(key) && self.coveo.exists(&ids[key]);
        match (wrong, key) {
            (Wrong::Odd204(_), Some(key)) => possible(key),
            // A bulk request is about keys that are listed, or about all of them. Its body is not read yet.
            (Wrong::Odd204(_), None) => (0..ids.len()).all(possible),
            (Wrong::Odd404(_), Some(key)) => !self.coveo.exists(&ids[key]),
            (Wrong::Odd404(_), None) => false,
            (wrong, Some(_)) => !wrong.is_of_bulk(),
            (_, None) => true,
        }
    }
}
