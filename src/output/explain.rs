//! Why a key was not changed, or could not be read, in words: from the final reply, or because there is none.

use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Attempts, LastReply, ReadError, ReadErrorKind, Resource};
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::verdict::{KeyRead, LastEvent, MaybeApplied};
use crate::durations::format_duration;
use crate::net::retry::GiveUpReason;
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::hints;

/// Says why a key was not changed, or why that isn't known.
pub fn why(context: &ReportContext, result: &KeyResult) -> String {
    match (result.last(), &result.read_error) {
        (LastEvent::NotRead(_), Some(error)) => {
            let why = why_not_read(error, context.token_source);
            result.maybe_applied().map_or(why.clone(), |earlier| {
                format!("{}; then the key could not be read: {why}", describe_maybe_applied(earlier))
            })
        }
        (LastEvent::Forecast(_), _) => "the access token has no privilege to edit it".into(),
        (LastEvent::NoMatch { .. } | LastEvent::BadData | LastEvent::OwnKey, _) => {
            let reason = result.reason.as_deref().unwrap_or("it doesn't match");
            let earlier = result.maybe_applied().map(describe_maybe_applied);
            earlier.map_or(reason.into(), |earlier| {
                format!("{earlier}; then it was left alone, because {reason}")
            })
        }
        _ => why_not_changed(result, context.token_source),
    }
}

/// The result of a key's request, for JSON: the server's own text, or why there was no response.
pub fn message(context: &ReportContext, result: &KeyResult) -> Option<String> {
    match (result.last(), result.reply()) {
        (LastEvent::Forecast(None), _) => Some("the token's privilege was not checked".into()),
        (LastEvent::Forecast(Some(false)), _) => Some(why(context, result)),
        (LastEvent::NoMatch { .. } | LastEvent::BadData | LastEvent::OwnKey, _) => result.reason.clone(),
        (LastEvent::Forecast(Some(true)) | LastEvent::Listed | LastEvent::Cancelled, _) => None,
        (LastEvent::NotTried, _) if result.maybe_applied().is_none() => None,
        (LastEvent::NotRead(ReadErrorKind::Unusable(_)), LastReply::Response(response)) => {
            response.message.clone().or_else(|| Some(why(context, result)))
        }
        (_, LastReply::Response(response)) => response.message.clone(),
        (_, LastReply::Error(_) | LastReply::None) => Some(why(context, result)),
    }
}

/// Says why something could not be read. `token_source` names where the token came from.
pub fn why_not_read(error: &ReadError, token_source: &str) -> String {
    let said = error.reply.response().map(describe_response).unwrap_or_default();
    let why = match error.kind {
        ReadErrorKind::Unusable(defect) => hints::of_defect(defect, &said).0,
        ReadErrorKind::Unproven => format!(
            "the 404 may be about the organization ({said}), and the token's privileges there could not be read: {}",
            error.no_proof.as_ref().map_or_else(String::new, |proof| why_not_read(proof, token_source))
        ),
        ReadErrorKind::Forbidden if !is_blocked(&error.reply) => {
            let what = match error.resource {
                Resource::Key => "this key",
                Resource::Keys => "all keys",
                Resource::Privileges => "its own privileges",
            };
            format!("the access token may not view {what} ({said})")
        }
        ReadErrorKind::NotFound => said,
        ReadErrorKind::Forbidden
        | ReadErrorKind::OrganizationNotFound
        | ReadErrorKind::Unauthorized
        | ReadErrorKind::Refused
        | ReadErrorKind::Unavailable
        | ReadErrorKind::Unexpected => return with_attempts(&error.reply, &error.attempts, token_source),
    };
    why + &attempts_suffix(&error.attempts)
}

fn is_blocked(reply: &LastReply) -> bool {
    reply.response().is_some_and(|response| response.blocked_by_firewall)
}

fn why_not_changed(result: &KeyResult, token_source: &str) -> String {
    let Some(attempts) = &result.attempts else {
        let bulk = result.maybe_applied().map_or_else(String::new, describe_maybe_applied);
        return format!("{bulk}, and the run ended before more was known");
    };
    if let (Outcome::NotFound, Some(response)) = (result.outcome(), result.reply().response()) {
        return describe_response(response) + &attempts_suffix(attempts);
    }
    let why = with_attempts(result.reply(), attempts, token_source) + &after_not_found(result, token_source);
    match result.maybe_applied() {
        Some(earlier) if !leaves_doubt(result.reply()) => {
            format!("{}; then {why}", describe_maybe_applied(earlier))
        }
        Some(earlier @ MaybeApplied::Bulk(_)) => format!("{}; then {why}", describe_maybe_applied(earlier)),
        _ => why,
    }
}

/// The result of the read after a 404.
fn after_not_found(result: &KeyResult, token_source: &str) -> String {
    let LastEvent::NotFound(read) = result.last() else { return String::new() };
    let error = result.read_error.as_deref().map(|error| why_not_read(error, token_source));
    match (read, error) {
        (KeyRead::Failed, Some(error)) => {
            format!("; and the key could not be read afterwards: {error}")
        }
        (KeyRead::Denied(_), Some(error)) => format!("; and reading the key proves nothing: {error}"),
        _ => String::new(),
    }
}

/// Whether the last attempt alone may have changed the key.
fn leaves_doubt(reply: &LastReply) -> bool {
    match reply {
        LastReply::Response(response) => response.kind == ResponseKind::ServerError,
        LastReply::Error(error) => error.may_have_been_applied(),
        LastReply::None => false,
    }
}

/// The reason, with the numbers of its attempts: `503 on attempts 1 and 2`.
fn with_attempts(reply: &LastReply, attempts: &Attempts, token_source: &str) -> String {
    let last = attempts.count();
    if let LastReply::Response(response) = reply
        && matches!(response.kind, ResponseKind::RateLimited | ResponseKind::ServerError)
        && last > 1
        && attempts.earlier.iter().all(|attempt| attempt.status == Some(response.status))
    {
        let limited = if response.kind == ResponseKind::RateLimited { "rate limited: " } else { "" };
        let to = if last == 2 { "and" } else { "to" };
        let status = response.status.to_string();
        let said = describe_response(response);
        let details = match said[status.len()..].trim_start_matches([' ', ':', ',']) {
            "" => String::new(),
            details => format!(" ({details})"),
        };
        return format!("{limited}{status} on attempts 1 {to} {last}{details}") + &gave_up_suffix(attempts);
    }
    reason(reply, token_source) + &attempts_suffix(attempts)
}

/// Says what the final reply was.
pub fn reason(reply: &LastReply, token_source: &str) -> String {
    match reply {
        LastReply::Response(response) => response_reason(response, token_source),
        LastReply::Error(error) => error.to_string(),
        LastReply::None => "no request was sent".into(),
    }
}

fn response_reason(response: &ApiResponse, token_source: &str) -> String {
    let said = describe_response(response);
    match response.kind {
        ResponseKind::Unauthorized => format!("the access token in {token_source} was refused ({said})"),
        ResponseKind::Forbidden if response.blocked_by_firewall => {
            format!(
                "Coveo's web application firewall blocked the request, which has nothing to do with privileges ({said})"
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
            404 if response.code.is_some() => format!("the 404 isn't about a key ({said})"),
            404 => format!(
                "the 404 doesn't come from Coveo's API, so it doesn't prove that the key is gone ({said})"
            ),
            200..=299 => format!(
                "Coveo's API doesn't document this response ({said}); a proxy or a login page may have sent it"
            ),
            _ => format!("Coveo's API doesn't document this response ({said})"),
        },
    }
}

/// Formats a response: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
pub fn describe_response(response: &ApiResponse) -> String {
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

/// The number of attempts, and why there was no further one.
fn attempts_suffix(attempts: &Attempts) -> String {
    let count = match attempts.count() {
        1 => String::new(),
        count => format!(" ({count} attempts)"),
    };
    count + &gave_up_suffix(attempts)
}

fn gave_up_suffix(attempts: &Attempts) -> String {
    match attempts.gave_up {
        GiveUpReason::RetryAfter(wait) => {
            format!("; Retry-After: {} is longer than the time left (--timeout)", format_duration(wait))
        }
        GiveUpReason::NoTimeLeft => "; --timeout leaves no time for another attempt".into(),
        GiveUpReason::Interrupted => "; interrupted".into(),
        GiveUpReason::Settled | GiveUpReason::NoAttemptLeft => String::new(),
    }
}
