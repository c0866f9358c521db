//! Changes of keys: one at a time, or many with a bulk request.

use std::time::{Duration, Instant};

use ureq::http::Method;

use crate::coveo::access::Proof;
use crate::coveo::action::Action;
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Client;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::{KeyResult, MaybeApplied};
use crate::coveo::reads::{Attempts, Fetched, LastReply, ReadError, ReadErrorKind};
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::verdict::{Facts, KeyRead, LastEvent};
use crate::net::error::TransportErrorKind;
use crate::net::http::Request;
use crate::net::retry::{self, EarlierAttempt, GiveUpReason, Retries, RetryPolicy, RetryResult};
use crate::outcome::Outcome;

/// The most keys in one bulk request. The API documents no limit; this one keeps requests small.
pub const MAX_BULK_KEYS: usize = 100;

/// No byte of a change is sent later than this after the read that allowed it.
const RECHECK_MAX_AGE: Duration = Duration::from_secs(10);

/// What is known about a key before its change.
#[derive(Debug, Clone, Copy, Default)]
pub struct PriorState {
    /// Whether this run has seen the key.
    pub was_seen: bool,
    /// Whether a condition selected the key.
    pub is_selected: bool,
    /// The bulk request that may have been applied to the key.
    pub in_bulk: Option<MaybeApplied>,
}

/// Reads a key right before its change, within the limits given, and decides whether it may still be changed.
pub type Recheck<'a> = dyn Fn(RetryPolicy) -> Result<Fetched<ApiKey<'static>>, Box<Rejected>> + 'a;

/// Why a key is not changed after it was read.
pub struct Rejected {
    /// What the read says.
    pub last: LastEvent,
    /// The key, or why it could not be read.
    pub read: Result<Fetched<ApiKey<'static>>, Box<ReadError>>,
    /// Why the key is left alone, in words.
    pub reason: Option<String>,
}

/// A bulk request that was applied to each of its keys.
pub struct BulkReply {
    response: ApiResponse,
    attempts: Attempts,
    maybe_applied: Option<MaybeApplied>,
}

impl Client<'_> {
    /// Changes `key`. With `recheck`, the key is read before every attempt, unless the last read is fresh enough.
    pub fn change(
        &self,
        action: Action,
        key: &KeyId,
        mut prior: PriorState,
        recheck: Option<&Recheck>,
    ) -> KeyResult {
        let (method, url) = match action {
            Action::Delete => (Method::DELETE, self.endpoint.key(self.organization, key)),
            Action::Disable | Action::Activate => {
                (Method::PUT, self.endpoint.action(self.organization, key, action.verb()))
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
                        (prior.was_seen, prior.is_selected) = (true, true);
                    }
                    Err(rejected) => {
                        let earlier = retries.into_earlier();
                        return self.rejected_result(action, key, prior, *rejected, earlier, started);
                    }
                }
            }
            if let Some(result) = retries.attempt(&self.http, &request, &*self.on_attempt) {
                return KeyResult { key: found, ..self.conclude(action, key, prior, result, started) };
            }
        }
    }

    /// The facts about `key` after `earlier` attempts.
    pub fn facts(
        &self,
        action: Action,
        key: &KeyId,
        prior: PriorState,
        earlier: &[EarlierAttempt],
        last: LastEvent,
    ) -> Facts {
        Facts {
            was_seen: prior.was_seen,
            is_selected: prior.is_selected,
            maybe_applied: MaybeApplied::find(earlier).is_some(),
            maybe_applied_in_bulk: prior.in_bulk.is_some(),
            run_maybe_changed: self.maybe_changed.get(),
            ..Facts::new(action, key.has_coveo_form(), self.ignore_not_found, last)
        }
    }

    /// The facts about a list of keys that could not be read.
    pub fn list_facts(&self, action: Action, last: LastEvent) -> Facts {
        Facts { run_maybe_changed: self.maybe_changed.get(), ..Facts::new(action, true, false, last) }
    }

    /// The result of a key that was not changed because of what a read says, after `earlier` attempts since `started`.
    pub fn rejected_result(
        &self,
        action: Action,
        key: &KeyId,
        prior: PriorState,
        rejected: Rejected,
        mut earlier: Vec<EarlierAttempt>,
        started: Instant,
    ) -> KeyResult {
        let facts = self.facts(action, key, prior, &earlier, rejected.last);
        let maybe_applied = prior.in_bulk.or(MaybeApplied::find(&earlier));
        let mut result = match rejected.read {
            Ok(Fetched { value, response, attempts, .. }) => KeyResult {
                attempts: Some(attempts),
                key: Some(value),
                ..KeyResult::new(facts, LastReply::Response(response))
            },
            Err(error) => KeyResult::not_read(facts, error),
        };
        if earlier.pop().is_some() {
            let gave_up = GiveUpReason::Settled;
            result.attempts = Some(Attempts { earlier, gave_up, elapsed: started.elapsed() });
        }
        KeyResult { maybe_applied, reason: rejected.reason, ..result }
    }

    /// The result of the last attempt to change `key`.
    fn conclude(
        &self,
        action: Action,
        key: &KeyId,
        prior: PriorState,
        result: RetryResult,
        started: Instant,
    ) -> KeyResult {
        let RetryResult { last, earlier, gave_up, .. } = result;
        let facts = |last| self.facts(action, key, prior, &earlier, last);
        let mut read_error = None;
        let (facts, reply) = match last {
            Ok(response) => {
                let response = ApiResponse::read(&response, self.token);
                let last = match response.kind {
                    ResponseKind::NotFound => {
                        let left = self.policy.timeout.saturating_sub(started.elapsed());
                        let (read, error) = self.read_after_not_found(key, left);
                        read_error = error;
                        LastEvent::NotFound(read)
                    }
                    kind => LastEvent::Reply(kind),
                };
                (facts(last), LastReply::Response(response))
            }
            Err(error) => {
                let was_interrupted = error.kind == TransportErrorKind::Interrupted && earlier.is_empty();
                let last = match error.may_have_been_applied() {
                    false if was_interrupted => LastEvent::NotTried,
                    maybe_sent => LastEvent::NoResponse { maybe_sent },
                };
                (facts(last), LastReply::Error(self.redact_error(error)))
            }
        };
        let maybe_applied = prior.in_bulk.or(MaybeApplied::find(&earlier));
        let was_tried = facts.last != LastEvent::NotTried;
        let attempts = was_tried.then(|| Attempts { earlier, gave_up, elapsed: started.elapsed() });
        let result = KeyResult { maybe_applied, attempts, read_error, ..KeyResult::new(facts, reply) };
        self.record(facts.last, result.outcome(), maybe_applied.is_some());
        result
    }

    /// Reads `key` once after a 404 to its change, since a 404 may be about the route or the token.
    fn read_after_not_found(&self, key: &KeyId, timeout: Duration) -> (KeyRead, Option<Box<ReadError>>) {
        let started = Instant::now();
        let error = match self.get_key(key, RetryPolicy { timeout, retries: self.policy.retries }) {
            Ok(_) => return (KeyRead::Found, None),
            Err(error) => error,
        };
        let read = match error.kind {
            ReadErrorKind::NotFound => KeyRead::Missing(Proof::Proven),
            ReadErrorKind::Unproven => KeyRead::Missing(Proof::Unanswered),
            ReadErrorKind::Unexpected if error.is_not_found() => KeyRead::Missing(Proof::Missing),
            // A firewall or a gateway says nothing about the key.
            ReadErrorKind::Forbidden if error.reply.response().is_some_and(ApiResponse::is_access_denied) => {
                KeyRead::Denied(self.may_edit(key, timeout.saturating_sub(started.elapsed())))
            }
            _ => KeyRead::Failed,
        };
        (read, Some(error))
    }

    /// Records what the response to a change says about the token's access, and whether anything may have been changed.
    fn record(&self, last: LastEvent, outcome: Outcome, maybe_applied: bool) {
        let is_done = last == LastEvent::Reply(ResponseKind::Done);
        if is_done {
            self.access.prove();
        }
        if is_done || maybe_applied || matches!(outcome, Outcome::Unknown | Outcome::Unexpected) {
            self.maybe_changed.set(true);
        }
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
        let started = Instant::now();
        let sent = retry::send(&self.http, &request, self.policy, &*self.on_attempt);
        let earlier = MaybeApplied::find(&sent.earlier).map(MaybeApplied::in_bulk);
        let last = match &sent.last {
            Ok(response) if response.status == 204 => {
                self.access.prove();
                self.maybe_changed.set(true);
                let response = ApiResponse::read(response, self.token);
                let (earlier_attempts, gave_up) = (sent.earlier, sent.gave_up);
                let attempts = Attempts { earlier: earlier_attempts, gave_up, elapsed: started.elapsed() };
                return Ok(BulkReply { response, attempts, maybe_applied: earlier });
            }
            // These refuse the whole request. 412 is the only documented error, and Coveo doesn't document whether it may
            // have been applied to some keys of the list.
            Ok(response) => match response.status {
                400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 => None,
                status => Some(MaybeApplied::Bulk(Some(status))),
            },
            Err(error) => error.may_have_been_applied().then_some(MaybeApplied::Bulk(None)),
        };
        let maybe_applied = earlier.or(last);
        self.maybe_changed.set(self.maybe_changed.get() || maybe_applied.is_some());
        Err(maybe_applied)
    }

    /// The result of `key` after a bulk request that was applied.
    pub fn bulk_result(
        &self,
        action: Action,
        key: &KeyId,
        prior: PriorState,
        reply: &BulkReply,
    ) -> KeyResult {
        let facts = self.facts(action, key, prior, &[], LastEvent::Reply(reply.response.kind));
        KeyResult {
            maybe_applied: reply.maybe_applied,
            attempts: Some(reply.attempts.clone()),
            ..KeyResult::new(facts, LastReply::Response(reply.response.clone()))
        }
    }

    /// The result of `key` if the run ends before its own request.
    pub fn untried_result(
        &self,
        action: Action,
        key: &KeyId,
        prior: PriorState,
        last: LastEvent,
    ) -> KeyResult {
        let facts = self.facts(action, key, prior, &[], last);
        KeyResult { maybe_applied: prior.in_bulk, ..KeyResult::new(facts, LastReply::None) }
    }
}
