//! The state of an attempt, shared by all layers of its connection, so that errors name the phase in which they happened.
//!
//! Whether a request may have been applied depends on one fact: was its first byte sent? [`SendMarker`] records it. It is
//! above TLS and the proxy, where only requests pass.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{mem, thread};

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, time};
use ureq::{Error, Timeout};

use crate::net::error::Phase;
use crate::signals;

/// The error of an attempt whose permission to send has expired. `ureq` doesn't use this error, because it is given no
/// time-outs.
pub const EXPIRED: Error = Error::Timeout(Timeout::SendRequest);

/// How long a request that was sent may wait for its response after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// The wait for data that is on its way.
const SOON: Duration = Duration::from_millis(5);

/// A point in time, such as the end of the permission to send a request. Both clocks count: the monotonic one
/// doesn't advance while a machine sleeps, and the other may be set back.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    monotonic: Instant,
    wall: SystemTime,
}

impl Timestamp {
    /// Returns the present time.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
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
    /// The phase that the attempt has reached.
    pub phase: Phase,
    /// The connection must not be used again. `ureq` has already pooled it when this becomes known, so the flag is kept
    /// until the next connection is made.
    pub not_reusable: bool,
    /// The address of the connection. While there is none, the host is looked up again.
    pub address: Option<SocketAddr>,
    /// The addresses of the host in the order in which they are tried: the last to fail is at the end.
    pub addresses: Vec<SocketAddr>,
}

impl Progress {
    /// Moves `address`, which failed, after all others.
    pub fn postpone(&mut self, address: SocketAddr) {
        self.addresses.retain(|other| *other != address);
        self.addresses.push(address);
    }

    /// Makes the next attempt start with another address of the host: this one accepts connections and then fails, like a
    /// bad node behind a load balancer.
    pub fn avoid_address(&mut self) {
        if let Some(address) = self.address.take() {
            self.postpone(address);
            self.not_reusable = true;
        }
    }
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
        (progress.deadline, progress.expires, progress.phase) = (Some(deadline), expires, Phase::Start);
    }

    /// Returns the time until the deadline. After a signal, a request that was sent has 2 s for its response, and nothing
    /// else is started.
    ///
    /// # Errors
    /// A time-out if no time is left.
    pub fn remaining(&self) -> Result<Duration, Error> {
        let Progress { deadline, phase, .. } = *self.lock();
        let stop = signals::noticed().map(|at| if phase == Phase::Sent { at + GRACE } else { at });
        let end = [deadline, stop].into_iter().flatten().min();
        let left = end.and_then(|end| end.checked_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero()).ok_or(Error::Timeout(Timeout::Global))
    }

    /// Checks that the request may still be sent.
    ///
    /// # Errors
    /// The permission to send it has expired.
    pub fn check_expiry(&self) -> Result<(), Error> {
        let expires = self.lock().expires;
        if expires.is_some_and(|expiry| expiry.has_passed()) { Err(EXPIRED) } else { Ok(()) }
    }
}

/// A connection that records when the first byte of a request is about to be sent. It must hold no unread data before
/// that, since such data would be mistaken for the response.
#[derive(Debug)]
pub struct SendMarker {
    inner: Box<dyn Transport>,
    progress: SharedProgress,
    /// Whether a response was read to its end, and nothing has been sent since.
    is_idle: bool,
}

impl SendMarker {
    /// Puts a marker on top of a new connection, and probes it. A session ticket may have arrived in part, so this waits for
    /// the rest.
    ///
    /// # Errors
    /// The connection has ended, or something has arrived before the first request.
    pub fn new(inner: Box<dyn Transport>, progress: SharedProgress) -> Result<Self, Error> {
        let mut marker = Self { inner, progress, is_idle: false };
        if !marker.is_tls() {
            // There was no handshake in which a server could have spoken, so give it a moment.
            thread::sleep(SOON);
        }
        while !marker.probe()? {
            marker.progress.remaining()?;
            thread::sleep(SOON);
        }
        Ok(marker)
    }

    /// Checks that nothing has arrived: no plaintext in any buffer, no TLS record, and no end of the connection. Session
    /// tickets are read and don't count. Returns `false` if a record has arrived in part.
    fn probe(&mut self) -> Result<bool, Error> {
        let no_wait = NextTimeout { after: time::Duration::from_secs(0), ..NextTimeout::default() };
        match self.inner.await_input(no_wait) {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(self.inner.is_open()),
            Err(error) => Err(error),
            Ok(false) => Err(Error::Io(ErrorKind::UnexpectedEof.into())),
            Ok(true) => Err(Error::Io(io::Error::new(ErrorKind::InvalidData, "it came before the request"))),
        }
    }
}

impl Transport for SendMarker {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.progress.remaining()?;
        self.progress.check_expiry()?;
        self.progress.lock().phase = Phase::Sent;
        self.is_idle = false;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    /// `ureq` asks twice: right after a response, before it pools the connection, and before the next request. Only the second
    /// answer counts, so only the second time costs system calls.
    fn is_open(&mut self) -> bool {
        let was_idle = mem::replace(&mut self.is_idle, true);
        !self.progress.lock().not_reusable && (!was_idle || matches!(self.probe(), Ok(true)))
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
        progress.lock().phase = Phase::Sent;
        progress.lock().not_reusable = true;
        progress.lock().address = Some(address);
        assert!(progress.remaining().is_err(), "no attempt has begun");
        progress.begin(Instant::now() + Duration::from_secs(60), None);
        assert!(progress.remaining().is_ok_and(|remaining| remaining > Duration::from_secs(50)));
        let progress = progress.lock();
        assert_eq!(progress.phase, Phase::Start);
        assert_eq!((progress.not_reusable, progress.address), (true, Some(address)));
    }

    #[test]
    fn failed_addresses_are_tried_last() {
        let [first, second, third] = [1, 2, 3].map(|last| SocketAddr::from(([127, 0, 0, last], 443)));
        let mut progress = Progress { addresses: vec![first, second, third], ..Progress::default() };
        progress.postpone(first);
        assert_eq!(progress.addresses, [second, third, first]);
        progress.address = Some(second);
        progress.avoid_address();
        assert_eq!(progress.addresses, [third, first, second]);
        assert_eq!((progress.address, progress.not_reusable), (None, true));
    }
}
