//! Reads from Coveo's API: one key, the list of keys, the token's privileges.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::{HeaderValue, Method};

use crate::coveo::access::{Access, Proof};
use crate::coveo::api_key::{self, ApiKey};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::privileges::Privileges;
use crate::coveo::reads::{Attempts, Defect, Fetched, LastReply, ReadError, ReadErrorKind, Resource};
use crate::coveo::response::{self, ApiResponse};
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
    /// Whether a missing key counts as a success.
    pub ignore_not_found: bool,
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
    /// The reason why it could not be read. A 404 is `NotFound` only with proof of access.
    pub fn get_key(
        &self,
        key: &KeyId,
        policy: RetryPolicy,
    ) -> Result<Fetched<ApiKey<'static>>, Box<ReadError>> {
        let url = self.endpoint.key(self.organization, key);
        // Reject a response for a different key.
        let read = self.read(Resource::Key, url, policy, |response| {
            let found = api_key::parse_key(&response.body, self.token)?.into_owned();
            Some(found).filter(|found| found.id.as_ref() == Some(key))
        });
        match read {
            Ok(read) => {
                if read.value.is_of(self.organization) {
                    self.access.prove();
                }
                Ok(read)
            }
            Err(mut error) if error.is_not_found() => {
                match self.prove_access(policy.timeout.saturating_sub(error.attempts.elapsed)) {
                    Ok(Proof::Proven) => error.kind = ReadErrorKind::NotFound,
                    Ok(Proof::Missing | Proof::Unanswered) => {}
                    Err(no_proof) => {
                        error.kind = ReadErrorKind::Unproven;
                        error.no_proof = Some(no_proof);
                    }
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
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
    ) -> Result<Fetched<T>, Box<ReadError>> {
        let url = self.endpoint.keys(self.organization, status);
        let (mut is_empty, mut has_key) = (true, false);
        let list = self.read(Resource::Keys, url, self.policy, |response| {
            let keys = api_key::parse_keys(&response.body, self.token)?;
            (is_empty, has_key) = (keys.is_empty(), self.proves_access(&keys));
            Some(use_keys(keys, response::read_date(response)))
        })?;
        if has_key {
            self.access.prove();
        }
        if needs_time {
            match list.date {
                None => return Err(list.into_error(Defect::Undated)),
                Some(date) if is_ahead(date) => return Err(list.into_error(Defect::ClockAhead(date))),
                Some(_) => {}
            }
        }
        // An empty list alone proves nothing; the token may not see any keys.
        if is_empty {
            match self.prove_access(self.policy.timeout.saturating_sub(list.attempts.elapsed)) {
                Ok(Proof::Proven) => {}
                Ok(Proof::Missing | Proof::Unanswered) => {
                    return Err(list.into_error(Defect::EmptyWithoutProof));
                }
                Err(no_proof) => {
                    let error = *list.into_error(Defect::EmptyWithoutProof);
                    let (kind, no_proof) = (ReadErrorKind::Unproven, Some(no_proof));
                    return Err(Box::new(ReadError { kind, no_proof, ..error }));
                }
            }
        }
        Ok(list)
    }

    /// Reads the token's privileges.
    ///
    /// # Errors
    /// The reason why they could not be read.
    pub fn privileges(&self, policy: RetryPolicy) -> Result<Privileges, Box<ReadError>> {
        let url = self.endpoint.privileges(self.organization);
        let read = self.read(Resource::Privileges, url, policy, |response| {
            let privileges = Privileges::parse(&response.body);
            Some(if response::has_next_page(response) { privileges.of_one_page() } else { privileges })
        });
        let read = read.map(|read| read.value);
        self.access.record_privileges(read.as_ref().map_err(|error| &**error));
        read
    }

    /// Whether a list proves access: it has a key, and none of another organization.
    fn proves_access(&self, keys: &[ApiKey]) -> bool {
        keys.iter().any(|key| key.id.is_some()) && keys.iter().all(|key| key.is_of(self.organization))
    }

    /// Finds out whether access is proven. Requests the token's privileges if nothing else has shown it, at most once a run
    /// unless the request isn't answered within `timeout`.
    ///
    /// # Errors
    /// 429, 5xx or no response: the request can be repeated.
    fn prove_access(&self, timeout: Duration) -> Result<Proof, Box<ReadError>> {
        if self.access.needs_privileges()
            && let Err(error) = self.privileges(RetryPolicy { timeout, ..self.policy })
            && error.kind == ReadErrorKind::Unavailable
        {
            return Err(error);
        }
        Ok(if self.access.is_proven() { Proof::Proven } else { Proof::Missing })
    }

    /// Whether the token may edit `key`; `None` if its privileges can't be read.
    pub(super) fn may_edit(&self, key: &KeyId, timeout: Duration) -> Option<bool> {
        if !self.access.has_privileges() {
            // Without them, the answer is "unknown" for any error.
            let _ = self.privileges(RetryPolicy { timeout, ..self.policy });
        }
        self.access.may_edit(key)
    }

    /// Requests `url`, and parses a 200.
    fn read<T>(
        &self,
        resource: Resource,
        url: String,
        policy: RetryPolicy,
        parse: impl FnOnce(&Response) -> Option<T>,
    ) -> Result<Fetched<T>, Box<ReadError>> {
        let started = Instant::now();
        let limit = if resource == Resource::Keys { MAX_LIST } else { MAX_BODY };
        let request = Request { limit, ..Request::new(Method::GET, url) };
        let sent = retry::send(&self.http, &request, policy, &*self.on_attempt);
        let RetryResult { last, earlier, gave_up, sent_at, took } = sent;
        let attempts = Attempts { earlier, gave_up, elapsed: started.elapsed() };
        let fail =
            |kind, reply, attempts| Box::new(ReadError { resource, kind, reply, attempts, no_proof: None });
        let response = match last {
            Ok(response) => response,
            Err(error) => {
                let reply = LastReply::Error(self.redact_error(error));
                return Err(fail(ReadErrorKind::Unavailable, reply, attempts));
            }
        };
        let read = ApiResponse::read(&response, self.token);
        let kind = match response.status {
            _ if is_stale(&response, took) => ReadErrorKind::Unusable(Defect::Stale),
            200 if resource == Resource::Keys && response::has_next_page(&response) => {
                ReadErrorKind::Unusable(Defect::Partial)
            }
            200 => {
                if let Some(value) = Some(&response).filter(|_| !response.truncated).and_then(parse) {
                    let date = response::read_date(&response);
                    let response = ApiResponse { code: None, message: None, ..read };
                    return Ok(Fetched { resource, value, date, sent_at, response, attempts });
                }
                ReadErrorKind::Unusable(Defect::Unreadable)
            }
            _ => ReadErrorKind::of(read.kind),
        };
        Err(fail(kind, LastReply::Response(read), attempts))
    }

    pub(super) fn redact_error(&self, error: TransportError) -> TransportError {
        error.redacted(|text| self.token.sanitize_and_redact(text))
    }
}

/// Whether the server's time `date` is too far ahead of this machine's clock to compute ages.
pub fn is_ahead(date: SystemTime) -> bool {
    date.duration_since(SystemTime::now()).unwrap_or_default() > MAX_CLOCK_SKEW
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
