//! Writing to a pipe or a terminal that may block for any time. A signal doesn't interrupt such a write, so a thread does
//! it, and the run can end without waiting for the thread.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// A thread that writes to one stream.
pub struct BlockingWriter {
    texts: Sender<Vec<u8>>,
    results: Receiver<io::Result<usize>>,
}

impl BlockingWriter {
    /// Starts a thread that writes to `file`.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(file: Arc<File>) -> io::Result<Self> {
        let (texts, received) = mpsc::channel::<Vec<u8>>();
        let (sender, results) = mpsc::channel();
        thread::Builder::new().spawn(move || {
            for text in received {
                if sender.send((&*file).write(&text)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { texts, results })
    }

    /// Writes `bytes` or a part of them. Calls `waits` each time that nothing has happened for `interval`. Returns `None` if
    /// `waits` returned `false`: the thread may still block, and can't be used again.
    pub fn write(
        &self,
        bytes: &[u8],
        interval: Duration,
        waits: impl Fn() -> bool,
    ) -> Option<io::Result<usize>> {
        self.texts.send(bytes.to_vec()).ok()?;
        loop {
            match self.results.recv_timeout(interval) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout) if waits() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}
