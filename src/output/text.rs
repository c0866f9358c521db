//! Results in words: what happened to which key.

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Fetched, ReadError, ReadErrorKind};
use crate::coveo::verdict::{KeyRead, LastEvent, MaybeApplied};
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::explain::{describe_maybe_applied, describe_response, describe_status, reason, why};
use crate::output::key_summary::{describe, quoted_name, summarize};

/// The most IDs on one line.
const MAX_IDS: usize = 10;

/// Returns the line for `key`: a result for standard output, or an error. The outcome decides the words, so no line can
/// say more than the verdict.
pub fn line(context: &ReportContext, key: &KeyId, result: &KeyResult) -> String {
    let org = context.organization;
    let summary =
        || result.key.as_ref().map_or_else(String::new, |found| summarize(found, context.token, ""));
    match result.outcome() {
        Outcome::Deleted => format!("deleted {key}{} from {org}", name(context, result)),
        Outcome::Disabled => {
            format!("disabled {key}{} in {org}{}", name(context, result), found_later(result))
        }
        Outcome::Activated => format!("activated {key}{} in {org}", name(context, result)),
        Outcome::WouldDelete => format!("would delete {key} {} from {org}", forecast(context, result)),
        Outcome::WouldDisable => format!("would disable {key} {} in {org}", forecast(context, result)),
        Outcome::WouldActivate => format!("would activate {key} {} in {org}", forecast(context, result)),
        Outcome::Listed => {
            let found = result.key.as_ref().map(|found| describe(found, context.token));
            format!("{key} {}", found.unwrap_or_default())
        }
        Outcome::Gone => format!("{key} is gone from {org}{}", how_gone(result)),
        Outcome::AlreadyGone => format!("{key} is already gone from {org}"),
        Outcome::Kept => {
            let reason = result.reason.as_deref().unwrap_or("it doesn't match");
            format!("kept {key} {} in {org}, because {reason}", summary())
        }
        Outcome::NotFound => format!("no such key {key} in {org} ({})", why(context, result)),
        Outcome::OrganizationNotFound => {
            format!(
                "{}: {} has no organization {org} ({})",
                not_done(context, key),
                context.host,
                why(context, result)
            )
        }
        Outcome::Refused | Outcome::Unauthorized | Outcome::Forbidden | Outcome::Unavailable => {
            failed_read(context, key, result)
                .unwrap_or_else(|| format!("{}: {}", not_done(context, key), why(context, result)))
        }
        Outcome::Unexpected => unexpected(context, key, result),
        Outcome::Unknown => format!(
            "it is not known whether {key} was {} {} {org}: {}",
            context.done(),
            context.preposition(),
            why(context, result)
        ),
        Outcome::Cancelled => format!("{}: cancelled", not_done(context, key)),
        Outcome::NotTried => format!("{}: not tried", not_done(context, key)),
    }
}

/// `k1 was not deleted from o1`.
fn not_done(context: &ReportContext, key: &KeyId) -> String {
    let not = if context.is_dry_run { "would not be" } else { "was not" };
    format!("{key} {not} {} {} {}", context.done(), context.preposition(), context.organization)
}

/// The line for a key that could not be read; `None` if the usual line, that nothing was changed, says enough.
fn failed_read(context: &ReportContext, key: &KeyId, result: &KeyResult) -> Option<String> {
    let LastEvent::NotRead(kind) = result.last() else { return None };
    let (org, why) = (context.organization, why(context, result));
    let is_read_only = context.is_dry_run || context.action.is_none();
    match kind {
        // The token may be allowed to edit a key and not to view it.
        ReadErrorKind::Unauthorized | ReadErrorKind::Refused if !is_read_only => None,
        ReadErrorKind::Forbidden if !is_read_only => None,
        _ if is_read_only => Some(format!("{key} could not be read in {org}: {why}")),
        _ => Some(format!("{}, because it could not be read: {why}", not_done(context, key))),
    }
}

fn unexpected(context: &ReportContext, key: &KeyId, result: &KeyResult) -> String {
    match (result.last(), result.reply().response()) {
        (LastEvent::NotFound(KeyRead::Found), Some(response)) => format!(
            "{key} still exists in {}, although Coveo answered 404 to the request to {} it ({})",
            context.organization,
            context.verb(),
            describe_response(response)
        ),
        (LastEvent::BadData, _) => {
            let reason = result.reason.as_deref().unwrap_or("its data is incomplete");
            format!("{}, because {reason}", not_done(context, key))
        }
        (LastEvent::NotRead(_), _) => failed_read(context, key, result)
            .unwrap_or_else(|| format!("{}: {}", not_done(context, key), why(context, result))),
        _ => format!(
            "it is not known whether {key} was {} {} {}: {}",
            context.done(),
            context.preposition(),
            context.organization,
            why(context, result)
        ),
    }
}

/// The display name of a key that was read before its change.
fn name(context: &ReportContext, result: &KeyResult) -> String {
    let name = result.key.as_ref().and_then(|found| quoted_name(found, context.token));
    name.map_or_else(String::new, |name| format!(" {name}"))
}

fn forecast(context: &ReportContext, result: &KeyResult) -> String {
    let is_unchecked = result.last() == LastEvent::Forecast(None);
    let note = if is_unchecked { "; the token's privilege was not checked" } else { "" };
    result.key.as_ref().map_or_else(String::new, |found| summarize(found, context.token, note))
}

/// How the run knows that a key is disabled, if a read after the last attempt showed it.
fn found_later(result: &KeyResult) -> String {
    match (result.last(), result.maybe_applied()) {
        (LastEvent::NoMatch { .. }, Some(earlier)) => {
            format!(" ({}, then it was found disabled)", describe_maybe_applied(earlier))
        }
        _ => String::new(),
    }
}

/// How the run knows that a key is gone.
fn how_gone(result: &KeyResult) -> String {
    let is_own_404 = matches!(result.last(), LastEvent::NotFound(_));
    match (result.maybe_applied(), &result.attempts) {
        (Some(MaybeApplied::Attempt(number, status)), Some(attempts)) if is_own_404 => {
            let status = describe_status(status);
            format!(" ({status} on attempt {number}, no such key on attempt {})", attempts.count())
        }
        (Some(earlier), _) => format!(" ({}, then no such key)", describe_maybe_applied(earlier)),
        (None, _) => " (it existed when this run read it, then no such key)".into(),
    }
}

/// What the lookup before a question found: a summary, or why there is none.
pub fn lookup(context: &ReportContext, read: Result<&Fetched<ApiKey>, &ReadError>) -> String {
    match read {
        Ok(found) => summarize(&found.value, context.token, ""),
        Err(error) if error.kind == ReadErrorKind::NotFound => "(no such key)".into(),
        Err(error) => match error.reply.response() {
            Some(response) => format!("(not looked up: {})", response.status),
            None => format!("(not looked up: {})", reason(&error.reply, context.token_source)),
        },
    }
}

/// Joins up to ten IDs.
pub fn format_ids(keys: &[KeyId]) -> String {
    let ids: Vec<&str> = keys.iter().take(MAX_IDS).map(KeyId::as_str).collect();
    let more = keys.len() - ids.len();
    if more > 0 { format!("{} and {more} more", ids.join(", ")) } else { ids.join(", ") }
}

/// `1 API key`, `2 API keys`.
pub fn pluralize(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coveo::action::Action;
    use crate::coveo::api_key::parse_key;
    use crate::coveo::ids::OrganizationId;
    use crate::coveo::reads::LastReply;
    use crate::coveo::response::ResponseKind;
    use crate::coveo::token::AccessToken;
    use crate::coveo::verdict::Facts;
    use crate::output::json;

    /// How the line of each outcome starts, for a key `k1` that `action` applies to in the organization `o1`.
    fn beginning(outcome: Outcome, action: Action) -> String {
        let (done, from) = (action.done(), action.preposition());
        match outcome {
            Outcome::Deleted => "deleted k1 \"n\" from o1".into(),
            Outcome::Disabled => "disabled k1 \"n\" in o1".into(),
            Outcome::Activated => "activated k1 \"n\" in o1".into(),
            Outcome::WouldDelete => "would delete k1 \"n\" (".into(),
            Outcome::WouldDisable => "would disable k1 \"n\" (".into(),
            Outcome::WouldActivate => "would activate k1 \"n\" (".into(),
            Outcome::Listed => "k1 \"n\" (".into(),
            Outcome::Gone => "k1 is gone from o1 (".into(),
            Outcome::AlreadyGone => "k1 is already gone from o1".into(),
            Outcome::Kept => "kept k1 \"n\" (".into(),
            Outcome::NotFound => "no such key k1 in o1 (".into(),
            Outcome::Unknown => format!("it is not known whether k1 was {done} {from} o1: "),
            Outcome::Refused
            | Outcome::Unauthorized
            | Outcome::Forbidden
            | Outcome::Unavailable
            | Outcome::OrganizationNotFound
            | Outcome::Cancelled
            | Outcome::NotTried => format!("k1 was not {done} {from} o1"),
            Outcome::Unexpected => String::new(),
        }
    }

    fn every_last() -> Vec<LastEvent> {
        use ResponseKind::*;
        let replies = [
            Done,
            Unauthorized,
            Forbidden,
            OrganizationNotFound,
            Refused,
            RateLimited,
            ServerError,
            Unexpected,
        ];
        let reads = [KeyRead::Found, KeyRead::Missing, KeyRead::Denied(None), KeyRead::Failed];
        let mut all: Vec<LastEvent> = replies.into_iter().map(LastEvent::Reply).collect();
        all.extend(reads.map(LastEvent::NotFound));
        all.extend([LastEvent::NoResponse { maybe_sent: true }, LastEvent::NoResponse { maybe_sent: false }]);
        all.extend([
            LastEvent::NoMatch { is_done: true },
            LastEvent::NoMatch { is_done: false },
            LastEvent::Forecast(None),
        ]);
        all.extend([
            LastEvent::BadData,
            LastEvent::OwnKey,
            LastEvent::Listed,
            LastEvent::NotTried,
            LastEvent::Cancelled,
        ]);
        all
    }

    #[test]
    fn text_and_json_agree_on_every_outcome() {
        let organization = OrganizationId::parse("o1").ok().unwrap();
        let token = AccessToken::parse("t", b"secret-token").ok().unwrap();
        let key = KeyId::parse("k1").ok().unwrap();
        let mut seen = std::collections::HashSet::new();
        for action in [Action::Delete, Action::Disable, Action::Activate] {
            let context = ReportContext {
                host: "h",
                organization: &organization,
                action: Some(action),
                is_dry_run: false,
                ignore_not_found: false,
                token: &token,
                token_source: "t",
                has_ca_file: false,
                http_proxy_set: false,
            };
            for last in every_last() {
                for bits in 0..8u8 {
                    let facts = Facts {
                        action,
                        has_coveo_form: true,
                        ignore_not_found: bits & 1 == 1,
                        was_seen: bits & 2 == 2,
                        own_attempt: (bits & 4 == 4).then_some(MaybeApplied::Attempt(1, None)),
                        ..Facts::default()
                    };
                    let body = br#"{"id":"k1","displayName":"n"}"#;
                    let found = parse_key(body, &token).map(|key| key.into_owned());
                    let result = KeyResult { key: found, ..KeyResult::new(facts, last, LastReply::None) };
                    let outcome = result.outcome();
                    let (text, json) = (line(&context, &key, &result), json::line(&context, &key, &result));
                    let start = beginning(outcome, action);
                    assert!(text.starts_with(&start), "{outcome:?}: {text}");
                    assert!(json.contains(&format!(r#""outcome":"{}""#, outcome.name())), "{json}");
                    let claims = ["deleted k1", "disabled k1", "activated k1"];
                    let is_done =
                        matches!(outcome, Outcome::Deleted | Outcome::Disabled | Outcome::Activated);
                    assert_eq!(claims.iter().any(|claim| text.starts_with(claim)), is_done, "{text}");
                    seen.insert(outcome as usize);
                }
            }
        }
        assert_eq!(seen.len(), Outcome::ALL.len(), "a line for every outcome");
    }
}
