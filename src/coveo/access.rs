//! What a 404 is about. A wrong organization, a wrong region and a wrong route are answered by 404 with an error code, too,
//! so it is about a key only where this run has proof that the token works on this organization's keys.

use std::cell::Cell;
use std::time::Duration;

use crate::coveo::client::Client;
use crate::coveo::response::{ApiResponse, Privileges, ResponseKind};
use crate::coveo::result::{LastReply, ReadError, ReadErrorKind};
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;

/// What a run learns from responses.
#[derive(Default)]
pub struct Access {
    /// Whether the token works on this organization's keys; `None` as long as nothing has shown it.
    is_organization_proven: Cell<Option<bool>>,
    /// A change was applied, or may have been.
    pub maybe_changed: Cell<bool>,
}

impl Access {
    /// The token works on this organization's keys: one of them was read, changed or listed.
    pub fn prove(&self) {
        self.is_organization_proven.set(Some(true));
    }

    /// The token's privileges were read, or not. Any valid token may ask for them, whatever organization it belongs to,
    /// so only a privilege on API keys is proof. Where Coveo was not reached, nothing is settled.
    pub fn take_privileges(&self, read: &Result<Privileges, Box<ReadError>>) {
        match read {
            Ok(privileges) if privileges.are_on_keys() => self.prove(),
            Err(error) if error.kind == ReadErrorKind::Unavailable => {}
            Ok(_) | Err(_) => {
                let proven = self.is_organization_proven.get().unwrap_or(false);
                self.is_organization_proven.set(Some(proven));
            }
        }
    }
}

impl Client<'_> {
    /// What a 404 with an error code means for a key that was to be changed. `may_be_gone`: it was there before, or an
    /// earlier attempt may have deleted it.
    pub(super) fn not_found(
        &self,
        response: ApiResponse,
        may_be_gone: bool,
        remaining: Duration,
    ) -> (Outcome, LastReply) {
        match self.prove_organization(remaining) {
            Ok(true) if may_be_gone => (Outcome::Gone, LastReply::Response(response)),
            Ok(true) => (Outcome::NotFound, LastReply::Response(response)),
            Ok(false) => (Outcome::Unexpected, LastReply::Response(response)),
            // A proxy may have repeated a request of this run, so even a first 404 does not say that nothing was changed.
            Err(error) => (Outcome::Unknown, LastReply::UnprovenNotFound(response, error)),
        }
    }

    /// The same where the key was only read.
    pub(super) fn look_into_not_found(&self, error: Box<ReadError>, policy: RetryPolicy) -> Box<ReadError> {
        let is_not_found = |response: &ApiResponse| response.kind == ResponseKind::NotFound;
        if error.kind != ReadErrorKind::Unexpected || !error.evidence.response().is_some_and(is_not_found) {
            return error;
        }
        let remaining = policy.timeout.saturating_sub(error.effort.elapsed);
        match (self.prove_organization(remaining), *error) {
            (Ok(true), error) => Box::new(ReadError { kind: ReadErrorKind::NotFound, ..error }),
            (Err(why), ReadError { what, evidence: LastReply::Response(response), effort, .. }) => {
                let evidence = LastReply::UnprovenNotFound(response, why);
                Box::new(ReadError { what, kind: ReadErrorKind::Unavailable, evidence, effort })
            }
            (Ok(false) | Err(_), error) => Box::new(error),
        }
    }

    /// Whether the token works on this organization's keys. Asks for its privileges at most once, within `remaining`.
    ///
    /// # Errors
    /// 429, 5xx or no response: it can be asked again.
    fn prove_organization(&self, remaining: Duration) -> Result<bool, Box<ReadError>> {
        if self.learned.is_organization_proven.get().is_none()
            && let Err(error) = self.privileges(RetryPolicy { timeout: remaining, ..self.policy })
            && error.kind == ReadErrorKind::Unavailable
        {
            return Err(error);
        }
        Ok(self.learned.is_organization_proven.get() == Some(true))
    }
}
