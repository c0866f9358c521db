//! Signals. Before the first change, a signal exits immediately; afterwards the current key is finished first.
//!
//! The handlers only set flags, and every wait checks them. As process 1 of a container, the process would ignore these
//! signals without a handler.
//!
//! On Windows, Ctrl-C ends the process immediately, and [`received`] is never true.

use std::thread;
use std::time::{Duration, Instant};

pub use system::{changes_begin, install, noticed, reraise};

/// Waits that a signal doesn't interrupt check the flags this often.
pub const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Whether a signal was received.
pub fn received() -> bool {
    noticed().is_some()
}

/// Sleeps for `duration`. Returns `false` if a signal ended it.
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

    /// Whether the next signal ends the process immediately.
    static IMMEDIATE: AtomicBool = AtomicBool::new(true);

    /// A signal that was received and not noticed yet; 0 for none.
    static SIGNAL: AtomicUsize = AtomicUsize::new(0);

    /// The first signal, and when it was noticed.
    static FIRST: OnceLock<(usize, Instant)> = OnceLock::new();

    /// A signal this soon after the first is the same one: `timeout` sends it to the process and to its group.
    const REPEAT_WINDOW: Duration = Duration::from_millis(100);

    /// Whether a file became too large. Nothing reads this, because the write fails as well.
    static FILE_SIZE: AtomicBool = AtomicBool::new(false);

    /// Handles SIGINT, SIGTERM and SIGHUP, unless they are ignored already (`nohup`). When a file becomes too large, writes
    /// fail (EFBIG) instead of ending the process (SIGXFSZ).
    pub fn install() {
        // One read. The line that matters comes after the list of groups, which may be long.
        let mut status = [0; 8192];
        let length = File::open("/proc/self/status").and_then(|mut file| file.read(&mut status));
        let ignored = ignored_signals(&String::from_utf8_lossy(&status[..length.unwrap_or(0)]));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored.map_or(signal == SIGHUP, |ignored| ignored >> (signal - 1) & 1 == 1) {
                continue;
            }
            // These run in this order. If they can't be registered, the signal's default action remains.
            let _ = if process::id() == 1 {
                // Process 1 has no default actions.
                flag::register_conditional_shutdown(signal, 128 + signal, &IMMEDIATE)
            } else {
                flag::register_conditional_default(signal, &IMMEDIATE)
            }
            .and_then(|_| flag::register_usize(signal, &SIGNAL, signal as usize));
        }
        let _ = flag::register(SIGXFSZ, &FILE_SIZE);
    }

    /// Returns the mask of ignored signals; `None` if `status` is empty, because there is no /proc.
    fn ignored_signals(status: &str) -> Option<u64> {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }

    /// Announces the first change: from now on, the first signal lets the run finish the current key, and a second signal
    /// ends it immediately.
    pub fn changes_begin() {
        // Later, `noticed` decides.
        IMMEDIATE.fetch_and(FIRST.get().is_some(), SeqCst);
    }

    /// When the first signal was noticed; `None` without a signal. A further signal ends the process here.
    pub fn noticed() -> Option<Instant> {
        let signal = SIGNAL.swap(0, SeqCst);
        if signal != 0 {
            FIRST.get_or_init(|| (signal, Instant::now()));
        }
        let (_, at) = FIRST.get()?;
        if at.elapsed() > REPEAT_WINDOW {
            if signal != 0 {
                end_by(signal);
            }
            // While a write hangs, nobody calls this function.
            IMMEDIATE.store(true, SeqCst);
        }
        Some(*at)
    }

    /// Ends the process with the signal that was received, so that a shell's loop around it ends too. As process 1, where
    /// signals do nothing, exits with status 128 + n. Returns if there was no signal. All output must be written before.
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
        fn mask_of_ignored_signals_is_read() {
            let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
            assert_eq!(ignored_signals(status), Some(0x1001));
            assert_eq!(ignored_signals("Name:\tx\n"), None);
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
