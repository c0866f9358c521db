//! What to do about a failure.

use std::time::SystemTime;

use crate::coveo::action::Action;
use crate::coveo::key_date::KeyDate;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Defect, LastReply, ReadErrorKind, Resource};
use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::verdict::LastEvent;
use crate::net::ca_bundle::unknown_ca_hint;
use crate::net::error::TransportErrorKind;
use crate::outcome::Outcome;
use crate::output::context::ReportContext;

const EDIT: &str =
    "the token needs the privilege to edit this key: owner PLATFORM, domain API_KEY, type EDIT";
const VIEW: &str = "the token needs the privilege to view keys: owner PLATFORM, domain API_KEY, type VIEW";
const VIEW_ALL: &str = "the token needs the privilege to view keys: owner PLATFORM, domain API_KEY, type VIEW, on all keys (target *)";
const VIEW_KEY: &str =
    "a dry run has to view the key: owner PLATFORM, domain API_KEY, type VIEW; a deletion needs only EDIT";
const CACHE: &str = "is there a cache in front of Coveo? it must not cache this API";
const ENDPOINT: &str = "check --endpoint, --region and the proxy variables: does a proxy or a login page respond instead of Coveo?";
const ORGANIZATION: &str =
    "is it the right organization and region? does the token have a privilege on API keys there?";

/// Returns what to do about a failure; `None` if no advice is certain to help. `has_changed` says that this run deleted or
/// disabled a key before.
pub fn of(context: &ReportContext, result: &KeyResult, has_changed: bool) -> Option<&'static str> {
    use Outcome::*;
    let response = result.response();
    let hint = match result.outcome() {
        NotFound if !result.facts.has_coveo_form => {
            "check the key's ID: Coveo's key IDs have 25 or 26 lower-case letters and digits; if this is a display name, use --name"
        }
        NotFound if matches!(context.action, Some(Action::Delete | Action::Disable)) => {
            "check the key's ID; with --ignore-not-found this counts as a success"
        }
        NotFound => "check the key's ID",
        OrganizationNotFound => "check --org, --region and --endpoint, and the variables for them",
        Refused if response.is_some_and(ApiResponse::is_organization_paused) => {
            "the organization is paused: resume it in the Administration Console, then run this again"
        }
        Unauthorized if has_changed => {
            "did this run delete or disable the key that it uses as its token? create a new token, and continue with it"
        }
        Unauthorized => {
            "create a new token, or check that it belongs to this organization and region; a missing privilege can also cause a 401"
        }
        Forbidden if response.is_some_and(|response| response.blocked_by_firewall) => {
            "ask Coveo Support whether this machine's address is blocked"
        }
        Forbidden => match (result.facts.last, result.read_error.as_ref().map(|error| error.resource)) {
            (LastEvent::NotRead(_), Some(Resource::Key)) if context.is_dry_run => VIEW_KEY,
            (LastEvent::NotRead(_), Some(Resource::Key)) => VIEW,
            (LastEvent::NotRead(_), Some(Resource::Keys)) => VIEW_ALL,
            _ => EDIT,
        },
        // The last attempt says nothing else about the key.
        Unknown if response.is_some_and(|response| response.kind == ResponseKind::Forbidden) => EDIT,
        Unknown => again(context),
        Unavailable => of_transport_error(context, result.reply()),
        Unexpected => return of_unexpected(context, result),
        Refused | Cancelled | NotTried | Deleted | Disabled | Activated | WouldDelete | WouldDisable
        | WouldActivate | Listed | Gone | AlreadyGone | Kept => return None,
    };
    Some(hint)
}

/// Says why a response can't be relied on, and what to do about it. `said` is the response in words.
pub fn of_defect(defect: Defect, said: &str) -> (String, &'static str) {
    let (why, hint) = match defect {
        Defect::Stale => ("the response comes from a cache, according to its Age", CACHE),
        Defect::Outdated => ("the response is older than the list of keys, according to its Date", CACHE),
        // We can't know which of the two clocks is wrong, so both are shown.
        Defect::ClockAhead(date) => {
            let [theirs, ours] =
                [date, SystemTime::now()].map(|time| KeyDate::At(time).to_rfc3339().unwrap_or_default());
            let why = format!(
                "the server's clock ({theirs}) is more than a day ahead of this machine's ({ours}), so ages can't be computed"
            );
            return (why, "set this machine's clock, or find out what changes the Date header");
        }
        Defect::Undated => {
            let why = "the response doesn't have exactly one readable Date header, so ages can't be computed";
            return (why.into(), "does a proxy add or remove the Date header?");
        }
        Defect::Partial => (
            "the list is only one page of several, according to its Link header",
            "name the keys, with KEY_ID or --from",
        ),
        Defect::EmptyWithoutProof => (
            "the list is empty, and nothing proves that the token may see this organization's keys",
            VIEW_ALL,
        ),
        Defect::Unreadable => ("the response is incomplete, too long, or not what was requested", ENDPOINT),
    };
    (format!("{why} ({said})"), hint)
}

/// Returns how to continue after an interruption.
pub fn go_on(context: &ReportContext) -> &'static str {
    match context.action {
        Some(Action::Delete) if !context.ignore_not_found => {
            "to continue, run it again with --ignore-not-found: keys that are gone then count as successes"
        }
        _ => "to continue, run it again",
    }
}

/// What to do if it is unknown whether a key was changed.
fn again(context: &ReportContext) -> &'static str {
    use Action::*;
    match context.action {
        Some(Delete) if context.ignore_not_found => "run it again: a key that is gone counts as a success",
        Some(Delete) => "run it again with --ignore-not-found: a key that is gone then counts as a success",
        Some(Disable) => "run it again: disabling a key twice does no harm",
        Some(Activate) => "run it again: activating a key twice does no harm",
        None => "run it again",
    }
}

fn of_transport_error(context: &ReportContext, reply: Option<&LastReply>) -> &'static str {
    use TransportErrorKind::*;
    let Some(Err(error)) = reply else { return "try again later" };
    match &error.kind {
        UnknownCa => unknown_ca_hint(context.has_ca_file),
        Certificate(_) => {
            "the token is never sent to a server whose certificate can't be trusted; is this the right endpoint?"
        }
        NoCommonCipher => {
            "the server has to offer TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20; P-521 keys and client certificates are not supported"
        }
        ProxyAuthentication(_) => {
            "only Basic proxy authentication is supported: put a user name and a password that the proxy accepts into its URL, http://USER:PASSWORD@HOST:PORT, with %XX for special characters"
        }
        Interrupted | Expired => "run it again",
        TimedOut | ProxyRefused(_) | Unreadable(_) | Failed(_) => {
            if context.http_proxy_set && error.peer.proxy.is_none() {
                "check the network, and --region or --endpoint; HTTP_PROXY is not used for https: set HTTPS_PROXY for that"
            } else {
                "check the network, the proxy variables, and --region or --endpoint"
            }
        }
    }
}

fn of_unexpected(context: &ReportContext, result: &KeyResult) -> Option<&'static str> {
    use ResponseKind::{NotFound, OrganizationNotFound, Unexpected};
    let response = result.response()?;
    match (result.facts.last, response.kind, response.status) {
        // The response is Coveo's; it is the key that is odd.
        (LastEvent::BadData, ..) => None,
        (LastEvent::NotRead(ReadErrorKind::Unusable(defect)), ..) => Some(of_defect(defect, "").1),
        (_, NotFound | OrganizationNotFound, _) => Some(ORGANIZATION),
        (_, Unexpected, 404) if response.code.is_some() => Some(ORGANIZATION),
        (_, Unexpected, 200..=399 | 404) => Some(ENDPOINT),
        (LastEvent::NotRead(_), ..) => None,
        _ if context.is_dry_run => None,
        _ => Some(again(context)),
    }
}
