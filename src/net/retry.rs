//! When to try again, and how long to wait.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::net::error::TransportError;
use crate::net::http::{Http, Request, Response};

/// The wait before the second attempt is at most this long; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// No wait of the tool's own choosing is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// No attempt is given less than this, as long as there is time.
const LEAST_SHARE: Duration = Duration::from_millis(250);

/// How long and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The limit on all attempts together, waits included.
    pub timeout: Duration,
    /// Further attempts after the first.
    pub retries: u32,
}

/// An earlier attempt that may have been carried out although its answer says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaybeApplied {
    /// The attempt of this number had no answer.
    Unanswered(u32),
    /// The attempt of this number was answered with this status.
    Answered(u32, u16),
    /// A bulk request was answered with this status, or had no answer.
    Bulk(Option<u16>),
}

impl MaybeApplied {
    /// The same about a bulk request, seen from one of its keys.
    pub fn in_bulk(self) -> Self {
        match self {
            Self::Unanswered(_) => Self::Bulk(None),
            Self::Answered(_, status) => Self::Bulk(Some(status)),
            Self::Bulk(_) => self,
        }
    }
}

/// Why there was no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUpReason {
    /// There was an answer, or a failure that time does not mend.
    Settled,
    /// All attempts were used up.
    NoAttemptLeft,
    /// The time was used up.
    NoTimeLeft,
    /// The server asked for a wait that does not fit into the time.
    AskedToWait(Duration),
}

/// How a request ended.
#[derive(Debug)]
pub struct RetryResult {
    /// The last attempt.
    pub last: Result<Response, TransportError>,
    /// How many there were.
    pub attempts: u32,
    /// The first of the earlier ones that may have been carried out.
    pub doubt: Option<MaybeApplied>,
    /// Why there was no further one.
    pub end: GiveUpReason,
}

/// One attempt, for whoever follows them.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// Its number, from 1.
    pub number: u32,
    /// What came of it.
    pub result: &'a Result<Response, TransportError>,
    /// How long it took.
    pub took: Duration,
    /// The wait before the next one; `None` for the last.
    pub wait: Option<Duration>,
}

/// Sends `request` until there is an answer that settles it, or until attempts or time are used up.
/// `follow` is called after each attempt.
///
/// Attempts share `--timeout`: each may take half of what is left, and the last one all of it, so that one
/// that hangs leaves time for another.
pub fn send(
    http: &Http,
    request: &Request,
    policy: RetryPolicy,
    follow: &mut dyn FnMut(&Attempt),
) -> RetryResult {
    let end_of_time = Instant::now() + policy.timeout;
    let mut doubt = None;
    let mut number = 1;
    loop {
        let started = Instant::now();
        let left = end_of_time.saturating_duration_since(started);
        let share = if number > policy.retries { left } else { (left / 2).max(LEAST_SHARE) };
        let result = http.send(request, started + share.min(left));
        let left = end_of_time.saturating_duration_since(Instant::now());
        let next = next_step(&result, number, policy.retries, left, jitter());
        follow(&Attempt { request, number, result: &result, took: started.elapsed(), wait: next.ok() });
        match next {
            Ok(wait) => {
                doubt = doubt.or(doubt_of(&result, number));
                thread::sleep(wait);
                number += 1;
            }
            Err(end) => return RetryResult { last: result, attempts: number, doubt, end },
        }
    }
}

/// How long to wait for the next attempt, or why there is none. `left` is the time that is left, `chance` a
/// random number from 0 to 1.
fn next_step(
    result: &Result<Response, TransportError>,
    number: u32,
    retries: u32,
    left: Duration,
    chance: f64,
) -> Result<Duration, GiveUpReason> {
    let asked = match result {
        Ok(answer) if is_transient(answer.status) => {
            answer.retry_after.as_deref().and_then(|text| read_retry_after(text, answer.date.as_deref()))
        }
        Err(failure) if failure.is_transient() => None,
        _ => return Err(GiveUpReason::Settled),
    };
    if let Some(asked) = asked.filter(|asked| *asked >= left) {
        return Err(GiveUpReason::AskedToWait(asked));
    }
    if number > retries {
        return Err(GiveUpReason::NoAttemptLeft);
    }
    let wait = back_off(number, chance).max(asked.unwrap_or_default());
    if wait >= left { Err(GiveUpReason::NoTimeLeft) } else { Ok(wait) }
}

/// Whether an answer with this status may be another one the next time.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// Whether the attempt may have been carried out although its answer does not say so.
///
/// 429 is an answer of whoever counts requests: it was turned away at the door.
pub fn doubt_of(result: &Result<Response, TransportError>, number: u32) -> Option<MaybeApplied> {
    match result {
        Ok(answer) if answer.status == 429 => None,
        Ok(answer) => Some(MaybeApplied::Answered(number, answer.status)),
        Err(failure) if failure.may_have_been_applied() => Some(MaybeApplied::Unanswered(number)),
        Err(_) => None,
    }
}

/// The wait after attempt `number`: exponential with full jitter. `chance` is a random number from 0 to 1.
fn back_off(number: u32, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << number.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(chance.clamp(0.0, 1.0))
}

/// Reads `Retry-After`: a number of seconds, or a date, which is held against the answer's own `Date`,
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
    use crate::net::error::TransportErrorKind;
    use crate::net::tcp::Phase;

    const MINUTE: Duration = Duration::from_secs(60);

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response, TransportError> {
        Ok(Response {
            status,
            request_id: None,
            retry_after: retry_after.map(str::to_owned),
            date: Some("Sun, 06 Nov 1994 08:49:37 GMT".into()),
            blocked_by_firewall: false,
            body: Vec::new(),
            cut: false,
        })
    }

    fn failure(stage: Phase, cause: TransportErrorKind) -> Result<Response, TransportError> {
        Err(TransportError { stage, cause, peer: "h".into() })
    }

    #[test]
    fn what_time_may_mend_is_tried_again() {
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
        for stage in [Phase::Start, Phase::LookUp, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Sent] {
            assert!(
                next_step(&failure(stage, TransportErrorKind::TimedOut), 1, 4, MINUTE, 0.5).is_ok(),
                "{stage:?}"
            );
        }
        assert_eq!(
            next_step(&failure(Phase::Tls, TransportErrorKind::UnknownAuthority), 1, 4, MINUTE, 0.5),
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
    fn a_wish_of_the_server_is_kept_where_it_fits() {
        let step = |text| next_step(&answer(429, Some(text)), 1, 4, MINUTE, 1.0);
        let second = Duration::from_secs;
        assert_eq!(step("7"), Ok(second(7)));
        assert_eq!(step("0"), Ok(FIRST_WAIT), "the longer of the two");
        assert_eq!(step("Sun, 06 Nov 1994 08:49:47 GMT"), Ok(second(10)), "by the server's own clock");
        assert_eq!(step("Sun, 06 Nov 1994 08:00:00 GMT"), Ok(FIRST_WAIT), "a date that has passed");
        assert_eq!(step("86400"), Err(GiveUpReason::AskedToWait(second(86400))));
        assert_eq!(step("99999999999999999999999"), Err(GiveUpReason::AskedToWait(second(u64::MAX))));
        for nonsense in ["", "-1", "1.5", "soon", "1e3", "٣"] {
            assert_eq!(step(nonsense), Ok(FIRST_WAIT), "{nonsense}");
        }
        assert_eq!(
            next_step(&answer(503, Some("86400")), 5, 4, MINUTE, 0.0),
            Err(GiveUpReason::AskedToWait(second(86400)))
        );
    }

    #[test]
    fn doubt_is_what_may_have_been_carried_out() {
        assert_eq!(doubt_of(&answer(503, None), 2), Some(MaybeApplied::Answered(2, 503)));
        assert_eq!(doubt_of(&answer(429, None), 2), None);
        assert_eq!(
            doubt_of(&failure(Phase::Sent, TransportErrorKind::TimedOut), 1),
            Some(MaybeApplied::Unanswered(1))
        );
        for stage in [Phase::Start, Phase::LookUp, Phase::Connect, Phase::Proxy, Phase::Tls] {
            assert_eq!(doubt_of(&failure(stage, TransportErrorKind::TimedOut), 1), None, "{stage:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_wait_grows_within_its_bounds(number in 1u32..1000, chance in 0.0f64..=1.0) {
            let wait = back_off(number, chance);
            proptest::prop_assert!(wait <= LONGEST_WAIT);
            proptest::prop_assert!(wait <= back_off(number, 1.0));
            proptest::prop_assert!(back_off(number, 1.0) <= back_off(number + 1, 1.0));
        }

        #[test]
        fn a_wait_always_fits_into_the_time(text in ".{0,40}", number in 1u32..10, left in 0u64..100_000, chance in 0.0f64..=1.0) {
            let left = Duration::from_millis(left);
            if let Ok(wait) = next_step(&answer(429, Some(&text)), number, 4, left, chance) {
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
    fn chance_varies_between_0_and_1() {
        let values: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(values.iter().any(|value| *value < 0.5) && values.iter().any(|value| *value > 0.5));
    }
}
