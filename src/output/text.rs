//! Results in words: what happened to which key.

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Fetched, ReadError, ReadErrorKind};
use crate::coveo::verdict::{KeyRead, LastEvent, MaybeApplied};
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::explain::{describe_response, why};
use crate::output::key_summary::{describe, quoted_name, summarize};

/// The most IDs on one line.
const MAX_IDS: usize = 10;

/// Returns the line for `key`: a result for standard output, or an error. The outcome decides the words, so no line can
/// say more than the verdict.
pub fn line(context: &ReportContext, key: &KeyId, result: &KeyResult) -> String {
    use Outcome::*;
    let (org, token, last) = (context.organization, context.token, result.facts.last);
    let (done, place) = (context.done(), context.place());
    let found = result.key.as_ref();
    let why = || why(context, result);
    let is_unchecked = last == LastEvent::Forecast(None);
    let note = if is_unchecked { "; the token's privilege was not checked" } else { "" };
    let summary = || found.map(|found| summarize(found, token, note)).unwrap_or_default();
    let not = if context.is_dry_run { "would not be" } else { "was not" };
    let not_done = || format!("{key} {not} {done} {place}");
    let is_unread = matches!(last, LastEvent::NotRead(_));
    let is_read_only = context.is_dry_run || context.action.is_none();
    match result.outcome() {
        outcome @ (Deleted | Disabled | Activated) => {
            let name = found.and_then(|found| quoted_name(found, token)).map(|name| format!(" {name}"));
            let earlier = result.facts.maybe_applied().filter(|_| matches!(last, LastEvent::NoMatch { .. }));
            let later = earlier.map(|earlier| format!(" ({earlier}, then it was found disabled)"));
            let (name, later) = (name.unwrap_or_default(), later.unwrap_or_default());
            format!("{} {key}{name} {place}{later}", outcome.words())
        }
        WouldDelete | WouldDisable | WouldActivate => {
            format!("would {} {key} {} {place}", context.verb(), summary())
        }
        Listed => format!("{key} {}", found.map(|found| describe(found, token)).unwrap_or_default()),
        Gone => format!("{key} is gone from {org} ({})", how_gone(result)),
        AlreadyGone => format!("{key} is already gone from {org}"),
        Kept => format!("kept {key} {} in {org}, because {}", summary(), why()),
        NotFound => format!("no such key {key} in {org} ({})", why()),
        OrganizationNotFound => {
            format!("{}: {} has no organization {org} ({})", not_done(), context.host, why())
        }
        Refused | Unauthorized | Forbidden | Unavailable | Unexpected if is_unread && is_read_only => {
            format!("{key} could not be read in {org}: {}", why())
        }
        Unavailable | Unexpected if is_unread => {
            format!("{}, because it could not be read: {}", not_done(), why())
        }
        // If it could not be read: the token may be allowed to edit a key and not to view it.
        Refused | Unauthorized | Forbidden | Unavailable => format!("{}: {}", not_done(), why()),
        Unexpected if last == LastEvent::BadData => format!("{}, because {}", not_done(), why()),
        Unexpected if last == LastEvent::NotFound(KeyRead::Found) => format!(
            "{key} still exists in {org}, although Coveo answered 404 to the request to {} it ({})",
            context.verb(),
            result.response().map(describe_response).unwrap_or_default()
        ),
        Unexpected | Unknown => format!("it is not known whether {key} was {done} {place}: {}", why()),
        outcome @ (Cancelled | NotTried) => format!("{}: {}", not_done(), outcome.words()),
    }
}

/// How the run knows that a key is gone.
fn how_gone(result: &KeyResult) -> String {
    match (result.facts.maybe_applied(), result.facts.last, &result.attempts) {
        (Some(earlier @ MaybeApplied::Attempt(..)), LastEvent::NotFound(_), Some(attempts)) => {
            format!("{earlier}, no such key on attempt {}", attempts.count())
        }
        (Some(earlier), ..) => format!("{earlier}, then no such key"),
        (None, ..) => "it existed when this run read it, then no such key".into(),
    }
}

/// What the lookup before a question found: a summary, or why there is none.
pub fn lookup(context: &ReportContext, read: Result<&Fetched<ApiKey>, &ReadError>) -> String {
    match read.map_err(|error| (error.kind, &error.reply)) {
        Ok(found) => summarize(&found.value, context.token, ""),
        Err((ReadErrorKind::Missing, _)) => "(no such key)".into(),
        Err((_, Ok(response))) => format!("(not looked up: {})", response.status),
        Err((_, Err(error))) => format!("(not looked up: {error})"),
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
                has_ca_file: false,
                http_proxy_set: false,
                json: false,
                successes: true,
                summary: true,
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
                    let result = KeyResult { key: found, ..KeyResult::new(facts, last) };
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
