//! Writing to both streams: whole texts, to the last byte or with an error.
//!
//! Standard output and standard error may be pipes in non-blocking mode, since other programs may share them. Writing to a
//! full pipe of this kind waits, up to a limit. Writing to a blocking pipe waits as long as its reader needs (such as a
//! pager), or until a signal.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
#[cfg(unix)]
use std::{
    fs::{File, OpenOptions},
    io::IsTerminal,
    os::fd::{AsFd, AsRawFd},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use crate::signals;

/// The time between two attempts to write to a full stream.
const FULL_STREAM_WAIT: Duration = Duration::from_millis(50);

/// How many such waits a run allows, on both streams together: 30 s.
static WAITS_LEFT: AtomicU32 = AtomicU32::new(600);

/// How many such waits are allowed at most after a signal: 0.5 s.
const WAITS_AFTER_SIGNAL: u32 = 10;

/// Linux' flag that opens a file in non-blocking mode.
#[cfg(unix)]
const O_NONBLOCK: i32 = 0o4000;

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Stdout,
    /// Everything else.
    Stderr,
}

impl Stream {
    /// Writes `text`, with one system call if the stream accepts that much, so that lines of programs that share a log don't
    /// mix.
    ///
    /// # Errors
    /// The reader of the pipe is gone (`BrokenPipe`), or the stream can't be written, or was full for 30 s in all of this run.
    /// A part may have been written.
    pub fn write(self, text: &str) -> io::Result<()> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match self.write_some(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    use_up_wait()?;
                    thread::sleep(FULL_STREAM_WAIT);
                }
                Err(error) => return Err(error),
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

/// How a stream is written to. Without any file, a write was abandoned, and still blocks its thread.
#[cfg(unix)]
#[derive(Default)]
struct Output {
    /// The stream, if writing to it never blocks: a file on a disk, or a pipe that is open in non-blocking mode.
    nonblocking: Option<File>,
    /// The same stream. A thread writes to it, since a signal doesn't interrupt a write that blocks.
    file: Option<Arc<File>>,
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
        let kind = file.metadata()?.file_type();
        let nonblocking = if kind.is_file() || kind.is_block_device() {
            Some(file.try_clone()?)
        } else if kind.is_fifo() || kind.is_char_device() && !file.is_terminal() {
            reopen(&file)
        } else {
            // A terminal is fast enough, and a socket would send the empty write of `reopen`.
            None
        };
        Ok(Self { nonblocking, file: Some(Arc::new(file)) })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.nonblocking.as_mut().map(|file| file.write(bytes)) {
            Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Some(written) => return written,
            None => {}
        }
        let Some(file) = &self.file else { return Err(timed_out()) };
        let (shared, text) = (Arc::clone(file), bytes.to_vec());
        let (sender, written) = mpsc::channel();
        let started = thread::Builder::new().spawn(move || sender.send((&*shared).write(&text)));
        if started.is_err() {
            return (&**file).write(bytes);
        }
        loop {
            match written.recv_timeout(FULL_STREAM_WAIT) {
                Ok(written) => return written,
                Err(_) if !signals::received() => {}
                Err(_) => use_up_wait().inspect_err(|_| *self = Self::default())?,
            }
        }
    }
}

/// Opens the pipe of `file` again in non-blocking mode: other programs may share `file` itself, and its mode. Returns `None`
/// if the pipe belongs to another user, if an empty write shows that it isn't open for writing, or if this isn't Linux.
#[cfg(unix)]
fn reopen(mut file: &File) -> Option<File> {
    if file.write(&[]).is_err() {
        return None;
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(path).ok()
}

/// Uses up one wait for a full stream.
///
/// # Errors
/// None is left.
fn use_up_wait() -> io::Result<()> {
    if signals::received() {
        WAITS_LEFT.fetch_min(WAITS_AFTER_SIGNAL, Relaxed);
    }
    let used = WAITS_LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
    used.map(drop).map_err(|_| timed_out())
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out: its reader is too slow")
}
