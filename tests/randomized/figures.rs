//! Statistics over all runs.

use std::collections::BTreeMap;
use std::fmt;

use crate::check::Findings;
use crate::fault::RandomFault;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;

const FAULTS: &str = "faults";
const SCENES: &str = "scenes";

#[derive(Default)]
pub struct Figures {
    pub runs: usize,
    /// Counts by category and value.
    counts: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// The longest times in milliseconds, and the seeds of these runs.
    longest: BTreeMap<&'static str, (i64, u64)>,
}

impl Figures {
    pub fn add(&mut self, schedule: &Schedule, finished: &Finished, findings: &Findings) {
        self.runs += 1;
        self.count("scheme", if schedule.https { "HTTPS" } else { "HTTP" });
        self.count("action", if schedule.disable { "disable" } else { "delete" });
        self.count("requests", if schedule.bulk { "--bulk" } else { "one by one" });
        self.count(SCENES, schedule.scene);
        self.count("exit status", finished.run.status);
        if !findings.errors.is_empty() {
            self.count("wrong", "runs");
        }
        for outcome in &findings.outcomes {
            self.count("outcomes", outcome);
        }
        for fault in finished.events.iter().filter_map(|event| event.fault) {
            self.count(FAULTS, format!("{:?}", fault.kind()));
        }
        for _ in &finished.unseen {
            self.count("meanwhile", "requests repeated by a proxy");
        }
        if finished.was_meddled {
            self.count("somebody else", format!("{:?}", schedule.meddling));
        }
        for _ in 0..findings.last_moment {
            self.count("meanwhile", "unknown although a response came at the last moment");
        }
        self.time("beyond --timeout", findings.overrun, schedule.seed);
        if let Some(signal) = finished.interruption.filter(|signal| signal.ended_by.is_some()) {
            self.count("ended by", format!("{:?}", signal.kind));
            self.time("after a signal", signal.took.as_millis() as i64, schedule.seed);
        }
    }

    fn count(&mut self, what: &'static str, which: impl fmt::Display) {
        *self.counts.entry(what).or_default().entry(which.to_string()).or_default() += 1;
    }

    fn time(&mut self, what: &'static str, millis: i64, seed: u64) {
        let longest = self.longest.entry(what).or_insert((millis, seed));
        *longest = (millis, seed).max(*longest);
    }

    fn times(&self, what: &str, which: &str) -> usize {
        self.counts.get(what).and_then(|counts| counts.get(which)).copied().unwrap_or_default()
    }

    /// How often each fault occurred.
    pub fn faults(&self) -> String {
        let line = |fault: String| format!("  {:>7}  {fault}", self.times(FAULTS, &fault));
        let lines: Vec<String> = all_faults().map(line).collect();
        format!("faults:\n{}", lines.join("\n"))
    }

    /// The faults and scenes that never occurred.
    pub fn missing(&self) -> Vec<String> {
        let faults = all_faults().filter(|fault| self.times(FAULTS, fault) == 0);
        faults.chain(Scene::names().into_iter().filter(|scene| self.times(SCENES, scene) == 0)).collect()
    }
}

fn all_faults() -> impl Iterator<Item = String> {
    RandomFault::all().into_iter().map(|fault| format!("{fault:?}"))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "fuzz: {} runs, {} wrong", self.runs, self.times("wrong", "runs"))?;
        for (what, counts) in self.counts.iter().filter(|(what, _)| **what != FAULTS) {
            let counts: Vec<String> =
                counts.iter().map(|(which, count)| format!("{count} {which}")).collect();
            writeln!(f, "  {what}: {}", counts.join(", "))?;
        }
        for (what, (millis, seed)) in &self.longest {
            writeln!(f, "  longest {what}: {millis} ms (FUZZ_SEED={seed})")?;
        }
        Ok(())
    }
}
