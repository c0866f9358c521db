//! How an operation ended: a change of a key with what is certain of it, or why something could not be read.

use std::time::{Duration, Instant, SystemTime};

use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::net::error::{TransportError, TransportErrorKind};
use crate::net::retry::{EarlierAttempt, GiveUpReason, RetryResult};
use crate::outcome::Outcome;

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

    /// What became of a key when Coveo confirmed it.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Delete => Outcome::Deleted,
            Self::Disable => Outcome::Disabled,
        }
    }

    /// What a dry run says of a key that it would be applied to.
    pub fn forecast(self) -> Outcome {
        match self {
            Self::Delete => Outcome::WouldDelete,
            Self::Disable => Outcome::WouldDisable,
        }
    }
}

/// What the operation had to go by in the end.
#[derive(Debug)]
pub enum LastReply {
    /// The last response.
    Response(ApiResponse),
    /// A 404 that may be about the organization: this read, which was to prove it, failed.
    UnprovenNotFound(ApiResponse, Box<ReadError>),
    /// The last attempt had no response.
    Error(TransportError),
    /// It had no request of its own.
    None,
}

impl LastReply {
    /// The response, if there was one.
    pub fn response(&self) -> Option<&ApiResponse> {
        match self {
            Self::Response(response) | Self::UnprovenNotFound(response, _) => Some(response),
            Self::Error(_) | Self::None => None,
        }
    }
}

/// The attempts and the time of an operation.
#[derive(Debug)]
pub struct Attempts {
    /// The attempts before the last one.
    pub earlier: Vec<EarlierAttempt>,
    /// Why there was no further one.
    pub gave_up: GiveUpReason,
    /// From the beginning of the first attempt to the end of the last.
    pub elapsed: Duration,
}

impl Attempts {
    /// The effort of a request, begun at `started`, that has just ended.
    pub fn of(earlier: Vec<EarlierAttempt>, gave_up: GiveUpReason, started: Instant) -> Self {
        Self { earlier, gave_up, elapsed: started.elapsed() }
    }

    /// The number of attempts.
    pub fn attempts(&self) -> usize {
        self.earlier.len() + 1
    }
}

/// An earlier request that may have been applied although its response does not say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaybeApplied {
    /// The attempt of this number, from 1, ended with this status, or without a response.
    Attempt(usize, Option<u16>),
    /// The bulk request ended with this status, or without a response.
    Bulk(Option<u16>),
}

impl MaybeApplied {
    /// The first attempt of `sent` before the last that may have been applied. Where a read ended the attempts, the
    /// last one counts, too.
    pub fn of(sent: &RetryResult) -> Option<Self> {
        let last = (sent.gave_up == GiveUpReason::Stopped).then(|| EarlierAttempt::of(&sent.last));
        let mut attempts = sent.earlier.iter().chain(&last).enumerate();
        attempts
            .find(|(_, attempt)| attempt.may_have_been_applied)
            .map(|(index, attempt)| Self::Attempt(index + 1, attempt.status))
    }

    /// The same of a bulk request, as seen from one of its keys.
    pub fn in_bulk(self) -> Self {
        match self {
            Self::Attempt(_, status) | Self::Bulk(status) => Self::Bulk(status),
        }
    }
}

/// What was known of a key before its own request.
#[derive(Debug, Clone, Copy, Default)]
pub struct PriorState {
    /// The list of keys had it, and it then went out in a bulk request that was not confirmed.
    pub listed: bool,
    /// A bulk request that may have been applied to it.
    pub bulk: Option<MaybeApplied>,
}

/// What became of a key that was to be changed, with the facts behind it.
#[derive(Debug)]
pub struct KeyResult {
    /// What became of it.
    pub outcome: Outcome,
    /// The last response, or why there was none.
    pub evidence: LastReply,
    /// The first earlier request that may have been applied.
    pub maybe_applied: Option<MaybeApplied>,
    /// Its attempts and time; `None` where it had no request of its own.
    pub effort: Option<Attempts>,
}

impl KeyResult {
    /// The result of a key that a bulk request may have been applied to, and of which no more is known.
    pub fn in_doubt(bulk: MaybeApplied) -> Self {
        Self { outcome: Outcome::Unknown, evidence: LastReply::None, maybe_applied: Some(bulk), effort: None }
    }

    /// Whether a signal kept its only attempt from being sent.
    pub fn is_interrupted(&self) -> bool {
        let is_only = self.effort.as_ref().is_some_and(|effort| effort.earlier.is_empty());
        is_only
            && matches!(&self.evidence, LastReply::Error(error) if error.kind == TransportErrorKind::Interrupted)
    }
}

/// Why something could not be read. Nothing was changed by that.
#[derive(Debug)]
pub struct ReadError {
    /// What was to be read.
    pub what: Resource,
    /// What kept it from being read.
    pub kind: ReadErrorKind,
    /// The last response, or why there was none.
    pub evidence: LastReply,
    /// Its attempts and time.
    pub effort: Attempts,
}

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// One key.
    Key,
    /// The list of keys.
    Keys,
    /// The token's privileges.
    Privileges,
}

/// What keeps something from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// There is no such key, and the organization is proven.
    NotFound,
    /// There is no such organization.
    OrganizationNotFound,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// Another 4xx with an error code.
    Refused,
    /// 429, 5xx, or no response.
    Unavailable,
    /// The response was in a cache for longer than the request took.
    Stale,
    /// The server's clock, which shows this, is more than a day ahead of this machine's.
    ClockAhead(SystemTime),
    /// A 200 whose body is not what was asked for, or is too long.
    Unreadable,
    /// Anything else, a 404 without proof of the organization among it.
    Unexpected,
}

impl ReadErrorKind {
    /// What a response other than a 200 means. A 404 is `Unexpected` here: `NotFound` needs proof.
    pub fn of(kind: ResponseKind) -> Self {
        match kind {
            ResponseKind::Unauthorized => Self::Unauthorized,
            ResponseKind::Forbidden => Self::Forbidden,
            ResponseKind::OrganizationNotFound => Self::OrganizationNotFound,
            ResponseKind::Refused => Self::Refused,
            ResponseKind::RateLimited | ResponseKind::ServerError => Self::Unavailable,
            ResponseKind::NotFound | ResponseKind::Done | ResponseKind::Unexpected => Self::Unexpected,
        }
    }

    /// What becomes of a key that could not be read and is left alone.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::NotFound => Outcome::NotFound,
            Self::OrganizationNotFound => Outcome::OrganizationNotFound,
            Self::Unauthorized => Outcome::Unauthorized,
            Self::Forbidden => Outcome::Forbidden,
            Self::Refused => Outcome::Refused,
            Self::Unavailable => Outcome::Unavailable,
            Self::Stale | Self::ClockAhead(_) | Self::Unreadable | Self::Unexpected => Outcome::Unexpected,
        }
    }
}
