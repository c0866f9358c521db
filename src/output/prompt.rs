//! Asking before a deletion, on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};

use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::result::Action;
use crate::error::UsageError;
use crate::output::stderr;
use crate::output::text::pluralize;
use crate::sanitize::os_error_text;

/// The terminal that the process belongs to, whatever its streams are.
const TERMINAL: &str = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };

/// The most keys that are shown by ID alone.
const SHOWN: usize = 90;

/// Where a person reads the question. The answer comes from standard input.
pub enum Prompt {
    /// Standard error is a terminal.
    Stderr,
    /// Standard error is redirected, so the terminal itself is written to.
    Terminal(File),
}

/// The answer to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `y` or `yes`, in any case.
    Yes,
    /// Anything else, the end of input, or a question that could not be shown.
    No,
}

impl Prompt {
    /// Finds a place where a person sees the question.
    ///
    /// # Errors
    /// Standard error is no terminal, and the process has none that can be opened.
    pub fn open() -> Result<Self, UsageError> {
        if io::stderr().is_terminal() {
            return Ok(Self::Stderr);
        }
        // Windows opens it for writing only if it may be read, too.
        OpenOptions::new().read(true).write(true).open(TERMINAL).map(Self::Terminal).map_err(|error| {
            let reason = os_error_text(&error);
            UsageError::new(format!(
                "the question before a deletion can't be shown: standard error is redirected, and {TERMINAL} can't be opened: {reason}"
            ))
            .hint("add --yes to go on without a question")
        })
    }

    /// Shows a key that the question is about: `wduu… "My Source API Key" (enabled, last used 2026-11-20)`.
    pub fn show(&self, key: &KeyId, what: &str) {
        let _ = self.write(&format!("{key} {what}\n"));
    }

    /// Shows further keys that the question is about, of which nothing was looked up.
    pub fn show_ids(&self, keys: &[KeyId]) {
        for key in keys.iter().take(SHOWN) {
            let _ = self.write(&format!("{key}\n"));
        }
        if keys.len() > SHOWN {
            let _ = self.write(&format!("and {} more\n", keys.len() - SHOWN));
        }
    }

    /// Asks whether `count` keys are to be deleted or disabled.
    ///
    /// The question itself says that nothing was done yet, since after Ctrl-C it is the last line.
    pub fn ask(&self, action: Action, count: usize, organization: &OrganizationId) -> Answer {
        let keys = pluralize(count, "API key", "API keys");
        let question = match action {
            Action::Delete => {
                format!(
                    "nothing is deleted yet; delete {keys} from {organization}? this can't be undone [y/N] "
                )
            }
            Action::Disable => format!("nothing is disabled yet; disable {keys} in {organization}? [y/N] "),
        };
        discard_typed_ahead();
        // A question that was not shown has no answer.
        if self.write(&question).is_err() {
            return Answer::No;
        }
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer).unwrap_or(0);
        if read == 0 {
            // End of input: the cursor is still behind the question.
            let _ = self.write_plain("\n");
        }
        match &*answer.trim().to_ascii_lowercase() {
            "y" | "yes" => Answer::Yes,
            _ => Answer::No,
        }
    }

    fn write(&self, text: &str) -> Result<(), ()> {
        self.write_plain(&format!("coveo-delete-key: {text}"))
    }

    fn write_plain(&self, text: &str) -> Result<(), ()> {
        match self {
            Self::Stderr => stderr::write(text).map_err(drop),
            Self::Terminal(terminal) => {
                let mut terminal = terminal;
                terminal.write_all(text.as_bytes()).map_err(drop)
            }
        }
    }
}

/// Discards the lines that were typed before the question. Only Linux offers a way to it without `unsafe`: there, a
/// terminal that is opened anew can be read without waiting, and nobody else notices.
fn discard_typed_ahead() {
    #[cfg(target_os = "linux")]
    {
        use std::io::Read;
        use std::os::unix::fs::OpenOptionsExt;

        use crate::output::stream::O_NONBLOCK;

        let terminal = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open("/dev/stdin");
        if let Ok(mut terminal) = terminal {
            while terminal.read(&mut [0; 256]).is_ok_and(|count| count > 0) {}
        }
    }
}
