//! Keys that the user named, on the command line or in a file.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::Run;
use super::matching::{self, Listed};
use crate::cli::config::{Mode, Task};
use crate::coveo::change::PriorState;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{ReadError, ReadErrorKind};
use crate::net::retry::RetryPolicy;
use crate::output::prompt::{Answer, Prompt};
use crate::output::stderr::hint;
use crate::output::text;
use crate::signals;

/// From this many keys on, bulk requests are worth a hint.
const MANY_KEYS: usize = 50;

/// The most keys that are looked up before the question.
const MAX_LOOKUPS: usize = 10;

/// The limit for all lookups before the question together: they are optional.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// What the lookups before a question showed.
#[derive(Default)]
struct Shown {
    /// The keys that exist.
    seen: HashSet<KeyId>,
    /// For each key that was looked up and can't be changed: its result.
    settled: Vec<(KeyId, KeyResult)>,
    /// Why no key can be changed.
    error: Option<Box<ReadError>>,
}

impl Run<'_> {
    pub(super) fn of_named(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        if let Task::List | Task::Change { mode: Mode::DryRun | Mode::Preview, .. } = self.config.task {
            return self.read_named(keys);
        }
        let mut seen = HashSet::new();
        if let Some(prompt) = prompt {
            let shown = self.show(keys, &prompt);
            if let Some(error) = shown.error {
                return self.stop_at_first(keys, error);
            }
            if shown.settled.len() == keys.len() {
                return self.report_settled(&shown.settled);
            }
            if prompt.ask(self.action(), keys.len(), &self.config.organization) == Answer::No {
                return self.cancel(keys);
            }
            seen = shown.seen;
        }
        let (client, config) = (self.client, self.config);
        if keys.len() >= MANY_KEYS && !config.bulk && !config.quiet && config.selector.is_empty() {
            hint("--bulk sends up to 100 keys with one request");
        }
        signals::changes_begin();
        if config.bulk {
            return self.change_in_bulk(keys);
        }
        let prior = |key: &KeyId| PriorState { was_seen: seen.contains(key), ..PriorState::default() };
        if config.selector.is_empty() {
            return self.change_all(keys, &prior, None);
        }
        let recheck =
            |key: &KeyId, policy| matching::recheck(client, &config.selector, Listed::NO_LIST, key, policy);
        self.change_all(keys, &prior, Some(&recheck))
    }

    /// Shows `keys` before the question, with what is known about each.
    fn show(&self, keys: &[KeyId], prompt: &Prompt) -> Shown {
        let deadline = Instant::now() + LOOKUP_TIMEOUT;
        let mut shown = Shown::default();
        for (index, key) in keys.iter().enumerate() {
            let timeout = deadline.saturating_duration_since(Instant::now());
            if index >= MAX_LOOKUPS || timeout.is_zero() {
                prompt.show_ids(&keys[index..]);
                return shown;
            }
            let policy = RetryPolicy { timeout, retries: Some(0) };
            let read = self.client.get_key(key, policy);
            prompt.show(key, &text::lookup(&self.report.context, read.as_ref().map_err(|error| &**error)));
            let result = match read {
                Ok(read) => {
                    shown.seen.insert(key.clone());
                    self.check_conditions(key, read).err().map(|result| *result)
                }
                Err(error) => match error.kind {
                    ReadErrorKind::NotFound => Some(self.not_read(key, error)),
                    ReadErrorKind::Unauthorized | ReadErrorKind::OrganizationNotFound => {
                        shown.error = Some(error);
                        return shown;
                    }
                    // Any other error would affect the remaining keys too.
                    _ => {
                        prompt.show_ids(&keys[index + 1..]);
                        return shown;
                    }
                },
            };
            shown.settled.extend(result.map(|result| (key.clone(), result)));
        }
        shown
    }

    /// Reports keys of which none can be changed, without a question.
    fn report_settled(&mut self, settled: &[(KeyId, KeyResult)]) -> u8 {
        for (index, (key, result)) in settled.iter().enumerate() {
            if let Err(stop) = self.report_result(key, result) {
                let rest: Vec<KeyId> = settled[index + 1..].iter().map(|(key, _)| key.clone()).collect();
                return self.stop(stop, &rest);
            }
        }
        self.report.finish()
    }

    /// Reads each of `keys`, and reports what would happen to it; nothing but GET is sent.
    fn read_named(&mut self, keys: &[KeyId]) -> u8 {
        if let Err(error) = self.forecast() {
            return self.stop_at_first(keys, error);
        }
        self.report.show_progress(keys.len());
        for (index, key) in keys.iter().enumerate() {
            let result = match self.client.get_key(key, self.config.policy) {
                Ok(read) => self.forecast_of_named(key, read),
                Err(error) => self.not_read(key, error),
            };
            if let Err(stop) = self.report_result(key, &result) {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }
}
