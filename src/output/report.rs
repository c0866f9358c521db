//! Reports what became of each key, as text or JSON, and counts the outcomes.

use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Fetched;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::result::{Action, Attempts, KeyResult, LastReply, ReadError};
use crate::coveo::token::AccessToken;
use crate::outcome::{Outcome, Tally};
use crate::output::explain::why_not_read;
use crate::output::progress::ProgressLine;
use crate::output::stderr::{error, hint, info, try_error};
use crate::output::stream::{Stream, WriteError};
use crate::output::text::{Text, format_ids, pluralize};
use crate::output::{hints, json};
use crate::sanitize::os_error_text;
use crate::signals;

/// What a run is about, as far as its reports depend on it.
#[derive(Clone, Copy)]
pub struct ReportContext<'a> {
    /// The host that is asked.
    pub host: &'a str,
    /// Whose keys these are.
    pub organization: &'a OrganizationId,
    /// What is done to them.
    pub action: Action,
    /// Whether nothing is changed.
    pub is_dry_run: bool,
    /// A key that is already gone is a success.
    pub ignore_not_found: bool,
    /// Struck out of display names.
    pub token: &'a AccessToken,
    /// `HTTP_PROXY` is set, which is not for https endpoints.
    pub http_proxy_set: bool,
    /// A file of trusted certificates was given.
    pub has_ca_file: bool,
}

/// What there is to tell of a key.
pub enum KeyReport<'a> {
    /// It was to be changed. `key` is what was read of it before.
    Changed { result: &'a KeyResult, key: Option<&'a ApiKey> },
    /// It was read, and would be changed if the token may edit it; `None`: that is not known.
    /// `read`: the look-up of this one key, if there was one.
    Forecast { key: &'a ApiKey, may_edit: Option<bool>, read: Option<&'a Fetched<ApiKey>> },
    /// The selector does not take it any more.
    Kept(&'a Fetched<ApiKey>),
    /// It could not be read, so it was left alone.
    NotRead(&'a ReadError),
    /// The run ended before its turn.
    Untouched(Outcome),
}

impl KeyReport<'_> {
    /// What became of the key.
    pub fn outcome(&self, subject: &ReportContext) -> Outcome {
        let outcome = match self {
            Self::Changed { result, .. } => result.outcome,
            Self::Forecast { may_edit: Some(false), .. } => Outcome::Forbidden,
            Self::Forecast { .. } => subject.action.forecast(),
            Self::Kept(_) => Outcome::Kept,
            Self::NotRead(error) => error.kind.outcome(),
            Self::Untouched(outcome) => *outcome,
        };
        if outcome == Outcome::NotFound && subject.ignore_not_found { Outcome::AlreadyGone } else { outcome }
    }

    /// What the last request had to go by.
    pub fn evidence(&self) -> &LastReply {
        match self {
            Self::Changed { result, .. } => &result.evidence,
            Self::NotRead(error) => &error.evidence,
            Self::Forecast { read: Some(read), .. } | Self::Kept(read) => &read.evidence,
            Self::Forecast { read: None, .. } | Self::Untouched(_) => &LastReply::None,
        }
    }

    /// What its request took, if it had one.
    pub fn effort(&self) -> Option<&Attempts> {
        match self {
            Self::Changed { result, .. } => result.effort.as_ref(),
            Self::Forecast { read, .. } => read.map(|read| &read.effort),
            Self::Kept(read) => Some(&read.effort),
            Self::NotRead(error) => Some(&error.effort),
            Self::Untouched(_) => None,
        }
    }

    /// What was read of the key.
    pub fn key(&self) -> Option<&ApiKey> {
        match self {
            Self::Changed { key, .. } => *key,
            Self::Forecast { key, .. } => Some(key),
            Self::Kept(read) => Some(&read.value),
            Self::NotRead(_) | Self::Untouched(_) => None,
        }
    }
}

/// How results are written.
#[derive(Clone, Copy)]
pub struct ReportOptions {
    /// One JSON object a key.
    pub json: bool,
    /// A line for a success.
    pub successes: bool,
    /// A summary of a run without a failure.
    pub summary: bool,
}

/// Says what becomes of keys, and counts.
pub struct Report<'a> {
    subject: ReportContext<'a>,
    format: ReportOptions,
    /// Nobody reads standard output any more.
    is_closed: bool,
    /// Standard output has refused a result.
    has_failed: bool,
    /// Keys that were not tried, and not named yet.
    untried: Vec<KeyId>,
    /// Hints that were given: each is given once a run.
    hints: Vec<&'static str>,
    tally: Tally,
    progress: Option<ProgressLine>,
}

/// Results can't be written, so the run must end: nobody would know what was done.
pub struct OutputFailed;

impl<'a> Report<'a> {
    /// A report of which nothing was said yet.
    pub fn new(subject: ReportContext<'a>, format: ReportOptions) -> Self {
        let (is_closed, has_failed) = (false, false);
        Self {
            subject,
            format,
            is_closed,
            has_failed,
            untried: Vec::new(),
            hints: Vec::new(),
            tally: Tally::default(),
            progress: None,
        }
    }

    /// Shows from now on how far the work on `total` keys is, where that disturbs nobody.
    pub fn show_progress(&mut self, total: usize) {
        self.progress = Some(ProgressLine::new(total, self.format.json || self.format.successes));
    }

    fn count(&mut self, outcome: Outcome) {
        self.tally.add(outcome, 1);
        if let Some(progress) = &self.progress {
            progress.update(self.tally.total(), self.tally.failures());
        }
    }

    /// The words of this report.
    pub fn text(&self) -> Text<'a> {
        Text::new(self.subject)
    }

    /// Reports what became of `key`.
    ///
    /// # Errors
    /// Standard output takes no more, for another reason than that its reader has gone.
    pub fn key(&mut self, key: &KeyId, entry: &KeyReport) -> Result<Outcome, OutputFailed> {
        let outcome = entry.outcome(&self.subject);
        self.count(outcome);
        match outcome {
            Outcome::NotTried => self.untried.push(key.clone()),
            Outcome::Cancelled => {}
            _ if outcome.is_success() => {}
            _ => {
                let line = self.text().failure(key, entry);
                // The key is named even if standard error can't be written. In JSON it is anyway.
                if try_error(&line).is_err() && !self.format.json {
                    self.write(&line)?;
                }
                self.hint(entry);
            }
        }
        let line = match (self.format, outcome.is_success()) {
            (ReportOptions { successes: false, .. }, true) | (ReportOptions { json: false, .. }, false) => {
                return Ok(outcome);
            }
            // Nothing was done to it, which is no news to a quiet run.
            (ReportOptions { summary: false, .. }, true) if outcome == Outcome::Kept => return Ok(outcome),
            (ReportOptions { json: true, .. }, _) => json::line(&self.subject, key, entry),
            (ReportOptions { json: false, .. }, true) => self.text().success(key, entry),
        };
        self.write(&line).map(|()| outcome)
    }

    /// Reports `keys` that had no request: they were cancelled or not tried.
    ///
    /// # Errors
    /// As for a single key; all of `keys` are counted.
    pub fn untouched(&mut self, keys: &[KeyId], outcome: Outcome) -> Result<(), OutputFailed> {
        let mut written = Ok(());
        for key in keys {
            let result = self.key(key, &KeyReport::Untouched(outcome)).map(|_| ());
            written = written.and(result);
        }
        written
    }

    /// Leaves the summary to whoever says more than that.
    pub fn omit_summary(&mut self) {
        self.format.summary = false;
    }

    /// Whether there are keys that were not tried.
    pub fn has_untried(&self) -> bool {
        !self.untried.is_empty()
    }

    /// Says that the keys could not be listed.
    pub fn list_failed(&mut self, failed: &ReadError) {
        let (organization, why) = (self.subject.organization, why_not_read(failed));
        error(format_args!("the keys of {organization} could not be listed, so nothing was changed: {why}"));
        self.hint(&KeyReport::NotRead(failed));
    }

    /// Says how it all ended, and returns the exit status.
    pub fn finish(&mut self) -> u8 {
        self.progress = None;
        let status = self.tally.status();
        let untried = std::mem::take(&mut self.untried);
        if !untried.is_empty() {
            let count = pluralize(untried.len(), "key was", "keys were");
            error(format_args!("{count} not tried: {}", format_ids(&untried)));
        }
        if signals::received() {
            info(format_args!("interrupted: {}", self.tally.summary()));
        } else if self.tally.total() > 1 && (self.format.summary || status != 0) {
            info(self.tally.summary());
        }
        status
    }

    fn hint(&mut self, entry: &KeyReport) {
        if let Some(text) = hints::of(&self.subject, entry).filter(|text| !self.hints.contains(text)) {
            hint(text);
            self.hints.push(text);
        }
    }

    fn write(&mut self, line: &str) -> Result<(), OutputFailed> {
        if self.is_closed {
            return Ok(());
        }
        match Stream::Stdout.write_line(line) {
            Ok(()) => Ok(()),
            // Whoever read the results has seen enough. The keys are still to be worked on.
            Err(WriteError::Closed) => {
                self.is_closed = true;
                Ok(())
            }
            Err(WriteError::Failed(failed)) => {
                // What was done must be told, so it is told where there is still somebody to tell.
                if !self.has_failed {
                    error(format_args!(
                        "results can't be written to standard output: {}",
                        os_error_text(&failed)
                    ));
                    self.has_failed = true;
                }
                info(format_args!("the result that could not be written: {line}"));
                Err(OutputFailed)
            }
        }
    }
}
