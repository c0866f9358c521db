//! Signals that end a run: before it changes anything at once, later in good order.
//!
//! The handlers only set flags, and every wait looks at them. As process 1 of a container, the process would ignore
//! these signals without a handler.
//!
//! On Windows, Ctrl-C ends the process at once, and [`received`] is never true.

use std::thread;
use std::time::{Duration, Instant};

pub use system::{changes_begin, install, noticed, reraise};

/// How long a request that is under way may go on after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// No wait goes on for longer without a check of the flags, where signals don't wake it.
pub const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// When a request under way is to be given up; `None` without a signal.
pub fn deadline() -> Option<Instant> {
    noticed().map(|at| at + GRACE)
}

/// Whether the run is to end.
pub fn received() -> bool {
    noticed().is_some()
}

/// Sleeps. Returns `false` right after a signal.
pub fn sleep(duration: Duration) -> bool {
    let end = Instant::now() + duration;
    while !received() {
        let remaining = end.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return true;
        }
        thread::sleep(remaining.min(POLL_INTERVAL));
    }
    false
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::Read;
    use std::process;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::time::{Duration, Instant};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::{flag, low_level};

    /// The next signal ends the process at once.
    static AT_ONCE: AtomicBool = AtomicBool::new(true);

    /// The signal that was received and not noticed yet; 0 for none.
    static SIGNAL: AtomicUsize = AtomicUsize::new(0);

    /// The first signal, and when it was noticed.
    static FIRST: OnceLock<(usize, Instant)> = OnceLock::new();

    /// Signals that come so soon after the first are the same one: `timeout` sends it to the process and to its group.
    const SAME: Duration = Duration::from_millis(100);

    /// The size of a file would have become too large. The write fails, too, which is all that is needed.
    static FILE_SIZE: AtomicBool = AtomicBool::new(false);

    /// Handles SIGINT, SIGTERM and SIGHUP, except those that are ignored already (`nohup`). A file that becomes too large
    /// makes writes fail (EFBIG) instead of ending the process (SIGXFSZ).
    pub fn install() {
        let status = status();
        let ignored = field(&status, "SigIgn:").and_then(|mask| u64::from_str_radix(mask, 16).ok());
        // The last is that of the innermost PID namespace. It costs no system call more.
        let is_first = field(&status, "NSpid:")
            .map_or_else(|| process::id() == 1, |ids| ids.split_whitespace().next_back() == Some("1"));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored.map_or(signal == SIGHUP, |ignored| ignored >> (signal - 1) & 1 == 1) {
                continue;
            }
            // Actions run in this order. Without them, the signal's default action remains.
            let _ = if is_first {
                // It has no default action for process 1.
                flag::register_conditional_shutdown(signal, 128 + signal, &AT_ONCE)
            } else {
                flag::register_conditional_default(signal, &AT_ONCE)
            }
            .and_then(|_| flag::register_usize(signal, &SIGNAL, signal as usize));
        }
        let _ = flag::register(SIGXFSZ, &FILE_SIZE);
    }

    /// The content of `/proc/self/status`; empty where there is no /proc.
    fn status() -> String {
        // One read; a longer list of groups would push the lines out of it.
        let mut status = [0; 8192];
        let length = File::open("/proc/self/status").and_then(|mut file| file.read(&mut status));
        String::from_utf8_lossy(&status[..length.unwrap_or(0)]).into_owned()
    }

    fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
        status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
    }

    /// The next request changes something: from now on, the first signal lets the run end in good order, and the second
    /// ends it at once.
    pub fn changes_begin() {
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if !BEGUN.swap(true, SeqCst) {
            AT_ONCE.store(false, SeqCst);
        }
    }

    /// When the first signal was noticed; `None` without one. A further signal ends the process here.
    pub fn noticed() -> Option<Instant> {
        let signal = SIGNAL.swap(0, SeqCst);
        if signal != 0 {
            FIRST.get_or_init(|| (signal, Instant::now()));
        }
        let (_, at) = FIRST.get()?;
        if at.elapsed() > SAME {
            if signal != 0 {
                end_by(signal);
            }
            // Where nothing is noticed any more, since a write hangs.
            AT_ONCE.store(true, SeqCst);
        }
        Some(*at)
    }

    /// Ends the process by the signal that was received, so that a shell's loop around it ends too; as process 1, where
    /// signals do nothing, with status 128 + n. Returns if there was none. All output must be written before.
    pub fn reraise() {
        noticed();
        if let Some((signal, _)) = FIRST.get() {
            end_by(*signal);
        }
    }

    fn end_by(signal: usize) -> ! {
        let signal = signal as i32;
        if process::id() != 1 {
            let _ = low_level::emulate_default_handler(signal);
        }
        process::exit(128 + signal);
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_field_of_the_status_is_read() {
            let status = "Name:\tx\nNSpid:\t71\t1\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
            assert_eq!(field(status, "SigIgn:"), Some("0000000000001001"));
            assert_eq!(field(status, "NSpid:"), Some("71\t1"));
            assert_eq!(field("Name:\tx\n", "SigIgn:"), None);
        }
    }
}

#[cfg(not(unix))]
mod system {
    /// Does nothing here.
    pub fn install() {}

    /// Does nothing here.
    pub fn changes_begin() {}

    /// Never here.
    pub fn noticed() -> Option<std::time::Instant> {
        None
    }

    /// Does nothing here.
    pub fn reraise() {}
}
