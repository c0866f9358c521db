//! When to try again, and how long to wait.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use crate::net::error::{TransportError, TransportErrorKind};
use crate::net::http::{Http, Request, Response};
use crate::signals;

/// The wait before the second attempt is at most this long; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest back-off; `Retry-After` may be longer.
const MAX_WAIT: Duration = Duration::from_secs(8);

/// No attempt is given less than this, as long as there is time.
const MIN_SHARE: Duration = Duration::from_millis(250);

/// How long and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The limit on all attempts together, waits included: above zero, at most a day, by default 60 s.
    pub timeout: Duration,
    /// Further attempts after the first: 0 to 100, by default 4.
    pub retries: u32,
}

/// An attempt before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierAttempt {
    /// The status of its response; `None` where there was none.
    pub status: Option<u16>,
    /// Whether the request may have been applied all the same. Not after 429, which comes from the rate limiter, and
    /// not where the request had not left.
    pub may_have_been_applied: bool,
}

/// Why there was no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUpReason {
    /// There was a response that settles it, or an error that is not transient.
    Settled,
    /// All attempts were used up.
    NoAttemptLeft,
    /// The time was used up.
    NoTimeLeft,
    /// The server's `Retry-After` is more than the time that is left.
    RetryAfter(Duration),
    /// A signal was received.
    Interrupted,
    /// [`Observer::before_retry`] returned `false`.
    Stopped,
}

/// How a request ended.
#[derive(Debug)]
pub struct RetryResult {
    /// The last attempt.
    pub last: Result<Response, TransportError>,
    /// The attempts before it.
    pub earlier: Vec<EarlierAttempt>,
    /// Why there was no further one.
    pub gave_up: GiveUpReason,
}

/// One attempt, for an [`Observer`].
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The request of all attempts.
    pub request: &'a Request,
    /// Its number, from 1.
    pub number: u32,
    /// The response, or why there was none.
    pub result: &'a Result<Response, TransportError>,
    /// How long it took.
    pub elapsed: Duration,
    /// The wait before the next one; `None` for the last.
    pub wait: Option<Duration>,
}

/// Watches attempts, and may stop them.
pub trait Observer {
    /// Called after each attempt.
    fn on_attempt(&mut self, _attempt: &Attempt) {}

    /// Asked right before a further attempt, after the back-off. `deadline`: of all attempts together. `false`: no
    /// further attempt ([`GiveUpReason::Stopped`]).
    fn before_retry(&mut self, _earlier: &[EarlierAttempt], _deadline: Instant) -> bool {
        true
    }
}

/// Sends `request` until there is a response that settles it, or until attempts or time are used up.
pub fn send(http: &Http, request: &Request, policy: RetryPolicy, observer: &mut dyn Observer) -> RetryResult {
    send_until(http, request, Instant::now() + policy.timeout, policy.retries, observer)
}

/// [`send`] with a deadline instead of a time-out. A deadline that has passed is a time-out, and nothing is sent.
///
/// Attempts share the time: each may take half of what is left, and the last one all of it, so that one that hangs
/// leaves time for another.
pub fn send_until(
    http: &Http,
    request: &Request,
    deadline: Instant,
    retries: u32,
    observer: &mut dyn Observer,
) -> RetryResult {
    let remaining = || deadline.saturating_duration_since(Instant::now());
    let mut earlier = Vec::new();
    let mut number = 1;
    loop {
        let started = Instant::now();
        let share = if number > retries { remaining() } else { (remaining() / 2).max(MIN_SHARE) };
        let last = http.send(request, deadline.min(started + share));
        let next = match next_step(&last, number, retries, remaining(), jitter()) {
            Ok(_) if signals::received() => Err(GiveUpReason::Interrupted),
            next => next,
        };
        let elapsed = started.elapsed();
        observer.on_attempt(&Attempt { request, number, result: &last, elapsed, wait: next.ok() });
        let wait = match next {
            Ok(wait) => wait,
            Err(gave_up) => return RetryResult { last, earlier, gave_up },
        };
        earlier.push(EarlierAttempt::of(&last));
        let go_on = signals::sleep(wait) && observer.before_retry(&earlier, deadline);
        let gave_up = match go_on {
            _ if signals::received() => GiveUpReason::Interrupted,
            false => GiveUpReason::Stopped,
            true if remaining().is_zero() => GiveUpReason::NoTimeLeft,
            true => {
                number += 1;
                continue;
            }
        };
        earlier.pop();
        return RetryResult { last, earlier, gave_up };
    }
}

/// How long to wait for the next attempt, or why there is none. `left` is the time that is left, `jitter` a
/// random number from 0 to 1.
fn next_step(
    result: &Result<Response, TransportError>,
    number: u32,
    retries: u32,
    left: Duration,
    jitter: f64,
) -> Result<Duration, GiveUpReason> {
    let asked = match result {
        Ok(response) if is_transient(response.status) => response
            .header("retry-after")
            .and_then(|text| read_retry_after(&text, response.header("date").as_deref())),
        Err(error) if error.kind == TransportErrorKind::Interrupted => return Err(GiveUpReason::Interrupted),
        Err(error) if error.is_transient() => None,
        _ => return Err(GiveUpReason::Settled),
    };
    if let Some(asked) = asked.filter(|asked| *asked >= left) {
        return Err(GiveUpReason::RetryAfter(asked));
    }
    if number > retries {
        return Err(GiveUpReason::NoAttemptLeft);
    }
    let wait = back_off(number, jitter).max(asked.unwrap_or_default());
    if wait >= left { Err(GiveUpReason::NoTimeLeft) } else { Ok(wait) }
}

/// Whether another attempt may get another status.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

impl EarlierAttempt {
    pub fn of(result: &Result<Response, TransportError>) -> Self {
        match result {
            Ok(response) => {
                Self { status: Some(response.status), may_have_been_applied: response.status != 429 }
            }
            Err(error) => Self { status: None, may_have_been_applied: error.may_have_been_applied() },
        }
    }
}

/// The wait after attempt `number`: exponential with full jitter. `jitter` is a random number from 0 to 1.
fn back_off(number: u32, jitter: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << number.saturating_sub(1).min(16));
    doubled.min(MAX_WAIT).mul_f64(jitter.clamp(0.0, 1.0))
}

/// Reads `Retry-After`: a number of seconds, or a date, which is compared with the response's own `Date`,
/// since the clock of this machine may be wrong. `None` where it makes no sense.
fn read_retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

/// A random number from 0 to 1. The standard library seeds its hash maps from the system's randomness;
/// for spreading waits that is enough.
fn jitter() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::error::Peer;
    use crate::net::transport::Phase;
    use ureq::http::header::{DATE, RETRY_AFTER};
    use ureq::http::{HeaderMap, HeaderValue};

    const MINUTE: Duration = Duration::from_secs(60);

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response, TransportError> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        Ok(Response { status, headers, body: Vec::new(), truncated: false })
    }

    fn failure(phase: Phase, kind: TransportErrorKind) -> Result<Response, TransportError> {
        Err(TransportError { phase, kind, peer: Peer::of_url("https://h") })
    }

    #[test]
    fn transient_failures_are_tried_again() {
        for status in [429, 500, 502, 503, 504] {
            assert!(next_step(&answer(status, None), 1, 4, MINUTE, 0.5).is_ok(), "{status}");
        }
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 412, 501, 505] {
            assert_eq!(
                next_step(&answer(status, None), 1, 4, MINUTE, 0.5),
                Err(GiveUpReason::Settled),
                "{status}"
            );
        }
        for phase in [Phase::Start, Phase::Lookup, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Sent] {
            assert!(
                next_step(&failure(phase, TransportErrorKind::TimedOut), 1, 4, MINUTE, 0.5).is_ok(),
                "{phase:?}"
            );
        }
        assert_eq!(
            next_step(&failure(Phase::Tls, TransportErrorKind::UnknownCa), 1, 4, MINUTE, 0.5),
            Err(GiveUpReason::Settled)
        );
    }

    #[test]
    fn attempts_and_time_are_limits() {
        assert_eq!(next_step(&answer(503, None), 1, 0, MINUTE, 0.5), Err(GiveUpReason::NoAttemptLeft));
        assert!(next_step(&answer(503, None), 4, 4, MINUTE, 0.5).is_ok());
        assert_eq!(next_step(&answer(503, None), 5, 4, MINUTE, 0.5), Err(GiveUpReason::NoAttemptLeft));
        assert_eq!(
            next_step(&answer(503, None), 1, 4, Duration::from_millis(200), 0.5),
            Err(GiveUpReason::NoTimeLeft)
        );
    }

    #[test]
    fn retry_after_is_honoured_where_it_fits() {
        let step = |text| next_step(&answer(429, Some(text)), 1, 4, MINUTE, 1.0);
        let second = Duration::from_secs;
        assert_eq!(step("7"), Ok(second(7)));
        assert_eq!(step("0"), Ok(FIRST_WAIT), "the longer of the two");
        assert_eq!(step("Sun, 06 Nov 1994 08:49:47 GMT"), Ok(second(10)), "by the server's own clock");
        assert_eq!(step("Sun, 06 Nov 1994 08:00:00 GMT"), Ok(FIRST_WAIT), "a date that has passed");
        assert_eq!(step("86400"), Err(GiveUpReason::RetryAfter(second(86400))));
        assert_eq!(step("99999999999999999999999"), Err(GiveUpReason::RetryAfter(second(u64::MAX))));
        for nonsense in ["", "-1", "1.5", "soon", "1e3", "٣"] {
            assert_eq!(step(nonsense), Ok(FIRST_WAIT), "{nonsense}");
        }
        assert_eq!(
            next_step(&answer(503, Some("86400")), 5, 4, MINUTE, 0.0),
            Err(GiveUpReason::RetryAfter(second(86400)))
        );
    }

    #[test]
    fn an_attempt_may_have_been_applied_once_its_request_has_left() {
        let applied = |result| EarlierAttempt::of(&result).may_have_been_applied;
        assert!(applied(answer(503, None)));
        assert!(!applied(answer(429, None)));
        assert!(applied(failure(Phase::Sent, TransportErrorKind::TimedOut)));
        for phase in [Phase::Start, Phase::Lookup, Phase::Connect, Phase::Proxy, Phase::Tls] {
            assert!(!applied(failure(phase, TransportErrorKind::TimedOut)), "{phase:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_wait_grows_within_its_bounds(number in 1u32..1000, jitter in 0.0f64..=1.0) {
            let wait = back_off(number, jitter);
            proptest::prop_assert!(wait <= MAX_WAIT);
            proptest::prop_assert!(wait <= back_off(number, 1.0));
            proptest::prop_assert!(back_off(number, 1.0) <= back_off(number + 1, 1.0));
        }

        #[test]
        fn a_wait_always_fits_into_the_time(text in ".{0,40}", number in 1u32..10, left in 0u64..100_000, jitter in 0.0f64..=1.0) {
            let left = Duration::from_millis(left);
            if let Ok(wait) = next_step(&answer(429, Some(&text)), number, 4, left, jitter) {
                proptest::prop_assert!(wait < left);
                proptest::prop_assert!(number <= 4);
            }
        }

        #[test]
        fn reading_retry_after_never_panics(text in ".{0,60}", date in ".{0,40}") {
            let _ = read_retry_after(&text, Some(&date));
        }

        #[test]
        fn seconds_are_read_as_they_stand(seconds: u32) {
            proptest::prop_assert_eq!(read_retry_after(&seconds.to_string(), None), Some(Duration::from_secs(seconds.into())));
        }
    }

    #[test]
    fn jitter_varies_between_0_and_1() {
        let values: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(values.iter().any(|value| *value < 0.5) && values.iter().any(|value| *value > 0.5));
    }
}
