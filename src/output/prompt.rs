//! Asking before a deletion, on a terminal.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use crate::cli::options::Options;
use crate::coveo::client::{Action, Coveo};
use crate::coveo::ids::KeyId;
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;
use crate::output::report::pluralize;
use crate::output::stderr::info;

/// The most keys whose names are looked up for the question.
const LOOKED_UP: usize = 10;

/// The most keys that are shown before the question.
const SHOWN: usize = 100;

/// Looking up names is a courtesy: each is tried once, and all of them together not for long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Shows `keys` by ID and, where the token may see them, by name.
pub fn show(coveo: &Coveo, keys: &[KeyId]) {
    let end = Instant::now() + PATIENCE;
    let mut look = true;
    for (index, key) in keys.iter().take(SHOWN).enumerate() {
        let timeout = end.saturating_duration_since(Instant::now());
        look &= index < LOOKED_UP && !timeout.is_zero();
        let name = match look.then(|| coveo.show(key, RetryPolicy { timeout, retries: 0 })) {
            Some(Ok(shown)) => {
                let name = shown.key.display_name.map(|name| coveo.token.sanitize_and_redact(&name));
                name.filter(|name| !name.is_empty())
            }
            Some(Err(fate)) => {
                look = fate.outcome == Outcome::NotFound;
                None
            }
            None => None,
        };
        match name {
            Some(name) => info(format_args!("{key} \"{name}\"")),
            None => info(key),
        }
    }
    if keys.len() > SHOWN {
        info(format_args!("and {} more", keys.len() - SHOWN));
    }
}

/// Asks whether `count` keys are to be deleted or disabled; anything but `y` or `yes` is a no.
///
/// The question itself says that nothing was done yet, since after Ctrl-C it is the last line.
pub fn ask(options: &Options, count: usize) -> bool {
    let keys = pluralize(count, "API key", "API keys");
    let organization = &options.organization;
    let question = match options.action {
        Action::Delete => {
            format!("nothing is deleted yet; delete {keys} from {organization}? this can't be undone [y/N]")
        }
        Action::Disable => format!("nothing is disabled yet; disable {keys} in {organization}? [y/N]"),
    };
    let _ = io::stderr().write_all(format!("coveo-delete-key: {question} ").as_bytes());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer).unwrap_or(0);
    if read == 0 {
        // GiveUpReason of input: the cursor is still behind the question.
        let _ = writeln!(io::stderr());
    }
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
