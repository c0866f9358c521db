//! What Coveo offers on API keys: each operation, asked until it is settled.

use std::time::{Duration, Instant, SystemTime};

use ureq::http::Method;

use crate::coveo::api_key::{self, ApiKey};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::response::{self, ApiError, Privileges, ResponseKind};
use crate::coveo::token::AccessToken;
use crate::net::error::TransportError;
use crate::net::http::{Http, Request};
use crate::net::retry::{self, Attempt, GiveUpReason, Observer, RetryPolicy, RetryResult};
use crate::outcome::Outcome;

/// The most keys that go into one bulk request. The API documents no bound; this one keeps requests small.
pub const BULK: usize = 100;

/// The longest list of keys that is read, in bytes: some 20,000 keys.
const LONGEST_LIST: usize = 32 * 1024 * 1024;

/// What is done to keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Deletes them, which can't be undone.
    Delete,
    /// Disables them, which can.
    Disable,
}

impl Action {
    /// `delete` or `disable`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Disable => "disable",
        }
    }

    /// `deleted` or `disabled`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Delete => "deleted",
            Self::Disable => "disabled",
        }
    }

    /// What stands between a key that it is done to and the organization.
    pub fn preposition(self) -> &'static str {
        match self {
            Self::Delete => "from",
            Self::Disable => "in",
        }
    }
}

/// What became of a key, or of another request, with the facts behind it.
#[derive(Debug)]
pub struct KeyResult {
    /// What became of it.
    pub outcome: Outcome,
    /// What the last answer said.
    pub reply: Option<ApiError>,
    /// Why there was no answer to the last attempt.
    pub failure: Option<TransportError>,
    /// The number of attempts.
    pub attempts: u32,
    /// The first earlier attempt that may have been carried out.
    pub doubt: Option<MaybeApplied>,
    /// Why there was no further attempt.
    pub end: GiveUpReason,
    /// From the first attempt to the end of the last.
    pub elapsed: Duration,
    /// The request only read, so that it is certain that nothing was changed.
    pub only_read: bool,
}

impl KeyResult {
    /// A fate without a request.
    pub fn untold(outcome: Outcome) -> Self {
        Self {
            outcome,
            reply: None,
            failure: None,
            attempts: 0,
            doubt: None,
            end: GiveUpReason::Settled,
            elapsed: Duration::ZERO,
            only_read: false,
        }
    }
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
    /// The first earlier attempt that may have been carried out.
    fn first_of(tried: &RetryResult) -> Option<Self> {
        (1..).zip(&tried.earlier).find(|(_, attempt)| attempt.may_have_been_applied).map(
            |(number, attempt)| match attempt.status {
                Some(status) => Self::Answered(number, status),
                None => Self::Unanswered(number),
            },
        )
    }

    /// The same about a bulk request, seen from one of its keys.
    fn in_bulk(self) -> Self {
        match self {
            Self::Unanswered(_) => Self::Bulk(None),
            Self::Answered(_, status) => Self::Bulk(Some(status)),
            Self::Bulk(_) => self,
        }
    }
}

/// A list of keys, and when it was made by the server's clock.
pub struct KeyList {
    /// The keys in the server's order.
    pub keys: Vec<ApiKey>,
    /// The `Date` of the answer; `None` if it had none that can be read.
    pub now: Option<SystemTime>,
}

/// A key, and when it was read by the server's clock.
pub struct FetchedKey {
    /// The key.
    pub key: ApiKey,
    /// The `Date` of the answer; `None` if it had none that can be read.
    pub now: Option<SystemTime>,
    /// The facts of the request; its outcome is of no use.
    pub fate: KeyResult,
}

/// Coveo's Authorization Server, seen with one token on one organization.
pub struct Coveo<'a> {
    /// The client.
    pub http: Http,
    /// Where it is.
    pub endpoint: &'a Endpoint,
    /// The organization.
    pub organization: &'a OrganizationId,
    /// Struck out of all that the server says.
    pub token: &'a AccessToken,
    /// How long and how often to try.
    pub policy: RetryPolicy,
    /// Called after every attempt.
    pub follow: Box<dyn Fn(&Attempt) + 'a>,
}

impl Coveo<'_> {
    /// Deletes or disables `key`. `doubt` is an earlier request that may have done it already.
    pub fn act(
        &self,
        action: Action,
        key: &KeyId,
        doubt: Option<MaybeApplied>,
        policy: RetryPolicy,
    ) -> KeyResult {
        let (method, url) = match action {
            Action::Delete => (Method::DELETE, self.endpoint.key(self.organization, key)),
            Action::Disable => (Method::PUT, self.endpoint.disable(self.organization, key)),
        };
        let started = Instant::now();
        let tried = self.send(&Request::new(method, url), policy);
        let doubt = doubt.or(MaybeApplied::first_of(&tried));
        KeyResult { doubt, ..self.fate(tried, doubt, Some(action), started) }
    }

    /// Deletes or disables `keys`, at most [`BULK`] of them, with one request.
    ///
    /// # Errors
    /// Any answer but 204 says nothing about a single key. The doubt is whether the request may have been
    /// carried out all the same, in whole or in part.
    pub fn act_on_all(&self, action: Action, keys: &[KeyId]) -> Result<KeyResult, Option<MaybeApplied>> {
        let method = match action {
            Action::Delete => Method::POST,
            Action::Disable => Method::PUT,
        };
        let ids: Vec<&str> = keys.iter().map(KeyId::as_str).collect();
        let request = Request {
            json: Some(serde_json::json!(ids).to_string()),
            ..Request::new(method, self.endpoint.bulk(self.organization, action.verb()))
        };
        let started = Instant::now();
        let tried = self.send(&request, self.policy);
        let doubt = MaybeApplied::first_of(&tried).map(MaybeApplied::in_bulk);
        match &tried.last {
            Ok(answer) => match response::read(answer) {
                ResponseKind::Done => Ok(self.fate(tried, None, Some(action), started)),
                ResponseKind::Unauthorized | ResponseKind::Forbidden | ResponseKind::Busy => Err(doubt),
                _ => Err(Some(MaybeApplied::Bulk(Some(answer.status)))),
            },
            Err(failure) => {
                let last = failure.may_have_been_applied().then_some(MaybeApplied::Bulk(None));
                Err(doubt.or(last))
            }
        }
    }

    /// Reads one key.
    ///
    /// # Errors
    /// What kept it from being read; nothing was changed.
    pub fn show(&self, key: &KeyId, policy: RetryPolicy) -> Result<FetchedKey, Box<KeyResult>> {
        let started = Instant::now();
        let tried = self.send(&Request::new(Method::GET, self.endpoint.key(self.organization, key)), policy);
        let found =
            tried.last.as_ref().ok().filter(|answer| answer.status == 200 && !answer.truncated).and_then(
                |answer| {
                    // An answer about another key is no answer.
                    let found = api_key::read_key(&answer.body, self.token)?;
                    (found.id.as_ref() == Some(key)).then(|| (found, response::read_now(answer)))
                },
            );
        let fate = self.fate(tried, None, None, started);
        match found {
            Some((key, now)) => Ok(FetchedKey { key, now, fate }),
            None => Err(Box::new(fate)),
        }
    }

    /// Lists the organization's keys, those that the filter `status` of the API leaves.
    ///
    /// # Errors
    /// What kept them from being read, whole; nothing was changed.
    pub fn keys(&self, status: Option<&str>) -> Result<KeyList, Box<KeyResult>> {
        let started = Instant::now();
        let url = self.endpoint.keys(self.organization, status);
        let tried =
            self.send(&Request { limit: LONGEST_LIST, ..Request::new(Method::GET, url) }, self.policy);
        if let Ok(answer) = tried.last.as_ref()
            && answer.status == 200
            && !answer.truncated
            && let Some(keys) = api_key::read_keys(&answer.body, self.token)
        {
            return Ok(KeyList { keys, now: response::read_now(answer) });
        }
        Err(Box::new(self.fate(tried, None, None, started)))
    }

    /// What the token may do to keys.
    ///
    /// # Errors
    /// 401: the token itself is refused, so no other request can end better. Whatever else keeps the
    /// privileges from being read leaves them unchecked.
    pub fn privileges(&self) -> Result<Privileges, Box<KeyResult>> {
        let started = Instant::now();
        let tried =
            self.send(&Request::new(Method::GET, self.endpoint.privileges(self.organization)), self.policy);
        match &tried.last {
            Ok(answer) if answer.status == 200 => Ok(response::read_privileges(answer)),
            Ok(answer) if response::read(answer) == ResponseKind::Unauthorized => {
                Err(Box::new(self.fate(tried, None, None, started)))
            }
            _ => Ok(Privileges::Unchecked),
        }
    }

    fn send(&self, request: &Request, policy: RetryPolicy) -> RetryResult {
        struct Follow<'a>(&'a dyn Fn(&Attempt));
        impl Observer for Follow<'_> {
            fn on_attempt(&mut self, attempt: &Attempt) {
                (self.0)(attempt);
            }
        }
        retry::send(&self.http, request, policy, &mut Follow(&*self.follow))
    }

    /// What a request that was tried means; `action` is what it was to change, `None` for one that only reads.
    fn fate(
        &self,
        tried: RetryResult,
        doubt: Option<MaybeApplied>,
        action: Option<Action>,
        started: Instant,
    ) -> KeyResult {
        let elapsed = started.elapsed();
        let attempts = u32::try_from(tried.earlier.len()).unwrap_or(u32::MAX).saturating_add(1);
        let RetryResult { last, gave_up: end, .. } = tried;
        // A request that only reads leaves no doubt behind: nothing was changed.
        let doubt = doubt.filter(|_| action.is_some());
        let (outcome, reply, failure) = match last {
            Ok(answer) => {
                let outcome = outcome(response::read(&answer), action, doubt.is_some());
                (outcome, Some(response::reply(&answer, self.token)), None)
            }
            Err(failure) => {
                let in_doubt = action.is_some() && (doubt.is_some() || failure.may_have_been_applied());
                (
                    if in_doubt { Outcome::Unknown } else { Outcome::Unavailable },
                    None,
                    Some(failure.redacted(|text| self.token.sanitize_and_redact(text))),
                )
            }
        };
        KeyResult { outcome, reply, failure, attempts, doubt, end, elapsed, only_read: action.is_none() }
    }
}

/// What an answer means for a key. `in_doubt`: an earlier attempt may have been carried out.
fn outcome(reading: ResponseKind, action: Option<Action>, in_doubt: bool) -> Outcome {
    match (reading, action) {
        (ResponseKind::Done, Some(Action::Delete)) => Outcome::Deleted,
        (ResponseKind::Done, Some(Action::Disable)) => Outcome::Disabled,
        (ResponseKind::Done | ResponseKind::Unexpected, _) => Outcome::Unexpected,
        (ResponseKind::NotFound, Some(Action::Delete)) if in_doubt => Outcome::Gone,
        // Disabling a key does not make it vanish, so this holds whatever an earlier attempt did.
        (ResponseKind::NotFound, _) => Outcome::NotFound,
        (ResponseKind::Failing, Some(_)) => Outcome::Unknown,
        (ResponseKind::Failing, None) => Outcome::Unavailable,
        // A refusal says that this attempt changed nothing, not that an earlier one did not.
        (ResponseKind::Unauthorized | ResponseKind::Forbidden | ResponseKind::Busy, _) if in_doubt => {
            Outcome::Unknown
        }
        (ResponseKind::Unauthorized, _) => Outcome::Unauthorized,
        (ResponseKind::Forbidden, _) => Outcome::Forbidden,
        (ResponseKind::Busy, _) => Outcome::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_204_is_a_deletion_and_doubt_is_never_forgotten() {
        use Outcome as O;
        use ResponseKind as R;
        let delete = Some(Action::Delete);
        let disable = Some(Action::Disable);
        for (reading, action, certain, in_doubt) in [
            (R::Done, delete, O::Deleted, O::Deleted),
            (R::Done, disable, O::Disabled, O::Disabled),
            (R::Done, None, O::Unexpected, O::Unexpected),
            (R::NotFound, delete, O::NotFound, O::Gone),
            (R::NotFound, disable, O::NotFound, O::NotFound),
            (R::Unauthorized, delete, O::Unauthorized, O::Unknown),
            (R::Forbidden, disable, O::Forbidden, O::Unknown),
            (R::Busy, delete, O::Unavailable, O::Unknown),
            (R::Failing, delete, O::Unknown, O::Unknown),
            (R::Failing, None, O::Unavailable, O::Unavailable),
            (R::Unexpected, delete, O::Unexpected, O::Unexpected),
        ] {
            assert_eq!(outcome(reading, action, false), certain, "{reading:?} {action:?}");
            assert_eq!(outcome(reading, action, true), in_doubt, "{reading:?} {action:?} in doubt");
        }
    }
}
