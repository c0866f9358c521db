//! What Coveo offers on API keys: each operation, asked until it is settled.

use std::time::{Duration, Instant, SystemTime};

use ureq::http::{HeaderValue, Method};

use crate::coveo::access::Access;
use crate::coveo::api_key::{self, ApiKey};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::response::{self, ApiResponse, Privileges, ResponseKind};
use crate::coveo::result::{
    Action, Attempts, KeyResult, LastReply, MaybeApplied, PriorState, ReadError, ReadErrorKind, Resource,
};
use crate::coveo::token::AccessToken;
use crate::net::error::TransportError;
use crate::net::http::{Http, MAX_BODY, Request, Response};
use crate::net::retry::{self, Attempt, EarlierAttempt, Observer, RetryPolicy, RetryResult};
use crate::outcome::Outcome;

/// The most keys that go into one bulk request. The API documents no bound; this one keeps requests small.
pub const MAX_BULK_KEYS: usize = 100;

/// The longest list of keys that is read, in bytes: some 20,000 keys.
const LONGEST_LIST: usize = 32 * 1024 * 1024;

/// Something that was read.
pub struct Fetched<T> {
    /// What was read.
    pub value: T,
    /// The `Date` of the response, the server's own idea of now; `None` if it had none that can be read.
    pub date: Option<SystemTime>,
    /// The response, without a text: what it says is the value.
    pub evidence: LastReply,
    /// What it took.
    pub effort: Attempts,
}

/// Is asked right before a further attempt, which has this deadline; `false` ends the attempts.
pub type Guard<'a> = dyn FnMut(Instant) -> bool + 'a;

/// Coveo's API for the keys of one organization, as one token sees it.
pub struct Client<'a> {
    /// Sends the requests.
    pub http: Http,
    /// The base URL.
    pub endpoint: &'a Endpoint,
    /// Whose keys these are.
    pub organization: &'a OrganizationId,
    /// Struck out of all that the server says.
    pub token: &'a AccessToken,
    /// How long and how often to try, where nothing else is said.
    pub policy: RetryPolicy,
    /// Called after every attempt.
    pub on_attempt: Box<dyn Fn(&Attempt) + 'a>,
    /// What this run has learned.
    pub learned: Access,
}

/// How a bulk request ended.
pub enum BulkResult {
    /// It was applied to each of its keys.
    Applied(KeyResult),
    /// Its response says nothing of a single key. The request may have been applied, in whole or in part.
    NotConfirmed(Option<MaybeApplied>),
}

impl Client<'_> {
    /// Deletes or disables `key`, of which `before` is known.
    pub fn apply(
        &self,
        action: Action,
        key: &KeyId,
        before: PriorState,
        policy: RetryPolicy,
        guard: &mut Guard,
    ) -> KeyResult {
        let (method, url) = match action {
            Action::Delete => (Method::DELETE, self.endpoint.key(self.organization, key)),
            Action::Disable => (Method::PUT, self.endpoint.disable(self.organization, key)),
        };
        let started = Instant::now();
        let (sent, _) = self.send(&Request::new(method, url), policy, guard);
        let in_attempts = MaybeApplied::of(&sent);
        let maybe_applied = before.bulk.or(in_attempts);
        let remaining = policy.timeout.saturating_sub(started.elapsed());
        let (outcome, evidence) = match sent.last {
            Ok(response) => {
                let response = ApiResponse::read(&response, self.token);
                match response.kind {
                    ResponseKind::NotFound => {
                        let may_be_gone =
                            action == Action::Delete && (before.listed || in_attempts.is_some());
                        self.not_found(response, may_be_gone, remaining)
                    }
                    kind => {
                        (self.outcome(action, kind, maybe_applied.is_some()), LastReply::Response(response))
                    }
                }
            }
            Err(error) => {
                let in_doubt = maybe_applied.is_some() || error.may_have_been_applied();
                let outcome = if in_doubt { Outcome::Unknown } else { Outcome::Unavailable };
                (outcome, LastReply::Error(self.redacted(error)))
            }
        };
        if matches!(outcome, Outcome::Unknown | Outcome::Unexpected) || maybe_applied.is_some() {
            self.learned.maybe_changed.set(true);
        }
        KeyResult {
            outcome,
            evidence,
            maybe_applied,
            effort: Some(Attempts::of(sent.earlier, sent.gave_up, started)),
        }
    }

    /// What a response other than a 404 means for a key that was to be changed. `in_doubt`: an earlier request may
    /// have been applied, and a refusal of this one does not say that it was not.
    fn outcome(&self, action: Action, kind: ResponseKind, in_doubt: bool) -> Outcome {
        match kind {
            ResponseKind::Done => {
                self.learned.prove();
                self.learned.maybe_changed.set(true);
                action.outcome()
            }
            ResponseKind::OrganizationNotFound if !in_doubt && !self.learned.maybe_changed.get() => {
                Outcome::OrganizationNotFound
            }
            ResponseKind::OrganizationNotFound | ResponseKind::NotFound | ResponseKind::Unexpected => {
                Outcome::Unexpected
            }
            ResponseKind::ServerError => Outcome::Unknown,
            ResponseKind::Unauthorized
            | ResponseKind::Forbidden
            | ResponseKind::Refused
            | ResponseKind::RateLimited
                if in_doubt =>
            {
                Outcome::Unknown
            }
            ResponseKind::Unauthorized => Outcome::Unauthorized,
            ResponseKind::Forbidden => Outcome::Forbidden,
            ResponseKind::Refused => Outcome::Refused,
            ResponseKind::RateLimited => Outcome::Unavailable,
        }
    }

    /// Deletes or disables `keys`, at most [`MAX_BULK_KEYS`] of them, with one request.
    pub fn apply_bulk(&self, action: Action, keys: &[&KeyId]) -> BulkResult {
        let method = match action {
            Action::Delete => Method::POST,
            Action::Disable => Method::PUT,
        };
        let ids: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        let request = Request {
            json: Some(serde_json::json!(ids).to_string()),
            ..Request::new(method, self.endpoint.bulk(self.organization, action.verb()))
        };
        let started = Instant::now();
        let (sent, _) = self.send(&request, self.policy, &mut |_| true);
        let earlier = MaybeApplied::of(&sent);
        let last = match &sent.last {
            Ok(response) => match response.status {
                204 => {
                    let outcome = self.outcome(action, ResponseKind::Done, earlier.is_some());
                    let evidence = LastReply::Response(ApiResponse::read(response, self.token));
                    let effort = Some(Attempts::of(sent.earlier, sent.gave_up, started));
                    return BulkResult::Applied(KeyResult {
                        outcome,
                        evidence,
                        maybe_applied: earlier,
                        effort,
                    });
                }
                // These refuse the whole request. 412 is the only error that is documented for it, and whether a part
                // of the list was carried out then is not.
                400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 => None,
                status => Some(MaybeApplied::Bulk(Some(status))),
            },
            Err(error) => error.may_have_been_applied().then_some(MaybeApplied::Bulk(None)),
        };
        let maybe_applied = earlier.map(MaybeApplied::in_bulk).or(last);
        self.learned.maybe_changed.set(self.learned.maybe_changed.get() || maybe_applied.is_some());
        BulkResult::NotConfirmed(maybe_applied)
    }

    /// Reads one key.
    ///
    /// # Errors
    /// What kept it from being read. A 404 says that there is no such key only where the organization is proven.
    pub fn get_key(&self, key: &KeyId, policy: RetryPolicy) -> Result<Fetched<ApiKey>, Box<ReadError>> {
        let url = self.endpoint.key(self.organization, key);
        // A response about another key is none.
        let read = self.read(Resource::Key, url, policy, |body| {
            api_key::read_key(body, self.token).filter(|found| found.id.as_ref() == Some(key))
        });
        match read {
            Ok(read) => {
                self.learned.prove();
                Ok(read)
            }
            Err(error) => Err(self.look_into_not_found(error, policy)),
        }
    }

    /// Lists the organization's keys, those that the filter `status` of the API leaves.
    ///
    /// # Errors
    /// What kept the list from being read, whole.
    pub fn list_keys(&self, status: Option<&str>) -> Result<Fetched<Vec<ApiKey>>, Box<ReadError>> {
        let url = self.endpoint.keys(self.organization, status);
        let list =
            self.read(Resource::Keys, url, self.policy, |body| api_key::read_keys(body, self.token))?;
        // An empty list may be that of a token that may see none.
        if list.value.iter().any(|key| key.id.is_some()) {
            self.learned.prove();
        }
        Ok(list)
    }

    /// What the token may do to keys.
    ///
    /// # Errors
    /// What kept the privileges from being read.
    pub fn privileges(&self, policy: RetryPolicy) -> Result<Privileges, Box<ReadError>> {
        let url = self.endpoint.privileges(self.organization);
        let read = self.read(Resource::Privileges, url, policy, |body| Some(Privileges::read(body)));
        let read = read.map(|read| read.value);
        self.learned.take_privileges(&read);
        read
    }

    /// Asks for `what` at `url`, and reads the body of a 200 with `parse`.
    fn read<T>(
        &self,
        what: Resource,
        url: String,
        policy: RetryPolicy,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Fetched<T>, Box<ReadError>> {
        let started = Instant::now();
        let limit = if what == Resource::Keys { LONGEST_LIST } else { MAX_BODY };
        let request = Request { limit, ..Request::new(Method::GET, url) };
        let (sent, took) = self.send(&request, policy, &mut |_| true);
        let effort = Attempts::of(sent.earlier, sent.gave_up, started);
        let response = match sent.last {
            Ok(response) => response,
            Err(error) => {
                let evidence = LastReply::Error(self.redacted(error));
                return Err(Box::new(ReadError { what, kind: ReadErrorKind::Unavailable, evidence, effort }));
            }
        };
        let read = ApiResponse::read(&response, self.token);
        let kind = if is_stale(&response, took) {
            ReadErrorKind::Stale
        } else if response.status != 200 {
            match ReadErrorKind::of(read.kind) {
                ReadErrorKind::OrganizationNotFound if self.learned.maybe_changed.get() => {
                    ReadErrorKind::Unexpected
                }
                kind => kind,
            }
        } else if let Some(value) =
            Some(&response.body).filter(|_| !response.truncated).and_then(|body| parse(body))
        {
            let date = response::read_date(&response);
            let evidence = LastReply::Response(ApiResponse { code: None, message: None, ..read });
            return Ok(Fetched { value, date, evidence, effort });
        } else {
            ReadErrorKind::Unreadable
        };
        Err(Box::new(ReadError { what, kind, evidence: LastReply::Response(read), effort }))
    }

    fn redacted(&self, error: TransportError) -> TransportError {
        error.redacted(|text| self.token.sanitize_and_redact(text))
    }

    /// Sends `request`; the duration is that of the last attempt.
    fn send(&self, request: &Request, policy: RetryPolicy, guard: &mut Guard) -> (RetryResult, Duration) {
        let mut calls = Calls { on_attempt: &*self.on_attempt, guard, took: Duration::ZERO };
        (retry::send(&self.http, request, policy, &mut calls), calls.took)
    }
}

/// What the retry loop calls back.
struct Calls<'a, 'b> {
    on_attempt: &'a dyn Fn(&Attempt),
    guard: &'a mut Guard<'b>,
    took: Duration,
}

impl Observer for Calls<'_, '_> {
    fn on_attempt(&mut self, attempt: &Attempt) {
        self.took = attempt.elapsed;
        (self.on_attempt)(attempt);
    }

    fn before_retry(&mut self, _: &[EarlierAttempt], deadline: Instant) -> bool {
        (self.guard)(deadline)
    }
}

/// Whether the response comes from a cache: its `Age` is more than the request took, rounded up to a second. An `Age`
/// that can't be read is a cache's, too.
fn is_stale(response: &Response, took: Duration) -> bool {
    let most = took.as_secs() + u64::from(took.subsec_nanos() > 0);
    let is_old = |age: &HeaderValue| {
        age.to_str().ok().and_then(|age| age.trim().parse::<u64>().ok()).is_none_or(|age| age > most)
    };
    response.headers.get_all("age").iter().any(is_old)
}
