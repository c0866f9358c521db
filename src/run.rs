//! A run: from settings to an exit status, one key after another.

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};

use crate::cli::options::{ListReason, Mode, Options, Target};
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::{BULK, BulkResult, Client, Fetched, Learned};
use crate::coveo::ids::KeyId;
use crate::coveo::response::Privileges;
use crate::coveo::result::{Action, Before, Effort, Evidence, KeyResult, ReadError, ReadErrorKind};
use crate::interrupt;
use crate::net::http::Http;
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;
use crate::output::prompt::{Answer, Prompt};
use crate::output::report::{Entry, Format, OutputFailed, Report, Subject};
use crate::output::stderr::{self, error, hint, info};
use crate::output::text::{format_ids, pluralize};
use crate::selector::{self, Selection, Selector};

/// So many keys in a row that fail for a reason that the next key shares end the run.
const MAX_CONSECUTIVE_FAILURES: u32 = 3;

/// A key is looked at again before a further attempt if the last look is older than this.
const LOOK_IS_FRESH: Duration = Duration::from_secs(10);

/// A server's clock this far ahead of this machine's decides nothing: which of the two is wrong can't be told.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(86400);

/// From this many keys on, one request for many of them is worth a hint.
const MANY_KEYS: usize = 50;

/// The most keys that are looked up for the question.
const MAX_LOOKED_UP: usize = 10;

/// Looking keys up for the question is a courtesy: all of them together may take this long.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// Does what `options` ask for and returns the exit status.
pub fn run(options: &Options) -> u8 {
    let prompt = match options.mode {
        Mode::Ask => match Prompt::open() {
            Ok(prompt) => Some(prompt),
            Err(error) => return stderr::usage_error(&error),
        },
        Mode::List(_) | Mode::Act => None,
    };
    let client = connect(options);
    let mut run = Run { client: &client, options, report: report(options), consecutive_failures: 0 };
    match &options.target {
        Target::Keys(keys) => run.run_keys(keys, prompt),
        Target::Selected(selector) => run.run_selector(selector, prompt),
    }
}

fn connect(options: &Options) -> Client<'_> {
    let http = Http::new(options.token.authorization(), options.proxy.clone(), options.roots.clone());
    if let Some(proxy) = http.proxy().filter(|_| options.verbose) {
        info(format_args!("requests go through the proxy {proxy}"));
    }
    Client {
        http,
        endpoint: &options.endpoint,
        organization: &options.organization,
        token: &options.token,
        policy: options.policy,
        on_attempt: Box::new(|attempt| {
            if options.verbose {
                stderr::attempt(attempt, &options.token);
            }
        }),
        learned: Learned::default(),
    }
}

fn report(options: &Options) -> Report<'_> {
    let subject = Subject {
        organization: &options.organization,
        action: options.action,
        is_dry_run: matches!(options.mode, Mode::List(_)),
        ignore_not_found: options.ignore_not_found,
        token: &options.token,
        http_proxy_set: options.http_proxy_set,
    };
    // Nobody has named the keys that a selector takes, so they are named here, with --quiet too.
    let successes = !options.quiet || matches!(options.target, Target::Selected(_));
    Report::new(subject, Format { json: options.json, successes, summary: !options.quiet })
}

/// The work on some keys, and what was said of it.
struct Run<'a> {
    client: &'a Client<'a>,
    options: &'a Options,
    report: Report<'a>,
    /// How many keys in a row have failed for a reason that the next key shares.
    consecutive_failures: u32,
}

/// Why a run ends before its last key.
enum Stop {
    /// Too many keys in a row have failed for a reason that the next key shares.
    ConsecutiveFailures,
    /// The access token was refused.
    Unauthorized,
    /// The access token may not do this to any key.
    Forbidden,
    /// The organization does not exist.
    OrganizationNotFound,
    /// A signal came.
    Interrupted,
    /// Results can't be written.
    OutputFailed,
}

impl From<OutputFailed> for Stop {
    fn from(_: OutputFailed) -> Self {
        Self::OutputFailed
    }
}

/// A selector, and the server's time when it was applied to the list.
#[derive(Clone, Copy)]
struct Selected<'a> {
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
    NotRead(ReadError),
}

impl Run<'_> {
    fn run_keys(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        if let Mode::List(_) = self.options.mode {
            return self.dry_run(keys);
        }
        if let Some(prompt) = prompt {
            self.show(keys, &prompt);
            if prompt.ask(self.options.action, keys.len(), &self.options.organization) == Answer::No {
                return self.cancel(keys);
            }
        }
        if keys.len() >= MANY_KEYS && !self.options.bulk && !self.options.quiet {
            hint("--bulk sends up to 100 keys with one request");
        }
        interrupt::changes_begin();
        if self.options.bulk { self.process_bulk(keys) } else { self.process_all(keys, None) }
    }

    /// Shows `keys` before the question, with what is known of each.
    fn show(&self, keys: &[KeyId], prompt: &Prompt) {
        let deadline = Instant::now() + LOOK_UP_TIMEOUT;
        for (index, key) in keys.iter().enumerate() {
            let timeout = deadline.saturating_duration_since(Instant::now());
            if index >= MAX_LOOKED_UP || timeout.is_zero() {
                prompt.show_ids(&keys[index..]);
                return;
            }
            let read = self.client.get_key(key, RetryPolicy { timeout, retries: 0 });
            prompt.show(key, &self.report.text().lookup(&read));
            // Whatever keeps one key from being looked up, the next one meets, too.
            if read.is_err_and(|error| error.kind != ReadErrorKind::NotFound) {
                prompt.show_ids(&keys[index + 1..]);
                return;
            }
        }
    }

    /// Lists the organization's keys, shows those that are selected, and works on them if that is asked for.
    fn run_selector(&mut self, selector: &Selector, prompt: Option<Prompt>) -> u8 {
        let Options { organization, action, mode, quiet, .. } = self.options;
        let done = action.done();
        let (Selection { taken: selected, undated }, now) = match self.select(selector) {
            Ok(selection) => selection,
            Err(status) => return status,
        };
        if !undated.is_empty() && !quiet {
            let keys = pluralize(
                undated.len(),
                "key was left alone, since its",
                "keys were left alone, since their",
            );
            info(format_args!("{keys} date is missing or can't be read: {}", format_ids(&undated)));
        }
        if selected.is_empty() {
            if !quiet {
                info(format_args!("no API key of {organization} {selector}; nothing was {done}"));
            }
            return 0;
        }
        let too_many = selected.len() > selector.max;
        if matches!(mode, Mode::List(_)) || too_many {
            let status = self.dry_run_selected(&selected);
            if too_many {
                let count = pluralize(selected.len(), "key is", "keys are");
                error(format_args!(
                    "{count} selected, and --max allows {}; nothing was {done}",
                    selector.max
                ));
                hint(format_args!("--max {} would allow them", selected.len()));
                return 2;
            }
            if *mode == Mode::List(ListReason::NoYes) && status == 0 {
                let these = pluralize(selected.len(), "key", "keys");
                let these =
                    if selected.len() == 1 { "this key".to_owned() } else { format!("these {these}") };
                info(format_args!("listed only, nothing was {done}; add --yes to {} {these}", action.verb()));
            } else if *mode == Mode::List(ListReason::NoYes) {
                info(format_args!("listed only, nothing was {done}"));
            }
            return status;
        }
        let keys: Vec<KeyId> = selected.iter().map(|(key, _)| key.clone()).collect();
        if let Some(prompt) = prompt {
            for (key, found) in &selected {
                prompt.show(key, &self.report.text().summary(found));
            }
            if prompt.ask(*action, keys.len(), organization) == Answer::No {
                return self.cancel(&keys);
            }
        }
        if *mode == Mode::Act && !quiet {
            for (key, found) in &selected {
                info(format_args!("selected {key} {}", self.report.text().summary(found)));
            }
        }
        drop(selected);
        interrupt::changes_begin();
        self.process_all(&keys, Some(Selected { selector, now }))
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
                error(format_args!(
                    "the clocks differ by more than a day, so no age can be told: the server's says {}, this machine's {}; nothing was changed",
                    humantime::format_rfc3339_seconds(date),
                    humantime::format_rfc3339_seconds(SystemTime::now()),
                ));
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

    /// Deletes or disables `keys`, one after another.
    fn process_all(&mut self, keys: &[KeyId], selected: Option<Selected>) -> u8 {
        for (index, key) in keys.iter().enumerate() {
            if interrupt::received() {
                return self.stop(Stop::Interrupted, &keys[index..]);
            }
            let result = match selected {
                Some(selected) => self.process_selected(key, selected),
                None => self.process_key(key, Before::default()),
            };
            if let Err(stop) = result {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// Deletes or disables one key, of which `before` is known.
    fn process_key(&mut self, key: &KeyId, before: Before) -> Result<(), Stop> {
        let result = self.client.apply(self.options.action, key, before, self.options.policy, &mut |_| true);
        self.report_change(key, &result, None)
    }

    /// Reads a selected key once more and changes it if it still qualifies. Both share the time that a key has.
    fn process_selected(&mut self, key: &KeyId, selected: Selected) -> Result<(), Stop> {
        let started = Instant::now();
        let Options { action, policy, .. } = *self.options;
        let found = match self.look(key, selected, policy) {
            Look::Qualifies(found) => found,
            Look::NoLonger(fetched) => return self.report_kept(key, &fetched),
            Look::NotRead(error) => return self.report_entry(key, &Entry::NotRead(&error)),
        };
        if interrupt::received() {
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
        let mut result = self.client.apply(action, key, Before::default(), policy, &mut guard);
        match last_look {
            Some(look) if result.outcome == Outcome::Unknown => result.outcome = after_doubt(action, &look),
            Some(Look::NoLonger(fetched)) => return self.report_kept(key, &fetched),
            Some(Look::NotRead(error)) => return self.report_entry(key, &Entry::NotRead(&error)),
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
            let (kind, evidence) = (ReadErrorKind::ClockAhead, Evidence::None);
            return Look::NotRead(ReadError { kind, evidence, effort: fetched.effort });
        }
        if selected.selector.takes(&fetched.value, now) {
            Look::Qualifies(fetched.value)
        } else {
            Look::NoLonger(fetched)
        }
    }

    /// Deletes or disables `keys` in bulk requests. Keys that are not in the list of keys go out one by one, so that a
    /// wrong ID gets its own 404.
    fn process_bulk(&mut self, keys: &[KeyId]) -> u8 {
        let listed: Option<HashSet<KeyId>> = match self.client.list_keys(None) {
            Ok(list) => Some(list.value.into_iter().filter_map(|key| key.id).collect()),
            Err(error) => match error.kind {
                ReadErrorKind::Unauthorized | ReadErrorKind::OrganizationNotFound => {
                    return self.stop_at_first(keys, &error);
                }
                _ => None,
            },
        };
        let is_listed = |key: &KeyId| listed.as_ref().is_none_or(|listed| listed.contains(key));
        let mut rest = keys;
        while !rest.is_empty() {
            // As many keys as fill one bulk request, and those between them that go out one by one.
            let mut in_bulk = rest.iter().enumerate().filter(|(_, key)| is_listed(key));
            let end = in_bulk.nth(BULK).map_or(rest.len(), |(index, _)| index);
            let (window, behind) = rest.split_at(end);
            if let Err(stop) = self.process_window(window, &is_listed, listed.is_some()) {
                return self.stop(stop, behind);
            }
            rest = behind;
        }
        self.report.finish()
    }

    /// One bulk request for those of `window` that are listed, then all results in their order. Where the run ends
    /// early, each key of `window` is reported all the same.
    fn process_window(
        &mut self,
        window: &[KeyId],
        is_listed: &dyn Fn(&KeyId) -> bool,
        has_list: bool,
    ) -> Result<(), Stop> {
        let mut stopped = interrupt::received().then_some(Stop::Interrupted);
        let bulk: Vec<&KeyId> = window.iter().filter(|key| is_listed(key)).collect();
        // For a single key, a request of its own says more.
        let sent =
            (bulk.len() > 1 && stopped.is_none()).then(|| self.client.apply_bulk(self.options.action, &bulk));
        if matches!(sent, Some(BulkResult::NotConfirmed(_))) && self.options.verbose {
            info("the bulk request was not confirmed; its keys follow one by one");
        }
        for key in window {
            if stopped.is_none() && interrupt::received() {
                stopped = Some(Stop::Interrupted);
            }
            let result = match (sent.as_ref().filter(|_| is_listed(key)), &stopped) {
                (Some(BulkResult::Applied(result)), _) => self.report_change(key, result, None),
                (Some(BulkResult::NotConfirmed(bulk)), None) => {
                    self.process_key(key, Before { listed: has_list, bulk: *bulk })
                }
                (Some(BulkResult::NotConfirmed(Some(bulk))), Some(_)) => {
                    self.report_change(key, &KeyResult::in_doubt(*bulk), None)
                }
                (None, None) => self.process_key(key, Before::default()),
                (Some(BulkResult::NotConfirmed(None)) | None, Some(_)) => {
                    self.report.untouched(std::slice::from_ref(key), Outcome::NotTried).map_err(Stop::from)
                }
            };
            stopped = stopped.or(result.err());
        }
        stopped.map_or(Ok(()), Err)
    }

    /// Says what would happen to `keys`; nothing but GET is sent.
    fn dry_run(&mut self, keys: &[KeyId]) -> u8 {
        let privileges = match self.forecast() {
            Ok(privileges) => privileges,
            Err(error) => return self.stop_at_first(keys, &error),
        };
        for (index, key) in keys.iter().enumerate() {
            let result = match self.client.get_key(key, self.options.policy) {
                Ok(found) => self.report_forecast(key, &privileges, &found.value, Some(&found.effort)),
                Err(error) => self.report_entry(key, &Entry::NotRead(&error)),
            };
            if let Err(stop) = result {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// The same for keys that a selector has found: what is known of them stands in the list.
    fn dry_run_selected(&mut self, selected: &[(KeyId, ApiKey)]) -> u8 {
        let ids =
            |selected: &[(KeyId, ApiKey)]| selected.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let privileges = match self.forecast() {
            Ok(privileges) => privileges,
            Err(error) => return self.stop_at_first(&ids(selected), &error),
        };
        for (index, (key, found)) in selected.iter().enumerate() {
            if let Err(stop) = self.report_forecast(key, &privileges, found, None) {
                return self.stop(stop, &ids(&selected[index + 1..]));
            }
        }
        self.report.finish()
    }

    /// What the token may do, as far as that can be found out.
    ///
    /// # Errors
    /// No request of the real run could end better.
    fn forecast(&self) -> Result<Privileges, ReadError> {
        match self.client.privileges(self.options.policy) {
            Ok(privileges) => Ok(privileges),
            Err(error) => match error.kind {
                ReadErrorKind::Unauthorized
                | ReadErrorKind::Forbidden
                | ReadErrorKind::OrganizationNotFound => Err(error),
                ReadErrorKind::NotFound
                | ReadErrorKind::Refused
                | ReadErrorKind::Unavailable
                | ReadErrorKind::Stale
                | ReadErrorKind::ClockAhead
                | ReadErrorKind::Unreadable
                | ReadErrorKind::Unexpected => Ok(Privileges::UNKNOWN),
            },
        }
    }

    fn report_forecast(
        &mut self,
        key: &KeyId,
        privileges: &Privileges,
        found: &ApiKey,
        effort: Option<&Effort>,
    ) -> Result<(), Stop> {
        let may_edit = privileges.cover(key);
        self.report_entry(key, &Entry::Forecast { key: found, may_edit, effort })
    }

    fn report_kept(&mut self, key: &KeyId, fetched: &Fetched<ApiKey>) -> Result<(), Stop> {
        self.report_entry(key, &Entry::Kept { key: &fetched.value, effort: &fetched.effort })
    }

    fn report_change(&mut self, key: &KeyId, result: &KeyResult, found: Option<&ApiKey>) -> Result<(), Stop> {
        if result.outcome == Outcome::Unavailable && result.is_interrupted() {
            self.report.untouched(std::slice::from_ref(key), Outcome::NotTried)?;
            return Err(Stop::Interrupted);
        }
        self.report_entry(key, &Entry::Changed { result, key: found })
    }

    fn report_entry(&mut self, key: &KeyId, entry: &Entry) -> Result<(), Stop> {
        let outcome = self.report.key(key, entry)?;
        self.consecutive_failures = if outcome.is_systemic() { self.consecutive_failures + 1 } else { 0 };
        match outcome {
            Outcome::OrganizationNotFound => Err(Stop::OrganizationNotFound),
            _ if self.consecutive_failures == MAX_CONSECUTIVE_FAILURES => Err(Stop::ConsecutiveFailures),
            _ => Ok(()),
        }
    }

    /// Ends the run with its first key, since no other one could end better.
    fn stop_at_first(&mut self, keys: &[KeyId], error: &ReadError) -> u8 {
        let stop = match self.report_entry(&keys[0], &Entry::NotRead(error)) {
            Err(stop) => stop,
            Ok(()) if error.kind == ReadErrorKind::Forbidden => Stop::Forbidden,
            Ok(()) => Stop::Unauthorized,
        };
        self.stop(stop, &keys[1..])
    }

    /// Ends the run early; `rest` was not tried.
    fn stop(&mut self, stop: Stop, rest: &[KeyId]) -> u8 {
        let written = self.report.untouched(rest, Outcome::NotTried).is_ok();
        if self.report.has_untried() {
            match stop {
                Stop::ConsecutiveFailures => error(format_args!(
                    "the run ends here: {MAX_CONSECUTIVE_FAILURES} keys in a row failed with 401, 429, 5xx, no response or an undocumented one"
                )),
                Stop::Unauthorized => error("the run ends here: the access token was refused"),
                Stop::Forbidden => error("the run ends here: the access token may not do this"),
                Stop::OrganizationNotFound => error("the run ends here: there is no such organization"),
                // The summary says this, or an error that was told when it came.
                Stop::Interrupted | Stop::OutputFailed => {}
            }
        }
        let status = self.report.finish();
        if matches!(stop, Stop::OutputFailed) || !written { 1 } else { status }
    }

    fn cancel(&mut self, keys: &[KeyId]) -> u8 {
        // Where it can't be written, that was said; the status is 1 either way.
        let _ = self.report.untouched(keys, Outcome::Cancelled);
        info(format_args!("cancelled; nothing was {}", self.options.action.done()));
        Outcome::Cancelled.status()
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
