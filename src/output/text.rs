//! Results and errors in words: what happened to which key, and why.

use std::fmt::Write;

use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Fetched;
use crate::coveo::ids::KeyId;
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::result::{Effort, Evidence, KeyResult, MaybeApplied, ReadError, ReadErrorKind};
use crate::net::error::format_duration;
use crate::net::retry::GiveUpReason;
use crate::outcome::Outcome;
use crate::output::key_summary::KeySummary;
use crate::output::report::{Entry, Subject};

/// The most IDs that one line names.
const NAMED: usize = 10;

/// The words of a run.
pub struct Text<'a> {
    subject: Subject<'a>,
}

impl<'a> Text<'a> {
    /// The words of a run about `subject`.
    pub fn new(subject: Subject<'a>) -> Self {
        Self { subject }
    }

    /// The line of a key that is as asked: `deleted KEY from ORG`.
    pub fn success(&self, key: &KeyId, entry: &Entry) -> String {
        let (org, action) = (self.subject.organization, self.subject.action);
        let (done, from) = (action.done(), action.preposition());
        match (entry.outcome(&self.subject), entry) {
            (Outcome::Gone, Entry::Changed { result, .. }) => {
                format!("{key} is gone from {org}{}", how_gone(result))
            }
            (Outcome::AlreadyGone, _) => format!("{key} was already gone from {org}"),
            (_, Entry::Forecast { key: found, may_edit, .. }) => {
                let summary = KeySummary::new(found, may_edit.is_some(), self.subject.token);
                format!("would {} {key} {summary} {from} {org}", action.verb())
            }
            (_, Entry::Kept { key: found, .. }) => {
                format!("kept {key} {} in {org}, since it changed after it was selected", self.summary(found))
            }
            // Whoever looked found it as asked.
            (
                _,
                Entry::Changed {
                    result: KeyResult { maybe_applied: Some(earlier), effort: Some(effort), .. },
                    ..
                },
            ) if effort.gave_up == GiveUpReason::Stopped => {
                let earlier = describe_maybe_applied(*earlier);
                format!("{done} {key} {from} {org} ({earlier}, then it was found {done})")
            }
            _ => format!("{done} {key} {from} {org}"),
        }
    }

    /// The error line of a key that is not as asked: which key, what is certain, and why.
    pub fn failure(&self, key: &KeyId, entry: &Entry) -> String {
        let (org, action) = (self.subject.organization, self.subject.action);
        let (done, from, why) = (action.done(), action.preposition(), self.why(entry));
        let not_done = if self.subject.is_dry_run { "would not be" } else { "was not" };
        match (entry.outcome(&self.subject), entry) {
            (Outcome::NotFound, _) => format!("no such key {key} in {org} ({why})"),
            (Outcome::OrganizationNotFound, _) => {
                format!("{key} {not_done} {done}: there is no organization {org} here ({why})")
            }
            (Outcome::Unavailable | Outcome::Unexpected, Entry::NotRead(_)) if self.subject.is_dry_run => {
                format!("{key} could not be looked up in {org}: {why}")
            }
            (Outcome::Unavailable | Outcome::Unexpected, Entry::NotRead(_)) => {
                format!("{key} {not_done} {done} {from} {org}, since it could not be read once more: {why}")
            }
            (Outcome::Unknown | Outcome::Unexpected, _) => {
                format!("it is not known whether {key} was {done} {from} {org}: {why}")
            }
            // A proxy may have repeated the request, so a first 404 does not say what this run did.
            (Outcome::Unavailable, Entry::Changed { result, .. })
                if matches!(result.evidence, Evidence::UnprovenNotFound(..)) =>
            {
                format!("{key} could not be looked up in {org}: {why}")
            }
            _ => format!("{key} {not_done} {done} {from} {org}: {why}"),
        }
    }

    /// What was found of a key before the question.
    pub fn lookup(&self, read: &Result<Fetched<ApiKey>, ReadError>) -> String {
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
    pub fn message(&self, entry: &Entry) -> Option<String> {
        match (entry.evidence(), entry) {
            (Evidence::Response(response) | Evidence::UnprovenNotFound(response, _), _) => {
                response.message.clone()
            }
            (Evidence::Error(_), _) => Some(self.why(entry)),
            (Evidence::None, Entry::Untouched(_) | Entry::Kept { .. }) => None,
            (Evidence::None, Entry::Forecast { may_edit: Some(true), .. }) => None,
            (Evidence::None, Entry::Forecast { may_edit: None, .. }) => {
                Some("the token's privilege is not checked".into())
            }
            (
                Evidence::None,
                Entry::Forecast { may_edit: Some(false), .. } | Entry::Changed { .. } | Entry::NotRead(_),
            ) => Some(self.why(entry)),
        }
    }

    /// Why a key is not as asked.
    fn why(&self, entry: &Entry) -> String {
        match entry {
            Entry::NotRead(error) => why_not_read(error, "this key"),
            Entry::Forecast { .. } | Entry::Kept { .. } | Entry::Untouched(_) => {
                "the access token has no privilege to edit it".into()
            }
            Entry::Changed { result, .. } => why_not_changed(result),
        }
    }

    /// Why the keys could not be listed.
    pub fn why_not_listed(&self, error: &ReadError) -> String {
        why_not_read(error, "all keys")
    }
}

fn why_not_read(error: &ReadError, what: &str) -> String {
    let why = match (error.kind, error.evidence.response()) {
        (ReadErrorKind::Stale, Some(response)) => {
            format!("the response comes from a cache, as its Age says ({})", describe_response(response))
        }
        (ReadErrorKind::Unreadable, Some(response)) => {
            format!(
                "the response is not whole, too long, or not what was asked for ({})",
                describe_response(response)
            )
        }
        (ReadErrorKind::ClockAhead, _) => {
            "the server's clock is more than a day ahead of this machine's".into()
        }
        (ReadErrorKind::Forbidden, Some(response)) if !response.blocked_by_firewall => {
            format!("the access token may not view {what} ({})", describe_response(response))
        }
        (ReadErrorKind::NotFound, Some(response)) => describe_response(response),
        _ => return with_attempts(&error.evidence, &error.effort),
    };
    why + &attempts_suffix(&error.effort)
}

fn why_not_changed(result: &KeyResult) -> String {
    let Some(effort) = &result.effort else {
        let bulk = result.maybe_applied.map_or_else(String::new, describe_maybe_applied);
        return format!("{bulk}, and the run ended before more was known");
    };
    if let (Outcome::NotFound, Some(response)) = (result.outcome, result.evidence.response()) {
        return describe_response(response) + &attempts_suffix(effort);
    }
    let why = with_attempts(&result.evidence, effort);
    match result.maybe_applied {
        // The attempt before it is what leaves the doubt.
        Some(earlier) if !leaves_doubt(&result.evidence) => {
            format!("{}; then {why}", describe_maybe_applied(earlier))
        }
        Some(earlier @ MaybeApplied::Bulk(_)) => format!("{}; then {why}", describe_maybe_applied(earlier)),
        _ => why,
    }
}

/// Whether the last attempt alone leaves open whether the key was changed.
fn leaves_doubt(evidence: &Evidence) -> bool {
    match evidence {
        Evidence::Response(response) => response.kind == ResponseKind::ServerError,
        Evidence::Error(error) => error.may_have_been_applied(),
        Evidence::UnprovenNotFound(..) | Evidence::None => false,
    }
}

/// The reason, with how often it was met: `503 on attempts 1 and 2`.
fn with_attempts(evidence: &Evidence, effort: &Effort) -> String {
    let last = effort.attempts();
    if let Evidence::Response(response) = evidence
        && matches!(response.kind, ResponseKind::RateLimited | ResponseKind::ServerError)
        && last > 1
        && effort.earlier.iter().all(|attempt| attempt.status == Some(response.status))
    {
        let limited = if response.kind == ResponseKind::RateLimited { "rate limited: " } else { "" };
        let to = if last == 2 { "and" } else { "to" };
        let mut why = format!("{limited}{} on attempts 1 {to} {last}", response.status);
        let details = details(response);
        if !details.is_empty() {
            let _ = write!(why, " ({details})");
        }
        return why + &gave_up_suffix(effort);
    }
    reason(evidence) + &attempts_suffix(effort)
}

/// What the last attempt came to.
fn reason(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Response(response) => response_reason(response),
        Evidence::UnprovenNotFound(response, error) => format!(
            "the 404 could be about the organization ({}), and the token's privileges there could not be read: {}",
            describe_response(response),
            with_attempts(&error.evidence, &error.effort)
        ),
        Evidence::Error(error) => error.to_string(),
        Evidence::None => "there was no request".into(),
    }
}

fn response_reason(response: &ApiResponse) -> String {
    let said = describe_response(response);
    match response.kind {
        ResponseKind::Unauthorized => format!("the access token was refused ({said})"),
        ResponseKind::Forbidden if response.blocked_by_firewall => {
            format!(
                "Coveo's web application firewall blocked the request, which is not about privileges ({said})"
            )
        }
        ResponseKind::Forbidden => format!("the access token may not do this ({said})"),
        ResponseKind::OrganizationNotFound => said,
        ResponseKind::NotFound => {
            format!("the 404 may be about the organization, the region or the route ({said})")
        }
        ResponseKind::Refused => format!("Coveo refused the request ({said})"),
        ResponseKind::RateLimited => format!("rate limited ({said})"),
        ResponseKind::ServerError => format!("server error ({said})"),
        ResponseKind::Done | ResponseKind::Unexpected => match response.status {
            300..=399 => format!("the response is a redirect, which is never followed ({said})"),
            404 => format!(
                "the 404 does not come from Coveo's API, so it does not prove that the key is gone ({said})"
            ),
            200..=299 => format!(
                "Coveo's API does not document this response ({said}); a proxy or a portal may have sent it"
            ),
            _ => format!("Coveo's API does not document this response ({said})"),
        },
    }
}

/// What a response said: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
pub fn describe_response(response: &ApiResponse) -> String {
    let details = details(response);
    let colon = if response.code.is_none() && response.message.is_some() { ":" } else { "" };
    let comma = if response.code.is_none() && response.message.is_none() { "," } else { "" };
    match details.is_empty() {
        true => response.status.to_string(),
        false => format!("{}{colon}{comma} {details}", response.status),
    }
}

/// What a response said beside its status: `KEY_NOT_FOUND: "no such key", request ID 1234`.
fn details(response: &ApiResponse) -> String {
    let message = response.message.as_ref().map(|message| format!("\"{message}\""));
    let said: Vec<String> = response.code.clone().into_iter().chain(message).collect();
    let id = response.request_id.as_ref().map(|id| format!("request ID {id}"));
    let parts: Vec<String> =
        Some(said.join(": ")).filter(|said| !said.is_empty()).into_iter().chain(id).collect();
    parts.join(", ")
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

/// `503 on attempt 1`.
fn describe_maybe_applied(earlier: MaybeApplied) -> String {
    match earlier {
        MaybeApplied::Attempt(number, status) => format!("{} on attempt {number}", describe_status(status)),
        MaybeApplied::Bulk(status) => format!("{} to the bulk request", describe_status(status)),
    }
}

fn describe_status(status: Option<u16>) -> String {
    status.map_or_else(|| "no response".into(), |status| status.to_string())
}

/// How often it was tried, and why not once more.
fn attempts_suffix(effort: &Effort) -> String {
    let attempts = match effort.attempts() {
        1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    };
    attempts + &gave_up_suffix(effort)
}

fn gave_up_suffix(effort: &Effort) -> String {
    match effort.gave_up {
        GiveUpReason::RetryAfter(wait) => {
            format!("; Retry-After: {} is more than what is left of --timeout", format_duration(wait))
        }
        GiveUpReason::NoTimeLeft => "; --timeout leaves no time for another attempt".into(),
        GiveUpReason::Interrupted => "; interrupted".into(),
        GiveUpReason::Settled | GiveUpReason::NoAttemptLeft | GiveUpReason::Stopped => String::new(),
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
