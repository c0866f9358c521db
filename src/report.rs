//! Lines for people, JSON for programs.
//!
//! The rules of all output:
//! - standard output carries results, one line a key; standard error carries everything else;
//! - every line on standard error begins with `coveo-delete-key: `, errors with `error: ` behind it, and what
//!   helps with `hint: `; no full stop, no capital at the beginning;
//! - an error says what is wrong, with which key, and what was or was not done;
//! - a hint is given once a run.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::time::{Duration, SystemTime};

use crate::answer::{ApiKey, Moment, Reply};
use crate::api::{Action, Fate};
use crate::cli::Options;
use crate::http::{Cause, seconds, system};
use crate::id::{KeyId, OrganizationId};
use crate::input::InputError;
use crate::outcome::{Outcome, Tally};
use crate::retry::{Attempt, Doubt, End};
use crate::token::AccessToken;

/// The most IDs that one line names.
const NAMED: usize = 10;

/// Says what happens and counts what became of the keys.
pub struct Report<'a> {
    organization: &'a OrganizationId,
    action: Action,
    json: bool,
    quiet: bool,
    /// Whether this run only looks.
    dry: bool,
    /// Nobody reads standard output any more.
    closed: bool,
    /// Standard output has refused a result.
    full: bool,
    hints: RefCell<Vec<String>>,
    tally: Tally,
}

/// Results can't be written, so the run must end: nobody would know what was done.
pub struct CanNotWrite;

impl<'a> Report<'a> {
    /// A report on a run with these options; `dry`: it only looks.
    pub fn new(options: &'a Options, dry: bool) -> Self {
        Self {
            organization: &options.organization,
            action: options.action,
            json: options.json,
            quiet: options.quiet,
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
    pub fn key(&mut self, key: &KeyId, fate: &Fate, seen: Option<&Seen>) -> Result<(), CanNotWrite> {
        self.tally.add(fate.outcome, 1);
        let success = fate.outcome.is_success();
        if !success && fate.outcome != Outcome::NotTried && fate.outcome != Outcome::Cancelled {
            error(self.failure(key, fate));
            if let Some(hint) = self.hint_on(fate) {
                self.hint(&hint);
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
    pub fn rest(&mut self, keys: &[KeyId], fate: &Fate) -> Result<(), CanNotWrite> {
        let (count, names) = (counted(keys.len(), "key was", "keys were"), named(keys));
        match fate.outcome {
            _ if keys.is_empty() => {}
            Outcome::NotTried => error(format_args!("{count} not tried: {names}")),
            Outcome::Unknown => {
                let (done, why) = (self.done(), self.why(fate));
                error(format_args!(
                    "it is not known whether {count} {done} {}: {why}: {names}",
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
    pub fn hint(&self, hint: &str) {
        let mut hints = self.hints.borrow_mut();
        if !hints.iter().any(|given| given == hint) {
            say(format_args!("hint: {hint}"));
            hints.push(hint.to_owned());
        }
    }

    fn result(&mut self, line: &str) -> Result<(), CanNotWrite> {
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
                    error(format_args!("results can't be written to standard output: {}", system(&failed)));
                    self.full = true;
                }
                info(format_args!("the result that could not be written: {line}"));
                Err(CanNotWrite)
            }
        }
    }

    fn success(&self, key: &KeyId, fate: &Fate, seen: Option<&Seen>) -> String {
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
                Some(doubt @ Doubt::Bulk(_)) => format!(
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
                let (not_done, preposition) = self.not_done();
                format!("{key} {not_done} {preposition} {org}")
            }
        }
    }

    /// `was not deleted` and `from`, as said of a key and its organization.
    fn not_done(&self) -> (&'static str, &'static str) {
        match (self.action, self.dry) {
            (Action::Delete, false) => ("was not deleted", "from"),
            (Action::Disable, false) => ("was not disabled", "in"),
            (Action::Delete, true) => ("would not be deleted", "from"),
            (Action::Disable, true) => ("would not be disabled", "in"),
        }
    }

    /// `deleted from`, as said of a key and its organization.
    fn done(&self) -> &'static str {
        match self.action {
            Action::Delete => "deleted from",
            Action::Disable => "disabled in",
        }
    }

    fn failure(&self, key: &KeyId, fate: &Fate) -> String {
        let org = self.organization;
        let (not_done, preposition) = self.not_done();
        let why = self.why(fate);
        match fate.outcome {
            _ if self.dry
                && matches!(fate.outcome, Outcome::Unavailable | Outcome::Unknown | Outcome::Unexpected) =>
            {
                format!("{key} could not be looked up in {org}: {why}")
            }
            Outcome::Unavailable | Outcome::Unexpected if fate.only_read => {
                format!("{key} {not_done} {preposition} {org}, since it could not be read once more: {why}")
            }
            Outcome::Unknown | Outcome::Unexpected => {
                format!("it is not known whether {key} was {} {org}: {why}", self.done())
            }
            // Why names the organization.
            Outcome::NotFound => format!("{key} {not_done}: {why}"),
            _ => format!("{key} {not_done} {preposition} {org}: {why}"),
        }
    }

    /// Why a key is not as asked, from the last answer or the lack of one.
    fn why(&self, fate: &Fate) -> String {
        let mut why = match (&fate.reply, &fate.failure) {
            (Some(reply), _) => self.why_by(reply, fate),
            (None, Some(failure)) => failure.to_string(),
            (None, None) => match fate.doubt {
                Some(doubt) => format!("{}, and the run ended before its own turn", doubt_in_words(doubt)),
                None => "the access token has no privilege to edit it".into(),
            },
        };
        if fate.attempts > 1 {
            why += &format!(" ({} attempts)", fate.attempts);
        }
        match fate.end {
            End::AskedToWait(wait) => {
                why += &format!(", and asked to wait {}, which --timeout leaves no time for", seconds(wait))
            }
            End::NoTimeLeft => why += ", and --timeout leaves no time for another attempt",
            End::Settled | End::NoAttemptLeft => {}
        }
        // Of another attempt than the last, or the answer above would not be in doubt.
        match fate.doubt {
            Some(doubt) if fate.outcome == Outcome::Unknown && fate.reply.is_some() => {
                format!("{}; at last, {why}", doubt_in_words(doubt))
            }
            _ => why,
        }
    }

    fn why_by(&self, reply: &Reply, fate: &Fate) -> String {
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

    fn hint_on(&self, fate: &Fate) -> Option<String> {
        let again = match self.action {
            Action::Delete => {
                "run it again with --ignore-not-found: a key that is gone then counts as a success"
            }
            Action::Disable => "run it again: disabling a key twice does no harm",
        };
        let hint = match fate.outcome {
            Outcome::NotFound if self.action == Action::Delete => {
                "check the key's ID and the organization; with --ignore-not-found this counts as a success"
            }
            Outcome::NotFound => "check the key's ID and the organization",
            Outcome::Unauthorized => {
                "is the token expired, disabled, of another organization or region, or not for this address? a missing privilege can show as 401, too"
            }
            Outcome::Forbidden if fate.reply.as_ref().is_some_and(|reply| reply.blocked_by_firewall) => {
                "ask Coveo's support, with the request ID, whether this machine's address is blocked"
            }
            Outcome::Forbidden if fate.only_read && fate.reply.is_some() => {
                "the token needs the privilege to view keys: owner PLATFORM, domain API_KEY, type VIEW"
            }
            Outcome::Forbidden => {
                "the token needs the privilege to edit this key: owner PLATFORM, domain API_KEY, type EDIT"
            }
            Outcome::Unavailable | Outcome::Unknown => {
                match fate.failure.as_ref().map(|failure| &failure.cause) {
                    Some(Cause::UnknownAuthority) => {
                        "if a company's own authority issued it, give that authority's certificate with --cacert"
                    }
                    Some(Cause::Certificate(_)) => "the token was not sent; is this the right endpoint?",
                    _ if fate.outcome == Outcome::Unknown => again,
                    _ => "nothing was changed; try again later",
                }
            }
            Outcome::Unexpected if !self.dry && !fate.only_read => again,
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn json(&self, key: &KeyId, fate: &Fate, seen: Option<&Seen>) -> String {
        let reply = fate.reply.as_ref();
        let message = match (reply.and_then(|reply| reply.message.clone()), &fate.failure, seen) {
            (Some(message), _, _) => Some(message),
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
            json(self.verb()),
            json(fate.outcome.name()),
            json(reply.map(|reply| reply.status).filter(|status| *status != 0)),
            json(reply.and_then(|reply| reply.code.as_deref())),
            json(message),
            json(reply.and_then(|reply| reply.request_id.as_deref())),
            fate.attempts,
            fate.elapsed.as_millis(),
        )
    }

    /// `delete` or `disable`.
    pub fn verb(&self) -> &'static str {
        verb(self.action)
    }
}

/// `delete` or `disable`.
pub fn verb(action: Action) -> &'static str {
    match action {
        Action::Delete => "delete",
        Action::Disable => "disable",
    }
}

fn json(value: impl Into<serde_json::Value>) -> String {
    value.into().to_string()
}

/// What an answer said: `404 KEY_NOT_FOUND: "no such key", request ID 1234`.
fn said(reply: &Reply) -> String {
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

fn doubt_in_words(doubt: Doubt) -> String {
    match doubt {
        Doubt::Unanswered(attempt) => format!("attempt {attempt} went unanswered"),
        Doubt::Answered(attempt, status) => format!("attempt {attempt} was answered {status}"),
        Doubt::Bulk(None) => "the bulk request went unanswered".into(),
        Doubt::Bulk(Some(status)) => format!("the bulk request was answered {status}"),
    }
}

/// A key as it was read, and what could not be found out about it.
pub struct Seen {
    /// The key; `None` if the token may not view it.
    pub key: Option<ApiKey>,
    /// Whether the token may edit it was checked.
    pub checked: bool,
}

/// In words: `"My Source API Key" (enabled, last used 2026-11-20)`.
impl Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let unchecked = if self.checked { "" } else { "; the token's privilege is not checked" };
        match &self.key {
            Some(key) => {
                if let Some(name) = &key.display_name {
                    write!(f, "\"{name}\" ")?;
                }
                write!(f, "({}{unchecked})", state(key))
            }
            None => write!(f, "(not looked up, since the token may not view it{unchecked})"),
        }
    }
}

/// The status of a key, with the date that belongs to it.
fn state(key: &ApiKey) -> String {
    let since = |moment| date(moment).map(|date| format!(" since {date}")).unwrap_or_default();
    let on = |moment| date(moment).map(|date| format!(" {date}")).unwrap_or_default();
    match key.status.as_deref() {
        Some("DISABLED") => format!("disabled{}", since(key.disabled)),
        Some("DISABLED_FOR_INACTIVITY") => format!("disabled for inactivity{}", since(key.disabled)),
        Some("DISABLED_EXPOSED") => format!("disabled as exposed{}", since(key.disabled)),
        Some("EXPIRED") => format!("expired{}", on(key.expiration)),
        Some("ENABLED") => format!("enabled, {}", use_of(key)),
        Some("SOON_TO_BE_EXPIRED") => {
            format!("enabled, soon to expire{}, {}", on(key.expiration), use_of(key))
        }
        Some("SOON_TO_BE_DISABLED") => format!("enabled, soon to be disabled, {}", use_of(key)),
        Some(other) => format!("status {other}, {}", use_of(key)),
        None => format!("status unknown, {}", use_of(key)),
    }
}

fn use_of(key: &ApiKey) -> String {
    match (date(key.last_used), date(key.created)) {
        (Some(date), _) => format!("last used {date}"),
        (None, Some(date)) if key.last_used == Moment::Absent => format!("never used, created {date}"),
        (None, None) if key.last_used == Moment::Absent => "never used".into(),
        _ => "last use unknown".into(),
    }
}

/// A date by the day, in UTC; `None` for one that is absent or can't be read, or is beyond the year 9999.
fn date(moment: Moment) -> Option<String> {
    let Moment::At(time) = moment else { return None };
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    (time <= last).then(|| humantime::format_rfc3339_seconds(time).to_string()[..10].to_owned())
}

/// A line of `--verbose`: method, URL, status or failure, time, request ID, and the wait before the next attempt.
pub fn attempt(attempt: &Attempt, token: &AccessToken) {
    let Attempt { request, number, result, took, wait } = attempt;
    let mut line = format!("{} {}: ", request.method.name(), request.url);
    match result {
        Ok(answer) => {
            line += &format!("{} in {} ms", answer.status, took.as_millis());
            if let Some(id) = &answer.request_id {
                line += &format!(", request ID {}", token.clean(id));
            }
        }
        Err(failure) => {
            line += &format!("{}, after {} ms", token.clean(&failure.to_string()), took.as_millis())
        }
    }
    if let Some(wait) = wait {
        line += &format!("; attempt {} in {}", number + 1, seconds(*wait));
    }
    say(line);
}

/// Up to ten of `keys`, by ID.
pub fn named(keys: &[KeyId]) -> String {
    let ids: Vec<&str> = keys.iter().take(NAMED).map(KeyId::as_str).collect();
    let more = keys.len() - ids.len();
    if more > 0 { format!("{} and {more} more", ids.join(", ")) } else { ids.join(", ") }
}

/// `1 API key`, `2 API keys`.
pub fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A line on standard error that is neither an error nor a hint.
pub fn info(line: impl Display) {
    say(line);
}

/// A line on standard error that tells of an error.
pub fn error(line: impl Display) {
    say(format_args!("error: {line}"));
}

/// What is wrong with what the user gave.
pub fn input_error(wrong: &InputError) {
    error(&wrong.message);
    if let Some(hint) = &wrong.hint {
        say(format_args!("hint: {hint}"));
    }
}

/// Writes to standard error. Where that is not possible, there is nobody left to tell.
///
/// With one system call, so that lines of programs that share a log don't mix.
fn say(line: impl Display) {
    let _ = io::stderr().write_all(format!("coveo-delete-key: {line}\n").as_bytes());
}

/// Prints a page to standard output, for `--help` and `--version`.
pub fn page(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(failed) if failed.kind() != ErrorKind::BrokenPipe => {
            error(format_args!("standard output can't be written: {}", system(&failed)));
            1
        }
        _ => 0,
    }
}

/// The line that follows wrong usage.
pub fn hint_at_help() {
    say("hint: coveo-delete-key --help shows all options");
}

/// Why the keys could not be listed.
pub fn why_not_listed(fate: &Fate) -> String {
    match (&fate.reply, &fate.failure) {
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
    }
}
