//! The state of an attempt, shared by all layers of its connection, so that errors name the phase in which they happened.
//!
//! Whether a request may have been applied depends on one fact: was its first byte sent? [`SendMarker`] records it. It is
//! above TLS and the proxy, where only requests pass.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::net::phase::Phase;
use crate::signals;

/// The wait for data that is on its way.
const SOON: Duration = Duration::from_millis(5);

/// A point in time, such as the end of the permission to send a request. Both clocks count: the monotonic one stands
/// still while a machine sleeps, and the other one may be set back.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    monotonic: Instant,
    wall: SystemTime,
}

impl Timestamp {
    /// Returns the time `duration` from now.
    pub fn after(duration: Duration) -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }.plus(duration)
    }

    /// Returns the time `duration` after this one.
    pub fn plus(self, duration: Duration) -> Self {
        Self { monotonic: self.monotonic + duration, wall: self.wall + duration }
    }

    /// Whether this time has passed on either clock.
    pub fn has_passed(&self) -> bool {
        Instant::now() >= self.monotonic || SystemTime::now() >= self.wall
    }
}

/// The state of the current attempt and its connection.
#[derive(Debug, Default)]
pub struct Progress {
    /// When the attempt is given up; `None` before the first.
    pub deadline: Option<Instant>,
    /// No byte of the request may be sent from then on.
    pub expires: Option<Timestamp>,
    /// The attempt ended because the permission to send had expired.
    pub expired: bool,
    /// The phase that the attempt has reached.
    pub phase: Phase,
    /// The proxy has connected to the host, so further errors are about the host.
    pub tunnelled: bool,
    /// The connection must not be used again. `ureq` has already pooled it when this becomes known, so the flag is kept
    /// until the next connection is made.
    pub not_reusable: bool,
    /// A read returns what has arrived and doesn't wait.
    pub probing: bool,
    /// The address of the connection; `None` while there is none.
    pub address: Option<SocketAddr>,
    /// The addresses whose last attempt failed, the latest at the end. They are tried after all others.
    pub failed: Vec<SocketAddr>,
    /// Resolve the host again, because its addresses failed.
    pub resolve_again: bool,
}

/// A handle to the state of the current attempt.
#[derive(Debug, Clone, Default)]
pub struct SharedProgress(Arc<Mutex<Progress>>);

impl SharedProgress {
    /// Locks the state. Hold the lock to read or write fields only.
    pub fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a new attempt.
    pub fn begin(&self, deadline: Instant, expires: Option<Timestamp>) {
        let mut progress = self.lock();
        progress.deadline = Some(deadline);
        progress.expires = expires;
        progress.expired = false;
        progress.phase = Phase::Start;
        progress.tunnelled = false;
    }

    /// Records that the attempt has reached `phase`.
    pub fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    /// Records whether `address` accepted a connection.
    pub fn record(&self, address: SocketAddr, connected: bool) {
        let mut progress = self.lock();
        progress.failed.retain(|failed| *failed != address);
        if connected {
            progress.address = Some(address);
            progress.resolve_again = false;
        } else {
            progress.failed.push(address);
        }
    }

    /// Makes the next attempt start with another address of the host: this one accepts connections and then fails, like a
    /// bad node behind a load balancer.
    pub fn avoid_address(&self) {
        let Some(address) = self.lock().address else { return };
        self.record(address, false);
        let mut progress = self.lock();
        progress.resolve_again = true;
        progress.not_reusable = true;
    }

    /// Returns the time until the deadline. After a signal, a request that was sent has 2 s for its response, and nothing
    /// else is started.
    ///
    /// # Errors
    /// A time-out if no time is left.
    pub fn remaining(&self) -> Result<Duration, Error> {
        let Progress { deadline, phase, .. } = *self.lock();
        let now = Instant::now();
        let deadline = match signals::deadline() {
            Some(_) if phase != Phase::Sent => None,
            Some(end) => deadline.map(|deadline| end.min(deadline)),
            None => deadline,
        };
        deadline
            .and_then(|deadline| deadline.checked_duration_since(now))
            .filter(|left| !left.is_zero())
            .ok_or_else(timed_out)
    }

    /// Checks that the request may still be sent.
    ///
    /// # Errors
    /// The permission to send it has expired.
    pub fn check_expiry(&self) -> Result<(), Error> {
        let mut progress = self.lock();
        progress.expired = progress.expires.is_some_and(|expiry| expiry.has_passed());
        if progress.expired { Err(timed_out()) } else { Ok(()) }
    }

    /// Returns whether a signal, not the deadline, ended the attempt.
    pub fn is_interrupted(&self) -> bool {
        signals::received() && self.lock().deadline.is_some_and(|deadline| Instant::now() < deadline)
    }
}

/// Returns the error of an attempt whose deadline has passed.
pub fn timed_out() -> Error {
    Error::Timeout(ureq::Timeout::Global)
}

/// Puts a [`SendMarker`] on top of a connection.
#[derive(Debug)]
pub struct SendMarkerConnector {
    /// The attempt, in which the sending is recorded.
    pub progress: SharedProgress,
    /// Whether there is a proxy. `ureq` connects to it through the same chain of connectors, and CONNECT isn't the
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
        let progress = self.progress.clone();
        Ok(chained.map(|inner| SendMarker { inner, progress, carries_requests, state: State::Fresh }))
    }
}

/// What has happened on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent.
    Fresh,
    /// A request was sent.
    Busy,
    /// A response was read to its end, and nothing has been sent since.
    Idle,
}

/// A connection that records when the first byte of a request is about to be sent. It must hold no unread data before
/// that, since such data would be mistaken for the response.
#[derive(Debug)]
pub struct SendMarker<T> {
    inner: T,
    progress: SharedProgress,
    /// False for the connection to a proxy, which carries CONNECT.
    carries_requests: bool,
    state: State,
}

impl<T: Transport> SendMarker<T> {
    /// Checks that nothing has arrived: no plaintext in any buffer, no TLS record, and no end of the connection. Session
    /// tickets are read and don't count.
    fn probe(&mut self) -> Result<(), Error> {
        self.progress.lock().probing = true;
        let read = self.inner.await_input(NextTimeout::default());
        self.progress.lock().probing = false;
        match read {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
            Ok(false) => Err(Error::Io(ErrorKind::UnexpectedEof.into())),
            Ok(true) => Err(Error::Io(io::Error::new(ErrorKind::InvalidData, "it came before the request"))),
        }
    }

    /// Probes a connection before its first request. A session ticket may have arrived in part, so this waits for the rest.
    fn probe_fresh(&mut self) -> Result<(), Error> {
        if !self.is_tls() {
            // There was no handshake in which a server could have spoken, so give it a moment.
            thread::sleep(SOON);
        }
        self.probe()?;
        while !self.inner.is_open() {
            self.progress.remaining()?;
            thread::sleep(SOON);
            self.probe()?;
        }
        Ok(())
    }
}

impl<T: Transport> Transport for SendMarker<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.carries_requests {
            self.progress.remaining()?;
            if self.state == State::Fresh {
                self.probe_fresh()?;
            }
            self.progress.check_expiry()?;
            self.progress.enter(Phase::Sent);
        }
        self.state = State::Busy;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    /// `ureq` asks twice: right after a response, before it pools the connection, and before the next request.
    fn is_open(&mut self) -> bool {
        if !self.carries_requests {
            return self.inner.is_open();
        }
        if self.progress.lock().not_reusable {
            return false;
        }
        let state = std::mem::replace(&mut self.state, State::Idle);
        state != State::Idle || (self.probe().is_ok() && self.inner.is_open())
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
            assert_eq!(Timestamp { monotonic, wall }.has_passed(), passed);
        }
    }

    #[test]
    fn attempt_keeps_facts_about_connection() {
        let progress = SharedProgress::default();
        let address = SocketAddr::from(([127, 0, 0, 1], 443));
        {
            let mut progress = progress.lock();
            progress.phase = Phase::Sent;
            progress.tunnelled = true;
            progress.not_reusable = true;
            progress.address = Some(address);
        }
        assert!(progress.remaining().is_err(), "no attempt has begun");
        progress.begin(Instant::now() + Duration::from_secs(60), None);
        assert!(progress.remaining().is_ok_and(|remaining| remaining > Duration::from_secs(50)));
        let progress = progress.lock();
        assert_eq!((progress.phase, progress.tunnelled), (Phase::Start, false));
        assert_eq!((progress.not_reusable, progress.address), (true, Some(address)));
    }

    #[test]
    fn failed_addresses_are_kept_by_age() {
        let progress = SharedProgress::default();
        let [first, second] = [1, 2].map(|last| SocketAddr::from(([127, 0, 0, last], 443)));
        progress.record(first, false);
        progress.record(second, true);
        progress.avoid_address();
        assert_eq!(progress.lock().failed, [first, second]);
        assert!(progress.lock().resolve_again && progress.lock().not_reusable);
        progress.record(first, false);
        assert_eq!(progress.lock().failed, [second, first]);
        progress.record(second, true);
        assert_eq!(progress.lock().failed, [first]);
        assert!(!progress.lock().resolve_again);
    }
}
