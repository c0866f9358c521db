//! A run: from settings to an exit status, one key after another.

mod bulk;
mod dry_run;
mod matching;

use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

use ureq::tls::RootCerts;

use crate::cli::config::{Config, Mode, Target};
use crate::coveo::access::Access;
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::Client;
use crate::coveo::ids::KeyId;
use crate::coveo::result::{KeyResult, PriorState, ReadError, ReadErrorKind};
use crate::net::http::Http;
use crate::net::retry::RetryPolicy;
use crate::outcome::Outcome;
use crate::output::prompt::{Answer, Prompt};
use crate::output::report::{KeyReport, OutputFailed, Report, ReportContext, ReportOptions};
use crate::output::stderr::{self, error, hint, info};
use crate::run::matching::Selected;
use crate::signals;

/// So many keys in a row that fail for a reason that the next key shares end the run.
const MAX_CONSECUTIVE_FAILURES: u32 = 3;

/// From this many keys on, one request for many of them is worth a hint.
const MANY_KEYS: usize = 50;

/// The most keys that are looked up for the question.
const MAX_LOOKED_UP: usize = 10;

/// Looking keys up for the question is a courtesy: all of them together may take this long.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// Does what `options` ask for and returns the exit status.
pub fn run(options: &Config) -> u8 {
    let prompt = match options.mode {
        Mode::Ask => match Prompt::open() {
            Ok(prompt) => Some(prompt),
            Err(error) => return stderr::usage_error(&error),
        },
        Mode::List(_) | Mode::Act => None,
    };
    // Its memory goes with the process, at once; to free it piece by piece takes longer.
    let client = ManuallyDrop::new(connect(options));
    let mut run = Run { client: &client, options, report: report(options), consecutive_failures: 0 };
    match &options.target {
        Target::Keys(keys) => run.run_keys(keys, prompt),
        Target::Selected(selector) => run.run_selector(selector, prompt),
    }
}

fn connect(options: &Config) -> Client<'_> {
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
        learned: Access::default(),
    }
}

fn report(options: &Config) -> Report<'_> {
    let subject = ReportContext {
        host: options.endpoint.host(),
        organization: &options.organization,
        action: options.action,
        is_dry_run: matches!(options.mode, Mode::List(_)),
        ignore_not_found: options.ignore_not_found,
        token: &options.token,
        http_proxy_set: options.http_proxy_set,
        has_ca_file: !matches!(options.roots, RootCerts::WebPki),
    };
    // Nobody has named the keys that a selector takes, so they are named here, with --quiet too.
    let successes = !options.quiet || matches!(options.target, Target::Selected(_));
    Report::new(subject, ReportOptions { json: options.json, successes, summary: !options.quiet })
}

/// The work on some keys, and what was said of it.
struct Run<'a> {
    client: &'a Client<'a>,
    options: &'a Config,
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

impl Run<'_> {
    fn run_keys(&mut self, keys: &[KeyId], prompt: Option<Prompt>) -> u8 {
        if let Mode::List(_) = self.options.mode {
            return self.dry_run(keys, None);
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
        signals::changes_begin();
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

    /// Deletes or disables `keys`, one after another.
    fn process_all(&mut self, keys: &[KeyId], selected: Option<Selected>) -> u8 {
        self.report.show_progress(keys.len());
        for (index, key) in keys.iter().enumerate() {
            if signals::received() {
                return self.stop(Stop::Interrupted, &keys[index..]);
            }
            let result = match selected {
                Some(selected) => self.process_selected(key, selected),
                None => self.process_key(key, PriorState::default()),
            };
            if let Err(stop) = result {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// Deletes or disables one key, of which `before` is known.
    fn process_key(&mut self, key: &KeyId, before: PriorState) -> Result<(), Stop> {
        let result = self.client.apply(self.options.action, key, before, self.options.policy, &mut |_| true);
        self.report_change(key, &result, None)
    }

    fn report_change(&mut self, key: &KeyId, result: &KeyResult, found: Option<&ApiKey>) -> Result<(), Stop> {
        if result.outcome == Outcome::Unavailable && result.is_interrupted() {
            self.report.untouched(std::slice::from_ref(key), Outcome::NotTried)?;
            return Err(Stop::Interrupted);
        }
        self.report_entry(key, &KeyReport::Changed { result, key: found })
    }

    fn report_entry(&mut self, key: &KeyId, entry: &KeyReport) -> Result<(), Stop> {
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
        let stop = match self.report_entry(&keys[0], &KeyReport::NotRead(error)) {
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
