//! Connections: how hosts are found and dialled, when time is up, and whether a request has left.
//!
//! `ureq` does HTTP, proxies and TLS; these are its pluggable ends. They are here because three promises
//! depend on them: no wait is longer than its limit, a dead address costs 3 s at most, and it is certain
//! whether a request can have been carried out.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};

/// The longest that one address may take to accept a connection.
const PER_ADDRESS: Duration = Duration::from_secs(3);

/// Socket time-outs are set in steps of this, so that keys in a row don't need a system call each.
const STEP: Duration = Duration::from_millis(100);

/// No socket time-out is longer, so that the clock is looked at so often: Linux may be late by an eighth of a time-out,
/// which is seconds for a minute.
const LONGEST: Duration = Duration::from_secs(1);

/// How far an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was done yet, or a connection was at hand.
    Start,
    /// Looking up the address of a host.
    LookUp,
    /// Connecting to an address.
    Connect,
    /// Asking the proxy for a connection to the host.
    Proxy,
    /// Agreeing on encryption, which includes the server's certificate.
    Tls,
    /// The first byte of the request may have left: from here on, it may be carried out.
    Sent,
}

/// What is known about the exchange under way; shared by all ends of the connection.
#[derive(Debug)]
pub struct Progress {
    /// When the attempt is given up.
    pub deadline: Instant,
    /// How far it has come.
    pub stage: Phase,
    /// It is the host itself that is dealt with, through the proxy if there is one.
    pub tunnelled: bool,
    /// The connection must not serve another request. `ureq` has put it aside by the time that this is known, so it
    /// holds until there is another one.
    pub not_reusable: bool,
    /// No address of the host could be reached, so they should be looked up anew.
    unreachable: bool,
    /// The address that was reached last: the one to begin with when a connection is made anew.
    reached: Option<SocketAddr>,
}

/// A handle on the exchange under way.
#[derive(Debug, Clone)]
pub struct SharedProgress(Arc<Mutex<Progress>>);

impl SharedProgress {
    /// A wire on which nothing has happened yet.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Progress {
            deadline: Instant::now(),
            stage: Phase::Start,
            tunnelled: false,
            not_reusable: false,
            unreachable: false,
            reached: None,
        })))
    }

    /// The exchange under way. The lock is held for a read or a write of a field only.
    pub fn exchange(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, stage: Phase) {
        self.exchange().stage = stage;
    }

    /// The time that is left.
    ///
    /// # Errors
    /// A time-out where none is left.
    fn left(&self) -> Result<Duration, Error> {
        let left = self.exchange().deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(time_is_up()) } else { Ok(left) }
    }
}

fn time_is_up() -> Error {
    Error::Timeout(ureq::Timeout::Global)
}

/// Looks up hosts, each once, within the time that is left.
#[derive(Debug)]
pub struct CachingResolver {
    wire: SharedProgress,
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl CachingResolver {
    /// A resolver that knows no host yet.
    pub fn new(wire: SharedProgress) -> Self {
        Self { wire, known: Mutex::default() }
    }

    fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // RFC 6761: this name is this machine. No name server is asked, so none can say otherwise.
        if bare.trim_end_matches('.') == "localhost" {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        let left = self.wire.left()?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let name = (bare.to_owned(), port);
        // The system's look-up has no limit of its own; the thread is left behind when time is up.
        thread::Builder::new().stack_size(256 * 1024).spawn(move || {
            let _ = sender.send(name.to_socket_addrs().map(Iterator::collect::<Vec<_>>));
        })?;
        match receiver.recv_timeout(left) {
            Ok(addresses) => Ok(addresses?),
            Err(_) => Err(time_is_up()),
        }
    }
}

impl Resolver for CachingResolver {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.wire.enter(Phase::LookUp);
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let key = format!("{host}:{port}");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut self.wire.exchange().unreachable) {
            known.clear();
        }
        if !known.contains_key(&key) {
            known.insert(key.clone(), self.look_up(host, port)?);
        }
        let addresses = known.entry(key).or_default();
        let reached = self.wire.exchange().reached;
        // A dead one before it has cost its time once, and that is enough.
        if let Some(at) = addresses.iter().position(|address| Some(*address) == reached) {
            addresses[..=at].rotate_right(1);
        }
        let mut resolved = self.empty();
        // 16 is what `ureq` holds.
        addresses.iter().take(16).for_each(|address| resolved.push(*address));
        if resolved.is_empty() { Err(Error::HostNotFound) } else { Ok(resolved) }
    }
}

/// Dials every address of a host in turn.
#[derive(Debug)]
pub struct DirectConnector(pub SharedProgress);

impl<In: Transport> Connector<In> for DirectConnector {
    type Out = Either<In, DeadlineTcp>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        self.0.exchange().not_reusable = false;
        if let Some(tunnel) = chained {
            self.0.enter(Phase::Tls);
            self.0.exchange().tunnelled = true;
            return Ok(Some(Either::A(tunnel)));
        }
        self.0.enter(Phase::Connect);
        self.0.exchange().unreachable = true;
        let mut failure = Error::HostNotFound;
        for (index, address) in details.addrs.iter().enumerate() {
            // They share the time that is left, so that a dead one leaves some for those behind it.
            let ahead = u32::try_from(details.addrs.len() - index).unwrap_or(u32::MAX);
            let share = (self.0.left()? / ahead).clamp(Duration::from_millis(1), PER_ADDRESS);
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    {
                        let mut exchange = self.0.exchange();
                        exchange.unreachable = false;
                        exchange.reached = Some(*address);
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
                        wire: self.0.clone(),
                        limit,
                        at_rest: false,
                    })));
                }
                Err(error) => failure = Error::Io(error),
            }
        }
        Err(failure)
    }
}

/// A TCP connection that keeps to the deadline of the exchange under way.
pub struct DeadlineTcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    wire: SharedProgress,
    /// The time-out that the socket has.
    limit: Duration,
    /// An answer was read whole, and nothing was sent since.
    at_rest: bool,
}

impl DeadlineTcp {
    /// Makes the socket give up at the deadline, rounded up to the next step, or before.
    fn apply_deadline(&mut self) -> Result<(), Error> {
        let left = self.wire.left()?;
        // On Windows, a socket is of no use after a time-out.
        let left = if cfg!(windows) { left } else { left.min(LONGEST) };
        let steps = left.as_millis() / STEP.as_millis() + 1;
        let limit = STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        if limit != self.limit {
            self.stream.set_read_timeout(Some(limit))?;
            self.stream.set_write_timeout(Some(limit))?;
            self.limit = limit;
        }
        Ok(())
    }

    /// Whether the server has neither closed the connection nor sent anything since its last answer.
    fn is_idle(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let silent =
            matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false)?;
        Ok(silent)
    }
}

/// Sorts an error of a socket: look at the clock and go on, or the connection is lost.
fn classify_io_error(error: io::Error) -> Result<(), Error> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock => Ok(()),
        // This is how Windows says it; elsewhere it is the network that has given up.
        ErrorKind::TimedOut if cfg!(windows) => Err(time_is_up()),
        _ => Err(Error::Io(error)),
    }
}

impl Transport for DeadlineTcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.at_rest = false;
        let mut sent = 0;
        while sent < amount {
            self.apply_deadline()?;
            match self.stream.write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(Error::Io(ErrorKind::WriteZero.into())),
                Ok(count) => sent += count,
                Err(error) => classify_io_error(error)?,
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
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

    /// `ureq` asks twice: right after an answer, where the question is whether the connection may be kept, and
    /// before the next request, where it is whether the server has kept it too.
    fn is_open(&mut self) -> bool {
        if self.wire.exchange().not_reusable {
            return false;
        }
        if !self.at_rest {
            self.at_rest = true;
            return true;
        }
        self.is_idle().unwrap_or(false)
    }
}

impl fmt::Debug for DeadlineTcp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("DeadlineTcp").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// Puts a [`SendMarker`] on top of a connection, above its encryption.
#[derive(Debug)]
pub struct SendMarkerConnector {
    /// Where the witness writes down what it sees.
    pub wire: SharedProgress,
    /// Whether there is a proxy. `ureq` dials it with these same connectors, and what goes to it
    /// before it has connected to the host is not the request.
    pub proxied: bool,
}

impl<In: Transport> Connector<In> for SendMarkerConnector {
    type Out = SendMarker<In>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let carries_requests = details.config.proxy().is_some() == self.proxied;
        if !carries_requests {
            self.wire.enter(Phase::Proxy);
        }
        Ok(chained.map(|inner| SendMarker { inner, wire: carries_requests.then(|| self.wire.clone()) }))
    }
}

/// A connection that writes down when the first byte of a request is about to leave.
#[derive(Debug)]
pub struct SendMarker<T> {
    inner: T,
    wire: Option<SharedProgress>,
}

impl<T: Transport> Transport for SendMarker<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if let Some(wire) = &self.wire {
            wire.enter(Phase::Sent);
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
