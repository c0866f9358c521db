//! Why a key was not changed, or could not be read, in words: from the final reply, or because there is none.

use std::fmt;

use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{LastReply, ReadError, ReadErrorKind, Resource};
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::verdict::{KeyRead, LastEvent, MaybeApplied};
use crate::durations::format_duration;
use crate::net::retry::{Attempts, GiveUpReason};
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::hints;

/// Says why a key was not changed, or why that isn't known.
pub fn why(context: &ReportContext, result: &KeyResult) -> String {
    use LastEvent::*;
    let (last, source) = (result.facts.last, &context.token.source);
    let unread = result.read_error.as_ref().map(|error| why_not_read(error, source)).unwrap_or_default();
    let sent = |(attempts, reply)| with_attempts(reply, attempts, source);
    let (then, why) = match (last, &result.reason, result.attempts.as_ref().zip(result.reply())) {
        (Forecast(_), ..) => return "the access token has no privilege to edit it".into(),
        (NotRead(_), ..) => ("the key could not be read: ", unread),
        (_, Some(reason), _) => ("it was left alone, because ", reason.clone()),
        (.., Some((attempts, _))) if result.outcome() == Outcome::NotFound => {
            let said = result.response().map(describe_response).unwrap_or_default();
            return said + &attempts_suffix(attempts);
        }
        (NotFound(KeyRead::Failed), _, Some(reply)) => {
            ("", format!("{}; and the key could not be read afterwards: {unread}", sent(reply)))
        }
        (NotFound(KeyRead::Denied(_)), _, Some(reply)) => {
            ("", format!("{}; and reading the key proves nothing: {unread}", sent(reply)))
        }
        (.., Some(reply)) => ("", sent(reply)),
        (.., None) => {
            let earlier = result.facts.maybe_applied().map(|earlier| earlier.to_string()).unwrap_or_default();
            return format!("{earlier}, and the run ended before more was known");
        }
    };
    let leaves_doubt = matches!(last, Reply(ResponseKind::ServerError) | NoResponse { maybe_sent: true });
    match result.facts.maybe_applied() {
        // The last attempt alone leaves the same doubt.
        Some(MaybeApplied::Attempt(..)) if leaves_doubt => why,
        Some(earlier) => format!("{earlier}; then {then}{why}"),
        None => why,
    }
}

/// The result of a key's request, for JSON: the server's own text, or why there was no response.
pub fn message(context: &ReportContext, result: &KeyResult) -> Option<String> {
    use LastEvent::*;
    match (result.facts.last, result.reply()) {
        (Forecast(None), _) => Some("the token's privilege was not checked".into()),
        (Forecast(Some(true)) | Listed | Cancelled, _) => None,
        (NotTried, _) if result.facts.maybe_applied().is_none() => None,
        (NoMatch { .. } | BadData | OwnKey, _) => result.reason.clone(),
        (Forecast(Some(false)), _)
        | (NotRead(ReadErrorKind::Unusable(_)), Some(Ok(ApiResponse { message: None, .. })))
        | (_, Some(Err(_)) | None) => Some(why(context, result)),
        (_, Some(Ok(response))) => response.message.clone(),
    }
}

/// Says why something could not be read. `token_source` names where the token came from.
fn why_not_read(error: &ReadError, token_source: &str) -> String {
    use {ReadErrorKind::*, ResponseKind::Forbidden};
    let response = error.reply.as_ref().ok();
    let said = response.map(describe_response).unwrap_or_default();
    let why = match error.kind {
        Unusable(defect) => hints::of_defect(defect, &said).0,
        Unproven => format!(
            "the 404 may be about the organization ({said}), and the token's privileges there could not be read: {}",
            error.no_proof.as_ref().map(|proof| why_not_read(proof, token_source)).unwrap_or_default()
        ),
        Response(Forbidden) if !response.is_some_and(|response| response.blocked_by_firewall) => {
            let what = match error.resource {
                Resource::Key => "this key",
                Resource::Keys => "all keys",
                Resource::Privileges => "its own privileges",
            };
            format!("the access token may not view {what} ({said})")
        }
        Missing => said,
        Response(_) | NoResponse => {
            return with_attempts(&error.reply, &error.attempts, token_source);
        }
    };
    why + &attempts_suffix(&error.attempts)
}

/// The reason, with the numbers of its attempts: `503 on attempts 1 and 2`.
fn with_attempts(reply: &LastReply, attempts: &Attempts, token_source: &str) -> String {
    let response = match reply {
        Ok(response) => response,
        Err(error) => return error.to_string() + &attempts_suffix(attempts),
    };
    let (status, last) = (response.status, attempts.count());
    let is_repeated = last > 1 && attempts.earlier.iter().all(|attempt| attempt.status == Some(status));
    let limited = match response.kind {
        ResponseKind::RateLimited if is_repeated => "rate limited: ",
        ResponseKind::ServerError if is_repeated => "",
        _ => return describe_reason(response, token_source) + &attempts_suffix(attempts),
    };
    let to = if last == 2 { "and" } else { "to" };
    let details = match describe_response(response)[3..].trim_start_matches([' ', ':', ',']) {
        "" => String::new(),
        details => format!(" ({details})"),
    };
    format!("{limited}{status} on attempts 1 {to} {last}{details}") + &gave_up_suffix(attempts)
}

/// Says what a response means: `the access token may not do this (403 …)`.
fn describe_reason(response: &ApiResponse, token_source: &str) -> String {
    use ResponseKind::*;
    let said = describe_response(response);
    let reason = match (response.kind, response.status) {
        (OrganizationNotFound, _) => return said,
        (Unauthorized, _) => &format!("the access token in {token_source} was refused"),
        (Forbidden, _) if response.blocked_by_firewall => {
            "Coveo's web application firewall blocked the request, which has nothing to do with privileges"
        }
        (Forbidden, _) => "the access token may not do this",
        (NotFound, _) => "the 404 may be about the organization, the region or the route",
        (Refused, _) => "Coveo refused the request",
        (RateLimited, _) => "rate limited",
        (ServerError, _) => "server error",
        (Done | Unexpected, 300..=399) => "the response is a redirect, which is never followed",
        (Done | Unexpected, 404) if response.code.is_some() => "the 404 isn't about a key",
        (Done | Unexpected, 404) => {
            "the 404 doesn't come from Coveo's API, so it doesn't prove that the key is gone"
        }
        (Done | Unexpected, _) => "Coveo's API doesn't document this response",
    };
    let sender = if response.status / 100 == 2 { "; a proxy or a login page may have sent it" } else { "" };
    format!("{reason} ({said}){sender}")
}

/// Formats a response: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
pub fn describe_response(response: &ApiResponse) -> String {
    let mut text = response.status.to_string();
    text.extend(response.code.iter().map(|code| format!(" {code}")));
    text.extend(response.message.iter().map(|message| format!(": \"{message}\"")));
    text.extend(response.request_id.iter().map(|id| format!(", request ID {id}")));
    text
}

/// `503 on attempt 1`.
impl fmt::Display for MaybeApplied {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Self::Attempt(number, status) => write!(f, "{} on attempt {number}", describe_status(status)),
            Self::Bulk(status) => write!(f, "{} to the bulk request", describe_status(status)),
        }
    }
}

/// `503`, or `no response`.
pub fn describe_status(status: Option<u16>) -> String {
    status.map_or_else(|| "no response".into(), |status| status.to_string())
}

/// The number of attempts, and why there was no further one.
fn attempts_suffix(attempts: &Attempts) -> String {
    let gave_up = gave_up_suffix(attempts);
    match attempts.count() {
        1 => gave_up,
        count => format!(" ({count} attempts){gave_up}"),
    }
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
