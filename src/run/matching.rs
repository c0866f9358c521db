//! Keys that match conditions: selected from the list of keys, and read again right before they are changed.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::Run;
use crate::cli::config::{Config, Mode, Task};
use crate::condition::{CLOCK_TOLERANCE, Context, Match};
use crate::coveo::api_key::ApiKey;
use crate::coveo::change::Checked;
use crate::coveo::client::date_defect;
use crate::coveo::consistency::contradiction;
use crate::coveo::ids::KeyId;
use crate::coveo::key_date::KeyDate;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Defect, Fetched};
use crate::coveo::verdict::{Facts, LastEvent};
use crate::net::retry::RetryPolicy;
use crate::output::key_summary::summarize;
use crate::output::prompt::Prompt;
use crate::output::stderr::{error, hint, info};
use crate::output::text::{format_ids, pluralize};
use crate::selector::{OWN_KEY, Selection};

/// How many keys a run names at most if more keys than `--max` match and it changes nothing: cron mails the output.
const MAX_NAMED: usize = 20;

/// Why a missing `lastUsedDate` doesn't mean that a named key was never used.
pub(super) const NO_LIST: &str = "is missing, which doesn't prove that it was never used";

/// What the list of keys showed, for the reads that follow it. Named keys are read without a list.
pub(super) struct List {
    /// The server's time when the list was made; `None` without a list.
    pub(super) time: Option<SystemTime>,
    /// Why a missing `lastUsedDate` doesn't mean that a key was never used; `None` if it does.
    pub(super) no_last_use: Option<&'static str>,
    /// The selected keys.
    pub(super) keys: HashMap<KeyId, ApiKey<'static>>,
}

impl Run<'_> {
    /// Lists the organization's keys, and works on those that match.
    pub(super) fn of_organization(&mut self, max: usize, prompt: Option<Prompt>) -> u8 {
        let Config { organization, selector, token, task, .. } = self.config;
        let select = |keys: Vec<ApiKey>, date: Option<SystemTime>| {
            let is_used = |key: &ApiKey| key.last_used.time().is_some() && key.is_of(organization);
            let has_last_use = keys.iter().any(is_used);
            let no_last_use = (!has_last_use).then_some("is missing, as it is for every key that was read");
            let now = date.unwrap_or_else(SystemTime::now);
            let token = (*task != Task::List).then_some(token);
            (selector.select(keys, &Context { now, no_last_use, organization, token }), now, no_last_use)
        };
        let list = self.client.list_keys(selector.status_filter(), selector.needs_time(), select);
        let (selection, now, no_last_use) = match list {
            Ok(list) => list.value,
            Err(error) => return self.report.list_failed(&KeyResult::not_read(Facts::default(), error)),
        };
        self.say_what_was_left_alone(&selection);
        if selection.selected.is_empty() {
            return self.nothing_matches(&selection);
        }
        let selected = selection.selected;
        match *task {
            Task::Change(_, Mode::Ask | Mode::Act) if selected.len() <= max => {
                let keys: Vec<KeyId> = selected.iter().map(|(key, _)| key.clone()).collect();
                self.list = List { time: Some(now), no_last_use, keys: selected.into_iter().collect() };
                self.change_selected(&keys, prompt)
            }
            Task::List => self.forecast_found(selected),
            Task::Change(_, mode) => self.only_list(mode, max, selected),
        }
    }

    fn say_what_was_left_alone(&self, selection: &Selection) {
        for (reason, ids) in &selection.left_alone {
            let known: Vec<KeyId> = ids.iter().flatten().cloned().collect();
            let names = if known.is_empty() { String::new() } else { format!(": {}", format_ids(&known)) };
            let were = pluralize(ids.len(), "matching key was", "matching keys were");
            let each = if ids.len() > 1 { "each " } else { "" };
            info(format_args!("{were} left alone, {each}because {reason}{names}"));
        }
        let (statuses, count) = &selection.unknown_statuses;
        if *count > 0 && !self.config.quiet {
            let have = pluralize(*count, "key has", "keys have");
            info(format_args!("{have} a status that this version doesn't know: {}", statuses.join(", ")));
        }
    }

    /// Reports that no key matches, and whether a pattern nearly matches one.
    fn nothing_matches(&self, selection: &Selection) -> u8 {
        let Config { organization, selector, quiet, .. } = self.config;
        let read = pluralize(selection.read, "key was read", "keys were read");
        let nothing = self.report.context.action.map(|action| format!(", nothing was {}", action.done()));
        let nothing = nothing.unwrap_or_default();
        match (quiet, selector.is_empty()) {
            (true, _) => {}
            (false, true) => info(format_args!("{organization} has no API keys")),
            (false, false) => info(format_args!("no API key of {organization} {selector}; {read}{nothing}")),
        }
        // Also with --quiet: otherwise a job with a wrong pattern would never delete anything, and nobody would notice.
        if selection.other_case > 0 {
            let would = pluralize(selection.other_case, "key", "keys");
            hint(format_args!("--name is case-sensitive: ignoring case, it would match {would}"));
        } else if selection.partial > 0 {
            let would = pluralize(selection.partial, "key", "keys");
            hint(format_args!("--name matches the whole name: with * at both ends, it would match {would}"));
        } else if selector.has_other_syntax() {
            hint("only * and ? are special in patterns; repeat --name for several names");
        }
        0
    }

    /// Reports what would happen, and why nothing does.
    fn only_list(&mut self, mode: Mode, max: usize, mut selected: Vec<(KeyId, ApiKey<'static>)>) -> u8 {
        let (done, verb, count) = (self.report.context.done(), self.report.context.verb(), selected.len());
        if count > max {
            self.report.context.summary = false;
        }
        if let Mode::Ask | Mode::Act = mode {
            selected.truncate(MAX_NAMED);
        }
        let unnamed = count - selected.len();
        let status = self.forecast_found(selected);
        if unnamed > 0 {
            info(format_args!("and {unnamed} more"));
        }
        if count > max {
            let are = pluralize(count, "key matches", "keys match");
            error(format_args!("{are}, but --max allows {max}; nothing was {done}"));
            hint(match mode {
                Mode::DryRun => format!("the real run needs --max {count}"),
                Mode::Preview | Mode::Ask | Mode::Act => {
                    format!("check them with --dry-run; if you mean all of them, use --max {count}")
                }
            });
            return 2;
        }
        if mode == Mode::Preview {
            let these = if count == 1 { "this key".to_owned() } else { format!("these {count} keys") };
            let add_yes = if status == 0 { format!("; add --yes to {verb} {these}") } else { String::new() };
            info(format_args!("listed only, nothing was {done}{add_yes}"));
        }
        status
    }

    /// Changes the selected keys, each after another read.
    fn change_selected(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        for key in keys {
            let summary = summarize(&self.list.keys[key], &self.config.token, "");
            match &prompt {
                Some(prompt) => prompt.show(key, &summary),
                None if self.config.quiet => {}
                None => info(format_args!("selected {key} {summary}")),
            }
        }
        self.change_all(keys, prompt)
    }

    /// Reads `key`, and checks that it matches.
    ///
    /// # Errors
    /// The result of a key that could not be read, or is left alone.
    pub(super) fn read(&self, key: &KeyId, policy: RetryPolicy) -> Checked {
        let read = self.client.get_key(key, policy).map_err(|error| self.not_read(key, error))?;
        self.check(key, read)
    }

    /// Checks that a key still matches after it was read, and that it is the selected key.
    ///
    /// # Errors
    /// The result of a key that doesn't, or whose data can't be used.
    pub(super) fn check(&self, key: &KeyId, read: Fetched<ApiKey<'static>>) -> Checked {
        let Config { organization, selector, token, .. } = self.config;
        let date = read.date.or(self.list.time);
        let undated = date_defect(date).filter(|_| selector.needs_time());
        let behind = self.list.time.zip(read.date).and_then(|(before, now)| before.duration_since(now).ok());
        let outdated = behind.filter(|behind| *behind > CLOCK_TOLERANCE).map(|_| Defect::Outdated);
        if let Some(defect) = undated.or(outdated) {
            return Err(self.not_read(key, read.to_error(defect)));
        }
        let before = self.list.keys.get(key);
        let was_used = before.is_some_and(|before| before.last_used != KeyDate::Absent);
        let no_last_use = was_used.then_some("was in the list and is missing now").or(self.list.no_last_use);
        let now = date.unwrap_or_else(SystemTime::now);
        let context = Context { now, no_last_use, organization, token: Some(token) };
        let found = &read.value;
        let is_another = before.is_some_and(|before| is_another_day(before.created, found.created));
        let (last, reason) = match selector.examine(found, &context) {
            Match::Yes | Match::No if is_another => {
                (LastEvent::BadData, "its createdDate isn't the one in the list".to_owned())
            }
            Match::Yes => return Ok(read),
            Match::OwnKey => (LastEvent::OwnKey, OWN_KEY.to_owned()),
            Match::BadData(reason) => (LastEvent::BadData, reason),
            Match::No => {
                let is_disabled = found.status.as_ref().is_some_and(|status| status.is_disabled());
                let is_consistent = contradiction(found, organization).is_none();
                let is_done = is_disabled && found.enabled != Some(true) && is_consistent;
                let why =
                    before.map_or("it doesn't match the conditions", |_| "it changed after it was selected");
                (LastEvent::NoMatch { is_done }, why.to_owned())
            }
        };
        let result = KeyResult::of_read(self.facts(key), last, read);
        Err(Box::new(KeyResult { reason: Some(reason), ..result }))
    }
}

/// Whether two dates are known, and more than a day apart. The list and a key may have them in different forms.
fn is_another_day(one: KeyDate, other: KeyDate) -> bool {
    let (Some(one), Some(other)) = (one.time(), other.time()) else { return false };
    let gap = one.duration_since(other).unwrap_or_else(|ahead| ahead.duration());
    gap > Duration::from_secs(86400)
}
