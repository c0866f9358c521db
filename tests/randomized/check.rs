//! Checks a run: the reported outcome of each key against its true state.

use std::time::Duration;

use serde_json::Value;

use crate::ending;
use crate::fault::RandomFault;
use crate::run::Finished;
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::truth::{check_fields, check_truth};
use crate::tunnel::TunnelFault;
use crate::unknown::{is_plainly_elsewhere, may_be_gone, may_be_proven, needless_unknown, was_odd};

/// The allowed time beyond `--timeout` for a key, in milliseconds.
const OVERRUN: i64 = 1000;

/// With less time left than this, in milliseconds, the tool may have missed a response that was on its way.
const LAST_MOMENT: i64 = 300;

#[derive(Default)]
pub struct Findings {
    /// What was wrong.
    pub errors: Vec<String>,
    pub outcomes: Vec<String>,
    /// The longest time beyond `--timeout`; negative if within it.
    pub overrun: i64,
    /// The responses that came so late that `unknown` isn't wrong.
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
        findings.errors.push("a line is about an unknown key".into());
        return findings;
    };
    findings.errors.extend(ending::check_selection(schedule, finished, &keys));
    findings.errors.extend(ending::check_losses(finished, &keys, &findings.outcomes));
    for (at, &key) in keys.iter().enumerate() {
        let (outcome, line) = (findings.outcomes[at].clone(), &finished.lines[at]);
        let mut complaints = vec![
            check_truth(schedule, finished, &outcome, key),
            check_fields(schedule, finished, &outcome, line, key),
        ];
        if matches!(&*outcome, "gone" | "notFound" | "alreadyGone")
            && !may_be_proven(schedule, finished, &findings.outcomes[..at])
        {
            complaints.push(Some("without proof of access".into()));
        }
        let overrun = line["elapsedMs"].as_i64().unwrap_or(i64::MAX) - schedule.timeout as i64;
        if is_plain(schedule, finished) {
            match &*outcome {
                "unknown" if line["attempts"] != 0 => match needless_unknown(schedule, finished, key) {
                    Some(_) if overrun > -LAST_MOMENT => findings.last_moment += 1,
                    complaint => complaints.push(complaint),
                },
                "unexpected" if !was_odd(schedule, finished, key) => {
                    complaints.push(Some("although every response was documented".into()));
                }
                "unexpected" if is_plainly_elsewhere(schedule, finished, &findings.outcomes[..at], key) => {
                    complaints
                        .push(Some("although the response says that the organization doesn't exist".into()));
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
        findings.errors.extend(complaints.map(|why| format!("{id} is {outcome}: {why}")));
    }
    findings.errors.extend(ending::check_end(schedule, finished, &findings.outcomes));
    // In addition to its keys, a run may have a list and a bulk request, and it has to start.
    let limit = (schedule.keys.len() as u64 + 3) * (schedule.timeout + 500) + 2000;
    if finished.run.took > Duration::from_millis(limit) {
        findings.errors.push(format!("the run took {:?}", finished.run.took));
    }
    findings
}

/// Whether the log shows everything that the tool could know: no signal ended the run, no reads came before its changes,
/// and no tunnel was cut at a moment that only the proxy knows.
fn is_plain(schedule: &Schedule, finished: &Finished) -> bool {
    let is_cut = |fault: Option<RandomFault>| matches!(fault, Some(RandomFault::Tunnel(TunnelFault::Cut(_))));
    !finished.is_interrupted()
        && !matches!(schedule.scene, Scene::Selected(_))
        && !finished.events.iter().any(|event| is_cut(event.fault))
}
