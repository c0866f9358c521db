//! The figures of all runs together.

use std::collections::BTreeMap;
use std::fmt;

use crate::check::Findings;
use crate::fault::Wrong;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;

#[derive(Default)]
pub struct Figures {
    pub runs: usize,
    https: usize,
    disabling: usize,
    bulk: usize,
    wrong: usize,
    last_moment: usize,
    /// The longest that a key went beyond `--timeout`, in milliseconds, and the seed of that run.
    overrun: Option<(i64, u64)>,
    outcomes: BTreeMap<String, usize>,
    statuses: BTreeMap<i32, usize>,
    struck: BTreeMap<String, usize>,
    scenes: BTreeMap<String, usize>,
    /// How many runs each signal has ended.
    signals: BTreeMap<String, usize>,
    /// The longest from a signal to the end, and the seed of that run.
    after_signal: Option<(u128, u64)>,
    /// Requests that a proxy has repeated.
    repeated: usize,
    /// Keys that were changed behind the back of a selector.
    ceased: usize,
}

impl Figures {
    pub fn add(&mut self, schedule: &Schedule, finished: &Finished, findings: &Findings) {
        self.runs += 1;
        self.https += usize::from(schedule.https);
        self.disabling += usize::from(schedule.disable);
        self.bulk += usize::from(schedule.bulk);
        self.wrong += usize::from(!findings.lies.is_empty());
        self.last_moment += findings.last_moment;
        self.overrun = self.overrun.max(Some((findings.overrun, schedule.seed)));
        for outcome in &findings.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += 1;
        }
        *self.scenes.entry(schedule.scene.to_string()).or_default() += 1;
        if let Some(signal) = finished.interruption.filter(|signal| signal.ended_by.is_some()) {
            *self.signals.entry(format!("{:?}", signal.kind)).or_default() += 1;
            self.after_signal = self.after_signal.max(Some((signal.took.as_millis(), schedule.seed)));
        }
        self.repeated += finished.unseen.len();
        self.ceased += finished.ceased.iter().filter(|ceased| **ceased).count();
        *self.statuses.entry(finished.ran.status).or_default() += 1;
        for wrong in finished.events.iter().filter_map(|event| event.wrong) {
            *self.struck.entry(wrong.to_string()).or_default() += 1;
        }
    }

    /// How often each fault struck.
    pub fn faults(&self) -> String {
        let line = |wrong: &Wrong| {
            let name = wrong.to_string();
            format!("  {:>7}  {name}", self.struck.get(&name).copied().unwrap_or_default())
        };
        let lines: Vec<String> = Wrong::all().iter().map(line).collect();
        format!("faults that struck:\n{}", lines.join("\n"))
    }

    /// The faults that never struck, and the scenes that never were.
    pub fn missing(&self) -> Vec<String> {
        let struck = Wrong::all().into_iter().map(|wrong| wrong.to_string());
        let struck = struck.filter(|name| !self.struck.contains_key(name));
        let scenes = Scene::names().map(str::to_owned).into_iter();
        struck.chain(scenes.filter(|name| !self.scenes.contains_key(name))).collect()
    }
}

/// `3 a, 5 b`
fn counted<K: fmt::Display>(counts: &BTreeMap<K, usize>) -> String {
    let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    counts.join(", ")
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Figures { runs, https, disabling, bulk, wrong, last_moment, .. } = self;
        let keys: usize = self.outcomes.values().sum();
        let strikes: usize = self.struck.values().sum();
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{count} with {status}")).collect();
        writeln!(
            f,
            "truth: {runs} runs ({https} over HTTPS, {disabling} with --disable, {bulk} with --bulk), {wrong} wrong"
        )?;
        writeln!(f, "  {keys} keys: {}", counted(&self.outcomes))?;
        writeln!(f, "  exit status: {}", statuses.join(", "))?;
        writeln!(f, "  scenes: {}", counted(&self.scenes))?;
        let (repeated, ceased) = (self.repeated, self.ceased);
        writeln!(f, "  {repeated} requests repeated by a proxy, {ceased} selected keys changed meanwhile")?;
        if let Some((longest, seed)) = self.after_signal {
            let signals = counted(&self.signals);
            writeln!(f, "  ended by a signal: {signals}, at most {longest} ms after it (TRUTH_SEED={seed})")?;
        }
        writeln!(f, "  {strikes} faults of {} kinds struck", self.struck.len())?;
        if let Some((overrun, seed)) = self.overrun {
            writeln!(f, "  longest overrun of --timeout: {} ms (TRUTH_SEED={seed})", overrun.max(0))?;
        }
        writeln!(f, "  unknown where an answer came in the last moment: {last_moment}")
    }
}
