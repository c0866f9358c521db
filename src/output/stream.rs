//! Writing to both streams: whole lines, to the last byte or with an error.
//!
//! Standard output and standard error may be pipes in non-blocking mode, since other programs may share them. Writing to a
//! full pipe of this kind waits, up to a limit. Writing to a blocking pipe waits as long as its reader needs (such as a
//! pager), or until a signal.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{
    fs::OpenOptions,
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
};
#[cfg(unix)]
use std::{
    fs::{File, FileType},
    io::IsTerminal,
    os::{fd::AsFd, unix::fs::FileTypeExt},
    sync::{Arc, Mutex, PoisonError},
};

#[cfg(unix)]
use crate::output::blocking::BlockingWriter;
use crate::signals;

/// The time between two attempts to write to a full stream.
const FULL_STREAM_WAIT: Duration = Duration::from_millis(50);

/// How many such waits a run allows, on both streams together: 30 s.
static WAITS_LEFT: AtomicU32 = AtomicU32::new(600);

/// How many such waits are allowed at most after a signal: 0.5 s.
const WAITS_AFTER_SIGNAL: u32 = 10;

/// The flag that opens a file in non-blocking mode.
#[cfg(target_os = "linux")]
const O_NONBLOCK: i32 = 0o4000;

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Stdout,
    /// Everything else.
    Stderr,
}

/// Why a line was not written, or only a part of it.
#[derive(Debug)]
pub enum WriteError {
    /// The reader of the pipe is gone.
    Closed,
    /// Anything else.
    Failed(io::Error),
}

impl Stream {
    /// Writes `line` and a line break, with one system call if the stream accepts that much, so that lines of programs that
    /// share a log don't mix.
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
                    ErrorKind::WouldBlock if may_wait() => thread::sleep(FULL_STREAM_WAIT),
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
    /// A file on a disk, which never blocks.
    Disk(File),
    /// A pipe, a terminal or a socket. While it is full, a thread writes to it. `nonblocking` is the same stream.
    MayBlock { nonblocking: Option<File>, file: Arc<File>, thread: Option<BlockingWriter> },
    /// A write was abandoned, and still blocks its thread.
    GivenUp,
}

#[cfg(unix)]
impl Output {
    /// Duplicates the descriptor: `io::stdout()` doesn't report how much of a line was written, and returns `Ok` if the
    /// descriptor isn't open for writing.
    fn open(stream: Stream) -> io::Result<Self> {
        let descriptor = match stream {
            Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        let file = File::from(descriptor?);
        let kind = file.metadata().map(|metadata| metadata.file_type());
        let is = |of: fn(&FileType) -> bool| kind.as_ref().is_ok_and(of);
        if is(FileType::is_file) || is(FileType::is_block_device) {
            return Ok(Self::Disk(file));
        }
        // A terminal is fast enough, and a socket would send the empty write of `reopen`.
        let is_reopened = is(FileType::is_fifo) || is(FileType::is_char_device) && !file.is_terminal();
        let nonblocking = if is_reopened { reopen(&file) } else { None };
        Ok(Self::MayBlock { nonblocking, file: Arc::new(file), thread: None })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.write(bytes),
            Self::MayBlock { nonblocking, file, thread } => {
                match nonblocking.as_mut().map(|file| file.write(bytes)) {
                    Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => {}
                    Some(written) => return written,
                    None => {}
                }
                if thread.is_none() {
                    *thread = BlockingWriter::start(Arc::clone(file)).ok();
                }
                let Some(thread) = thread else { return (&**file).write(bytes) };
                let waits = || !signals::received() || may_wait();
                thread.write(bytes, FULL_STREAM_WAIT, waits).unwrap_or_else(|| {
                    *self = Self::GivenUp;
                    Err(timed_out())
                })
            }
            Self::GivenUp => Err(timed_out()),
        }
    }
}

/// Opens the pipe of `file` again in non-blocking mode: other programs may share `file` itself, and its mode. Returns `None`
/// if the pipe belongs to another user, or if an empty write shows that it isn't open for writing.
#[cfg(target_os = "linux")]
fn reopen(mut file: &File) -> Option<File> {
    if file.write(&[]).is_err() {
        return None;
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(path).ok()
}

/// Elsewhere, reopening yields the same open file.
#[cfg(all(unix, not(target_os = "linux")))]
fn reopen(_: &File) -> Option<File> {
    None
}

/// Uses up one wait for a full stream; `false` if none is left.
fn may_wait() -> bool {
    if signals::received() {
        WAITS_LEFT.fetch_min(WAITS_AFTER_SIGNAL, Relaxed);
    }
    WAITS_LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out: its reader is too slow")
}
