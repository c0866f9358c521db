//! What the tables have in common: cases side by side, since most of their time is waiting, and what the tool says.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::harness::{PROXY_PASSWORD, Ran, Tool};

/// What a run may take beyond `--timeout`.
const GRACE: Duration = Duration::from_secs(1);

/// Checks every case, `width` at a time, and fails with the names of all that failed.
pub fn check_all<T: Display + Sync>(width: usize, cases: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..width.min(cases.len()) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The message of the panic is on standard error by then; the case's name is what it lacks.
                    if catch_unwind(AssertUnwindSafe(|| check(case))).is_err() {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(case.to_string());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// The lines of `--json`.
pub fn told(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The outcomes in the lines of `--json`.
pub fn outcomes(ran: &Ran) -> Vec<String> {
    told(ran).iter().map(|line| line["outcome"].as_str().expect("an outcome").to_owned()).collect()
}

/// For runs that might never end.
pub trait RunWithin {
    /// Runs the tool and checks that it ends within `limit` and the second that it may take beyond. If it does not,
    /// it is killed.
    #[track_caller]
    fn run_within(self, limit: Duration) -> Ran;
}

impl RunWithin for Tool {
    #[track_caller]
    fn run_within(self, limit: Duration) -> Ran {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("the binary starts");
        let mut took = Duration::ZERO;
        // What it says fits into a pipe, so it does not wait for its reader.
        while child.try_wait().expect("its end can be waited for").is_none() && took <= limit + GRACE {
            thread::sleep(Duration::from_millis(5));
            took = started.elapsed();
        }
        let in_time = took <= limit + GRACE;
        if !in_time {
            child.kill().expect("it can be killed");
        }
        let ran = Ran::check(child.wait_with_output().expect("it has ended"), took);
        assert!(
            in_time,
            "it has not ended {took:?} after its start, with --timeout {limit:?}\n{}",
            ran.stderr
        );
        ran
    }
}

/// Checks that a run printed the proxy's password in none of its forms: as it is, as an URL or a header has it, or with
/// its user before it.
#[track_caller]
pub fn tells_no_password(ran: &Ran) {
    let forms = [PROXY_PASSWORD, ENCODED_PASSWORD, PROXY_USER, BASIC];
    for form in forms {
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(form), "{form} was printed: {text}");
        }
    }
}

/// The user of proxies with a password; with it alone, a password is half known.
pub const PROXY_USER: &str = "somebody";

/// [`PROXY_PASSWORD`] as it may stand in an URL.
pub const ENCODED_PASSWORD: &str = "%70roxy%2Dgeheim";

/// [`PROXY_USER`] and [`PROXY_PASSWORD`] as they go to the proxy: `somebody:proxy-geheim` in base 64.
pub const BASIC: &str = "c29tZWJvZHk6cHJveHktZ2VoZWlt";
