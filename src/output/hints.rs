//! What to do about a failure.

use crate::coveo::response::{ApiResponse, ResponseKind};
use crate::coveo::result::{Action, LastReply, ReadErrorKind, Resource};
use crate::net::ca_bundle::unknown_ca_hint;
use crate::net::error::{TransportError, TransportErrorKind};
use crate::outcome::Outcome;
use crate::output::report::{KeyReport, ReportContext};

const EDIT: &str =
    "the token needs the privilege to edit this key: owner PLATFORM, domain API_KEY, type EDIT";
const VIEW: &str = "the token needs the privilege to view keys: owner PLATFORM, domain API_KEY, type VIEW";
const VIEW_KEY: &str =
    "a dry run has to view the key: owner PLATFORM, domain API_KEY, type VIEW; a deletion needs only EDIT";
const ENDPOINT: &str = "check --endpoint, --region and the proxy variables: does a proxy or a login page answer instead of Coveo?";

const ORGANIZATION: &str =
    "is it the right organization and region? does the token have a privilege on API keys there?";

/// What to do about the failure that `entry` tells of; `None` where nothing is sure to help.
pub fn of(subject: &ReportContext, entry: &KeyReport) -> Option<&'static str> {
    let response = entry.evidence().response();
    let hint = match entry.outcome(subject) {
        Outcome::NotFound => match subject.action {
            Action::Delete => "check the key's ID; with --ignore-not-found this counts as a success",
            Action::Disable => "check the key's ID",
        },
        Outcome::OrganizationNotFound => "check --org, --region and --endpoint, and the variables for them",
        Outcome::Refused if is_paused(response) => {
            "the organization is paused: resume it in the Administration Console, then run this again"
        }
        Outcome::Unauthorized => {
            "make a new token, or check that it belongs to this organization and region; a missing privilege can also give 401"
        }
        Outcome::Forbidden if response.is_some_and(|response| response.blocked_by_firewall) => {
            "ask Coveo's support whether this machine's address is blocked"
        }
        Outcome::Forbidden
            if subject.is_dry_run
                && matches!(entry, KeyReport::NotRead(error) if error.what == Resource::Key) =>
        {
            VIEW_KEY
        }
        Outcome::Forbidden if matches!(entry, KeyReport::NotRead(error) if error.what != Resource::Privileges) => {
            VIEW
        }
        Outcome::Forbidden => EDIT,
        // The last attempt says no more of the key than that.
        Outcome::Unknown if response.is_some_and(|response| response.kind == ResponseKind::Forbidden) => EDIT,
        Outcome::Unknown => again(subject),
        Outcome::Unavailable => of_transport_error(subject, entry.evidence()),
        Outcome::Unexpected => return of_unexpected(subject, entry, response),
        Outcome::Refused
        | Outcome::Cancelled
        | Outcome::NotTried
        | Outcome::Deleted
        | Outcome::Disabled
        | Outcome::WouldDelete
        | Outcome::WouldDisable
        | Outcome::Gone
        | Outcome::AlreadyGone
        | Outcome::Kept => return None,
    };
    Some(hint)
}

fn is_paused(response: Option<&ApiResponse>) -> bool {
    response.and_then(|response| response.code.as_deref()) == Some("ORGANIZATION_IS_PAUSED")
}

fn again(subject: &ReportContext) -> &'static str {
    match subject.action {
        Action::Delete if subject.ignore_not_found => "run it again: a key that is gone counts as a success",
        Action::Delete => "run it again with --ignore-not-found: a key that is gone then counts as a success",
        Action::Disable => "run it again: disabling a key twice does no harm",
    }
}

fn of_transport_error(subject: &ReportContext, evidence: &LastReply) -> &'static str {
    let LastReply::Error(error) = evidence else { return "try again later" };
    match error.kind {
        TransportErrorKind::UnknownCa => unknown_ca_hint(subject.has_ca_file),
        TransportErrorKind::Certificate(_) => {
            "no token goes to a server whose certificate can't be trusted; is this the right endpoint?"
        }
        TransportErrorKind::NoCommonCipher => {
            "the server has to offer TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20; P-521 keys and client certificates are not supported"
        }
        TransportErrorKind::ProxyAuthentication { with_password, ref schemes, .. } => {
            of_proxy_authentication(with_password, schemes)
        }
        TransportErrorKind::Interrupted | TransportErrorKind::Expired => "run it again",
        TransportErrorKind::TimedOut
        | TransportErrorKind::ProxyRefused(_)
        | TransportErrorKind::Unreadable(_)
        | TransportErrorKind::Failed(_) => of_connection(subject, error),
    }
}

fn of_proxy_authentication(with_password: bool, schemes: &[&str]) -> &'static str {
    if !schemes.is_empty() && !schemes.contains(&"Basic") {
        "only Basic proxy authentication is supported; use a proxy that offers it, or a local one that signs in to this proxy"
    } else if with_password {
        "check the user name and password in the proxy's URL, with %XX for special characters; only Basic authentication is supported"
    } else {
        "put user name and password into the proxy's URL: http://USER:PASSWORD@HOST:PORT (only Basic authentication is supported)"
    }
}

fn of_connection(subject: &ReportContext, error: &TransportError) -> &'static str {
    if subject.http_proxy_set && error.peer.proxy.is_none() {
        "check the network, and --region or --endpoint; HTTP_PROXY is not used for https: set HTTPS_PROXY for that"
    } else {
        "check the network, the proxy variables, and --region or --endpoint"
    }
}

fn of_unexpected(
    subject: &ReportContext,
    entry: &KeyReport,
    response: Option<&ApiResponse>,
) -> Option<&'static str> {
    if let KeyReport::NotRead(error) = entry {
        match error.kind {
            ReadErrorKind::ClockAhead(_) => {
                return Some("set the clock of this machine, or find out who changes Date");
            }
            ReadErrorKind::Stale => {
                return Some("is there a cache in front of Coveo? it must not answer for this API");
            }
            _ => {}
        }
    }
    match response?.kind {
        ResponseKind::NotFound | ResponseKind::OrganizationNotFound => Some(ORGANIZATION),
        ResponseKind::Unexpected if response?.status == 404 && response?.code.is_some() => Some(ORGANIZATION),
        ResponseKind::Unexpected if matches!(response?.status, 200..=399 | 404) => Some(ENDPOINT),
        _ if subject.is_dry_run || matches!(entry, KeyReport::NotRead(_)) => None,
        _ => Some(again(subject)),
    }
}
