//! Changes of keys: one at a time, or many with a bulk request.

use std::time::{Duration, Instant};

use ureq::http::Method;

use crate::coveo::action::Action;
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Client;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Fetched, ReadError, ReadErrorKind};
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::verdict::{Facts, KeyRead, LastEvent, MaybeApplied};
use crate::net::error::TransportErrorKind;
use crate::net::http::Request;
use crate::net::retry::{self, Attempts, GiveUpReason, Retries, RetryPolicy, RetryResult};
use crate::outcome::Outcome;

/// The most keys in one bulk request. The API documents no limit; this one keeps requests small.
pub const MAX_BULK_KEYS: usize = 100;

/// No byte of a change is sent later than this after the read that allowed it.
const RECHECK_MAX_AGE: Duration = Duration::from_secs(10);

/// A key that was read and may be changed, or the result of a key that may not.
pub type Checked = Result<Fetched<ApiKey<'static>>, Box<KeyResult>>;

/// Reads a key right before its change, within the limits given.
pub type Recheck<'a> = dyn Fn(RetryPolicy) -> Checked + 'a;

/// A bulk request that was applied to each of its keys.
pub struct BulkReply {
    response: ApiResponse,
    attempts: Attempts,
}

impl BulkReply {
    /// The result of one of the keys.
    pub fn result(&self, facts: Facts) -> KeyResult {
        let (last_reply, attempts) = (Some(Ok(self.response.clone())), Some(self.attempts.clone()));
        KeyResult { last_reply, attempts, ..KeyResult::new(facts, LastEvent::Reply(self.response.kind)) }
    }
}

impl Client<'_> {
    /// Changes `key`, about which `facts` are known. With `recheck`, the key is read before every attempt, unless the last
    /// read is fresh enough.
    pub fn change(&self, key: &KeyId, mut facts: Facts, recheck: Option<&Recheck>) -> KeyResult {
        let (method, url) = match facts.action {
            Action::Delete => (Method::DELETE, self.endpoint.key(self.organization, key)),
            Action::Disable | Action::Activate => {
                (Method::PUT, self.endpoint.action(self.organization, key, facts.action.verb()))
            }
        };
        let mut request = Request::new(method, url);
        let started = Instant::now();
        let mut retries = Retries::new(self.policy);
        let mut found = None;
        loop {
            if let Some(recheck) = recheck
                && request.expires.is_none_or(|expiry| expiry.has_passed())
            {
                // The first read may be retried; later ones share the attempts of the change.
                let retries_of_read = if found.is_some() { Some(0) } else { self.policy.retries };
                match recheck(RetryPolicy { timeout: retries.remaining(), retries: retries_of_read }) {
                    Ok(read) => {
                        request.expires = Some(read.sent_at.plus(RECHECK_MAX_AGE));
                        found = Some(read.value);
                        (facts.was_seen, facts.is_selected) = (true, true);
                    }
                    Err(rejected) => {
                        let mut attempts = retries.end(GiveUpReason::Settled);
                        facts.own_attempt = MaybeApplied::find(&attempts.earlier);
                        facts.last = rejected.facts.last;
                        let mut result = KeyResult { facts, ..*rejected };
                        if attempts.earlier.pop().is_some() {
                            result.attempts = Some(attempts);
                        }
                        return result;
                    }
                }
            }
            if let Some(result) = retries.attempt(&self.http, &request, &*self.on_attempt) {
                return KeyResult { key: found, ..self.conclude(key, facts, result, started) };
            }
        }
    }

    /// The result of the last attempt to change `key`. Records what it says about the token's access, and whether anything
    /// may have been changed.
    fn conclude(&self, key: &KeyId, facts: Facts, sent: RetryResult, started: Instant) -> KeyResult {
        let RetryResult { last, mut attempts, .. } = sent;
        let facts = Facts { own_attempt: MaybeApplied::find(&attempts.earlier), ..facts };
        let (last, reply, read_error) = match last {
            Ok(response) => {
                let response = ApiResponse::read(&response, self.token);
                let (last, read_error) = match response.kind {
                    ResponseKind::NotFound => {
                        let (read, error) = self.read_after_not_found(key, started);
                        (LastEvent::NotFound(read), error)
                    }
                    kind => (LastEvent::Reply(kind), None),
                };
                (last, Ok(response), read_error)
            }
            Err(error) => {
                let is_first = attempts.earlier.is_empty();
                let last = match error.may_have_been_applied() {
                    false if is_first && error.kind == TransportErrorKind::Interrupted => LastEvent::NotTried,
                    maybe_sent => LastEvent::NoResponse { maybe_sent },
                };
                (last, Err(self.redact_error(error)), None)
            }
        };
        // The read after a 404 included.
        attempts.elapsed = started.elapsed();
        let (last_reply, was_tried) = (Some(reply), last != LastEvent::NotTried);
        let attempts = was_tried.then_some(attempts);
        let result = KeyResult { last_reply, read_error, attempts, ..KeyResult::new(facts, last) };
        let is_done = last == LastEvent::Reply(ResponseKind::Done);
        if is_done {
            self.access.prove();
        }
        let is_unclear = matches!(result.outcome(), Outcome::Unknown | Outcome::Unexpected);
        if is_done || is_unclear || facts.maybe_applied().is_some() {
            self.maybe_changed.set(true);
        }
        result
    }

    /// Reads `key` once after a 404 to its change, which `started` the time-out: a 404 may be about the route or the token.
    fn read_after_not_found(&self, key: &KeyId, started: Instant) -> (KeyRead, Option<Box<ReadError>>) {
        use ResponseKind::{Forbidden, NotFound};
        let policy = || {
            let timeout = self.policy.timeout.saturating_sub(started.elapsed());
            RetryPolicy { timeout, ..self.policy }
        };
        let Err(error) = self.get_key(key, policy()) else { return (KeyRead::Found, None) };
        let read = match error.kind {
            ReadErrorKind::Missing => KeyRead::Missing,
            ReadErrorKind::Response(NotFound) => KeyRead::Unproven,
            // A firewall or a gateway says nothing about the key.
            ReadErrorKind::Response(Forbidden)
                if error.reply.as_ref().is_ok_and(ApiResponse::is_access_denied) =>
            {
                // If the privileges can't be read, it's unknown whether they include this key.
                let _ = self.read_privileges(policy());
                KeyRead::Denied(self.access.may_edit(key))
            }
            _ => KeyRead::Failed,
        };
        (read, Some(error))
    }

    /// Changes `keys`, at most [`MAX_BULK_KEYS`] of them, with one request.
    ///
    /// # Errors
    /// The response says nothing about a single key. The request that may have been applied, in whole or in part.
    pub fn change_in_bulk(&self, action: Action, keys: &[&KeyId]) -> Result<BulkReply, Option<MaybeApplied>> {
        let method = match action {
            Action::Delete => Method::POST,
            Action::Disable | Action::Activate => Method::PUT,
        };
        let ids: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        let request = Request {
            json: Some(serde_json::json!(ids).to_string()),
            ..Request::new(method, self.endpoint.bulk(self.organization, action.verb()))
        };
        let RetryResult { last, attempts, .. } =
            retry::send(&self.http, &request, self.policy, &*self.on_attempt);
        let last = match last {
            Ok(response) if response.status == 204 => {
                self.access.prove();
                self.maybe_changed.set(true);
                return Ok(BulkReply { response: ApiResponse::read(&response, self.token), attempts });
            }
            // These refuse the whole request. 412 is the only documented error, and Coveo doesn't document whether it may
            // have been applied to some keys of the list.
            Ok(response) => match response.status {
                400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 => None,
                status => Some(MaybeApplied::Bulk(Some(status))),
            },
            Err(error) => error.may_have_been_applied().then_some(MaybeApplied::Bulk(None)),
        };
        let first = attempts.earlier.iter().find(|attempt| attempt.maybe_applied);
        let maybe_applied = first.map(|attempt| MaybeApplied::Bulk(attempt.status)).or(last);
        self.maybe_changed.set(self.maybe_changed.get() || maybe_applied.is_some());
        Err(maybe_applied)
    }
}
