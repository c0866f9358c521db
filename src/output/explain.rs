//! Why something could not be changed or read, in words: from the last response or the lack of one.

use std::time::SystemTime;

use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::result::{
    Attempts, KeyResult, LastReply, MaybeApplied, ReadError, ReadErrorKind, Resource,
};
use crate::durations::format_duration;
use crate::net::retry::GiveUpReason;
use crate::outcome::Outcome;

/// Why something could not be read.
pub fn why_not_read(error: &ReadError) -> String {
    let why = match (error.kind, error.evidence.response()) {
        (ReadErrorKind::Stale, Some(response)) => {
            format!("the response comes from a cache, as its Age says ({})", describe_response(response))
        }
        (ReadErrorKind::Unreadable, Some(response)) => {
            format!(
                "the response is incomplete, too long, or not what was asked for ({})",
                describe_response(response)
            )
        }
        (ReadErrorKind::ClockAhead(date), _) => clock_ahead(date),
        (ReadErrorKind::Forbidden, Some(response)) if !response.blocked_by_firewall => {
            let what = match error.what {
                Resource::Key => "this key",
                Resource::Keys => "all keys",
                Resource::Privileges => "its own privileges",
            };
            format!("the access token may not view {what} ({})", describe_response(response))
        }
        (ReadErrorKind::NotFound, Some(response)) => describe_response(response),
        _ => return with_attempts(&error.evidence, &error.effort),
    };
    why + &attempts_suffix(&error.effort)
}

/// Why no age can be computed: which of the two clocks is wrong can't be known, so both are shown.
pub fn clock_ahead(date: SystemTime) -> String {
    format!(
        "the server's clock ({}) is more than a day ahead of this machine's ({}), so no age can be told",
        humantime::format_rfc3339_seconds(date),
        humantime::format_rfc3339_seconds(SystemTime::now()),
    )
}

/// Why a key was not changed, or why that is not known.
pub fn why_not_changed(result: &KeyResult) -> String {
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
fn leaves_doubt(evidence: &LastReply) -> bool {
    match evidence {
        LastReply::Response(response) => response.kind == ResponseKind::ServerError,
        LastReply::Error(error) => error.may_have_been_applied(),
        LastReply::UnprovenNotFound(..) | LastReply::None => false,
    }
}

/// The reason, with how often it was met: `503 on attempts 1 and 2`.
fn with_attempts(evidence: &LastReply, effort: &Attempts) -> String {
    let last = effort.attempts();
    if let LastReply::Response(response) = evidence
        && matches!(response.kind, ResponseKind::RateLimited | ResponseKind::ServerError)
        && last > 1
        && effort.earlier.iter().all(|attempt| attempt.status == Some(response.status))
    {
        let limited = if response.kind == ResponseKind::RateLimited { "rate limited: " } else { "" };
        let to = if last == 2 { "and" } else { "to" };
        let status = response.status.to_string();
        let said = describe_response(response);
        let details = match said[status.len()..].trim_start_matches([' ', ':', ',']) {
            "" => String::new(),
            details => format!(" ({details})"),
        };
        return format!("{limited}{status} on attempts 1 {to} {last}{details}") + &gave_up_suffix(effort);
    }
    reason(evidence) + &attempts_suffix(effort)
}

/// What the last attempt came to.
pub fn reason(evidence: &LastReply) -> String {
    match evidence {
        LastReply::Response(response) => response_reason(response),
        LastReply::UnprovenNotFound(response, error) => format!(
            "the 404 could be about the organization ({}), and the token's privileges there could not be read: {}",
            describe_response(response),
            with_attempts(&error.evidence, &error.effort)
        ),
        LastReply::Error(error) => error.to_string(),
        LastReply::None => "there was no request".into(),
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
            404 if response.code.is_some() => format!("the 404 is not about a key ({said})"),
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

/// Status, code, text and request ID of a response: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
fn describe_response(response: &ApiResponse) -> String {
    let mut said = response.status.to_string();
    if let Some(code) = &response.code {
        said += &format!(" {code}");
    }
    if let Some(message) = &response.message {
        said += &format!(": \"{message}\"");
    }
    if let Some(id) = &response.request_id {
        said += &format!(", request ID {id}");
    }
    said
}

/// `503 on attempt 1`.
pub fn describe_maybe_applied(earlier: MaybeApplied) -> String {
    match earlier {
        MaybeApplied::Attempt(number, status) => format!("{} on attempt {number}", describe_status(status)),
        MaybeApplied::Bulk(status) => format!("{} to the bulk request", describe_status(status)),
    }
}

/// `503`, or `no response`.
pub fn describe_status(status: Option<u16>) -> String {
    status.map_or_else(|| "no response".into(), |status| status.to_string())
}

/// How often it was tried, and why not once more.
fn attempts_suffix(effort: &Attempts) -> String {
    let attempts = match effort.attempts() {
        1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    };
    attempts + &gave_up_suffix(effort)
}

fn gave_up_suffix(effort: &Attempts) -> String {
    match effort.gave_up {
        GiveUpReason::RetryAfter(wait) => {
            format!("; Retry-After: {} is more than what is left of --timeout", format_duration(wait))
        }
        GiveUpReason::NoTimeLeft => "; --timeout leaves no time for another attempt".into(),
        GiveUpReason::Interrupted => "; interrupted".into(),
        GiveUpReason::Settled | GiveUpReason::NoAttemptLeft | GiveUpReason::Stopped => String::new(),
    }
}
