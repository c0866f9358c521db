//! The question before a change, on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};

use crate::coveo::action::Action;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::error::{UsageError, os_error_text};
use crate::output::stream::Stream;
use crate::output::text::pluralize;

/// The terminal of the process, even if its streams are redirected.
const TERMINAL: &str = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };

/// The most keys that are shown by ID only.
const MAX_IDS: usize = 90;

/// Where the question is shown. The answer comes from standard input.
pub enum Prompt {
    /// Standard error is a terminal.
    Stderr,
    /// Standard error is redirected, so the question is written to the terminal itself.
    Terminal(File),
}

impl Prompt {
    /// Finds a terminal to show the question on.
    ///
    /// # Errors
    /// Standard error isn't a terminal, and the process has none that can be opened.
    pub fn open() -> Result<Self, UsageError> {
        if io::stderr().is_terminal() {
            return Ok(Self::Stderr);
        }
        // Windows opens it for writing only if it can be read as well.
        OpenOptions::new().read(true).write(true).open(TERMINAL).map(Self::Terminal).map_err(|error| {
            let reason = os_error_text(&error);
            UsageError::new(format!(
                "the question before a change can't be shown: standard error is redirected, and {TERMINAL} can't be opened: {reason}"
            ))
            .hint("add --yes to continue without a question")
        })
    }

    /// Shows a key that the question is about: `k1 "My Source API Key" (enabled, last used 2026-11-20)`.
    pub fn show(&self, key: &KeyId, what: &str) {
        let _ = self.write(&format!("{key} {what}\n"));
    }

    /// Shows IDs of further keys that weren't looked up.
    pub fn show_ids(&self, keys: &[KeyId]) {
        for key in keys.iter().take(MAX_IDS) {
            let _ = self.write(&format!("{key}\n"));
        }
        if keys.len() > MAX_IDS {
            let _ = self.write(&format!("and {} more\n", keys.len() - MAX_IDS));
        }
    }

    /// Asks whether to change `count` keys, and returns whether the answer is yes. A deletion needs the whole word `yes`: a
    /// stray `y` that was typed before the question appeared must not delete anything. The end of input counts as no.
    ///
    /// The question itself says that nothing has been done yet, since it's the last line after Ctrl-C.
    pub fn ask(&self, action: Action, count: usize, organization: &OrganizationId) -> bool {
        let keys = pluralize(count, "API key", "API keys");
        let (verb, done, from) = (action.verb(), action.done(), action.preposition());
        let is_final = action == Action::Delete;
        let how = if is_final { "this can't be undone; type yes to delete:" } else { "[y/N]" };
        let question = format!("nothing has been {done} yet; {verb} {keys} {from} {organization}? {how} ");
        // A question that was not shown has no answer.
        if self.write(&question).is_err() {
            return false;
        }
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
            // The cursor is still after the question.
            let _ = self.write_plain("\n");
        }
        let answer = answer.trim();
        answer == "yes" || !is_final && answer.eq_ignore_ascii_case("y")
    }

    fn write(&self, text: &str) -> io::Result<()> {
        self.write_plain(&format!("coveo-delete-key: {text}"))
    }

    fn write_plain(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Stderr => Stream::Stderr.write(text),
            Self::Terminal(terminal) => (&*terminal).write_all(text.as_bytes()),
        }
    }
}
