//! A run: from the configuration to an exit status, one key after another.

mod bulk;
mod dry_run;
mod matching;
mod named;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use ureq::tls::RootCerts;

use self::matching::{List, NO_LIST};
use crate::cli::config::{Candidates, Config, Mode, Task};
use crate::coveo::access::Access;
use crate::coveo::action::Action;
use crate::coveo::change::Recheck;
use crate::coveo::client::Client;
use crate::coveo::ids::{KeyId, is_coveo_id};
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{ReadError, ReadErrorKind};
use crate::coveo::response::ResponseKind;
use crate::coveo::verdict::{Facts, LastEvent, MaybeApplied};
use crate::net::http::Http;
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::prompt::Prompt;
use crate::output::report::Report;
use crate::output::stderr::{self, error, hint, info};
use crate::signals;

/// Stop after this many consecutive failures that would likely affect every key.
const MAX_CONSECUTIVE_FAILURES: usize = 3;

/// From this many keys on, bulk requests are worth a hint.
const MANY_KEYS: usize = 50;

/// Does what `config` says and returns the exit status.
pub fn run(config: &Config) -> u8 {
    let asks = matches!(config.task, Task::Change(_, Mode::Ask));
    let prompt = match asks.then(Prompt::open).transpose() {
        Ok(prompt) => prompt,
        Err(error) => return stderr::usage_error(&error),
    };
    let mut run = Run {
        config,
        client: connect(config),
        report: report(config),
        seen: HashSet::new(),
        list: List { time: None, no_last_use: Some(NO_LIST), keys: HashMap::new() },
        in_bulk: HashMap::new(),
        settled: HashMap::new(),
    };
    match &config.candidates {
        Candidates::Named(keys) => run.of_named(keys, prompt),
        Candidates::Organization { max } => run.of_organization(*max, prompt),
    }
}

fn connect(config: &Config) -> Client<'_> {
    let http = Http::new(config.token.authorization(), config.proxy.clone(), config.roots.clone());
    if let Some(proxy) = http.proxy.as_ref().filter(|_| config.verbose) {
        info(format_args!("requests go through the proxy {proxy}"));
    }
    Client {
        http,
        endpoint: &config.endpoint,
        organization: &config.organization,
        token: &config.token,
        policy: config.policy,
        on_attempt: Box::new(|attempt| {
            if config.verbose {
                stderr::attempt(attempt, &config.token);
            }
        }),
        access: Access::default(),
        maybe_changed: Cell::new(false),
    }
}

fn report(config: &Config) -> Report<'_> {
    let (action, is_dry_run) = match config.task {
        Task::List => (None, false),
        Task::Change(action, mode) => (Some(action), matches!(mode, Mode::DryRun | Mode::Preview)),
    };
    // The user hasn't named the keys that conditions select, so their results are printed even with --quiet.
    let is_selection = matches!(config.candidates, Candidates::Organization { .. }) || action.is_none();
    Report::new(ReportContext {
        host: &config.endpoint.host,
        organization: &config.organization,
        action,
        is_dry_run,
        ignore_not_found: config.ignore_not_found,
        token: &config.token,
        has_ca_file: !matches!(config.roots, RootCerts::WebPki),
        http_proxy_set: config.http_proxy_set,
        json: config.json,
        successes: !config.quiet || is_selection,
        summary: !config.quiet && action.is_some(),
    })
}

/// The work on some keys, and its report.
struct Run<'a> {
    config: &'a Config,
    client: Client<'a>,
    report: Report<'a>,
    /// The keys that this run has seen, in addition to the selected ones.
    seen: HashSet<KeyId>,
    list: List,
    /// The bulk request that may have been applied to a key.
    in_bulk: HashMap<KeyId, MaybeApplied>,
    /// Results that are known before it's the key's turn.
    settled: HashMap<KeyId, KeyResult>,
}

/// The end of a run before its last key, with a message unless the summary or an earlier error says why.
type Stop = Option<String>;

impl Run<'_> {
    /// The action of the run. A list has none, and reports the same failures as a dry run of a deletion.
    fn action(&self) -> Action {
        self.report.context.action.unwrap_or_default()
    }

    /// What is known about `key` so far.
    fn facts(&self, key: &KeyId) -> Facts {
        let is_selected = self.list.keys.contains_key(key);
        Facts {
            action: self.action(),
            has_coveo_form: is_coveo_id(key.as_str()),
            ignore_not_found: self.config.ignore_not_found,
            was_seen: is_selected || self.seen.contains(key),
            is_selected,
            in_bulk: self.in_bulk.get(key).copied(),
            run_maybe_changed: self.client.maybe_changed.get(),
            ..Facts::default()
        }
    }

    /// Reports the result of each key. Stops early if the remaining keys would fail the same way, or at a signal.
    fn report_each(&mut self, keys: &[KeyId], mut work: impl FnMut(&mut Self, &KeyId) -> KeyResult) -> u8 {
        let mut rest = keys;
        while let [key, others @ ..] = rest
            && !signals::received()
        {
            rest = others;
            let result = work(self, key);
            if let Err(stop) = self.report_result(key, &result) {
                return self.stop(stop, rest);
            }
        }
        self.stop(None, rest)
    }

    /// Changes `key`, unless its result is known. If there are conditions, it is read again right before its change.
    fn change(&mut self, key: &KeyId) -> KeyResult {
        if let Some(result) = self.settled.remove(key) {
            return result;
        }
        let recheck = |policy| self.read(key, policy);
        let recheck = (!self.config.selector.is_empty()).then_some(&recheck as &Recheck);
        self.client.change(key, self.facts(key), recheck)
    }

    /// The result of a key that could not be read and was left alone.
    fn not_read(&self, key: &KeyId, error: Box<ReadError>) -> Box<KeyResult> {
        Box::new(KeyResult::not_read(self.facts(key), error))
    }

    /// Reports `result`, and decides whether the run goes on.
    fn report_result(&mut self, key: &KeyId, result: &KeyResult) -> Result<(), Stop> {
        let outcome = self.report.key(key, result).map_err(|_| None)?;
        let failures = &self.report.failures;
        if outcome == Outcome::OrganizationNotFound {
            return Err(Some("stopping: the organization doesn't exist".to_owned()));
        }
        if failures.len() >= MAX_CONSECUTIVE_FAILURES {
            let (count, which) = (failures.len(), failures.join(", "));
            return Err(Some(format!("stopping after {count} consecutive failures ({which})")));
        }
        Ok(())
    }

    /// Reports the first key and stops; the other keys would fail the same way.
    fn stop_at_first(&mut self, keys: &[KeyId], error: Box<ReadError>) -> u8 {
        let is_forbidden = error.kind == ReadErrorKind::Response(ResponseKind::Forbidden);
        let why = if is_forbidden { "may not do this" } else { "was refused" };
        let result = self.not_read(&keys[0], error);
        let stop = self.report_result(&keys[0], &result).err();
        self.stop(stop.unwrap_or_else(|| Some(format!("stopping: the access token {why}"))), &keys[1..])
    }

    /// The result of a key that had no request.
    fn unsent(&self, key: &KeyId, last: LastEvent) -> KeyResult {
        KeyResult::new(self.facts(key), last)
    }

    /// Reports `keys`, which had no request of their own.
    fn report_unsent(&mut self, keys: &[KeyId], last: LastEvent) {
        for key in keys {
            let result = self.settled.remove(key).unwrap_or_else(|| self.unsent(key, last));
            // If it can't be written, an error says so, and the exit status is 1.
            let _ = self.report.key(key, &result);
        }
    }

    /// Ends the run; `rest` was not tried.
    fn stop(&mut self, stop: Stop, rest: &[KeyId]) -> u8 {
        self.report_unsent(rest, LastEvent::NotTried);
        if let Some(reason) = stop.filter(|_| !self.report.untried.is_empty()) {
            error(reason);
        }
        self.report.finish()
    }

    /// Changes `keys`, unless there is a `prompt` and the answer isn't yes.
    fn change_all(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        let Config { organization, selector, bulk, quiet, .. } = self.config;
        if prompt.is_some_and(|prompt| !prompt.ask(self.action(), keys.len(), organization)) {
            self.report_unsent(keys, LastEvent::Cancelled);
            let answer = if self.action() == Action::Delete { "yes" } else { "y or yes" };
            let done = self.report.context.done();
            info(format_args!("cancelled, because the answer wasn't {answer}; nothing was {done}"));
            return Outcome::Cancelled.status();
        }
        if keys.len() >= MANY_KEYS && !bulk && !quiet && selector.is_empty() {
            hint("--bulk sends up to 100 keys with one request");
        }
        signals::changes_begin();
        self.report.show_progress(keys.len());
        if *bulk { self.change_in_bulk(keys) } else { self.report_each(keys, Self::change) }
    }
}
