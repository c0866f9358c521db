//! Asking before a deletion, on a terminal.

use std::fmt::Display;
use std::io::{self, BufRead, Write};

use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::result::Action;
use crate::error::UsageError;
use crate::output::stderr::info;
use crate::output::text::pluralize;

/// The most keys that are shown before the question.
const SHOWN: usize = 100;

/// A question to a person at a terminal.
pub struct Prompt(());

impl Prompt {
    /// Finds where the question can be shown.
    ///
    /// # Errors
    /// Where there is no terminal to show it on.
    pub fn open() -> Result<Self, UsageError> {
        Ok(Self(()))
    }

    /// Shows a key with what is known of it.
    pub fn show(&mut self, key: &KeyId, what: &dyn Display) {
        info(format_args!("{key} {what}"));
    }

    /// Shows keys of which nothing was looked up.
    pub fn show_ids(&mut self, keys: &[KeyId]) {
        keys.iter().take(SHOWN).for_each(info);
        if keys.len() > SHOWN {
            info(format_args!("and {} more", keys.len() - SHOWN));
        }
    }

    /// Asks whether `count` keys are to be deleted or disabled; anything but `y` or `yes` is a no.
    ///
    /// The question itself says that nothing was done yet, since after Ctrl-C it is the last line.
    pub fn ask(&mut self, action: Action, count: usize, organization: &OrganizationId) -> bool {
        let keys = pluralize(count, "API key", "API keys");
        let question = match action {
            Action::Delete => {
                format!(
                    "nothing is deleted yet; delete {keys} from {organization}? this can't be undone [y/N]"
                )
            }
            Action::Disable => format!("nothing is disabled yet; disable {keys} in {organization}? [y/N]"),
        };
        let _ = io::stderr().write_all(format!("coveo-delete-key: {question} ").as_bytes());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer).unwrap_or(0);
        if read == 0 {
            // End of input: the cursor is still behind the question.
            let _ = writeln!(io::stderr());
        }
        matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }
}
