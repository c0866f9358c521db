//! Runs many cases in parallel. Each of them starts the binary and mostly waits for it.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::lock;

/// The number of cases that run at a time in all tests of a suite. With more, an immediate response would seem late on a
/// machine with few processors.
const MOST: usize = 64;

/// The number of cases that may still start, and the threads that wait for one.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(MOST), Condvar::new());

/// The smaller of `width` and the variable `PARALLEL_CASES`.
pub fn limit_width(width: usize) -> usize {
    let most =
        std::env::var("PARALLEL_CASES").ok().map(|most| most.parse().expect("PARALLEL_CASES is a number"));
    most.map_or(width, |most: usize| width.min(most.max(1)))
}

/// Checks all cases, at most `width` at a time.
///
/// # Panics
/// At the end, with the names of all failed cases.
#[track_caller]
pub fn parallel<T: Debug + Sync>(width: usize, cases: &[T], check: impl Fn(&T) + Sync) {
    assert!(!cases.is_empty(), "no cases");
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let test = thread::current().name().unwrap_or("a test").to_owned();
    thread::scope(|scope| {
        for _ in 0..limit_width(width).min(cases.len()) {
            let work = || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    *FREE
                        .1
                        .wait_while(lock(&FREE.0), |free| *free == 0)
                        .unwrap_or_else(PoisonError::into_inner) -= 1;
                    // The panic's message is on standard error already, without the name of the case.
                    let checked = catch_unwind(AssertUnwindSafe(|| check(case)));
                    *lock(&FREE.0) += 1;
                    FREE.1.notify_one();
                    if checked.is_err() {
                        lock(&failed).push(format!("{case:?}"));
                    }
                }
            };
            thread::Builder::new().name(test.clone()).spawn_scoped(scope, work).expect("a thread starts");
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), cases.len(), failed.join("\n"));
}
