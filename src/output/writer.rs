//! One way of writing for both streams: whole lines, to their last byte or with an error.
//!
//! Standard output and standard error may be pipes in non-blocking mode, since other programs may share them. A full one
//! is waited for, but not for ever.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// How long a stream that is full is left alone before it is tried again.
const SLICE: Duration = Duration::from_millis(50);

/// How often that may happen in a run, on both streams together: for 30 s.
static SLICES_LEFT: AtomicU32 = AtomicU32::new(600);

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Stdout,
    /// Everything else.
    Stderr,
}

/// Why a line was not written, or not all of it.
#[derive(Debug)]
pub enum WriteError {
    /// Nobody reads the pipe any more.
    Closed,
    /// Anything else.
    Failed(io::Error),
}

impl Stream {
    /// Writes `line` and a line break: with one system call where the stream takes that much, so that lines of
    /// programs that share a log don't mix.
    ///
    /// # Errors
    /// The stream is closed, can't be written, or was full for 30 s in all of this run. A part may have been written.
    pub fn write_line(self, line: &str) -> Result<(), WriteError> {
        self.write(&format!("{line}\n"))
    }

    /// Writes `text`.
    ///
    /// # Errors
    /// As for a line.
    pub fn write(self, text: &str) -> Result<(), WriteError> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match self.write_some(rest) {
                Ok(0) => return Err(WriteError::Failed(ErrorKind::WriteZero.into())),
                Ok(written) => rest = &rest[written..],
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock => wait()?,
                    ErrorKind::BrokenPipe => return Err(WriteError::Closed),
                    _ => return Err(WriteError::Failed(error)),
                },
            }
        }
        Ok(())
    }

    /// Writes to a duplicate of the descriptor, since `io::stdout()` does not tell how much of a line was written, and
    /// says `Ok` where the descriptor is not open for writing.
    #[cfg(unix)]
    fn write_some(self, bytes: &[u8]) -> io::Result<usize> {
        use std::fs::File;
        use std::io::Write;
        use std::os::fd::AsFd;
        use std::sync::OnceLock;

        static FILES: [OnceLock<File>; 2] = [const { OnceLock::new() }; 2];
        let file = &FILES[self as usize];
        if file.get().is_none() {
            let descriptor = match self {
                Self::Stdout => io::stdout().as_fd().try_clone_to_owned(),
                Self::Stderr => io::stderr().as_fd().try_clone_to_owned(),
            };
            let _ = file.set(File::from(descriptor?));
        }
        file.get().map_or(Ok(0), |mut file| file.write(bytes))
    }

    /// The standard library knows how to write to a console.
    #[cfg(not(unix))]
    fn write_some(self, bytes: &[u8]) -> io::Result<usize> {
        use std::io::Write;

        match self {
            Self::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush())?,
            Self::Stderr => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }
}

/// Waits a little for a stream that is full.
fn wait() -> Result<(), WriteError> {
    let timed_out = || io::Error::new(ErrorKind::TimedOut, "timed out: it was full for 30 s");
    let left = SLICES_LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
    left.map_err(|_| WriteError::Failed(timed_out()))?;
    thread::sleep(SLICE);
    Ok(())
}
