//! The check of a run: what the tool said of each key, held against what the key was and what it is.

use std::time::Duration;

use serde_json::Value;

use crate::ending;
use crate::fault::Wrong;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::truth::{against_the_form, against_the_truth};
use crate::tunnel::TunnelFault;
use crate::unknown::{is_plainly_elsewhere, may_be_gone, may_be_proven, needless, was_odd};

/// The most that the tool may go beyond `--timeout` for a key, in milliseconds.
const OVERRUN: i64 = 1000;

/// Whoever gives up with less than this left, in milliseconds, may have missed an answer that was under way.
const LAST_MOMENT: i64 = 300;

#[derive(Default)]
pub struct Findings {
    /// What was wrong.
    pub lies: Vec<String>,
    pub outcomes: Vec<String>,
    /// How far the tool went beyond `--timeout` at most; less than 0 if it did not.
    pub overrun: i64,
    /// The answers that came so late that `unknown` is no error.
    pub last_moment: usize,
}

pub fn check(schedule: &Schedule, finished: &Finished) -> Findings {
    let mut findings = Findings { overrun: i64::MIN, ..Findings::default() };
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    findings.outcomes = finished.lines.iter().map(|line| text(line, "outcome")).collect();
    let ids = schedule.ids();
    let named: Vec<Option<usize>> =
        finished.lines.iter().map(|line| ids.iter().position(|id| *id == text(line, "keyId"))).collect();
    let Some(keys) = named.iter().copied().collect::<Option<Vec<usize>>>() else {
        findings.lies.push("there is a line about a key that was not asked for".into());
        return findings;
    };
    findings.lies.extend(ending::against_the_selection(schedule, finished, &keys));
    findings.lies.extend(ending::against_the_loss(finished, &keys, &findings.outcomes));
    for (at, &key) in keys.iter().enumerate() {
        let (outcome, line) = (findings.outcomes[at].clone(), &finished.lines[at]);
        let mut complaints = vec![
            against_the_truth(schedule, finished, &outcome, key),
            against_the_form(schedule, finished, &outcome, line, key),
        ];
        if matches!(&*outcome, "gone" | "notFound" | "alreadyGone")
            && !may_be_proven(schedule, finished, &findings.outcomes[..at])
        {
            complaints.push(Some("although nothing has proven the organization".into()));
        }
        let overrun = line["elapsedMs"].as_i64().unwrap_or(i64::MAX) - schedule.timeout as i64;
        if is_plain(schedule, finished) {
            match &*outcome {
                "unknown" if line["attempts"] != 0 => match needless(schedule, finished, key) {
                    Some(_) if overrun > -LAST_MOMENT => findings.last_moment += 1,
                    complaint => complaints.push(complaint),
                },
                "unexpected" if !was_odd(schedule, finished, key) => {
                    complaints.push(Some("although every answer was one that is documented".into()));
                }
                "unexpected" if is_plainly_elsewhere(schedule, finished, &findings.outcomes[..at], key) => {
                    complaints
                        .push(Some("although the answer says that there is no such organization".into()));
                }
                "gone" if !may_be_gone(schedule, finished, key) => {
                    complaints.push(Some("although no earlier attempt can have been carried out".into()));
                }
                _ => {}
            }
        }
        if overrun > OVERRUN {
            complaints.push(Some(format!("{overrun} ms beyond --timeout")));
        }
        findings.overrun = findings.overrun.max(overrun);
        let id = &ids[key];
        let complaints = complaints.into_iter().flatten();
        findings.lies.extend(complaints.map(|why| format!("{id} is called {outcome}: {why}")));
    }
    findings.lies.extend(ending::against_the_end(schedule, finished, &findings.outcomes));
    // Beside its keys a run may have a bulk request and a list, and it has to start.
    let limit = (schedule.keys.len() as u64 + 3) * (schedule.timeout + 500) + 2000;
    if finished.run.took > Duration::from_millis(limit) {
        findings.lies.push(format!("the run took {:?}", finished.run.took));
    }
    findings
}

/// Whether the log tells of each key what the tool could know: no signal has ended the run, no look lay before its
/// changes, and no tunnel was cut at a moment that only the proxy knows.
fn is_plain(schedule: &Schedule, finished: &Finished) -> bool {
    let is_cut = |wrong: Option<Wrong>| matches!(wrong, Some(Wrong::Tunnel(TunnelFault::Cut(_))));
    !finished.is_interrupted()
        && !matches!(schedule.scene, Scene::Selected(_))
        && !finished.events.iter().any(|event| is_cut(event.wrong))
}
