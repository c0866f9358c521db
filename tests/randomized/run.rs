//! Runs a schedule: an organization with its keys, a server with faults, a proxy if any, and the tool.

use std::fmt;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::director::Director;
use crate::log::{Event, Log, Reads};
use crate::scene::Scene;
use crate::schedule::{KeyData, KeyState, Schedule};
use crate::signals::{Interruption, Signal, ended_by};
use support::fake_coveo::{ApiKey, Certificate, Coveo, Date, SINGLE_KEY_TOKEN};
use support::harness::{Cli, Run, cli, json_lines, spawn};
use support::proxy::Proxy;

const DAY: Duration = Duration::from_secs(86_400);

/// Another organization than the one of the keys.
const OTHER_ORGANIZATION: &str = "mycoveocloudv2organizationg8tp8wu4";

/// A finished run.
pub struct Finished {
    pub schedule: Schedule,
    /// The keys without the changes of this run.
    pub before: Vec<Option<ApiKey>>,
    pub after: Vec<Option<ApiKey>>,
    /// Which keys somebody else has used or activated, so that the condition no longer matches.
    pub ceased: Vec<bool>,
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

    /// Whether a condition selects the keys.
    pub fn is_selection(&self) -> bool {
        matches!(self.schedule.scene, Scene::Selected(_))
    }

    /// The reported outcomes.
    pub fn outcomes(&self) -> Vec<String> {
        self.lines.iter().map(|line| line["outcome"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The requests that read this.
    pub fn reads(&self, subject: Reads) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter().filter(move |event| event.reads == Some(subject))
    }

    /// The requests about the key.
    pub fn about(&self, key: usize) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.key == Some(key))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}\n{:?}", self.schedule.arguments().join(" "), self.schedule)?;
        for event in self.unseen.iter().chain(&self.events) {
            writeln!(f, "  server: {event}")?;
        }
        let state = |key: &Option<ApiKey>| key.as_ref().map(|key| key.status.clone());
        writeln!(f, "  keys after: {:?}", self.after.iter().map(state).collect::<Vec<_>>())?;
        writeln!(f, "  {:?}", self.interruption)?;
        let Run { status, stdout, stderr, took } = &self.run;
        write!(f, "exit status {status} after {took:?}\n{stdout}{stderr}")
    }
}

pub fn run(schedule: Schedule) -> Finished {
    let builder = Coveo::builder().unknowns(schedule.scene.unknowns(schedule.partial_bulk));
    let builder = if schedule.https { builder.https(Certificate::Good) } else { builder };
    let ids = schedule.ids();
    let keys = (0..ids.len()).filter_map(|key| create(&schedule, key));
    let coveo = Arc::new(builder.start_with(keys));
    if schedule.token == SINGLE_KEY_TOKEN {
        coveo.set_single_key(&ids[schedule.single_key()]);
    }
    let keys = || ids.iter().map(|id| coveo.key(id)).collect::<Vec<_>>();
    let (original, signal) = (keys(), schedule.signal);
    let director = Director::new(schedule, original.clone());
    director.direct(&coveo);
    let (cli, proxy) = start(&director, &coveo);
    let (run, interruption) = end(signal, &director.log, cli);
    if let Some(proxy) = proxy {
        proxy.stop();
    }

    // A request may be carried out after the tool has given up.
    let patience = Instant::now() + Duration::from_secs(20);
    while !director.log.is_at_rest() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(director.log.is_at_rest(), "the server is still busy");
    let (unseen, events) = director.log.all().into_iter().partition(|event| event.unseen);
    let before = director.baseline();
    let ceased = original.iter().zip(&before).map(|(old, new)| new.is_some() && old != new).collect();
    let lines = json_lines(&run.stdout);
    let schedule = director.schedule.clone();
    Finished { schedule, before, after: keys(), ceased, events, unseen, lines, interruption, run }
}

/// Creates the key as it is before the run.
fn create(schedule: &Schedule, key: usize) -> Option<ApiKey> {
    let (id, data, now) = (&schedule.ids()[key], schedule.data[key], SystemTime::now());
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

/// Prepares the tool, and the proxy if any.
fn start(director: &Arc<Director>, coveo: &Coveo) -> (Cli, Option<Proxy>) {
    let schedule = &director.schedule;
    let cli = cli(coveo).env("COVEO_ACCESS_TOKEN", schedule.token).args(schedule.arguments());
    match schedule.scene {
        Scene::Elsewhere(_) => (cli.env("COVEO_ORGANIZATION_ID", OTHER_ORGANIZATION), None),
        Scene::Proxy => {
            let (director, port) = (Arc::clone(director), coveo.port());
            let proxy = Proxy::start_each(move |number| director.direct_tunnel(port, number));
            (cli.env("HTTPS_PROXY", proxy.url()), Some(proxy))
        }
        _ => (cli, None),
    }
}

/// Runs the tool to its end, with the signal if any.
fn end(signal: Option<Signal>, log: &Log, cli: Cli) -> (Run, Option<Interruption>) {
    let mut command = cli.command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn(&mut command);
    // Its output until then fits into a pipe.
    let sent = signal.and_then(|signal| Some((signal.number, signal.send(&mut child, || log.requests())?)));
    let output = child.wait_with_output().expect("the binary ends");
    let (took, ended_by) = (started.elapsed(), ended_by(output.status));
    let interruption =
        sent.map(|(signal, sent)| Interruption { signal, sent, took: sent.elapsed(), ended_by });
    (Run::check(output, took), interruption)
}
