//! Runs a schedule: an organization with its keys, a server on which the faults strike, what lies between, and the tool.

use std::fmt;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::director::{direct, direct_tunnel};
use crate::log::{Event, Log};
use crate::repeater::{self, Repeater};
use crate::scene::Scene;
use crate::schedule::{Before, Schedule};
use crate::signals::{Interruption, ended_by};
use support::fake_coveo::{ApiKey, Certificate, Coveo, Date, SINGLE_KEY_TOKEN};
use support::harness::{Cli, Run, cli, spawn};
use support::proxy::Proxy;

const DAY: Duration = Duration::from_secs(86_400);

/// An organization that is not that of the keys.
const OTHER_ORGANIZATION: &str = "mycoveocloudv2organizationg8tp8wu4";

/// A run that has ended.
pub struct Finished {
    /// The keys before this run changed any of them.
    pub before: Vec<Option<ApiKey>>,
    pub after: Vec<Option<ApiKey>>,
    /// Which keys somebody else has changed, so that the selector does not take them any more.
    pub ceased: Vec<bool>,
    /// What happened, but for what the tool could not see.
    pub events: Vec<Event>,
    /// The requests whose answer a proxy has dropped, to send them again.
    pub unseen: Vec<Event>,
    /// What the tool said, a line of JSON a key.
    pub lines: Vec<Value>,
    /// How it took its signal, if one came in time.
    pub interruption: Option<Interruption>,
    pub run: Run,
}

impl Finished {
    /// Whether a signal has ended the run.
    pub fn is_interrupted(&self) -> bool {
        self.interruption.is_some_and(|interruption| interruption.ended_by.is_some())
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for event in self.unseen.iter().chain(&self.events) {
            writeln!(f, "  server: {event}")?;
        }
        let state =
            |key: &Option<ApiKey>| key.as_ref().map_or("missing".to_owned(), |key| key.status.clone());
        let after: Vec<String> = self.after.iter().map(state).collect();
        writeln!(f, "  keys after: {}", after.join(", "))?;
        if let Some(Interruption { kind, took, ended_by, .. }) = self.interruption {
            writeln!(f, "  {kind:?}, and the end {took:?} after it, by {ended_by:?}")?;
        }
        write!(
            f,
            "exit status {} after {:?}\n{}{}",
            self.run.status, self.run.took, self.run.stdout, self.run.stderr
        )
    }
}

pub fn run(schedule: &Schedule) -> Finished {
    let builder = schedule.scene.set_up(Coveo::builder().partial_bulk(schedule.partial_bulk));
    let builder = if schedule.https { builder.https(Certificate::Good) } else { builder };
    let coveo = Arc::new(builder.start());
    let ids = schedule.ids();
    for key in (0..ids.len()).filter_map(|key| create(schedule, key, coveo.now())) {
        coveo.add(key);
    }
    if schedule.token == SINGLE_KEY_TOKEN {
        coveo.set_single_key(&ids[schedule.single_key()]);
    }
    let keys = || ids.iter().map(|id| coveo.key(id)).collect::<Vec<_>>();
    let (log, original) = (Arc::new(Log::default()), keys());
    let baseline = Arc::new(Mutex::new(original.clone()));
    direct(&coveo, schedule, &log, &baseline);
    let (cli, way) = start(schedule, &coveo, &log);
    let (run, interruption) = end(schedule, &log, cli);
    if let Way::Proxy(proxy) = &way {
        proxy.stop();
    }

    // A request may be carried out after the tool has given up on it.
    let patience = Instant::now() + Duration::from_secs(20);
    while !log.is_at_rest() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(log.is_at_rest(), "the server does not come to rest");
    let lines = run.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let (unseen, events) = log.all().into_iter().partition(|event| event.unseen);
    let before = baseline.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let ceased = original.iter().zip(&before).map(|(original, before)| original != before).collect();
    Finished { before, after: keys(), ceased, events, unseen, lines, interruption, run }
}

/// The key before the run.
fn create(schedule: &Schedule, key: usize, now: SystemTime) -> Option<ApiKey> {
    let (id, lately) = (&schedule.ids()[key], schedule.lately[key]);
    let ago = |days: u32| Date::Rfc3339(now - days * DAY);
    match schedule.keys[key] {
        Before::Enabled => {
            Some(ApiKey { last_used_date: ago(if lately { 10 } else { 500 }), ..ApiKey::new(id) })
        }
        Before::Disabled => Some(ApiKey {
            enabled: false,
            status: "DISABLED".into(),
            disabled_date: ago(if lately { 10 } else { 500 }),
            ..ApiKey::new(id)
        }),
        Before::Missing => None,
    }
}

/// What lies between the tool and the organization.
enum Way {
    Direct,
    Proxy(Proxy),
    /// It ends as it is dropped.
    Repeater(#[expect(dead_code)] Repeater),
}

/// The tool on its way to the organization.
fn start(schedule: &Schedule, coveo: &Coveo, log: &Arc<Log>) -> (Cli, Way) {
    let cli = cli(coveo).env("COVEO_ACCESS_TOKEN", schedule.token).args(schedule.arguments());
    let (seed, port) = (schedule.seed, coveo.port());
    match schedule.scene {
        Scene::Elsewhere(_) => (cli.env("COVEO_ORGANIZATION_ID", OTHER_ORGANIZATION), Way::Direct),
        Scene::Proxy => {
            let (schedule, log) = (Schedule::draw(seed), Arc::clone(log));
            let proxy = Proxy::start_each(move |number| direct_tunnel(&schedule, &log, port, number));
            (cli.env("HTTPS_PROXY", proxy.url()), Way::Proxy(proxy))
        }
        Scene::Repeating => {
            let schedule = Schedule::draw(seed);
            let repeater = repeater::start(port, move |number| schedule.repeats(number));
            let endpoint = format!("http://127.0.0.1:{}", repeater.port);
            (cli.env("COVEO_ENDPOINT", endpoint), Way::Repeater(repeater))
        }
        _ => (cli, Way::Direct),
    }
}

/// Runs the tool to its end, with the signal of the schedule.
fn end(schedule: &Schedule, log: &Log, cli: Cli) -> (Run, Option<Interruption>) {
    let mut command = cli.command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn(&mut command);
    // What it says until then fits into a pipe.
    let sent = schedule.signal.and_then(|signal| Some((signal, signal.send(&mut child, || log.requests())?)));
    let output = child.wait_with_output().expect("the binary ends");
    let took = started.elapsed();
    let interruption = sent.map(|(signal, sent)| Interruption {
        kind: signal.kind,
        sent,
        took: sent.elapsed(),
        ended_by: ended_by(output.status),
    });
    (Run::check(output, took), interruption)
}
