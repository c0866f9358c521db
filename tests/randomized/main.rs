//! Compares the outcomes with the truth: many runs side by side, each with random faults on a few keys, and after each of
//! them the reported outcome of every key against the organization's true state. `RUNS=10000` sets the number of runs;
//! a failure lists the seeds of wrong runs, and `FUZZ_SEED=N` repeats one of them.

mod check;
mod director;
mod ending;
mod fault;
mod log;
mod random;
mod response;
mod run;
mod scene;
mod schedule;
mod signals;
mod truth;
mod unknown;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

use fault::RandomFault;
use schedule::Schedule;
use support::harness::parallel;

/// The number of runs at a time. They mostly wait.
const WIDTH: usize = 64;

/// The number of wrong runs after which the test stops.
const MAX_FAILURES: usize = 3;

/// From this many runs on, each fault must have occurred.
const RUNS_FOR_ALL_FAULTS: u64 = 1000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

#[test]
fn outcomes_match_the_truth() {
    let one = number("FUZZ_SEED");
    let runs = number("RUNS").unwrap_or(if one.is_some() { 1 } else { 1000 });
    let seed = |run| one.unwrap_or_else(|| Schedule::seed(fastrand::u64(..), run));
    let mut seeds: Vec<u64> = (0..runs).map(seed).collect();
    // The longest ones start first, so that the test doesn't wait for one of them at the end.
    seeds.sort_by_cached_key(|seed| Reverse(Schedule::draw(*seed).timeout));

    let started = Instant::now();
    let (wrong, counts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, usize>::new()));
    parallel(WIDTH, &seeds, |&seed| {
        if wrong.load(SeqCst) >= MAX_FAILURES {
            return;
        }
        let finished = run::run(Schedule::draw(seed));
        let errors = check::check(&finished);
        let faults = finished.events.iter().filter_map(|event| event.fault);
        let seen = faults.map(|fault| format!("{:?}", fault.kind())).chain(finished.outcomes());
        seen.for_each(|seen| *counts.lock().unwrap().entry(seen).or_default() += 1);
        if one.is_some() {
            println!("{finished}");
        }
        if !errors.is_empty() {
            wrong.fetch_add(1, SeqCst);
            panic!("FUZZ_SEED={seed}\n{}\n{finished}", errors.join("\n"));
        }
    });
    let counts = counts.into_inner().unwrap();
    println!("{counts:#?}");
    // The output of `eprintln!` is hidden if the test passes.
    _ = writeln!(std::io::stderr(), "fuzz: {runs} runs, 0 wrong, in {} s", started.elapsed().as_secs());
    if runs >= RUNS_FOR_ALL_FAULTS && one.is_none() {
        let mut missing = RandomFault::all();
        missing.retain(|fault| !counts.contains_key(&format!("{fault:?}")));
        assert!(missing.is_empty(), "these never occurred: {missing:?}");
    }
}
