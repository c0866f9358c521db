//! Reads from Coveo's API: one key, the list of keys, the token's privileges.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderValue, Method};

use crate::coveo::access::{Access, Privileges};
use crate::coveo::api_key::{self, ApiKey};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::reads::{Defect, Fetched, ReadError, ReadErrorKind, ReadResult, Resource};
use crate::coveo::response::{self, ApiResponse, ResponseKind};
use crate::coveo::token::AccessToken;
use crate::net::error::TransportError;
use crate::net::http::{Http, MAX_BODY, Request, Response};
use crate::net::retry::{self, Attempt, RetryPolicy, RetryResult};

/// The longest list of keys that is read, in bytes: about 20,000 keys.
const MAX_LIST: usize = 32 * 1024 * 1024;

/// A server clock that is further ahead than this is rejected; we can't know which clock is wrong.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(86400);

/// Coveo's API for the keys of one organization, as one token sees it.
pub struct Client<'a> {
    /// Sends the requests.
    pub http: Http,
    /// The base URL.
    pub endpoint: &'a Endpoint,
    /// The organization that the keys belong to.
    pub organization: &'a OrganizationId,
    /// The access token, redacted from everything that the server sends.
    pub token: &'a AccessToken,
    /// The limits for each operation.
    pub policy: RetryPolicy,
    /// Called after every attempt.
    pub on_attempt: Box<dyn Fn(&Attempt) + 'a>,
    /// What this run knows about the token's access.
    pub access: Access,
    /// Whether this run has changed a key, or may have.
    pub maybe_changed: Cell<bool>,
}

impl Client<'_> {
    /// Reads one key.
    ///
    /// # Errors
    /// The reason why it could not be read. A 404 is `Missing` only with proof of access.
    pub fn get_key(&self, key: &KeyId, policy: RetryPolicy) -> ReadResult<ApiKey<'static>> {
        let url = self.endpoint.key(self.organization, key);
        let read = self.read(Resource::Key, url, policy, |response| {
            let found = api_key::parse_key(&response.body, self.token)?.into_owned();
            // Reject a response for a different key.
            let is_requested = found.id.as_ref() == Some(key);
            if is_requested && found.is_of(self.organization) {
                self.access.prove();
            }
            is_requested.then_some(found)
        });
        read.map_err(|mut error| {
            if error.kind == ReadErrorKind::Response(ResponseKind::NotFound)
                && self.prove_access(&mut error, policy.timeout)
            {
                error.kind = ReadErrorKind::Missing;
            }
            error
        })
    }

    /// Lists the organization's keys, and returns the result of `use_keys`. That function gets the keys and the server's time,
    /// and must not act on them: the list may still be rejected. `status` is a filter of the API; `needs_time` says that ages
    /// will be computed.
    ///
    /// # Errors
    /// The reason why the complete and current list could not be read.
    pub fn list_keys<T>(
        &self,
        status: Option<&str>,
        needs_time: bool,
        use_keys: impl FnOnce(Vec<ApiKey>, Option<SystemTime>) -> T,
    ) -> ReadResult<T> {
        let url = self.endpoint.keys(self.organization, status);
        let mut is_empty = true;
        let list = self.read(Resource::Keys, url, self.policy, |response| {
            let keys = api_key::parse_keys(&response.body, self.token)?;
            is_empty = keys.is_empty();
            // A key of another organization makes all of them doubtful.
            if keys.iter().any(|key| key.id.is_some()) && keys.iter().all(|key| key.is_of(self.organization))
            {
                self.access.prove();
            }
            Some(use_keys(keys, response::read_date(response)))
        })?;
        if let Some(defect) = date_defect(list.date).filter(|_| needs_time) {
            return Err(list.to_error(defect));
        }
        // An empty list alone proves nothing; the token may not see any keys.
        if is_empty {
            let mut error = list.to_error(Defect::EmptyWithoutProof);
            if !self.prove_access(&mut error, self.policy.timeout) {
                return Err(error);
            }
        }
        Ok(list)
    }

    /// Reads the token's privileges, unless they are settled.
    ///
    /// # Errors
    /// The reason why they could not be read. 429, 5xx and no response settle nothing: the next call requests them again.
    pub fn read_privileges(&self, policy: RetryPolicy) -> Result<(), Box<ReadError>> {
        if self.access.privileges.get().is_some() {
            return Ok(());
        }
        let url = self.endpoint.privileges(self.organization);
        let read = self.read(Resource::Privileges, url, policy, |response| {
            Some(Privileges::parse(&response.body, response::has_next_page(response)))
        });
        let (privileges, result) = match read {
            Ok(read) => (read.value, Ok(())),
            Err(error) if error.kind.is_temporary() => return Err(error),
            Err(error) => (Privileges::default(), Err(error)),
        };
        let _ = self.access.privileges.set(privileges);
        result
    }

    /// Finds out whether access is proven. Reads the token's privileges if nothing else has shown it. `error` is the result
    /// of a read that means little without proof; if Coveo doesn't say within `timeout` of that read, it becomes `Unproven`.
    fn prove_access(&self, error: &mut ReadError, timeout: Duration) -> bool {
        let timeout = timeout.saturating_sub(error.attempts.elapsed);
        if !self.access.is_proven()
            && let Err(no_proof) = self.read_privileges(RetryPolicy { timeout, ..self.policy })
            && no_proof.kind.is_temporary()
        {
            (error.kind, error.no_proof) = (ReadErrorKind::Unproven, Some(no_proof));
        }
        self.access.is_proven()
    }

    /// Requests `url`, and parses a 200.
    fn read<T>(
        &self,
        resource: Resource,
        url: String,
        policy: RetryPolicy,
        parse: impl FnOnce(&Response) -> Option<T>,
    ) -> ReadResult<T> {
        let limit = if resource == Resource::Keys { MAX_LIST } else { MAX_BODY };
        let request = Request { limit, ..Request::new(Method::GET, url) };
        let RetryResult { last, attempts, sent_at, took } =
            retry::send(&self.http, &request, policy, &*self.on_attempt);
        let (kind, reply) = match last {
            Err(error) => (ReadErrorKind::NoResponse, Err(self.redact_error(error))),
            Ok(response) => {
                let read = ApiResponse::read(&response, self.token);
                let is_page = resource == Resource::Keys && response::has_next_page(&response);
                let kind = match response.status {
                    _ if is_stale(&response, took) => ReadErrorKind::Unusable(Defect::Stale),
                    200 if is_page => ReadErrorKind::Unusable(Defect::Partial),
                    200 if response.truncated => ReadErrorKind::Unusable(Defect::Unreadable),
                    200 => match parse(&response) {
                        Some(value) => {
                            let date = response::read_date(&response);
                            let response = ApiResponse { code: None, message: None, ..read };
                            return Ok(Fetched { resource, value, date, sent_at, response, attempts });
                        }
                        None => ReadErrorKind::Unusable(Defect::Unreadable),
                    },
                    _ => ReadErrorKind::Response(read.kind),
                };
                (kind, Ok(read))
            }
        };
        Err(Box::new(ReadError { resource, kind, reply, attempts, no_proof: None }))
    }

    pub(super) fn redact_error(&self, error: TransportError) -> TransportError {
        error.redacted(|text| self.token.sanitize_and_redact(text))
    }
}

/// Why ages can't be computed from the server's time `date`; `None` if they can.
pub fn date_defect(date: Option<SystemTime>) -> Option<Defect> {
    let Some(date) = date else { return Some(Defect::Undated) };
    let ahead = date.duration_since(SystemTime::now()).unwrap_or_default();
    (ahead > MAX_CLOCK_SKEW).then_some(Defect::ClockAhead(date))
}

/// Whether the response comes from a cache: its `Age` is greater than the time that the request took, rounded up to a second.
/// An `Age` that can't be read comes from a cache, too.
fn is_stale(response: &Response, took: Duration) -> bool {
    let limit = took.as_secs() + u64::from(took.subsec_nanos() > 0);
    let is_old = |age: &HeaderValue| {
        age.to_str().ok().and_then(|age| age.trim().parse::<u64>().ok()).is_none_or(|age| age > limit)
    };
    response.headers.get_all("age").iter().any(is_old)
}
