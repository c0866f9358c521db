//! Signals at a random moment.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;

/// SIGHUP, SIGINT and SIGTERM.
const SIGNALS: [i32; 3] = [1, 2, 15];

/// A signal and its moment.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pub number: i32,
    /// After this many requests.
    requests: usize,
    /// This long after them.
    after: Duration,
}

/// What a signal did to a run.
#[derive(Clone, Copy, Debug)]
pub struct Interruption {
    pub signal: i32,
    pub sent: Instant,
    /// The time from the signal to the end.
    pub took: Duration,
    /// The signal that ended the run, if one did.
    pub ended_by: Option<i32>,
}

impl Interruption {
    /// Whether the signal is ignored here and by the tool, as after `nohup` or in the background of a script.
    pub fn is_ignored(&self) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or_default();
        ignored >> (self.signal - 1) & 1 == 1
    }
}

impl Signal {
    /// Draws a signal in some runs.
    pub fn draw(random: &mut Random, keys: u64) -> Option<Signal> {
        let (is_sent, number) = (random.percent(15), random.one_of(&SIGNALS));
        let requests = random.between(0, (keys + 1).min(3)) as usize;
        let most = random.one_of(&[2, 50, 500, 2000]);
        let after = Duration::from_millis(random.between(0, most));
        (is_sent && cfg!(unix)).then_some(Signal { number, requests, after })
    }

    /// Waits for the moment and sends the signal. `None` if the run has ended before.
    pub fn send(self, child: &mut Child, requests: impl Fn() -> usize) -> Option<Instant> {
        let mut since = None;
        loop {
            if child.try_wait().expect("its end can be waited for").is_some() {
                return None;
            }
            if requests() >= self.requests && since.get_or_insert_with(Instant::now).elapsed() >= self.after {
                return send(child.id(), self.number).then(Instant::now);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The process wasn't waited for, so its ID is still valid.
#[cfg(unix)]
fn send(process: u32, signal: i32) -> bool {
    use nix::sys::signal::{Signal, kill};

    let signal = Signal::try_from(signal).expect("there is such a signal");
    kill(nix::unistd::Pid::from_raw(process.cast_signed()), signal).is_ok()
}

#[cfg(not(unix))]
fn send(_: u32, _: i32) -> bool {
    false
}

/// The signal that ended the process.
#[cfg(unix)]
pub fn ended_by(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
pub fn ended_by(_: std::process::ExitStatus) -> Option<i32> {
    None
}
