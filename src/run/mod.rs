//! A run: from the configuration to an exit status, one key after another.

mod bulk;
mod dry_run;
mod matching;
mod named;

use std::cell::Cell;

use ureq::tls::RootCerts;

use crate::cli::config::{Candidates, Config, Mode, Task};
use crate::coveo::access::Access;
use crate::coveo::action::Action;
use crate::coveo::api_key::ApiKey;
use crate::coveo::change::{PriorState, Recheck, Rejected};
use crate::coveo::client::Client;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Fetched, ReadError, ReadErrorKind};
use crate::coveo::verdict::LastEvent;
use crate::net::http::Http;
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;
use crate::output::context::ReportContext;
use crate::output::prompt::Prompt;
use crate::output::report::{OutputFailed, Report, ReportOptions};
use crate::output::stderr::{self, error, info};
use crate::signals;

/// Stop after this many consecutive failures that would likely affect every key.
const MAX_CONSECUTIVE_FAILURES: usize = 3;

/// Does what `config` says and returns the exit status.
pub fn run(config: &Config) -> u8 {
    let prompt = match config.task {
        Task::Change { mode: Mode::Ask, .. } => match Prompt::open() {
            Ok(prompt) => Some(prompt),
            Err(error) => return stderr::usage_error(&error),
        },
        Task::Change { mode: Mode::DryRun | Mode::Preview | Mode::Act, .. } | Task::List => None,
    };
    let client = connect(config);
    let mut run = Run { client: &client, config, report: report(config) };
    match &config.candidates {
        Candidates::Named(keys) => run.of_named(keys, prompt),
        Candidates::Organization { max } => run.of_organization(*max, prompt),
    }
}

fn connect(config: &Config) -> Client<'_> {
    let http = Http::new(config.token.authorization(), config.proxy.clone(), config.roots.clone());
    if let Some(proxy) = http.proxy().filter(|_| config.verbose) {
        info(format_args!("requests go through the proxy {proxy}"));
    }
    Client {
        http,
        endpoint: &config.endpoint,
        organization: &config.organization,
        token: &config.token,
        policy: config.policy,
        ignore_not_found: config.ignore_not_found,
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
        Task::Change { action, mode } => (Some(action), matches!(mode, Mode::DryRun | Mode::Preview)),
    };
    let context = ReportContext {
        host: config.endpoint.host(),
        organization: &config.organization,
        action,
        is_dry_run,
        ignore_not_found: config.ignore_not_found,
        token: &config.token,
        token_source: &config.token_source,
        has_ca_file: !matches!(config.roots, RootCerts::WebPki),
        http_proxy_set: config.http_proxy_set,
    };
    // The user hasn't named the keys that conditions select, so their results are printed even with --quiet.
    let is_selection = matches!(config.candidates, Candidates::Organization { .. }) || action.is_none();
    let (json, summary) = (config.json, !config.quiet && action.is_some());
    Report::new(context, ReportOptions { json, successes: !config.quiet || is_selection, summary })
}

/// Reads a key right before its change, and decides whether it may still be changed.
type RecheckKey<'a> = dyn Fn(&KeyId, RetryPolicy) -> Result<Fetched<ApiKey<'static>>, Box<Rejected>> + 'a;

/// The work on some keys, and its report.
struct Run<'a> {
    client: &'a Client<'a>,
    config: &'a Config,
    report: Report<'a>,
}

/// Why a run ends before its last key.
enum Stop {
    /// Too many consecutive failures that would likely affect every key.
    ConsecutiveFailures(Vec<String>),
    /// The access token was refused.
    Unauthorized,
    /// The access token may not do this to any key.
    Forbidden,
    /// The organization doesn't exist.
    OrganizationNotFound,
    /// A signal was received.
    Interrupted,
    /// Results can't be written.
    OutputFailed,
}

impl From<OutputFailed> for Stop {
    fn from(_: OutputFailed) -> Self {
        Self::OutputFailed
    }
}

impl Run<'_> {
    /// The action of the run. A list has none, and reports the same failures as a dry run of a deletion.
    fn action(&self) -> Action {
        match self.config.task {
            Task::Change { action, .. } => action,
            Task::List => Action::Delete,
        }
    }

    /// Changes `keys`, one after another. With `recheck`, each is read again right before its change.
    fn change_all(
        &mut self,
        keys: &[KeyId],
        prior: &dyn Fn(&KeyId) -> PriorState,
        recheck: Option<&RecheckKey>,
    ) -> u8 {
        self.report.show_progress(keys.len());
        for (index, key) in keys.iter().enumerate() {
            if signals::received() {
                return self.stop(Stop::Interrupted, &keys[index..]);
            }
            if let Err(stop) = self.change(key, prior(key), recheck) {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// Changes `key` and reports the result.
    fn change(&mut self, key: &KeyId, prior: PriorState, recheck: Option<&RecheckKey>) -> Result<(), Stop> {
        let bound = recheck.map(|recheck| move |policy| recheck(key, policy));
        let recheck = bound.as_ref().map(|recheck| recheck as &Recheck);
        let result = self.client.change(self.action(), key, prior, recheck);
        self.report_result(key, &result)
    }

    /// Reports `result`, and decides whether the run goes on.
    fn report_result(&mut self, key: &KeyId, result: &KeyResult) -> Result<(), Stop> {
        match self.report.key(key, result)? {
            Outcome::OrganizationNotFound => Err(Stop::OrganizationNotFound),
            Outcome::NotTried => Err(Stop::Interrupted),
            _ if self.report.consecutive_failures().len() >= MAX_CONSECUTIVE_FAILURES => {
                Err(Stop::ConsecutiveFailures(self.report.consecutive_failures().to_vec()))
            }
            _ => Ok(()),
        }
    }

    /// The result of a key that could not be read and was left alone.
    fn not_read(&self, key: &KeyId, error: Box<ReadError>) -> KeyResult {
        let last = LastEvent::NotRead(error.kind);
        KeyResult::not_read(self.client.facts(self.action(), key, PriorState::default(), &[], last), error)
    }

    /// Reports the first key and stops; the other keys would fail the same way.
    fn stop_at_first(&mut self, keys: &[KeyId], error: Box<ReadError>) -> u8 {
        let kind = error.kind;
        let result = self.not_read(&keys[0], error);
        let stop = match self.report_result(&keys[0], &result) {
            Err(stop) => stop,
            Ok(()) if kind == ReadErrorKind::Forbidden => Stop::Forbidden,
            Ok(()) => Stop::Unauthorized,
        };
        self.stop(stop, &keys[1..])
    }

    /// Ends the run early; `rest` was not tried.
    fn stop(&mut self, stop: Stop, rest: &[KeyId]) -> u8 {
        let written = self.report_untried(rest, LastEvent::NotTried).is_ok();
        if self.report.has_untried() {
            match &stop {
                Stop::ConsecutiveFailures(failures) => {
                    let (count, which) = (failures.len(), failures.join(", "));
                    error(format_args!("stopping after {count} consecutive failures ({which})"));
                }
                Stop::Unauthorized => error("stopping: the access token was refused"),
                Stop::Forbidden => error("stopping: the access token may not do this"),
                Stop::OrganizationNotFound => error("stopping: the organization doesn't exist"),
                // The summary, or an earlier error, says this.
                Stop::Interrupted | Stop::OutputFailed => {}
            }
        }
        let status = self.report.finish();
        if matches!(stop, Stop::OutputFailed) || !written { 1 } else { status }
    }

    /// Reports keys that had no request.
    fn report_untried(&mut self, keys: &[KeyId], last: LastEvent) -> Result<(), OutputFailed> {
        let mut written = Ok(());
        for key in keys {
            let result = self.client.untried_result(self.action(), key, PriorState::default(), last);
            written = written.and(self.report.key(key, &result).map(|_| ()));
        }
        written
    }

    fn cancel(&mut self, keys: &[KeyId]) -> u8 {
        // If the result can't be written, an error says so; the status is 1 in both cases.
        let _ = self.report_untried(keys, LastEvent::Cancelled);
        let answer = if self.action() == Action::Delete { "yes" } else { "y or yes" };
        let done = self.report.context.done();
        info(format_args!("cancelled, because the answer wasn't {answer}; nothing was {done}"));
        Outcome::Cancelled.status()
    }
}
