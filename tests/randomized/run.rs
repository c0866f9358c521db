//! Runs a schedule: an organization with its keys, a server with faults, a proxy if any, and the tool.

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
use crate::schedule::{KeyData, KeyState, Schedule};
use crate::signals::{Interruption, ended_by};
use support::fake_coveo::{ApiKey, Certificate, Coveo, Date, SINGLE_KEY_TOKEN};
use support::harness::{Cli, Run, cli, spawn};
use support::proxy::Proxy;

const DAY: Duration = Duration::from_secs(86_400);

/// Another organization than the one of the keys.
const OTHER_ORGANIZATION: &str = "mycoveocloudv2organizationg8tp8wu4";

/// A finished run.
pub struct Finished {
    /// The keys without the changes of this run.
    pub before: Vec<Option<ApiKey>>,
    pub after: Vec<Option<ApiKey>>,
    /// Which keys somebody else has used or activated, so that the condition no longer matches.
    pub ceased: Vec<bool>,
    /// Whether somebody else has changed a key.
    pub was_meddled: bool,
    /// The events that the tool could see.
    pub events: Vec<Event>,
    /// The requests whose response a proxy has dropped, before it repeated them.
    pub unseen: Vec<Event>,
    /// The lines of JSON.
    pub lines: Vec<Value>,
    /// What a signal did, if one came in time.
    pub interruption: Option<Interruption>,
    pub run: Run,
}

impl Finished {
    /// Whether a signal ended the run.
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
    let builder = Coveo::builder().unknowns(schedule.scene.unknowns(schedule.partial_bulk));
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

    // A request may be carried out after the tool has given up.
    let patience = Instant::now() + Duration::from_secs(20);
    while !log.is_at_rest() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(log.is_at_rest(), "the server is still busy");
    let lines = run.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let (unseen, events) = log.all().into_iter().partition(|event| event.unseen);
    let before = baseline.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let ceased = original
        .iter()
        .zip(&before)
        .map(|(original, before)| before.is_some() && original != before)
        .collect();
    let was_meddled = original != before;
    Finished { before, after: keys(), ceased, was_meddled, events, unseen, lines, interruption, run }
}

/// Creates the key as it is before the run.
fn create(schedule: &Schedule, key: usize, now: SystemTime) -> Option<ApiKey> {
    let (id, data) = (&schedule.ids()[key], schedule.data[key]);
    let ago = |days: u32| now - days * DAY;
    let age = if data == KeyData::Recent { 10 } else { 500 };
    let mut key = match schedule.keys[key] {
        KeyState::Enabled => ApiKey { last_used_date: Date::Rfc3339(ago(age)), ..ApiKey::new(id) },
        KeyState::Disabled => ApiKey::disabled(id, ago(age)),
        KeyState::Missing => return None,
    };
    match data {
        KeyData::Contradictory if key.enabled => key.created_date = Date::Rfc3339(now + 3 * DAY),
        KeyData::Contradictory => key.activation_date = Date::Rfc3339(ago(100)),
        KeyData::OtherOrganization => _ = key.extra.insert("organizationId".to_owned(), "another".into()),
        KeyData::Old | KeyData::Recent => {}
    }
    Some(key)
}

/// The network between the tool and the organization.
enum Way {
    Direct,
    Proxy(Proxy),
    /// Dropping it stops it.
    Repeater(#[expect(dead_code)] Repeater),
}

/// Prepares the tool, and the proxy if any.
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
    // Its output until then fits into a pipe.
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
