//! Connections: TCP, a tunnel through a proxy, and TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use std::{io, mem};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers, NextTimeout, RustlsConnector,
    Transport,
};

use crate::net::error::Phase;
use crate::net::tls_records::RecordFollower;
use crate::net::transport::{SendMarker, SharedProgress};

/// The time for each address in the first round, so that a dead one costs no more time than with curl.
const FIRST_ROUND: Duration = Duration::from_millis(250);

/// The time for each address in the second round, for slow links.
const SECOND_ROUND: Duration = Duration::from_secs(3);

/// The longest socket time-out. Linux may be late by an eighth of a time-out, which would be seconds for a minute. Usually
/// the time-out has this value, so that consecutive keys need no system call to set it.
const MAX_SOCKET_TIMEOUT: Duration = Duration::from_secs(1);

/// Connects to a host, directly or through a proxy, and puts the layers on top of each other.
#[derive(Debug)]
pub struct LayeredConnector {
    progress: SharedProgress,
    has_proxy: bool,
    tls: RustlsConnector,
}

impl Connector for LayeredConnector {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        // To make a tunnel, `ureq` connects to the proxy through this function, too.
        let is_to_proxy = self.has_proxy && details.config.proxy().is_none();
        let mut transport = match ConnectProxyConnector::default().connect(details, None::<()>)? {
            Some(tunnel) => tunnel.boxed(),
            None => self.connect_tcp(details)?.boxed(),
        };
        if details.needs_tls() {
            self.progress.lock().phase = if is_to_proxy { Phase::ProxyTls } else { Phase::Tls };
            transport = RecordFollower::new(transport).boxed();
        }
        let Some(transport) = self.tls.connect(details, Some(transport))? else { return Ok(None) };
        if is_to_proxy {
            self.progress.lock().phase = Phase::Proxy;
            return Ok(Some(transport.boxed()));
        }
        // CONNECT isn't a request, so only connections that carry requests get a marker.
        Ok(Some(SendMarker::new(transport.boxed(), self.progress.clone())?.boxed()))
    }
}

impl LayeredConnector {
    /// Creates a connector that records its steps in `progress`.
    pub fn new(progress: SharedProgress, has_proxy: bool) -> Self {
        Self { progress, has_proxy, tls: RustlsConnector::default() }
    }

    fn connect_tcp(&self, details: &ConnectionDetails) -> Result<DeadlineTcp, Error> {
        self.progress.lock().phase = Phase::Connect;
        self.progress.lock().not_reusable = false;
        self.progress.lock().address = None;
        let stream = self.connect_any(&details.addrs)?;
        stream.set_nodelay(true)?;
        let config = details.config;
        Ok(DeadlineTcp {
            stream,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            progress: self.progress.clone(),
            timeout: Duration::ZERO,
        })
    }

    /// Tries each address briefly, then tries for longer the addresses that didn't respond. Of several failures, it returns
    /// the most informative one.
    fn connect_any(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
        let rounds = if addresses.len() > 1 { &[FIRST_ROUND, SECOND_ROUND][..] } else { &[SECOND_ROUND] };
        let mut silent = addresses.to_vec();
        let mut failures = Vec::new();
        for limit in rounds {
            let round = mem::take(&mut silent);
            for (index, address) in round.iter().enumerate() {
                // Addresses share the time that is left, so that a dead one leaves time for the others.
                let share = self.progress.remaining()? / (round.len() - index) as u32;
                match TcpStream::connect_timeout(address, share.clamp(Duration::from_millis(1), *limit)) {
                    Ok(stream) => {
                        self.progress.lock().address = Some(*address);
                        return Ok(stream);
                    }
                    Err(error) => {
                        self.progress.lock().postpone(*address);
                        if error.kind() == ErrorKind::TimedOut {
                            silent.push(*address);
                        }
                        failures.push(error);
                    }
                }
            }
        }
        Err(failures.into_iter().min_by_key(vagueness).map_or(Error::HostNotFound, Error::Io))
    }
}

/// Returns how little the error of a failed connection says. "Unreachable" is usually about an address family that this
/// machine doesn't have.
fn vagueness(error: &io::Error) -> u8 {
    use ErrorKind::*;
    match error.kind() {
        ConnectionRefused | ConnectionReset | ConnectionAborted | PermissionDenied => 0,
        TimedOut => 1,
        _ => 2,
    }
}

/// A TCP connection that enforces the deadline of the current attempt.
#[derive(Debug)]
pub struct DeadlineTcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    progress: SharedProgress,
    /// The socket's time-out.
    timeout: Duration,
}

impl DeadlineTcp {
    /// Repeats `operation` until it ends or the deadline passes.
    fn in_time(&mut self, operation: impl Fn(&mut Self) -> Result<usize, Error>) -> Result<usize, Error> {
        loop {
            let remaining = self.progress.remaining()?;
            // On Windows, a socket can't be used after a time-out.
            let limit = if cfg!(windows) { remaining } else { remaining.min(MAX_SOCKET_TIMEOUT) };
            if limit != self.timeout {
                self.stream.set_read_timeout(Some(limit))?;
                self.stream.set_write_timeout(Some(limit))?;
                self.timeout = limit;
            }
            match operation(self) {
                // The socket's time-out passed, or a signal arrived: the deadline decides what to do. On Windows, the error is
                // `TimedOut`, and ends the attempt.
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                result => return result,
            }
        }
    }
}

impl Transport for DeadlineTcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let mut sent = 0;
        while sent < amount {
            sent += self.in_time(|tcp| {
                tcp.progress.check_expiry()?;
                Ok(tcp.stream.write(&tcp.buffers.output()[sent..amount])?)
            })?;
        }
        Ok(())
    }

    /// Waits for input, or reads what has arrived if `timeout` is zero: [`SendMarker`] probes like this, and `ureq` is given
    /// no time-outs.
    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let unread = self.buffers.input().len();
        if self.buffers.input_append_buf().is_empty() {
            // Only a response to CONNECT can get here: `ureq` limits the headers of others, and bodies are consumed.
            return Err(Error::LargeResponseHeader(unread, unread));
        }
        let count = if timeout.after.is_zero() {
            self.stream.set_nonblocking(true)?;
            let read = self.stream.read(self.buffers.input_append_buf());
            self.stream.set_nonblocking(false)?;
            read?
        } else {
            self.in_time(|tcp| Ok(tcp.stream.read(tcp.buffers.input_append_buf())?))?
        };
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    /// [`SendMarker`] does the real check.
    fn is_open(&mut self) -> bool {
        true
    }
}
