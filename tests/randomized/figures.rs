//! The figures of all runs together.

use std::collections::BTreeMap;
use std::fmt;

use crate::check::Findings;
use crate::fault::Wrong;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;

const FAULTS: &str = "faults";
const SCENES: &str = "scenes";

#[derive(Default)]
pub struct Figures {
    pub runs: usize,
    /// How often what was which.
    counts: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// The longest in milliseconds, and the seed of that run.
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
        if !findings.lies.is_empty() {
            self.count("wrong", "runs");
        }
        for outcome in &findings.outcomes {
            self.count("outcomes", outcome);
        }
        for wrong in finished.events.iter().filter_map(|event| event.wrong) {
            self.count(FAULTS, format!("{:?}", wrong.kind()));
        }
        for _ in &finished.unseen {
            self.count("meanwhile", "requests repeated by a proxy");
        }
        for _ in finished.ceased.iter().filter(|ceased| **ceased) {
            self.count("meanwhile", "selected keys changed");
        }
        for _ in 0..findings.last_moment {
            self.count("meanwhile", "unknown where an answer came in the last moment");
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

    /// How often each fault struck.
    pub fn faults(&self) -> String {
        let line = |fault: String| format!("  {:>7}  {fault}", self.times(FAULTS, &fault));
        let lines: Vec<String> = all_faults().map(line).collect();
        format!("faults that struck:\n{}", lines.join("\n"))
    }

    /// The faults that never struck, and the scenes that never were.
    pub fn missing(&self) -> Vec<String> {
        let faults = all_faults().filter(|fault| self.times(FAULTS, fault) == 0);
        faults.chain(Scene::names().into_iter().filter(|scene| self.times(SCENES, scene) == 0)).collect()
    }
}

fn all_faults() -> impl Iterator<Item = String> {
    Wrong::all().into_iter().map(|wrong| format!("{wrong:?}"))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "truth: {} runs, {} wrong", self.runs, self.times("wrong", "runs"))?;
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
