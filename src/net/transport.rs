//! How far a request has come: shared by all layers of its connection, so that errors name their phase.
//!
//! Whether a request may have been applied depends on one fact: has its first byte left? [`SendMarker`] sits above TLS
//! and proxy, where only requests pass, and records it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::signals;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was done yet, or an open connection is reused.
    Start,
    /// DNS lookup of the host, or of the proxy.
    Lookup,
    /// TCP connection to an address.
    Connect,
    /// CONNECT through the proxy.
    Proxy,
    /// TLS handshake, certificates included.
    Tls,
    /// The first byte of the request may have left: from here on, it may be applied.
    Sent,
}

/// The end of the permission to send a request. Both clocks count: the monotonic one stands still while a machine
/// sleeps, and the other one may be set back.
#[derive(Debug, Clone, Copy)]
pub struct Expiry {
    monotonic: Instant,
    wall: SystemTime,
}

impl Expiry {
    /// Returns the moment that is `duration` from now.
    #[allow(dead_code, reason = "changes use it once re-reads expire")]
    pub fn after(duration: Duration) -> Self {
        Self { monotonic: Instant::now() + duration, wall: SystemTime::now() + duration }
    }

    fn has_passed(&self) -> bool {
        Instant::now() >= self.monotonic || SystemTime::now() >= self.wall
    }
}

/// What is known about the request under way.
#[derive(Debug)]
pub struct Progress {
    /// When the attempt is given up.
    pub deadline: Instant,
    /// No byte of the request may leave from then on.
    pub expires: Option<Expiry>,
    /// The attempt ended because the permission to send had ended.
    pub expired: bool,
    /// A part of the request was handed to the system.
    pub written: bool,
    /// How far it has come.
    pub phase: Phase,
    /// The proxy, if there is one, has connected to the host: errors are about the host from now on.
    pub tunnelled: bool,
    /// Do not reuse this connection. `ureq` has already pooled it when this becomes known, so it is kept until the
    /// next connection is made.
    pub not_reusable: bool,
    /// Nothing is expected: a read that would wait is the end of a probe.
    pub probing: bool,
    /// No address of the host could be reached: resolve it again.
    pub unreachable: bool,
    /// The last address that could be reached: try it first.
    pub reached: Option<SocketAddr>,
}

/// A handle on the progress of the request under way.
#[derive(Debug, Clone)]
pub struct SharedProgress(Arc<Mutex<Progress>>);

impl SharedProgress {
    /// No request yet.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Progress {
            deadline: Instant::now(),
            expires: None,
            expired: false,
            written: false,
            phase: Phase::Start,
            tunnelled: false,
            not_reusable: false,
            probing: false,
            unreachable: false,
            reached: None,
        })))
    }

    /// The request under way. Hold the lock for a read or a write of fields only.
    pub fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new attempt begins.
    pub fn begin(&self, deadline: Instant, expires: Option<Expiry>) {
        let mut progress = self.lock();
        progress.deadline = deadline;
        progress.expires = expires;
        progress.expired = false;
        progress.written = false;
        progress.phase = Phase::Start;
        progress.tunnelled = false;
    }

    /// The request has come to `phase`.
    pub fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    /// The time until the deadline. After a signal, a request that has left has 2 s for its response, and nothing else
    /// is begun.
    ///
    /// # Errors
    /// A time-out where none is left.
    pub fn remaining(&self) -> Result<Duration, Error> {
        let (deadline, phase) = {
            let progress = self.lock();
            (progress.deadline, progress.phase)
        };
        let deadline = match signals::deadline() {
            Some(_) if phase != Phase::Sent => return Err(timed_out()),
            Some(end) => end.min(deadline),
            None => deadline,
        };
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() { Err(timed_out()) } else { Ok(remaining) }
    }

    /// Checks that the request may still be sent. If it may not, and no part of it has left, it counts as not sent.
    ///
    /// # Errors
    /// The permission to send it has ended.
    pub fn check_expiry(&self) -> Result<(), Error> {
        let mut progress = self.lock();
        if !progress.expires.is_some_and(|expiry| expiry.has_passed()) {
            return Ok(());
        }
        progress.expired = true;
        if !progress.written {
            progress.phase = Phase::Start;
        }
        Err(timed_out())
    }

    /// Whether it was a signal that ended the attempt, and not its deadline.
    pub fn is_interrupted(&self) -> bool {
        signals::received() && Instant::now() < self.lock().deadline
    }
}

/// The error of an attempt whose deadline has passed.
pub fn timed_out() -> Error {
    Error::Timeout(ureq::Timeout::Global)
}

/// Puts a [`SendMarker`] on top of a connection.
#[derive(Debug)]
pub struct SendMarkerConnector {
    /// Where it is recorded that a request has left.
    pub progress: SharedProgress,
    /// Whether there is a proxy. `ureq` connects to it through this same chain of connectors, and a CONNECT is not the
    /// request.
    pub proxied: bool,
}

impl<In: Transport> Connector<In> for SendMarkerConnector {
    type Out = SendMarker<In>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let carries_requests = details.config.proxy().is_some() == self.proxied;
        if !carries_requests {
            self.progress.enter(Phase::Proxy);
        }
        let progress = carries_requests.then(|| self.progress.clone());
        Ok(chained.map(|inner| SendMarker { inner, progress, idle: false }))
    }
}

/// A connection that records that the first byte of a request is about to leave, and knows whether it is clean before.
#[derive(Debug)]
pub struct SendMarker<T> {
    inner: T,
    /// `None` on a connection to the proxy, which carries no requests itself.
    progress: Option<SharedProgress>,
    /// A response was read whole, and nothing was sent since.
    idle: bool,
}

impl<T: Transport> SendMarker<T> {
    /// Whether nothing has arrived since the last response: no plaintext in any buffer, no TLS record, no part of one, and
    /// no end of the connection. Session tickets are read and are no leftovers.
    fn is_clean(&mut self, progress: &SharedProgress) -> bool {
        progress.lock().probing = true;
        let read = self.inner.await_input(NextTimeout::default());
        progress.lock().probing = false;
        matches!(read, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock) && self.inner.is_open()
    }
}

impl<T: Transport> Transport for SendMarker<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.idle = false;
        if let Some(progress) = &self.progress {
            progress.remaining()?;
            progress.check_expiry()?;
            progress.enter(Phase::Sent);
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    /// `ureq` asks twice: right after a response, before it pools the connection, and before the next request.
    fn is_open(&mut self) -> bool {
        let Some(progress) = self.progress.clone() else { return self.inner.is_open() };
        if progress.lock().not_reusable {
            return false;
        }
        !std::mem::replace(&mut self.idle, true) || self.is_clean(&progress)
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_needs_one_clock_only() {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let hour = Duration::from_secs(3600);
        for (monotonic, wall, passed) in
            [(now + hour, wall + hour, false), (now, wall + hour, true), (now + hour, wall - hour, true)]
        {
            assert_eq!(Expiry { monotonic, wall }.has_passed(), passed);
        }
    }

    #[test]
    fn an_attempt_begins_anew_and_keeps_what_is_known_of_the_connection() {
        let progress = SharedProgress::new();
        let address = SocketAddr::from(([127, 0, 0, 1], 443));
        {
            let mut progress = progress.lock();
            progress.phase = Phase::Sent;
            progress.tunnelled = true;
            progress.not_reusable = true;
            progress.reached = Some(address);
        }
        assert!(progress.remaining().is_err(), "no attempt has begun");
        progress.begin(Instant::now() + Duration::from_secs(60), None);
        assert!(progress.remaining().is_ok_and(|remaining| remaining > Duration::from_secs(50)));
        let progress = progress.lock();
        assert_eq!((progress.phase, progress.tunnelled), (Phase::Start, false));
        assert_eq!((progress.not_reusable, progress.reached), (true, Some(address)));
    }
}
