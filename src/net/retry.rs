//! Retries: when to send a request again, and how long to wait.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use crate::net::error::{TransportError, TransportErrorKind::Interrupted};
use crate::net::http::{Http, Request, Response, SendResult, Timestamp};
use crate::signals;

/// The longest wait before the second attempt; it doubles with each attempt after that.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest back-off; `Retry-After` may be longer.
const MAX_WAIT: Duration = Duration::from_secs(8);

/// The minimum time for an attempt, if that much time is left.
const MIN_SHARE: Duration = Duration::from_millis(250);

/// Further attempts after the first, unless the user gives a number.
const DEFAULT_RETRIES: u32 = 4;

/// How long and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The limit for all attempts together, waits included: above zero, at most a day, by default 60 s.
    pub timeout: Duration,
    /// Further attempts after the first: 0 to 100. `None`, the default, allows 4, and retries 429 until the time is up.
    pub retries: Option<u32>,
}

/// An attempt before the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierAttempt {
    /// The status of its response; `None` if there was no response.
    pub status: Option<u16>,
    /// Whether the request may still have been applied. It can't have been after 429, which comes from the rate limiter, or
    /// if the request was not sent.
    pub maybe_applied: bool,
}

/// Why there was no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUpReason {
    /// A response or an error that another attempt would not change.
    Settled,
    /// No attempts were left.
    NoAttemptLeft,
    /// No time was left.
    NoTimeLeft,
    /// The server's `Retry-After` is longer than the time left.
    RetryAfter(Duration),
    /// A signal was received.
    Interrupted,
}

/// The attempts of an operation and the time they took.
#[derive(Debug, Clone)]
pub struct Attempts {
    /// The attempts before the last one.
    pub earlier: Vec<EarlierAttempt>,
    /// Why there was no further attempt.
    pub gave_up: GiveUpReason,
    /// The time from the start of the first attempt to the end of the last one.
    pub elapsed: Duration,
}

impl Attempts {
    /// The number of attempts.
    pub fn count(&self) -> usize {
        self.earlier.len() + 1
    }
}

/// How a request ended.
#[derive(Debug)]
pub struct RetryResult {
    /// The last attempt.
    pub last: SendResult,
    /// All attempts.
    pub attempts: Attempts,
    /// When the last attempt started.
    pub sent_at: Timestamp,
    /// How long the last attempt took.
    pub took: Duration,
}

/// An attempt that has just ended, for the log.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The request.
    pub request: &'a Request,
    /// The number of the attempt, from 1.
    pub number: usize,
    /// The response, or why there was none.
    pub result: &'a SendResult,
    /// How long the attempt took.
    pub elapsed: Duration,
    /// The wait before the next attempt; `None` if there is none.
    pub wait: Option<Duration>,
}

/// Called after each attempt.
pub type OnAttempt<'a> = dyn Fn(&Attempt) + 'a;

/// Sends `request` until a response is final, or until no attempts or no time are left.
pub fn send(http: &Http, request: &Request, policy: RetryPolicy, on_attempt: &OnAttempt) -> RetryResult {
    let mut retries = Retries::new(policy);
    loop {
        if let Some(result) = retries.attempt(http, request, on_attempt) {
            return result;
        }
    }
}

/// The attempts of one request. They share the time, so that a server that hangs leaves time for another attempt: each
/// attempt may use half of the time that is left, and the last one all of it.
pub struct Retries {
    policy: RetryPolicy,
    started: Instant,
    earlier: Vec<EarlierAttempt>,
}

impl Retries {
    /// Starts the time limit of `policy`.
    pub fn new(policy: RetryPolicy) -> Self {
        Self { policy, started: Instant::now(), earlier: Vec::new() }
    }

    /// The time left for all further attempts.
    pub fn remaining(&self) -> Duration {
        self.policy.timeout.saturating_sub(self.started.elapsed())
    }

    /// Returns the attempts that have ended, and the time since the start.
    pub fn end(&mut self, gave_up: GiveUpReason) -> Attempts {
        Attempts { earlier: std::mem::take(&mut self.earlier), gave_up, elapsed: self.started.elapsed() }
    }

    /// Sends `request` once. If another attempt will follow, waits for it and returns `None`.
    ///
    /// If the permission to send expired before the request was sent, this isn't counted as an attempt.
    pub fn attempt(&mut self, http: &Http, request: &Request, on_attempt: &OnAttempt) -> Option<RetryResult> {
        let (started, sent_at) = (Instant::now(), Timestamp::now());
        let share = if self.is_last() { self.remaining() } else { (self.remaining() / 2).max(MIN_SHARE) };
        let last = http.send(request, (self.started + self.policy.timeout).min(started + share));
        let next = self.next_step(&last, jitter());
        let next = if signals::received() { next.and(Err(GiveUpReason::Interrupted)) } else { next };
        let took = started.elapsed();
        let number = self.earlier.len() + 1;
        on_attempt(&Attempt { request, number, result: &last, elapsed: took, wait: next.ok() });
        let gave_up = match next {
            Ok(wait) if !signals::sleep(wait) => GiveUpReason::Interrupted,
            Ok(_) if self.remaining().is_zero() => GiveUpReason::NoTimeLeft,
            Ok(_) => {
                if !last.as_ref().is_err_and(TransportError::is_expired) {
                    self.earlier.push(EarlierAttempt::of(&last));
                }
                return None;
            }
            Err(gave_up) => gave_up,
        };
        Some(RetryResult { last, attempts: self.end(gave_up), sent_at, took })
    }

    /// How long to wait for the next attempt, or why there is none. `jitter` is a random number from 0 to 1.
    fn next_step(&self, last: &SendResult, jitter: f64) -> Result<Duration, GiveUpReason> {
        let left = self.remaining();
        let requested = match last {
            Ok(response) if matches!(response.status, 429 | 500 | 502 | 503 | 504) => retry_after(response),
            Err(error) if error.is_transient() => None,
            Err(error) if error.is_expired() => return Ok(Duration::ZERO),
            Err(error) if error.kind == Interrupted => return Err(GiveUpReason::Interrupted),
            Ok(_) | Err(_) => return Err(GiveUpReason::Settled),
        };
        if let Some(wait) = requested.filter(|wait| *wait >= left) {
            return Err(GiveUpReason::RetryAfter(wait));
        }
        if self.is_last() && self.counts(&EarlierAttempt::of(last)) {
            return Err(GiveUpReason::NoAttemptLeft);
        }
        let wait = back_off(self.earlier.len(), jitter).max(requested.unwrap_or_default());
        if wait >= left { Err(GiveUpReason::NoTimeLeft) } else { Ok(wait) }
    }

    /// Whether no further attempt is allowed.
    fn is_last(&self) -> bool {
        let counted = self.earlier.iter().filter(|attempt| self.counts(attempt)).count();
        counted >= self.policy.retries.unwrap_or(DEFAULT_RETRIES) as usize
    }

    /// Whether an attempt counts towards the limit. Unless the user gives a number, rate-limited attempts don't.
    fn counts(&self, attempt: &EarlierAttempt) -> bool {
        self.policy.retries.is_some() || attempt.status != Some(429)
    }
}

impl EarlierAttempt {
    /// Keeps what a later attempt has to know about this one.
    pub fn of(result: &SendResult) -> Self {
        match result {
            Ok(response) => Self { status: Some(response.status), maybe_applied: response.status != 429 },
            Err(error) => Self { status: None, maybe_applied: error.may_have_been_applied() },
        }
    }
}

/// Returns the wait after `earlier` attempts and one more: exponential with full jitter. `jitter` is a random number from
/// 0 to 1.
fn back_off(earlier: usize, jitter: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << earlier.min(16));
    doubled.min(MAX_WAIT).mul_f64(jitter.clamp(0.0, 1.0))
}

/// Reads `Retry-After`: a number of seconds, or a date, which is compared with the response's own `Date` because this
/// machine's clock may be wrong. `None` if it is neither.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?;
    let text = value.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let now = response.header("date").as_deref().and_then(date).unwrap_or_else(SystemTime::now);
    Some(date(text)?.duration_since(now).unwrap_or_default())
}

/// Returns a random number from 0 to 1. The standard library seeds its hash maps from the system's randomness, which is
/// enough to spread waits.
fn jitter() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::error::{Peer, Phase, TransportErrorKind};
    use ureq::http::header::{DATE, RETRY_AFTER};
    use ureq::http::{HeaderMap, HeaderValue};

    const MINUTE: Duration = Duration::from_secs(60);

    fn answer(status: u16, retry_after: Option<&str>) -> SendResult {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        Ok(Response { status, headers, body: Vec::new(), truncated: false })
    }

    fn failure(phase: Phase, kind: TransportErrorKind) -> SendResult {
        Err(TransportError { phase, kind, peer: Peer { host: "h".into(), port: 443, proxy: None } })
    }

    /// The state after `earlier` attempts, with `left` of the time left.
    fn after(earlier: usize, retries: Option<u32>, left: Duration) -> Retries {
        let attempt = EarlierAttempt { status: Some(503), maybe_applied: true };
        let mut state = Retries::new(RetryPolicy { timeout: left, retries });
        state.earlier = vec![attempt; earlier];
        state
    }

    #[test]
    fn transient_failures_are_retried() {
        for status in [429, 500, 502, 503, 504] {
            assert!(after(0, Some(4), MINUTE).next_step(&answer(status, None), 0.5).is_ok(), "{status}");
        }
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 412, 501, 505] {
            assert_eq!(
                after(0, Some(4), MINUTE).next_step(&answer(status, None), 0.5),
                Err(GiveUpReason::Settled),
                "{status}"
            );
        }
        for phase in [Phase::Start, Phase::Lookup, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Sent] {
            assert!(
                after(0, Some(4), MINUTE)
                    .next_step(&failure(phase, TransportErrorKind::TimedOut), 0.5)
                    .is_ok(),
                "{phase:?}"
            );
        }
        assert_eq!(
            after(0, Some(4), MINUTE).next_step(&failure(Phase::Tls, TransportErrorKind::UnknownCa), 0.5),
            Err(GiveUpReason::Settled)
        );
    }

    #[test]
    fn attempts_and_time_are_limited() {
        assert_eq!(
            after(0, Some(0), MINUTE).next_step(&answer(503, None), 0.5),
            Err(GiveUpReason::NoAttemptLeft)
        );
        assert!(after(3, Some(4), MINUTE).next_step(&answer(503, None), 0.5).is_ok());
        assert_eq!(
            after(4, Some(4), MINUTE).next_step(&answer(503, None), 0.5),
            Err(GiveUpReason::NoAttemptLeft)
        );
        assert_eq!(
            after(0, Some(4), Duration::from_millis(200)).next_step(&answer(503, None), 0.5),
            Err(GiveUpReason::NoTimeLeft)
        );
    }

    #[test]
    fn rate_limit_is_retried_until_the_time_is_up() {
        assert!(after(50, None, MINUTE).next_step(&answer(429, None), 0.5).is_ok());
        let some = after(4, Some(4), MINUTE).next_step(&answer(429, None), 0.5);
        assert_eq!(some, Err(GiveUpReason::NoAttemptLeft), "the user gave a number");
        let other = after(4, None, MINUTE).next_step(&answer(503, None), 0.5);
        assert_eq!(other, Err(GiveUpReason::NoAttemptLeft));
        let late = after(50, None, Duration::from_millis(1)).next_step(&answer(429, None), 1.0);
        assert_eq!(late, Err(GiveUpReason::NoTimeLeft));
    }

    #[test]
    fn expired_request_is_repeated_without_a_wait() {
        let expired = failure(Phase::Tls, TransportErrorKind::Expired);
        assert_eq!(after(9, Some(0), MINUTE).next_step(&expired, 1.0), Ok(Duration::ZERO));
        // Some of its bytes may have been sent: that is an attempt like any other.
        let partly = failure(Phase::Sent, TransportErrorKind::Expired);
        assert_ne!(after(9, Some(0), MINUTE).next_step(&partly, 1.0), Ok(Duration::ZERO));
    }

    #[test]
    fn retry_after_is_honoured_if_time_allows() {
        let step = |text| after(0, Some(4), MINUTE).next_step(&answer(429, Some(text)), 1.0);
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
            after(4, Some(4), MINUTE).next_step(&answer(503, Some("86400")), 0.0),
            Err(GiveUpReason::RetryAfter(second(86400)))
        );
    }

    #[test]
    fn attempt_may_be_applied_once_it_has_left() {
        let applied = |result| EarlierAttempt::of(&result).maybe_applied;
        assert!(applied(answer(503, None)));
        assert!(!applied(answer(429, None)));
        assert!(applied(failure(Phase::Sent, TransportErrorKind::TimedOut)));
        for phase in [Phase::Start, Phase::Lookup, Phase::Connect, Phase::Proxy, Phase::Tls] {
            assert!(!applied(failure(phase, TransportErrorKind::TimedOut)), "{phase:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn back_off_grows_within_bounds(number in 1u32..1000, jitter in 0.0f64..=1.0) {
            let wait = back_off(number as usize, jitter);
            proptest::prop_assert!(wait <= MAX_WAIT);
            proptest::prop_assert!(wait <= back_off(number as usize, 1.0));
            proptest::prop_assert!(back_off(number as usize, 1.0) <= back_off(number as usize + 1, 1.0));
        }

        #[test]
        fn waits_fit_into_the_time_left(text in ".{0,40}", number in 1u32..10, left in 0u64..100_000, jitter in 0.0f64..=1.0) {
            let left = Duration::from_millis(left);
            if let Ok(wait) = after(number as usize - 1, Some(4), left).next_step(&answer(429, Some(&text)), jitter) {
                proptest::prop_assert!(wait < left);
                proptest::prop_assert!(number <= 4);
            }
        }

        #[test]
        fn retry_after_reads_seconds(seconds: u32) {
            let response = answer(503, Some(&seconds.to_string())).unwrap();
            proptest::prop_assert_eq!(retry_after(&response), Some(Duration::from_secs(seconds.into())));
        }
    }
}
