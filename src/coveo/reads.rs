//! What a read returns: a value with its response, or an error that says why there is none.

use std::time::SystemTime;

use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::net::error::TransportError;
use crate::net::http::Timestamp;
use crate::net::retry::Attempts;

/// The final response, or why there was none.
pub type LastReply = Result<ApiResponse, TransportError>;

/// A value that was read.
#[derive(Debug)]
pub struct Fetched<T> {
    /// What was read.
    pub resource: Resource,
    /// The value.
    pub value: T,
    /// The `Date` of the response, which is the server's time; `None` if it is missing, unreadable or repeated.
    pub date: Option<SystemTime>,
    /// When the last attempt started: the value can be this old.
    pub sent_at: Timestamp,
    /// The response, without its text: the value says it all.
    pub response: ApiResponse,
    /// The attempts and the time that the read took.
    pub attempts: Attempts,
}

impl<T> Fetched<T> {
    /// The error if the value can't be relied on.
    pub fn to_error(&self, defect: Defect) -> Box<ReadError> {
        let (kind, reply) = (ReadErrorKind::Unusable(defect), Ok(self.response.clone()));
        let (resource, attempts) = (self.resource, self.attempts.clone());
        Box::new(ReadError { resource, kind, reply, attempts, no_proof: None })
    }
}

/// Why something could not be read. A read changes nothing.
#[derive(Debug)]
pub struct ReadError {
    /// What could not be read.
    pub resource: Resource,
    /// The reason.
    pub kind: ReadErrorKind,
    /// The final response, or why there was none.
    pub reply: LastReply,
    /// The attempts and the time that the read took.
    pub attempts: Attempts,
    /// For [`ReadErrorKind::Unproven`]: why the token's privileges could not be read.
    pub no_proof: Option<Box<ReadError>>,
}

/// A value that was read, or why it could not be read.
pub type ReadResult<T> = Result<Fetched<T>, Box<ReadError>>;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// One key.
    Key,
    /// The list of keys.
    Keys,
    /// The privileges of the access token.
    Privileges,
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// 404, and access is proven: no such key exists.
    Missing,
    /// 404, and it's unknown whether access is proven, because the token's privileges could not be read.
    Unproven,
    /// What was read can't be relied on.
    Unusable(Defect),
    /// Any other response than a 200. A 404 may be about something else: nothing proves access.
    Response(ResponseKind),
    /// No response.
    NoResponse,
}

impl ReadErrorKind {
    /// Whether it may be different soon: 429, 5xx, or no response.
    pub fn is_temporary(self) -> bool {
        use ResponseKind::{RateLimited, ServerError};
        matches!(self, Self::NoResponse | Self::Response(RateLimited | ServerError))
    }
}

/// Why a response can't be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The response was in a cache for longer than the request took.
    Stale,
    /// The read of a key is older than the list that it follows, by its `Date`.
    Outdated,
    /// The server's clock, which shows this time, is more than a day ahead of this machine's.
    ClockAhead(SystemTime),
    /// A condition depends on an age, and the response doesn't have exactly one readable `Date`.
    Undated,
    /// The list is one page of several.
    Partial,
    /// The list is empty, and nothing proves that the token may see this organization's keys.
    EmptyWithoutProof,
    /// A 200 whose body isn't what was requested, or is too long.
    Unreadable,
}
