//! Keys that the user named, on the command line or in a file.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Run;
use crate::cli::config::{Mode, Task};
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{ReadError, ReadErrorKind};
use crate::coveo::response::ResponseKind;
use crate::net::retry::RetryPolicy;
use crate::output::prompt::Prompt;
use crate::output::text;

/// The most keys that are looked up before the question.
const MAX_LOOKUPS: usize = 10;

/// The limit for all lookups before the question together: they are optional.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

impl Run<'_> {
    pub(super) fn of_named(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        if let Task::List | Task::Change(_, Mode::DryRun | Mode::Preview) = self.config.task {
            return self.forecast_named(keys);
        }
        if let Some(prompt) = &prompt {
            match self.show(keys, prompt) {
                Err(error) => return self.stop_at_first(keys, error),
                Ok(settled) if settled.len() == keys.len() => {
                    self.settled = settled;
                    return self.report_each(keys, Self::change);
                }
                Ok(_) => {}
            }
        }
        self.change_all(keys, prompt)
    }

    /// Shows `keys` before the question, with what is known about each, and returns the results of those that can't be changed.
    ///
    /// # Errors
    /// The reason why no key can be changed.
    fn show(&mut self, keys: &[KeyId], prompt: &Prompt) -> Result<HashMap<KeyId, KeyResult>, Box<ReadError>> {
        use {ReadErrorKind::*, ResponseKind::*};
        let (mut settled, mut rest) = (HashMap::new(), keys);
        let deadline = Instant::now() + LOOKUP_TIMEOUT;
        for key in keys.iter().take(MAX_LOOKUPS) {
            let timeout = deadline.saturating_duration_since(Instant::now());
            if timeout.is_zero() {
                break;
            }
            rest = &rest[1..];
            let read = self.client.get_key(key, RetryPolicy { timeout, retries: Some(0) });
            prompt.show(key, &text::lookup(&self.report.context, read.as_ref().map_err(|error| &**error)));
            let rejected = match read {
                Ok(read) => {
                    self.seen.insert(key.clone());
                    self.check(key, read).err()
                }
                Err(error) => match error.kind {
                    Missing => Some(self.not_read(key, error)),
                    Response(Unauthorized | OrganizationNotFound) => return Err(error),
                    // Any other error would affect the remaining keys too.
                    _ => break,
                },
            };
            settled.extend(rejected.map(|result| (key.clone(), *result)));
        }
        prompt.show_ids(rest);
        Ok(settled)
    }
}
