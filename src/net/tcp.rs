//! TCP connections that keep to the deadline of the request under way, and to 3 s per address.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};

use crate::net::transport::{Phase, SharedProgress, timed_out};

/// The longest that one address may take to accept a connection.
const PER_ADDRESS: Duration = Duration::from_secs(3);

/// Socket time-outs are set in steps of this, so that keys in a row don't need a system call each.
const STEP: Duration = Duration::from_millis(100);

/// No socket time-out is longer: Linux may be late by an eighth of it, which is seconds for a minute.
const LONGEST: Duration = Duration::from_secs(1);

/// Tries every address of a host in turn.
#[derive(Debug)]
pub struct DirectConnector(pub SharedProgress);

impl<In: Transport> Connector<In> for DirectConnector {
    type Out = Either<In, DeadlineTcp>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        self.0.lock().not_reusable = false;
        if let Some(tunnel) = chained {
            self.0.enter(Phase::Tls);
            self.0.lock().tunnelled = true;
            return Ok(Some(Either::A(tunnel)));
        }
        self.0.enter(Phase::Connect);
        self.0.lock().unreachable = true;
        let mut failure = Error::HostNotFound;
        for (index, address) in details.addrs.iter().enumerate() {
            // They share the time that is left, so that an unreachable one leaves some for those after it.
            let ahead = u32::try_from(details.addrs.len() - index).unwrap_or(u32::MAX);
            let share = (self.0.remaining()? / ahead).clamp(Duration::from_millis(1), PER_ADDRESS);
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    {
                        let mut progress = self.0.lock();
                        progress.unreachable = false;
                        progress.reached = Some(*address);
                    }
                    self.0.enter(if details.needs_tls() { Phase::Tls } else { Phase::Proxy });
                    let buffers = LazyBuffers::new(
                        details.config.input_buffer_size(),
                        details.config.output_buffer_size(),
                    );
                    let limit = Duration::ZERO;
                    return Ok(Some(Either::B(DeadlineTcp {
                        stream,
                        buffers,
                        progress: self.0.clone(),
                        limit,
                    })));
                }
                Err(error) => failure = Error::Io(error),
            }
        }
        Err(failure)
    }
}

/// A TCP connection that keeps to the deadline of the request under way.
pub struct DeadlineTcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    progress: SharedProgress,
    /// The time-out that the socket has.
    limit: Duration,
}

impl DeadlineTcp {
    /// Makes the socket give up at the deadline, rounded up to the next step, or before.
    fn apply_deadline(&mut self) -> Result<(), Error> {
        let remaining = self.progress.remaining()?;
        // On Windows, a socket is of no use after a time-out.
        let remaining = if cfg!(windows) { remaining } else { remaining.min(LONGEST) };
        let steps = remaining.as_millis() / STEP.as_millis() + 1;
        let limit = STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        if limit != self.limit {
            self.stream.set_read_timeout(Some(limit))?;
            self.stream.set_write_timeout(Some(limit))?;
            self.limit = limit;
        }
        Ok(())
    }

    /// Reads what has arrived already.
    fn read_at_once(&mut self) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let read = self.stream.read(self.buffers.input_append_buf());
        self.stream.set_nonblocking(false)?;
        read
    }
}

/// Sorts an error of a socket: check the deadline and go on, or the connection is lost.
fn classify_io_error(error: io::Error) -> Result<(), Error> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock => Ok(()),
        // On Windows this is the time-out of the socket, elsewhere one of TCP itself.
        ErrorKind::TimedOut if cfg!(windows) => Err(timed_out()),
        _ => Err(Error::Io(error)),
    }
}

impl Transport for DeadlineTcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let mut sent = 0;
        while sent < amount {
            self.apply_deadline()?;
            let is_request = self.progress.lock().phase == Phase::Sent;
            if is_request {
                self.progress.check_expiry()?;
            }
            match self.stream.write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(Error::Io(ErrorKind::WriteZero.into())),
                Ok(count) => {
                    sent += count;
                    self.progress.lock().written |= is_request;
                }
                Err(error) => classify_io_error(error)?,
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        if self.progress.lock().probing {
            let count = self.read_at_once()?;
            self.buffers.input_appended(count);
            return Ok(count > 0);
        }
        loop {
            self.apply_deadline()?;
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) => classify_io_error(error)?,
            }
        }
    }

    /// Whoever probes has read from it.
    fn is_open(&mut self) -> bool {
        true
    }
}

impl fmt::Debug for DeadlineTcp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("DeadlineTcp").field("stream", &self.stream).finish_non_exhaustive()
    }
}
