//! Compares the outcomes with the truth: many runs side by side, each with random faults on a few keys, and after each of
//! them the reported outcome of every key against the organization's true state. `RUNS=10000` sets the number of runs;
//! `FUZZ_SEED=N`, which a failure prints, repeats one of them.

mod check;
mod director;
mod ending;
mod fault;
mod figures;
mod log;
mod random;
mod repeater;
mod response;
mod run;
mod scene;
mod schedule;
mod signals;
mod truth;
mod tunnel;
mod unknown;

use std::cmp::Reverse;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use figures::Figures;
use random::Random;
use schedule::Schedule;
use support::harness::limit_width;

/// The number of runs at a time. They mostly wait.
const WIDTH: usize = 72;

/// The number of wrong runs after which the test stops.
const MAX_FAILURES: usize = 3;

/// From this many runs on, each fault must have occurred.
const RUNS_FOR_ALL_FAULTS: usize = 1000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

#[test]
fn outcomes_match_the_truth() {
    let one = number("FUZZ_SEED");
    let runs = number("RUNS").unwrap_or(if one.is_some() { 1 } else { 1000 }) as usize;
    let first = Random::new(Random::by_chance());
    let seed = |run| one.unwrap_or_else(|| Schedule::seed(first.fork(run as u64).next(), run));
    let mut seeds: Vec<u64> = (0..runs).map(seed).collect();
    // The longest ones start first, so that the test doesn't wait for one of them at the end.
    seeds.sort_by_cached_key(|seed| Reverse(Schedule::draw(*seed).timeout));

    let started = Instant::now();
    let (begun, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let figures = Mutex::new(Figures::default());
    thread::scope(|scope| {
        for _ in 0..limit_width(WIDTH).min(runs) {
            scope.spawn(|| {
                loop {
                    let seed = seeds.get(begun.fetch_add(1, Ordering::SeqCst));
                    let Some(&seed) = seed.filter(|_| lock(&wrong).len() < MAX_FAILURES) else { return };
                    let schedule = Schedule::draw(seed);
                    let complaint = match catch_unwind(AssertUnwindSafe(|| run::run(&schedule))) {
                        Ok(finished) => {
                            let findings = check::check(&schedule, &finished);
                            if one.is_some() {
                                println!("{schedule}\n{finished}");
                            }
                            let mut figures = lock(&figures);
                            figures.add(&schedule, &finished, &findings);
                            (!findings.errors.is_empty())
                                .then(|| format!("{}\n{finished}", findings.errors.join("\n")))
                        }
                        Err(_) => Some("the check panicked, see above".to_owned()),
                    };
                    if let Some(complaint) = complaint {
                        let at = lock(&figures).runs;
                        lock(&wrong).push(format!(
                            "FUZZ_SEED={} (seen after {at} runs)\n{schedule}\n{complaint}",
                            schedule.seed
                        ));
                    }
                }
            });
        }
    });
    let figures = lock(&figures);
    println!("{}", figures.faults());
    // The output of `eprintln!` is hidden if the test passes.
    _ = writeln!(std::io::stderr(), "{figures}  in {} s", started.elapsed().as_secs());
    let wrong = lock(&wrong);
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n\n"));
    if runs >= RUNS_FOR_ALL_FAULTS && one.is_none() {
        let missing = figures.missing();
        assert!(missing.is_empty(), "these never occurred: {}", missing.join(", "));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
