//! The progress line of a long run: it's updated on a terminal, and never written to a log.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::output::stderr;

/// The time before the line appears.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time between two updates.
const INTERVAL: Duration = Duration::from_millis(500);

/// The line `coveo-delete-key: 120 of 500 keys done, 3 failed, 40 s left`.
///
/// A separate thread draws it, so that it appears on time and is updated during a long request.
pub struct ProgressLine {
    counts: Sender<Counts>,
    thread: JoinHandle<()>,
}

/// How many keys are done, how many of them failed, and when that was counted.
type Counts = (usize, usize, Instant);

impl ProgressLine {
    /// Starts a line for work on `total` keys. Standard error must be a terminal, and standard output must not be one unless
    /// the run has no `results`. A single key has no line.
    pub fn start(total: usize, results: bool) -> Option<Self> {
        if total < 2 || !io::stderr().is_terminal() || results && io::stdout().is_terminal() {
            return None;
        }
        let (counts, received) = mpsc::channel();
        let started = Instant::now();
        let draw = move || {
            let mut latest = (0, 0, started);
            let mut next = started + PATIENCE;
            loop {
                match received.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(counts) => latest = counts,
                    Err(RecvTimeoutError::Timeout) => {
                        show(&line(total, latest, started, Instant::now()));
                        next = Instant::now() + INTERVAL;
                    }
                    Err(RecvTimeoutError::Disconnected) => return show(""),
                }
            }
        };
        // Without a thread, no line is drawn.
        let thread = thread::Builder::new().spawn(draw).ok()?;
        Some(Self { counts, thread })
    }

    /// Sets how many keys are done, and how many of them failed.
    pub fn update(&self, done: usize, failed: usize) {
        let _ = self.counts.send((done, failed, Instant::now()));
    }

    /// Clears the line.
    pub fn clear(self) {
        drop(self.counts);
        let _ = self.thread.join();
    }
}

fn show(line: &str) {
    let _ = stderr::replace_progress(line, line.len());
}

/// Short enough for a terminal of 80 columns.
fn line(total: usize, (done, failed, at): Counts, started: Instant, now: Instant) -> String {
    let mut line = format!("coveo-delete-key: {done} of {total} keys done");
    if failed > 0 {
        line += &format!(", {failed} failed");
    }
    if done > 0 {
        let left = total.saturating_sub(done) as f64 / done as f64 * at.duration_since(started).as_secs_f64();
        let left = left - now.duration_since(at).as_secs_f64();
        line += &match left.max(0.0).ceil() as u64 {
            seconds @ 0..120 => format!(", {seconds} s left"),
            seconds @ 120..7200 => format!(", {} min left", seconds.div_ceil(60)),
            seconds => format!(", {} h left", seconds.div_ceil(3600)),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_keys_before() {
        let started = Instant::now();
        let after = |seconds| started + Duration::from_secs(seconds);
        for (done, failed, at, now, said) in [
            (0, 0, 0, 5, "0 of 500 keys done"),
            (100, 0, 10, 10, "100 of 500 keys done, 40 s left"),
            (100, 3, 10, 15, "100 of 500 keys done, 3 failed, 35 s left"),
            (100, 0, 10, 90, "100 of 500 keys done, 0 s left"),
            (100, 0, 31, 31, "100 of 500 keys done, 3 min left"),
            (1, 1, 60, 60, "1 of 500 keys done, 1 failed, 9 h left"),
            (500, 0, 10, 10, "500 of 500 keys done, 0 s left"),
        ] {
            assert_eq!(
                line(500, (done, failed, after(at)), started, after(now)),
                format!("coveo-delete-key: {said}")
            );
        }
    }
}
