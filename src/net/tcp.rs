//! TCP connections that enforce the deadline of the current attempt.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};

use crate::net::phase::Phase;
use crate::net::transport::{SharedProgress, timed_out};

/// The time for each address in the first round, so that a dead one costs no more time than with curl.
const FIRST_ROUND: Duration = Duration::from_millis(250);

/// The time for each address in the second round, for slow links.
const SECOND_ROUND: Duration = Duration::from_secs(3);

/// The longest socket time-out. Linux may be late by an eighth of a time-out, which would be seconds for a minute. Usually
/// the time-out has this value, so that consecutive keys need no system call to set it.
const MAX_SOCKET_TIMEOUT: Duration = Duration::from_secs(1);

/// Connects to the first address of a host that accepts a connection.
#[derive(Debug)]
pub struct DirectConnector(pub SharedProgress);

impl<In: Transport> Connector<In> for DirectConnector {
    type Out = Either<In, DeadlineTcp>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            self.0.enter(Phase::Tls);
            self.0.lock().tunnelled = true;
            return Ok(Some(Either::A(tunnel)));
        }
        {
            let mut progress = self.0.lock();
            progress.phase = Phase::Connect;
            progress.not_reusable = false;
            progress.address = None;
            // This is reset when an address accepts a connection.
            progress.resolve_again = true;
        }
        let stream = self.connect_any(&details.addrs)?;
        stream.set_nodelay(true)?;
        if details.needs_tls() {
            self.0.enter(Phase::Tls);
        }
        let config = details.config;
        Ok(Some(Either::B(DeadlineTcp {
            stream,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            progress: self.0.clone(),
            timeout: Duration::ZERO,
        })))
    }
}

impl DirectConnector {
    /// Tries each address briefly, then tries for longer the addresses that didn't respond. Of several failures, it returns
    /// the most informative one.
    fn connect_any(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
        let rounds: &[Duration] =
            if addresses.len() > 1 { &[FIRST_ROUND, SECOND_ROUND] } else { &[SECOND_ROUND] };
        let mut silent = addresses.to_vec();
        let mut failure: Option<io::Error> = None;
        for limit in rounds {
            let round = std::mem::take(&mut silent);
            for (index, address) in round.iter().enumerate() {
                // Addresses share the time that is left, so that a dead one leaves time for the others.
                let ahead = u32::try_from(round.len() - index).unwrap_or(u32::MAX);
                let share = (self.0.remaining()? / ahead).clamp(Duration::from_millis(1), *limit);
                let error = match TcpStream::connect_timeout(address, share) {
                    Ok(stream) => {
                        self.0.record(*address, true);
                        return Ok(stream);
                    }
                    Err(error) => error,
                };
                self.0.record(*address, false);
                if error.kind() == ErrorKind::TimedOut {
                    silent.push(*address);
                }
                if failure.as_ref().is_none_or(|failure| tells(&error) > tells(failure)) {
                    failure = Some(error);
                }
            }
        }
        Err(failure.map_or(Error::HostNotFound, Error::Io))
    }
}

/// Returns how informative the error of a failed connection is. "Unreachable" is usually about an address family that
/// this machine doesn't have.
fn tells(error: &io::Error) -> u8 {
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::PermissionDenied => 2,
        ErrorKind::TimedOut => 1,
        _ => 0,
    }
}

/// A TCP connection that enforces the deadline of the current attempt.
pub struct DeadlineTcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    progress: SharedProgress,
    /// The socket's time-out.
    timeout: Duration,
}

impl DeadlineTcp {
    /// Sets the socket time-out to the time left, or to a part of it.
    fn apply_deadline(&mut self) -> Result<(), Error> {
        let remaining = self.progress.remaining()?;
        // On Windows, a socket can't be used after a time-out.
        let timeout = if cfg!(windows) { remaining } else { remaining.min(MAX_SOCKET_TIMEOUT) };
        if timeout != self.timeout {
            self.stream.set_read_timeout(Some(timeout))?;
            self.stream.set_write_timeout(Some(timeout))?;
            self.timeout = timeout;
        }
        Ok(())
    }

    /// Reads what has arrived, without waiting.
    fn read_arrived(&mut self) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let read = self.stream.read(self.buffers.input_append_buf());
        self.stream.set_nonblocking(false)?;
        read
    }
}

/// Returns `Ok` if the socket's time-out passed or a signal arrived: then the deadline decides what to do.
fn classify_io_error(error: io::Error) -> Result<(), Error> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock => Ok(()),
        // On Windows this is the socket's time-out, elsewhere TCP's own.
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
            self.progress.check_expiry()?;
            match self.stream.write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(Error::Io(ErrorKind::WriteZero.into())),
                Ok(count) => sent += count,
                Err(error) => classify_io_error(error)?,
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let unread = self.buffers.input().len();
        if self.buffers.input_append_buf().is_empty() {
            // Only a response to CONNECT can get here: `ureq` limits the headers of others, and bodies are consumed.
            return Err(Error::LargeResponseHeader(unread, unread));
        }
        if self.progress.lock().probing {
            let count = self.read_arrived()?;
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

    /// `SendMarker` does the real check.
    fn is_open(&mut self) -> bool {
        true
    }
}

impl fmt::Debug for DeadlineTcp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("DeadlineTcp").field("stream", &self.stream).finish_non_exhaustive()
    }
}
