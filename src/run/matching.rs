//! Keys that a selector takes: listed, and looked at again right before they are changed.

use std::time::{Duration, Instant, SystemTime};

use super::{Run, Stop};
use crate::cli::config::{Config, ListReason, Mode};
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Fetched;
use crate::coveo::ids::KeyId;
use crate::coveo::result::{Action, PriorState, ReadError, ReadErrorKind, Resource};
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;
use crate::output::explain::clock_ahead;
use crate::output::prompt::{Answer, Prompt};
use crate::output::report::KeyReport;
use crate::output::stderr::{error, hint, info};
use crate::output::text::{format_ids, pluralize};
use crate::selector::{self, Selection, Selector};
use crate::signals;

/// A key is looked at again before a further attempt if the last look is older than this.
const LOOK_IS_FRESH: Duration = Duration::from_secs(10);

/// A server's clock this far ahead of this machine's decides nothing: which of the two is wrong can't be told.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(86400);

/// A selector, and the server's time when it was applied to the list.
#[derive(Clone, Copy)]
pub(super) struct Selected<'a> {
    selector: &'a Selector,
    now: SystemTime,
}

/// What a look at a selected key says.
enum Look {
    /// The selector still takes it.
    Qualifies(ApiKey),
    /// The selector does not take it any more.
    NoLonger(Fetched<ApiKey>),
    /// It could not be read.
    NotRead(Box<ReadError>),
}

impl Run<'_> {
    /// Lists the organization's keys, shows those that are selected, and works on them if that is asked for.
    pub(super) fn run_selector(&mut self, selector: &Selector, prompt: Option<Prompt>) -> u8 {
        let Config { organization, action, mode, quiet, .. } = self.options;
        let (Selection { taken, undated, ambiguous }, now) = match self.select(selector) {
            Ok(selection) => selection,
            Err(status) => return status,
        };
        if !undated.is_empty() && !quiet {
            let left = ("key was left alone, since its", "keys were left alone, since their");
            let left = pluralize(undated.len(), left.0, left.1);
            info(format_args!("{left} date is missing or can't be read: {}", format_ids(&undated)));
        }
        if ambiguous > 0 {
            let left = pluralize(ambiguous, "entry of the list was", "entries of the list were");
            info(format_args!("{left} left alone: the ID can't be read, or is listed twice"));
        }
        let (keys, found): (Vec<KeyId>, Vec<ApiKey>) = taken.into_iter().unzip();
        if keys.is_empty() {
            if !quiet {
                info(format_args!("no API key of {organization} {selector}; nothing was {}", action.done()));
            }
            return 0;
        }
        if keys.len() > selector.max || matches!(mode, Mode::List(_)) {
            return self.only_list(selector, &keys, &found);
        }
        for (key, found) in keys.iter().zip(&found) {
            let summary = self.report.text().summary(found);
            match &prompt {
                Some(prompt) => prompt.show(key, &summary),
                None if *quiet => {}
                None => info(format_args!("selected {key} {summary}")),
            }
        }
        if prompt.is_some_and(|prompt| prompt.ask(*action, keys.len(), organization) == Answer::No) {
            return self.cancel(&keys);
        }
        drop(found);
        signals::changes_begin();
        self.process_all(&keys, Some(Selected { selector, now }))
    }

    /// Says what would happen to `keys`, and why nothing does.
    fn only_list(&mut self, selector: &Selector, keys: &[KeyId], found: &[ApiKey]) -> u8 {
        let (done, verb, count) = (self.options.action.done(), self.options.action.verb(), keys.len());
        if count > selector.max {
            self.report.omit_summary();
        }
        let status = self.dry_run(keys, Some(found));
        if count > selector.max {
            let are = pluralize(count, "key is", "keys are");
            error(format_args!("{are} selected, and --max allows {}; nothing was {done}", selector.max));
            hint(format_args!("check the list; if all of these are meant, use --max {count}"));
            return 2;
        }
        if self.options.mode == Mode::List(ListReason::NoYes) {
            let add_yes = match count {
                _ if status != 0 => String::new(),
                1 => format!("; add --yes to {verb} this key"),
                _ => format!("; add --yes to {verb} these {count} keys"),
            };
            info(format_args!("listed only, nothing was {done}{add_yes}"));
        }
        status
    }

    /// The keys that are selected, and the server's time; otherwise the exit status.
    fn select(&mut self, selector: &Selector) -> Result<(Selection, SystemTime), u8> {
        let organization = self.client.organization;
        let list = match self.client.list_keys(selector.status_filter()) {
            Ok(list) => list,
            Err(failed) => {
                self.report.list_failed(&failed);
                return Err(failed.kind.outcome().status());
            }
        };
        let now = match (list.date, selector.needs_time()) {
            (_, false) => SystemTime::now(),
            (Some(date), true) if is_plausible(date) => date,
            (Some(date), true) => {
                error(format_args!("{}; nothing was changed", clock_ahead(date)));
                return Err(Outcome::Unexpected.status());
            }
            (None, true) => {
                error(format_args!(
                    "the list of the keys of {organization} came without a readable Date, so no age can be told; nothing was changed"
                ));
                return Err(Outcome::Unexpected.status());
            }
        };
        Ok((selector.select(list.value, now), now))
    }

    /// Reads a selected key once more and changes it if it still qualifies. Both share the time that a key has.
    pub(super) fn process_selected(&mut self, key: &KeyId, selected: Selected) -> Result<(), Stop> {
        let started = Instant::now();
        let Config { action, policy, .. } = *self.options;
        let found = match self.look(key, selected, policy) {
            Look::Qualifies(found) => found,
            Look::NoLonger(read) => return self.report_entry(key, &KeyReport::Kept(&read)),
            Look::NotRead(error) => return self.report_entry(key, &KeyReport::NotRead(&error)),
        };
        if signals::received() {
            self.report.untouched(std::slice::from_ref(key), Outcome::NotTried)?;
            return Err(Stop::Interrupted);
        }
        let policy = RetryPolicy { timeout: policy.timeout.saturating_sub(started.elapsed()), ..policy };
        let (mut looked, mut last_look) = (Instant::now(), None);
        let mut guard = |deadline: Instant| {
            if looked.elapsed() <= LOOK_IS_FRESH {
                return true;
            }
            let timeout = deadline.saturating_duration_since(Instant::now());
            let look = self.look(key, selected, RetryPolicy { timeout, retries: 0 });
            looked = Instant::now();
            last_look = Some(look).filter(|look| !matches!(look, Look::Qualifies(_)));
            last_look.is_none()
        };
        let mut result = self.client.apply(action, key, PriorState::default(), policy, &mut guard);
        match last_look {
            Some(look) if result.outcome == Outcome::Unknown => result.outcome = after_doubt(action, &look),
            Some(Look::NoLonger(read)) => return self.report_entry(key, &KeyReport::Kept(&read)),
            Some(Look::NotRead(error)) => return self.report_entry(key, &KeyReport::NotRead(&error)),
            Some(Look::Qualifies(_)) | None => {}
        }
        self.report_change(key, &result, Some(&found))
    }

    /// Reads a selected key and holds it against the selector.
    fn look(&self, key: &KeyId, selected: Selected, policy: RetryPolicy) -> Look {
        let fetched = match self.client.get_key(key, policy) {
            Ok(fetched) => fetched,
            Err(error) => return Look::NotRead(error),
        };
        let now = fetched.date.unwrap_or(selected.now);
        if selected.selector.needs_time() && !is_plausible(now) {
            let (what, kind) = (Resource::Key, ReadErrorKind::ClockAhead(now));
            let (evidence, effort) = (fetched.evidence, fetched.effort);
            return Look::NotRead(Box::new(ReadError { what, kind, evidence, effort }));
        }
        if selected.selector.takes(&fetched.value, now) {
            Look::Qualifies(fetched.value)
        } else {
            Look::NoLonger(fetched)
        }
    }
}

/// Whether ages can be counted from the server's time `now`.
fn is_plausible(now: SystemTime) -> bool {
    now.duration_since(SystemTime::now()).unwrap_or_default() <= MAX_CLOCK_SKEW
}

/// What became of a key that an earlier attempt may have changed, by a look that says that it is no longer to be taken.
fn after_doubt(action: Action, look: &Look) -> Outcome {
    match (action, look) {
        (Action::Delete, Look::NotRead(error)) if error.kind == ReadErrorKind::NotFound => Outcome::Gone,
        (Action::Disable, Look::NoLonger(fetched)) if selector::is_disabled(&fetched.value) => {
            Outcome::Disabled
        }
        (Action::Delete | Action::Disable, _) => Outcome::Unknown,
    }
}
