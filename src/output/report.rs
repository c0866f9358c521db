//! Reports what happened to each key, as text or JSON, and counts the outcomes.

use std::io::{self, ErrorKind};

use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::error::os_error_text;
use crate::outcome::{Outcome, Tally};
use crate::output::context::ReportContext;
use crate::output::explain::{describe_status, why};
use crate::output::progress::ProgressLine;
use crate::output::stderr::{error, hint, info, try_error};
use crate::output::stream::Stream;
use crate::output::text::{self, format_ids, pluralize};
use crate::output::{hints, json};
use crate::signals;

/// Reports results, and counts them.
pub struct Report<'a> {
    /// The facts of the run, and how results are written.
    pub context: ReportContext<'a>,
    /// Standard output has refused a result.
    has_failed: bool,
    /// Keys that were not tried, and are not reported yet.
    pub untried: Vec<KeyId>,
    /// The hints of this run: each is shown once.
    hints: Vec<&'static str>,
    /// The reasons of the latest consecutive failures that would likely affect every key, such as `503`.
    pub failures: Vec<String>,
    tally: Tally,
    progress: Option<ProgressLine>,
}

impl<'a> Report<'a> {
    /// A report without results.
    pub fn new(context: ReportContext<'a>) -> Self {
        Self {
            context,
            has_failed: false,
            untried: Vec::new(),
            hints: Vec::new(),
            failures: Vec::new(),
            tally: Tally::default(),
            progress: None,
        }
    }

    /// Shows the progress of the work on `total` keys from now on, if it can be shown on a terminal.
    pub fn show_progress(&mut self, total: usize) {
        self.progress = ProgressLine::start(total, self.context.json || self.context.successes);
    }

    /// Reports the result of `key`.
    ///
    /// # Errors
    /// Standard output can't be written, for any reason except that its reader is gone. The run must end: nobody would know
    /// what was done.
    pub fn key(&mut self, key: &KeyId, result: &KeyResult) -> io::Result<Outcome> {
        let (context, outcome) = (self.context, result.outcome());
        let text = || text::line(&context, key, result);
        // This is before the key is counted: its own deletion can't be why the token was refused.
        let has_changed = self.tally.count(|done| matches!(done, Outcome::Deleted | Outcome::Disabled)) > 0;
        self.count(outcome, result);
        if outcome == Outcome::NotTried {
            self.untried.push(key.clone());
        } else if !outcome.is_success() && outcome != Outcome::Cancelled {
            let line = text();
            // The key is reported even if standard error can't be written; with JSON it always is.
            if try_error(&line).is_err() && !context.json {
                self.write(&line)?;
            }
            self.hint(hints::of(&context, result, has_changed));
        }
        let is_written = match outcome.is_success() {
            // Nothing was done to a kept key, so a quiet run doesn't report it.
            true => context.successes && (context.summary || outcome != Outcome::Kept),
            false => context.json,
        };
        if is_written {
            self.write(&if context.json { json::line(&context, key, result) } else { text() })?;
        }
        Ok(outcome)
    }

    fn count(&mut self, outcome: Outcome, result: &KeyResult) {
        self.tally.add(outcome);
        if outcome.is_systemic() {
            self.failures.push(match result.reply() {
                None => outcome.words().to_owned(),
                Some(reply) => describe_status(reply.as_ref().ok().map(|response| response.status)),
            });
        } else {
            self.failures.clear();
        }
        if let Some(progress) = &self.progress {
            progress.update(self.tally.total(), self.tally.failures());
        }
    }

    /// Reports that the keys could not be listed, and returns the exit status.
    pub fn list_failed(&mut self, result: &KeyResult) -> u8 {
        let (organization, why) = (self.context.organization, why(&self.context, result));
        let so = if self.context.action.is_some() { ", so nothing was changed" } else { "" };
        error(format_args!("the keys of {organization} could not be listed{so}: {why}"));
        self.hint(hints::of(&self.context, result, false));
        result.outcome().status()
    }

    /// Names the keys that were not tried, prints the summary, and returns the exit status: 1 if results could not be written.
    pub fn finish(&mut self) -> u8 {
        if let Some(progress) = self.progress.take() {
            progress.clear();
        }
        let status = self.tally.status();
        if !self.untried.is_empty() {
            let count = pluralize(self.untried.len(), "key was", "keys were");
            error(format_args!("{count} not tried: {}", format_ids(&self.untried)));
        }
        if signals::received() {
            info(format_args!("interrupted: {}", self.tally.summary()));
            if !self.untried.is_empty() || status != 0 {
                self.hint(Some(hints::go_on(&self.context)));
            }
        } else if self.tally.total() > 1 && (self.context.summary || status != 0) {
            info(self.tally.summary());
        }
        if self.has_failed { 1 } else { status }
    }

    fn hint(&mut self, text: Option<&'static str>) {
        if let Some(text) = text.filter(|text| !self.hints.contains(text)) {
            hint(text);
            self.hints.push(text);
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        match Stream::Stdout.write(&format!("{line}\n")) {
            Ok(()) => Ok(()),
            // The reader of the results has closed the pipe. The remaining keys still have to be changed.
            Err(failed) if failed.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(failed) => {
                // Write the result to standard error instead, so that it isn't lost.
                if !std::mem::replace(&mut self.has_failed, true) {
                    let why = os_error_text(&failed);
                    error(format_args!("results can't be written to standard output: {why}"));
                }
                info(format_args!("the result that could not be written: {line}"));
                Err(failed)
            }
        }
    }
}
