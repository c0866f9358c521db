//! What happened to a key, with the facts and the replies that prove it.

use crate::coveo::api_key::ApiKey;
use crate::coveo::reads::{Fetched, LastReply, ReadError};
use crate::coveo::response::ApiResponse;
use crate::coveo::verdict::{Facts, LastEvent, verdict};
use crate::net::retry::Attempts;
use crate::outcome::Outcome;

/// What happened to a key.
#[derive(Debug)]
pub struct KeyResult {
    /// The facts that decide the outcome.
    pub facts: Facts,
    /// The final reply to the change, or to the read if nothing else was sent; `None` if there was no request.
    pub last_reply: Option<LastReply>,
    /// The attempts; `None` if the key had no request of its own.
    pub attempts: Option<Attempts>,
    /// The key, if it was read before.
    pub key: Option<ApiKey<'static>>,
    /// The read that failed: before the change, or after a 404 to it.
    pub read_error: Option<Box<ReadError>>,
    /// Why the key was left alone, in words; `None` if it needn't be reported.
    pub reason: Option<String>,
}

impl KeyResult {
    /// The result of a key to which `last` happened. All other fields are empty, and can be added.
    pub fn new(facts: Facts, last: LastEvent) -> Self {
        let facts = Facts { last, ..facts };
        Self { facts, last_reply: None, attempts: None, key: None, read_error: None, reason: None }
    }

    /// The result of a key that was read and not changed.
    pub fn of_read(facts: Facts, last: LastEvent, read: Fetched<ApiKey<'static>>) -> Self {
        let (last_reply, attempts, key) = (Some(Ok(read.response)), Some(read.attempts), Some(read.value));
        Self { last_reply, attempts, key, ..Self::new(facts, last) }
    }

    /// The result of a key that could not be read and was left alone.
    pub fn not_read(facts: Facts, error: Box<ReadError>) -> Self {
        let (last, attempts) = (LastEvent::NotRead(error.kind), Some(error.attempts.clone()));
        Self { attempts, read_error: Some(error), ..Self::new(facts, last) }
    }

    /// What happened to the key.
    pub fn outcome(&self) -> Outcome {
        verdict(&self.facts)
    }

    /// The reply that decides the outcome; `None` if there was no request.
    pub fn reply(&self) -> Option<&LastReply> {
        match (self.facts.last, &self.read_error) {
            (LastEvent::NotRead(_), Some(error)) => Some(&error.reply),
            _ => self.last_reply.as_ref(),
        }
    }

    /// The response that decides the outcome, if there was one.
    pub fn response(&self) -> Option<&ApiResponse> {
        self.reply()?.as_ref().ok()
    }
}
