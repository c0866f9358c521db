//! What happened to a key, with the facts and the replies that prove it.

use crate::coveo::api_key::ApiKey;
use crate::coveo::reads::{Attempts, LastReply, ReadError};
use crate::coveo::verdict::{Facts, LastEvent, verdict};
use crate::net::retry::EarlierAttempt;
use crate::outcome::Outcome;

/// What happened to a key.
#[derive(Debug)]
pub struct KeyResult {
    /// The outcome, and the facts that decide it.
    pub decision: Decision,
    /// The final reply to the change, or to the read if nothing else was sent.
    pub last_reply: LastReply,
    /// The first earlier request that may have been applied.
    pub maybe_applied: Option<MaybeApplied>,
    /// The attempts; `None` if the key had no request of its own.
    pub attempts: Option<Attempts>,
    /// The key, if it was read before.
    pub key: Option<ApiKey<'static>>,
    /// The read that failed: before the change, or after a 404 to it.
    pub read_error: Option<Box<ReadError>>,
    /// Why the key was left alone, in words; `None` if it needn't be reported.
    pub reason: Option<String>,
}

/// Facts and the verdict on them. They change only together.
#[derive(Debug)]
pub struct Decision {
    facts: Facts,
    outcome: Outcome,
}

impl KeyResult {
    /// Decides the outcome of `facts`. All other fields are empty, and can be added.
    pub fn new(facts: Facts, last_reply: LastReply) -> Self {
        let decision = Decision { facts, outcome: verdict(&facts) };
        let (maybe_applied, attempts, key, read_error, reason) = (None, None, None, None, None);
        Self { decision, last_reply, maybe_applied, attempts, key, read_error, reason }
    }

    /// The result of a key that could not be read and was left alone.
    pub fn not_read(facts: Facts, error: Box<ReadError>) -> Self {
        let facts = Facts { last: LastEvent::NotRead(error.kind), ..facts };
        let attempts = Some(error.attempts.clone());
        Self { attempts, read_error: Some(error), ..Self::new(facts, LastReply::None) }
    }

    /// What happened to the key.
    pub fn outcome(&self) -> Outcome {
        self.decision.outcome
    }

    /// The last thing that happened.
    pub fn last(&self) -> LastEvent {
        self.decision.facts.last
    }

    /// The reply that decides the outcome.
    pub fn reply(&self) -> &LastReply {
        match (&self.decision.facts.last, &self.read_error) {
            (LastEvent::NotRead(_), Some(error)) => &error.reply,
            _ => &self.last_reply,
        }
    }
}

/// An earlier request that may have been applied although its response doesn't say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaybeApplied {
    /// The attempt with this number, from 1, which ended with this status or without a response.
    Attempt(usize, Option<u16>),
    /// The bulk request, which ended with this status or without a response.
    Bulk(Option<u16>),
}

impl MaybeApplied {
    /// Finds the first attempt that may have been applied.
    pub fn find(attempts: &[EarlierAttempt]) -> Option<Self> {
        let index = attempts.iter().position(|attempt| attempt.maybe_applied)?;
        Some(Self::Attempt(index + 1, attempts[index].status))
    }

    /// Turns an attempt of a bulk request into what it means for one of its keys.
    pub fn in_bulk(self) -> Self {
        match self {
            Self::Attempt(_, status) | Self::Bulk(status) => Self::Bulk(status),
        }
    }
}
