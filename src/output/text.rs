//! Results and errors in words: what happened to which key, and why.

use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Fetched;
use crate::coveo::ids::KeyId;
use crate::coveo::result::{KeyResult, LastReply, MaybeApplied, ReadError, ReadErrorKind};
use crate::net::retry::GiveUpReason;
use crate::outcome::Outcome;
use crate::output::explain::{
    describe_maybe_applied, describe_status, reason, why_not_changed, why_not_read,
};
use crate::output::key_summary::{KeySummary, quoted_name};
use crate::output::report::{KeyReport, ReportContext};

/// The most IDs that one line names.
const NAMED: usize = 10;

/// The words of a run.
pub struct Text<'a> {
    subject: ReportContext<'a>,
}

impl<'a> Text<'a> {
    /// The words of a run about `subject`.
    pub fn new(subject: ReportContext<'a>) -> Self {
        Self { subject }
    }

    /// The line of a key that is as asked: `deleted KEY from ORG`.
    pub fn success(&self, key: &KeyId, entry: &KeyReport) -> String {
        let (org, action) = (self.subject.organization, self.subject.action);
        let (done, from) = (action.done(), action.preposition());
        match (entry.outcome(&self.subject), entry) {
            (Outcome::Gone, KeyReport::Changed { result, .. }) => {
                format!("{key} is gone from {org}{}", how_gone(result))
            }
            (Outcome::AlreadyGone, _) => format!("{key} is already gone from {org}"),
            (_, KeyReport::Forecast { key: found, may_edit, .. }) => {
                let summary = KeySummary::new(found, may_edit.is_some(), self.subject.token);
                format!("would {} {key} {summary} {from} {org}", action.verb())
            }
            (_, KeyReport::Kept(found)) => {
                let summary = self.summary(&found.value);
                format!("kept {key} {summary} in {org}, since it changed after it was selected")
            }
            (_, KeyReport::Changed { result, key: found }) => {
                let name = found.and_then(|found| quoted_name(found, self.subject.token));
                let name = name.map_or_else(String::new, |name| format!(" {name}"));
                format!("{done} {key}{name} {from} {org}{}", how_found(result, done))
            }
            (_, KeyReport::NotRead(_) | KeyReport::Untouched(_)) => format!("{done} {key} {from} {org}"),
        }
    }

    /// The error line of a key that is not as asked: which key, what is certain, and why.
    pub fn failure(&self, key: &KeyId, entry: &KeyReport) -> String {
        let (org, action) = (self.subject.organization, self.subject.action);
        let (done, from, why) = (action.done(), action.preposition(), self.why(entry));
        let not_done = if self.subject.is_dry_run { "would not be" } else { "was not" };
        match (entry.outcome(&self.subject), entry) {
            (Outcome::NotFound, _) => format!("no such key {key} in {org} ({why})"),
            (Outcome::OrganizationNotFound, _) => {
                format!("{key} {not_done} {done}: {} has no organization {org} ({why})", self.subject.host)
            }
            // A token may be allowed to edit a key and not to view it.
            (Outcome::Forbidden | Outcome::Unavailable | Outcome::Unexpected, KeyReport::NotRead(_))
                if self.subject.is_dry_run =>
            {
                format!("{key} could not be looked up in {org}: {why}")
            }
            (Outcome::Unavailable | Outcome::Unexpected, KeyReport::NotRead(_)) => {
                format!("{key} {not_done} {done} {from} {org}, since it could not be read once more: {why}")
            }
            (Outcome::Unknown | Outcome::Unexpected, _) => {
                format!("it is not known whether {key} was {done} {from} {org}: {why}")
            }
            _ => format!("{key} {not_done} {done} {from} {org}: {why}"),
        }
    }

    /// What the look-up before the question found of a key: a summary, or why there is none.
    pub fn lookup(&self, read: &Result<Fetched<ApiKey>, Box<ReadError>>) -> String {
        match read {
            Ok(found) => self.summary(&found.value),
            Err(error) if error.kind == ReadErrorKind::NotFound => "(no such key)".into(),
            Err(error) => match error.evidence.response() {
                Some(response) => format!("(not looked up: {})", response.status),
                None => format!("(not looked up: {})", reason(&error.evidence)),
            },
        }
    }

    /// `"My Source API Key" (enabled, last used 2026-11-20)`.
    pub fn summary(&self, key: &ApiKey) -> String {
        KeySummary::new(key, true, self.subject.token).to_string()
    }

    /// What the request of `entry` came to, for JSON: the server's own text, or why there was none.
    pub fn message(&self, entry: &KeyReport) -> Option<String> {
        match entry {
            KeyReport::Forecast { may_edit: Some(true), .. }
            | KeyReport::Kept(_)
            | KeyReport::Untouched(_) => None,
            KeyReport::Forecast { may_edit: None, .. } => Some("the token's privilege is not checked".into()),
            KeyReport::Forecast { may_edit: Some(false), .. } => Some(self.why(entry)),
            KeyReport::Changed { .. } | KeyReport::NotRead(_) => match entry.evidence() {
                LastReply::Response(response) | LastReply::UnprovenNotFound(response, _) => {
                    response.message.clone()
                }
                LastReply::Error(_) | LastReply::None => Some(self.why(entry)),
            },
        }
    }

    /// Why a key is not as asked.
    fn why(&self, entry: &KeyReport) -> String {
        match entry {
            KeyReport::NotRead(error) => why_not_read(error),
            KeyReport::Forecast { .. } | KeyReport::Kept(_) | KeyReport::Untouched(_) => {
                "the access token has no privilege to edit it".into()
            }
            KeyReport::Changed { result, .. } => why_not_changed(result),
        }
    }
}

/// How it is known that a key is as asked, where a look after the last attempt has shown it.
fn how_found(result: &KeyResult, done: &str) -> String {
    match (result.maybe_applied, &result.effort) {
        (Some(earlier), Some(effort)) if effort.gave_up == GiveUpReason::Stopped => {
            format!(" ({}, then it was found {done})", describe_maybe_applied(earlier))
        }
        _ => String::new(),
    }
}

/// How it is known that a key is gone.
fn how_gone(result: &KeyResult) -> String {
    match (result.maybe_applied, &result.effort) {
        (Some(MaybeApplied::Attempt(number, status)), Some(effort))
            if effort.gave_up != GiveUpReason::Stopped =>
        {
            format!(
                " ({} on attempt {number}, no such key on attempt {})",
                describe_status(status),
                effort.attempts()
            )
        }
        (Some(earlier), _) => format!(" ({}, then no such key)", describe_maybe_applied(earlier)),
        (None, _) => " (it was in the list of keys, then no such key)".into(),
    }
}

/// Up to ten of `keys`, by ID.
pub fn format_ids(keys: &[KeyId]) -> String {
    let ids: Vec<&str> = keys.iter().take(NAMED).map(KeyId::as_str).collect();
    let more = keys.len() - ids.len();
    if more > 0 { format!("{} and {more} more", ids.join(", ")) } else { ids.join(", ") }
}

/// `1 API key`, `2 API keys`.
pub fn pluralize(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
