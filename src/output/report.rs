//! Lines for people, JSON for programs.
//!
//! An error says what is wrong, with which key, and what was or was not done. A hint is given once a run.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};

use crate::cli::options::Options;
use crate::coveo::client::{Action, KeyResult, MaybeApplied};
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::response::ApiError;
use crate::net::error::{TransportErrorKind, format_duration};
use crate::net::retry::GiveUpReason;
use crate::outcome::{Outcome, Tally};
use crate::output::key_summary::KeySummary;
use crate::output::stderr::{error, info, say};
use crate::sanitize::os_error_text;

/// The most IDs that one line names.
const NAMED: usize = 10;

/// Says what happens and counts what became of the keys.
pub struct Report<'a> {
    organization: &'a OrganizationId,
    action: Action,
    json: bool,
    quiet: bool,
    /// A key that is already gone is a success.
    ignore_not_found: bool,
    /// Whether this run only looks.
    dry: bool,
    /// Nobody reads standard output any more.
    closed: bool,
    /// Standard output has refused a result.
    full: bool,
    hints: RefCell<Vec<&'static str>>,
    tally: Tally,
}

/// Results can't be written, so the run must end: nobody would know what was done.
pub struct OutputFailed;

impl<'a> Report<'a> {
    /// A report on a run with these options; `dry`: it only looks.
    pub fn new(options: &'a Options, dry: bool) -> Self {
        Self {
            organization: &options.organization,
            action: options.action,
            json: options.json,
            quiet: options.quiet,
            ignore_not_found: options.ignore_not_found,
            dry,
            closed: false,
            full: false,
            hints: RefCell::default(),
            tally: Tally::default(),
        }
    }

    /// Tells what became of `key`. `seen` is the key itself, where it was read.
    ///
    /// # Errors
    /// Standard output takes no more, for another reason than that its reader has gone.
    pub fn key(
        &mut self,
        key: &KeyId,
        fate: &KeyResult,
        seen: Option<&KeySummary>,
    ) -> Result<(), OutputFailed> {
        self.tally.add(fate.outcome, 1);
        let success = fate.outcome.is_success();
        if !success && fate.outcome != Outcome::NotTried && fate.outcome != Outcome::Cancelled {
            error(self.failure(key, fate));
            if let Some(hint) = self.hint_on(fate) {
                self.hint(hint);
            }
        }
        if success && self.quiet || !success && !self.json {
            return Ok(());
        }
        let line = if self.json { self.json(key, fate, seen) } else { self.success(key, fate, seen) };
        self.result(&line)
    }

    /// Tells that `keys`, the last of the run or of a bulk request, share a fate without a request of their own:
    /// they were cancelled, not tried, or in a bulk request of which nothing is known.
    ///
    /// # Errors
    /// As for a single key.
    pub fn rest(&mut self, keys: &[KeyId], fate: &KeyResult) -> Result<(), OutputFailed> {
        let (count, names) = (pluralize(keys.len(), "key was", "keys were"), format_ids(keys));
        match fate.outcome {
            _ if keys.is_empty() => {}
            Outcome::NotTried => error(format_args!("{count} not tried: {names}")),
            Outcome::Unknown => {
                let (done, from, why) = (self.action.done(), self.action.preposition(), self.why(fate));
                error(format_args!(
                    "it is not known whether {count} {done} {from} {}: {why}: {names}",
                    self.organization
                ));
            }
            _ => {}
        }
        self.tally.add(fate.outcome, keys.len());
        // Where results can't be written, the line above has said it all.
        if !self.json || self.full {
            return Ok(());
        }
        keys.iter().try_for_each(|key| self.result(&self.json(key, fate, None)))
    }

    /// The last words, and the exit status.
    pub fn finish(&self) -> u8 {
        let status = self.tally.status();
        if self.tally.total() > 1 && !(self.quiet && status == 0) {
            info(self.tally.summary());
        }
        status
    }

    /// A hint, unless it was given before.
    pub fn hint(&self, hint: &'static str) {
        let mut hints = self.hints.borrow_mut();
        if !hints.contains(&hint) {
            say(format_args!("hint: {hint}"));
            hints.push(hint);
        }
    }

    fn result(&mut self, line: &str) -> Result<(), OutputFailed> {
        if self.closed {
            return Ok(());
        }
        // A lock on standard output flushes at the end of each line.
        match writeln!(io::stdout().lock(), "{line}") {
            Ok(()) => Ok(()),
            // Whoever read the results has seen enough. The keys are still to be worked on.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(failed) => {
                // What was done must be told, so it is told where there is still somebody to tell.
                if !self.full {
                    error(format_args!(
                        "results can't be written to standard output: {}",
                        os_error_text(&failed)
                    ));
                    self.full = true;
                }
                info(format_args!("the result that could not be written: {line}"));
                Err(OutputFailed)
            }
        }
    }

    fn success(&self, key: &KeyId, fate: &KeyResult, seen: Option<&KeySummary>) -> String {
        let org = self.organization;
        let seen = seen.map(|seen| format!(" {seen}")).unwrap_or_default();
        match fate.outcome {
            Outcome::Deleted => format!("deleted {key} from {org}"),
            Outcome::Disabled => format!("disabled {key} in {org}"),
            Outcome::AlreadyGone => format!("{key} was already gone from {org}"),
            Outcome::WouldDelete => format!("would delete {key}{seen} from {org}"),
            Outcome::WouldDisable => format!("would disable {key}{seen} in {org}"),
            Outcome::Kept => format!("kept {key}{seen} in {org}, since it no longer qualifies"),
            Outcome::Gone => match fate.doubt {
                Some(doubt @ MaybeApplied::Bulk(_)) => format!(
                    "{key} is gone from {org} ({}, then there was no such key)",
                    doubt_in_words(doubt)
                ),
                Some(doubt) => format!(
                    "{key} is gone from {org} ({}, attempt {} found no such key)",
                    doubt_in_words(doubt),
                    fate.attempts
                ),
                None => format!("{key} is gone from {org}"),
            },
            Outcome::NotFound
            | Outcome::Unauthorized
            | Outcome::Forbidden
            | Outcome::Unavailable
            | Outcome::Unknown
            | Outcome::Unexpected
            | Outcome::Cancelled
            | Outcome::NotTried => {
                format!("{key} {} {} {org}", self.not_done(), self.action.preposition())
            }
        }
    }

    /// `was not deleted`, as said of a key.
    fn not_done(&self) -> String {
        let done = self.action.done();
        if self.dry { format!("would not be {done}") } else { format!("was not {done}") }
    }

    fn failure(&self, key: &KeyId, fate: &KeyResult) -> String {
        let org = self.organization;
        let (done, not_done, from) = (self.action.done(), self.not_done(), self.action.preposition());
        let why = self.why(fate);
        match fate.outcome {
            _ if self.dry
                && matches!(fate.outcome, Outcome::Unavailable | Outcome::Unknown | Outcome::Unexpected) =>
            {
                format!("{key} could not be looked up in {org}: {why}")
            }
            Outcome::Unavailable | Outcome::Unexpected if fate.only_read => {
                format!("{key} {not_done} {from} {org}, since it could not be read once more: {why}")
            }
            Outcome::Unknown | Outcome::Unexpected => {
                format!("it is not known whether {key} was {done} {from} {org}: {why}")
            }
            // Why names the organization.
            Outcome::NotFound => format!("{key} {not_done}: {why}"),
            _ => format!("{key} {not_done} {from} {org}: {why}"),
        }
    }

    /// Why a key is not as asked, from the last answer or the lack of one.
    fn why(&self, fate: &KeyResult) -> String {
        let mut why = match (&fate.reply, &fate.failure) {
            (Some(reply), _) => self.why_by(reply, fate),
            (None, Some(failure)) => failure.to_string(),
            (None, None) => match fate.doubt {
                Some(doubt) => format!("{}, and the run ended before more was known", doubt_in_words(doubt)),
                None => "the access token has no privilege to edit it".into(),
            },
        };
        why += &attempts_suffix(fate);
        // Of another attempt than the last, or the answer above would not be in doubt.
        match fate.doubt {
            Some(doubt) if fate.outcome == Outcome::Unknown && !speaks_for_itself(fate) => {
                format!("{}; then {why}", doubt_in_words(doubt))
            }
            _ => why,
        }
    }

    fn why_by(&self, reply: &ApiError, fate: &KeyResult) -> String {
        let org = self.organization;
        let said = said(reply);
        match (reply.status, fate.outcome) {
            (_, Outcome::NotFound) => format!("{org} has no such key ({said})"),
            (403, Outcome::Forbidden | Outcome::Unknown) if reply.blocked_by_firewall => {
                format!(
                    "Coveo's web application firewall blocked the request, which is not about privileges ({said})"
                )
            }
            (401, Outcome::Unauthorized | Outcome::Unknown) => {
                format!("the access token was refused ({said})")
            }
            (403, Outcome::Forbidden | Outcome::Unknown) => {
                format!("the access token may not do this ({said})")
            }
            (429, _) => format!("there were too many requests ({said})"),
            (500 | 502 | 503 | 504, _) => format!("the service failed ({said})"),
            (300..=399, _) => format!("the answer is a redirect, which is never followed ({said})"),
            (404, _) => format!(
                "the answer does not have the form of Coveo's, so it does not say that the key is gone ({said})"
            ),
            (200..=299, _) => format!(
                "the answer is not one that Coveo's API documents ({said}); a proxy or a portal may have given it"
            ),
            _ => format!("the answer is not one that Coveo's API documents ({said})"),
        }
    }

    /// What to do about a failure; `None` where nothing is sure to help.
    pub fn hint_on(&self, fate: &KeyResult) -> Option<&'static str> {
        const EDIT: &str =
            "the token needs the privilege to edit this key: owner PLATFORM, domain API_KEY, type EDIT";
        let again = match self.action {
            Action::Delete if self.ignore_not_found => "run it again: a key that is gone counts as a success",
            Action::Delete => {
                "run it again with --ignore-not-found: a key that is gone then counts as a success"
            }
            Action::Disable => "run it again: disabling a key twice does no harm",
        };
        let status = fate.reply.as_ref().map(|reply| reply.status);
        let hint = match fate.outcome {
            Outcome::NotFound if self.action == Action::Delete => {
                "check the key's ID and the organization; with --ignore-not-found this counts as a success"
            }
            Outcome::NotFound => "check the key's ID and the organization",
            Outcome::Unauthorized => {
                "is the token expired, disabled, of another organization or region, or not for this address? a missing privilege can show as 401, too"
            }
            Outcome::Forbidden if fate.reply.as_ref().is_some_and(|reply| reply.blocked_by_firewall) => {
                "ask Coveo's support whether this machine's address is blocked"
            }
            Outcome::Forbidden if fate.only_read && fate.reply.is_some() => {
                "the token needs the privilege to view keys: owner PLATFORM, domain API_KEY, type VIEW"
            }
            Outcome::Forbidden => EDIT,
            // The last attempt says no more of the key than that.
            Outcome::Unknown if status == Some(403) => EDIT,
            Outcome::Unknown => again,
            Outcome::Unavailable => match fate.failure.as_ref().map(|failure| &failure.kind) {
                Some(TransportErrorKind::UnknownCa) => {
                    "if a company's own authority issued it, give that authority's certificate with --cacert"
                }
                Some(TransportErrorKind::Certificate(_)) => {
                    "no token goes to a server whose certificate can't be trusted; is this the right endpoint?"
                }
                Some(TransportErrorKind::ProxyAuthentication(_)) => {
                    "give them in the proxy's URL: http://USER:PASSWORD@HOST:PORT"
                }
                _ => "try again later",
            },
            Outcome::Unexpected if matches!(status, Some(200..=399 | 404)) => {
                "is this the right endpoint, and does a proxy or a portal answer in its place?"
            }
            Outcome::Unexpected if !self.dry && !fate.only_read => again,
            _ => return None,
        };
        Some(hint)
    }

    fn json(&self, key: &KeyId, fate: &KeyResult, seen: Option<&KeySummary>) -> String {
        let reply = fate.reply.as_ref();
        let message = match (reply.and_then(|reply| reply.message.clone()), &fate.failure, seen) {
            (Some(message), _, _) => Some(message),
            (None, Some(_), _) if fate.outcome == Outcome::Unknown => Some(self.why(fate)),
            (None, Some(failure), _) => Some(failure.to_string()),
            (None, None, Some(seen)) => Some(seen.to_string()),
            (None, None, None) if matches!(fate.outcome, Outcome::Forbidden | Outcome::Unknown) => {
                Some(self.why(fate))
            }
            (None, None, None) => None,
        };
        // By hand, so that the fields keep their order.
        format!(
            r#"{{"keyId":{},"organizationId":{},"action":{},"outcome":{},"httpStatus":{},"errorCode":{},"message":{},"requestId":{},"attempts":{},"elapsedMs":{}}}"#,
            json(key.as_str()),
            json(self.organization.as_str()),
            json(self.action.verb()),
            json(fate.outcome.name()),
            json(reply.map(|reply| reply.status).filter(|status| *status != 0)),
            json(reply.and_then(|reply| reply.code.as_deref())),
            json(message),
            json(reply.and_then(|reply| reply.request_id.as_deref())),
            fate.attempts,
            fate.elapsed.as_millis(),
        )
    }
}

fn json(value: impl Into<serde_json::Value>) -> String {
    value.into().to_string()
}

/// What an answer said: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
fn said(reply: &ApiError) -> String {
    let mut said = reply.status.to_string();
    if let Some(code) = &reply.code {
        said += &format!(" {code}");
    }
    if let Some(message) = &reply.message {
        said += &format!(": \"{message}\"");
    }
    if let Some(id) = &reply.request_id {
        said += &format!(", request ID {id}");
    }
    said
}

/// Whether the last attempt alone explains why the fate of a key is unknown.
fn speaks_for_itself(fate: &KeyResult) -> bool {
    match &fate.failure {
        Some(failure) => failure.may_have_been_applied(),
        None => fate.reply.is_none(),
    }
}

/// How often it was tried, and why not once more.
fn attempts_suffix(fate: &KeyResult) -> String {
    let attempts = if fate.attempts > 1 { format!(" ({} attempts)", fate.attempts) } else { String::new() };
    match fate.end {
        GiveUpReason::RetryAfter(wait) => {
            format!(
                "{attempts}, and asked to wait {}, which --timeout leaves no time for",
                format_duration(wait)
            )
        }
        GiveUpReason::NoTimeLeft => format!("{attempts}, and --timeout leaves no time for another attempt"),
        GiveUpReason::Settled
        | GiveUpReason::NoAttemptLeft
        | GiveUpReason::Interrupted
        | GiveUpReason::Stopped => attempts,
    }
}

fn doubt_in_words(doubt: MaybeApplied) -> String {
    match doubt {
        MaybeApplied::Unanswered(attempt) => format!("attempt {attempt} went unanswered"),
        MaybeApplied::Answered(attempt, status) => format!("attempt {attempt} was answered {status}"),
        MaybeApplied::Bulk(None) => "the bulk request went unanswered".into(),
        MaybeApplied::Bulk(Some(status)) => format!("the bulk request was answered {status}"),
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

/// Why the keys could not be listed.
pub fn why_not_listed(fate: &KeyResult) -> String {
    let why = match (&fate.reply, &fate.failure) {
        (Some(reply), _) if reply.status == 200 => {
            "the answer is not a whole list of keys, or is too long".into()
        }
        (Some(reply), _) => match fate.outcome {
            Outcome::Unauthorized => format!("the access token was refused ({})", said(reply)),
            Outcome::Forbidden if reply.blocked_by_firewall => {
                format!("Coveo's web application firewall blocked the request ({})", said(reply))
            }
            Outcome::Forbidden => format!("the access token may not view all keys ({})", said(reply)),
            _ => format!("the answer is {}", said(reply)),
        },
        (None, Some(failure)) => failure.to_string(),
        (None, None) => "the list was not asked for".into(),
    };
    why + &attempts_suffix(fate)
}
