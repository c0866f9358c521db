//! One way of writing for both streams: whole lines, to their last byte or with an error.
//!
//! Standard output and standard error may be pipes in non-blocking mode, since other programs may share them. A full one
//! is waited for, but not for ever. One that blocks is waited for as long as its reader likes (a pager), until a signal.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
#[cfg(unix)]
use std::{
    fs::File,
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
};

use crate::interrupt;
#[cfg(unix)]
use crate::output::blocking::BlockingWriter;

/// How long a stream that is full is left alone before it is tried again.
const SLICE: Duration = Duration::from_millis(50);

/// How often that may happen in a run, on both streams together: for 30 s.
static SLICES_LEFT: AtomicU32 = AtomicU32::new(600);

/// How often at most after a signal: for 0.5 s.
const SLICES_AFTER_SIGNAL: u32 = 10;

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
                    ErrorKind::WouldBlock if take_slice() => thread::sleep(SLICE),
                    ErrorKind::WouldBlock => return Err(WriteError::Failed(timed_out())),
                    ErrorKind::BrokenPipe => return Err(WriteError::Closed),
                    _ => return Err(WriteError::Failed(error)),
                },
            }
        }
        Ok(())
    }

    #[cfg(unix)]
    fn write_some(self, bytes: &[u8]) -> io::Result<usize> {
        static OUTPUTS: [Mutex<Option<Output>>; 2] = [const { Mutex::new(None) }; 2];
        let mut output = OUTPUTS[self as usize].lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *output {
            Some(output) => output.write(bytes),
            unopened => unopened.insert(Output::open(self)?).write(bytes),
        }
    }

    /// The standard library knows how to write to a console.
    #[cfg(not(unix))]
    fn write_some(self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush())?,
            Self::Stderr => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }
}

/// How a stream is written to.
#[cfg(unix)]
enum Output {
    /// By the calling thread: a write of up to this many bytes does not block.
    Direct(Arc<File>, usize),
    /// By another thread.
    MayBlock(BlockingWriter),
    /// No more: a write was given up, and is still under way.
    GivenUp,
}

#[cfg(unix)]
impl Output {
    /// Any pipe takes so many bytes at first.
    const SMALLEST_PIPE: usize = 4096;

    /// A duplicate of the descriptor, since `io::stdout()` does not report how much of a line was written, and returns
    /// `Ok` where the descriptor is not open for writing.
    fn open(stream: Stream) -> io::Result<Self> {
        let descriptor = match stream {
            Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        Ok(Self::Direct(Arc::new(File::from(descriptor?)), Self::SMALLEST_PIPE))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Self::Direct(file, room) = self
            && *room < bytes.len()
        {
            let never_blocks = file.metadata().is_ok_and(|metadata| metadata.is_file());
            let writer = if never_blocks { None } else { BlockingWriter::start(Arc::clone(file)).ok() };
            match writer {
                Some(writer) => *self = Self::MayBlock(writer),
                None => *room = usize::MAX,
            }
        }
        match self {
            Self::Direct(file, room) => {
                let written = (&**file).write(bytes)?;
                *room -= written;
                Ok(written)
            }
            Self::MayBlock(writer) => {
                let waits = || !interrupt::received() || take_slice();
                writer.write(bytes, SLICE, waits).unwrap_or_else(|| {
                    *self = Self::GivenUp;
                    Err(timed_out())
                })
            }
            Self::GivenUp => Err(timed_out()),
        }
    }
}

/// Whether there is time left to wait for a full stream; takes one slice of it.
fn take_slice() -> bool {
    if interrupt::received() {
        SLICES_LEFT.fetch_min(SLICES_AFTER_SIGNAL, Relaxed);
    }
    SLICES_LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out: its reader is too slow")
}
