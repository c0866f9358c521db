//! Signals at a random moment.

use std::fs;
use std::process::Child;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;

/// A signal and its moment.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pub kind: Kind,
    /// After this many requests.
    pub requests: usize,
    /// This long after them.
    pub after: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Hangup,
    Interrupt,
    Terminate,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Hangup, Kind::Interrupt, Kind::Terminate];

    /// Whether it is ignored here and by the tool, as after `nohup` or in the background of a script.
    pub fn is_ignored(self) -> bool {
        static IGNORED: OnceLock<u64> = OnceLock::new();
        let ignored = IGNORED.get_or_init(|| {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or_default()
        });
        ignored >> (self.number() - 1) & 1 == 1
    }

    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Kind::Hangup => 1,
            Kind::Interrupt => 2,
            Kind::Terminate => 15,
        }
    }
}

/// What a signal did to a run.
#[derive(Clone, Copy, Debug)]
pub struct Interruption {
    pub kind: Kind,
    pub sent: Instant,
    /// The time from the signal to the end.
    pub took: Duration,
    /// The signal that ended the run, if one did.
    pub ended_by: Option<i32>,
}

impl Signal {
    /// Draws a signal in some runs.
    pub fn draw(random: &mut Random, keys: u64) -> Option<Signal> {
        let (is_sent, kind) = (random.percent(15), random.one_of(&Kind::ALL));
        let requests = random.between(0, (keys + 1).min(3)) as usize;
        let most = random.one_of(&[2, 50, 500, 2000]);
        let after = Duration::from_millis(random.between(0, most));
        (is_sent && cfg!(unix)).then_some(Signal { kind, requests, after })
    }

    /// Waits for the moment and sends the signal. `None` if the run has ended before.
    pub fn send(self, child: &mut Child, requests: impl Fn() -> usize) -> Option<Instant> {
        let mut since = None;
        loop {
            if child.try_wait().expect("its end can be waited for").is_some() {
                return None;
            }
            if requests() >= self.requests {
                let since = *since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.after {
                    return send(child.id(), self.kind).then(Instant::now);
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The process wasn't waited for, so its ID is still valid.
#[cfg(unix)]
fn send(process: u32, kind: Kind) -> bool {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let signal = Signal::try_from(kind.number()).expect("there is such a signal");
    let process = i32::try_from(process).expect("it is a process's number");
    kill(Pid::from_raw(process), signal).is_ok()
}

#[cfg(not(unix))]
fn send(_: u32, _: Kind) -> bool {
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
