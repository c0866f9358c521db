//! A run: from settings to an exit status, one key after another.

use std::time::{Instant, SystemTime};

use crate::cli::options::{ListReason, Mode, Options, Target};
use crate::coveo::api_key::ApiKey;
use crate::coveo::client::{Action, BULK, Coveo, KeyResult, MaybeApplied};
use crate::coveo::ids::KeyId;
use crate::coveo::response::Privileges;
use crate::net::http::Http;
use crate::outcome::Outcome;
use crate::output::key_summary::KeySummary;
use crate::output::prompt;
use crate::output::report::{self, OutputFailed, Report, format_ids, pluralize};
use crate::output::stderr::{self, error, info};
use crate::selector::{Criterion, Selection, Selector};

/// So many keys in a row that end for a reason that is not theirs end the run.
const MAX_CONSECUTIVE_FAILURES: u32 = 3;

/// Does what `options` ask for and returns the exit status.
pub fn run(options: &Options) -> u8 {
    let coveo = connect(options);
    match &options.target {
        Target::Keys(keys) => {
            let mut run = Run::new(&coveo, options, matches!(options.mode, Mode::List(_)));
            if matches!(options.mode, Mode::List(_)) {
                return run.look(keys);
            }
            if options.mode == Mode::Ask {
                prompt::show(&coveo, keys);
                if !prompt::ask(options, keys.len()) {
                    return run.cancel(keys);
                }
            }
            run.process_all(keys, None)
        }
        Target::Selected(selector) => run_selector(&coveo, options, selector),
    }
}

fn connect(options: &Options) -> Coveo<'_> {
    let http = Http::new(options.token.authorization(), options.proxy.clone(), options.roots.clone());
    if let Some(proxy) = http.proxy().filter(|_| options.verbose) {
        info(format_args!("requests go through {proxy}"));
    }
    Coveo {
        http,
        endpoint: &options.endpoint,
        organization: &options.organization,
        token: &options.token,
        policy: options.policy,
        follow: Box::new(|attempt| {
            if options.verbose {
                stderr::attempt(attempt, &options.token);
            }
        }),
    }
}

/// Lists the organization's keys, shows those that are selected, and works on them if that is asked for.
fn run_selector(coveo: &Coveo, options: &Options, selector: &Selector) -> u8 {
    let asks = options.mode == Mode::Ask;
    let done = options.action.done();
    let acts = options.mode == Mode::Act;
    let only_lists = !acts && !asks;
    let mut run = Run::new(coveo, options, only_lists);
    let (selection, now) = match run.list(selector) {
        Ok(list) => list,
        Err(status) => return status,
    };
    let selected = selection.taken;
    let undated = selection.undated;
    if !undated.is_empty() && !options.quiet {
        let keys =
            pluralize(undated.len(), "key was left alone, since its", "keys were left alone, since their");
        info(format_args!("{keys} date is missing or can't be read: {}", format_ids(&undated)));
    }
    if selected.is_empty() {
        if !options.quiet {
            info(format_args!("no API key of {} {selector}; nothing was {done}", options.organization));
        }
        return 0;
    }
    let too_many = selected.len() > selector.max;
    if asks && !too_many || only_lists && too_many || acts && !too_many && !options.quiet {
        for (key, seen) in &selected {
            info(format_args!(
                "selected {key} {}",
                KeySummary::new(Some(seen.clone()), true, &options.token)
            ));
        }
    }
    if too_many {
        let count = pluralize(selected.len(), "key", "keys");
        error(format_args!("{count} are selected, and --max allows {}; nothing was {done}", selector.max));
        run.report.hint(if only_lists {
            "a larger --max takes them"
        } else {
            "--dry-run shows them; a larger --max takes them"
        });
        return 2;
    }
    if only_lists {
        let status = run.dry_run_list(&selected);
        if options.mode == Mode::List(ListReason::NoYes) {
            let take = match selected.len() {
                _ if status != 0 => "",
                1 => "; --yes takes this key",
                _ => "; --yes takes these keys",
            };
            info(format_args!("this is a list, and nothing was {done}{take}"));
        }
        return status;
    }
    let keys: Vec<KeyId> = selected.into_iter().map(|(key, _)| key).collect();
    if acts || asks && prompt::ask(options, keys.len()) {
        let again = (!matches!(selector.criterion, Some((Criterion::Unused, _)) | None)
            && options.action == Action::Delete)
            .then_some((selector, now));
        return run.process_all(&keys, again);
    }
    run.cancel(&keys)
}

/// The work on some keys, and what was said of it.
struct Run<'a> {
    coveo: &'a Coveo<'a>,
    options: &'a Options,
    report: Report<'a>,
    /// How many keys in a row have ended for a reason that is not theirs.
    consecutive_failures: u32,
}

/// The run is at its end before its last key.
enum Stop {
    /// Too many keys in a row have failed for a reason that is not theirs.
    InARow,
    /// The access token itself was refused, so no other key can end better.
    Refused,
    /// Results can't be written.
    OutputFailed,
}

impl From<OutputFailed> for Stop {
    fn from(_: OutputFailed) -> Self {
        Self::OutputFailed
    }
}

impl<'a> Run<'a> {
    fn new(coveo: &'a Coveo<'a>, options: &'a Options, dry: bool) -> Self {
        Self { coveo, options, report: Report::new(options, dry), consecutive_failures: 0 }
    }

    /// The keys that are selected, and the server's idea of now; otherwise the exit status.
    fn list(&self, selector: &Selector) -> Result<(Selection, SystemTime), u8> {
        let organization = self.coveo.organization;
        match self.coveo.keys(selector.status_filter()) {
            Ok(listing) => match listing.now.or_else(|| (!selector.needs_time()).then(SystemTime::now)) {
                Some(now) => Ok((selector.select(listing.keys, now), now)),
                None => {
                    error(format_args!(
                        "the list of the keys of {organization} came without a date that can be read, so no age can be told; nothing was changed"
                    ));
                    Err(Outcome::Unexpected.status())
                }
            },
            Err(fate) => {
                error(format_args!(
                    "the keys of {organization} could not be listed, so nothing was changed: {}",
                    report::why_not_listed(&fate)
                ));
                if let Some(hint) = self.report.hint_on(&fate) {
                    self.report.hint(hint);
                }
                Err(fate.outcome.status())
            }
        }
    }

    /// Deletes or disables `keys`. With `again`, each is read once more just before, and left alone if the
    /// selector no longer takes it.
    fn process_all(&mut self, keys: &[KeyId], again: Option<(&Selector, SystemTime)>) -> u8 {
        let chunk = if self.options.bulk { BULK } else { 1 };
        let mut done = 0;
        for chunk in keys.chunks(chunk) {
            let result = match chunk {
                [key] => self.one(key, None, again).map_err(|stop| (stop, 1)),
                several => self.process_bulk(several),
            };
            match result {
                Ok(()) => done += chunk.len(),
                Err((stop, tried)) => return self.stop(stop, &keys[done + tried..]),
            }
        }
        self.report.finish()
    }

    /// One key. `doubt`: a bulk request may have taken care of it already.
    fn one(
        &mut self,
        key: &KeyId,
        doubt: Option<MaybeApplied>,
        again: Option<(&Selector, SystemTime)>,
    ) -> Result<(), Stop> {
        let started = Instant::now();
        let mut policy = self.options.policy;
        if let Some((selector, now)) = again {
            match self.coveo.show(key, policy) {
                Ok(shown) if selector.takes(&shown.key, shown.now.unwrap_or(now)) => {}
                Ok(shown) => {
                    let kept = KeyResult { outcome: Outcome::Kept, ..shown.fate };
                    let seen = KeySummary::new(Some(shown.key), true, self.coveo.token);
                    return self.tell(key, kept, Some(&seen));
                }
                Err(fate) => return self.tell(key, *fate, None),
            }
            // Both requests share the time that a key has.
            policy.timeout = policy.timeout.saturating_sub(started.elapsed());
        }
        let fate = self.coveo.act(self.options.action, key, doubt, policy);
        self.tell(key, fate, None)
    }

    /// Several keys with one request; where that settles nothing, one by one. An error comes with the number
    /// of keys that were tried.
    fn process_bulk(&mut self, keys: &[KeyId]) -> Result<(), (Stop, usize)> {
        match self.coveo.act_on_all(self.options.action, keys) {
            Ok(fate) => {
                self.consecutive_failures = 0;
                // All of them are done, so all of them are told, even if the first can't be written.
                let mut result = Ok(());
                for key in keys {
                    if let Err(failed) = self.report.key(key, &fate, None) {
                        result = Err((failed.into(), keys.len()));
                    }
                }
                result
            }
            Err(doubt) => {
                if self.options.verbose {
                    info("the bulk request says nothing of a single key, so they are taken one by one");
                }
                for (index, key) in keys.iter().enumerate() {
                    let Err(stop) = self.one(key, doubt, None) else { continue };
                    // The bulk request has tried the others, too, unless it is certain that it changed nothing.
                    let Some(doubt) = doubt else { return Err((stop, index + 1)) };
                    let fate = KeyResult { doubt: Some(doubt), ..KeyResult::untold(Outcome::Unknown) };
                    let told = self.report.rest(&keys[index + 1..], &fate);
                    return Err((told.err().map_or(stop, Stop::from), keys.len()));
                }
                Ok(())
            }
        }
    }

    fn tell(&mut self, key: &KeyId, mut fate: KeyResult, seen: Option<&KeySummary>) -> Result<(), Stop> {
        if fate.outcome == Outcome::NotFound && self.options.ignore_not_found {
            fate.outcome = Outcome::AlreadyGone;
        }
        self.report.key(key, &fate, seen)?;
        self.consecutive_failures =
            if fate.outcome.is_systemic() { self.consecutive_failures + 1 } else { 0 };
        if self.consecutive_failures == MAX_CONSECUTIVE_FAILURES { Err(Stop::InARow) } else { Ok(()) }
    }

    fn stop(&mut self, stop: Stop, rest: &[KeyId]) -> u8 {
        match stop {
            Stop::InARow if !rest.is_empty() => error(format_args!(
                "the run ends here, since {MAX_CONSECUTIVE_FAILURES} keys in a row have failed for a reason that is not theirs"
            )),
            Stop::Refused if !rest.is_empty() => {
                error("the run ends here, since the access token itself was refused");
            }
            Stop::InARow | Stop::Refused | Stop::OutputFailed => {}
        }
        let written = self.report.rest(rest, &KeyResult::untold(Outcome::NotTried)).is_ok();
        let status = self.report.finish();
        if matches!(stop, Stop::OutputFailed) || !written { 1 } else { status }
    }

    fn cancel(&mut self, keys: &[KeyId]) -> u8 {
        // Where it can't be written, that was said; the status is 1 either way.
        let _ = self.report.rest(keys, &KeyResult::untold(Outcome::Cancelled));
        info(format_args!("cancelled; nothing was {}", self.options.action.done()));
        Outcome::Cancelled.status()
    }

    /// Says what would happen to `keys`; nothing but GET is sent.
    fn look(&mut self, keys: &[KeyId]) -> u8 {
        let privileges = match self.coveo.privileges() {
            Ok(privileges) => privileges,
            Err(refused) => {
                return match self.tell(&keys[0], *refused, None) {
                    Ok(()) => self.stop(Stop::Refused, &keys[1..]),
                    Err(stop) => self.stop(stop, &keys[1..]),
                };
            }
        };
        for (index, key) in keys.iter().enumerate() {
            if let Err(stop) = self.dry_run_key(key, &privileges) {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    fn dry_run_key(&mut self, key: &KeyId, privileges: &Privileges) -> Result<(), Stop> {
        let may_edit = privileges.cover(key);
        match self.coveo.show(key, self.options.policy) {
            Ok(shown) => self.dry_run_result(key, shown.fate, Some(shown.key), may_edit),
            // It can't be viewed; whether it can be edited is another privilege.
            Err(fate) if matches!(fate.outcome, Outcome::Unauthorized | Outcome::Forbidden) => {
                self.dry_run_result(key, KeyResult { reply: None, ..*fate }, None, may_edit)
            }
            Err(fate) => self.tell(key, *fate, None),
        }
    }

    /// Says what would happen to a key of which so much is known.
    fn dry_run_result(
        &mut self,
        key: &KeyId,
        fate: KeyResult,
        found: Option<ApiKey>,
        may_edit: Option<bool>,
    ) -> Result<(), Stop> {
        if may_edit == Some(false) {
            let refused = KeyResult {
                attempts: fate.attempts,
                elapsed: fate.elapsed,
                ..KeyResult::untold(Outcome::Forbidden)
            };
            return self.tell(key, refused, None);
        }
        let outcome = match self.options.action {
            Action::Delete => Outcome::WouldDelete,
            Action::Disable => Outcome::WouldDisable,
        };
        let seen = KeySummary::new(found, may_edit.is_some(), self.coveo.token);
        self.tell(key, KeyResult { outcome, ..fate }, Some(&seen))
    }

    /// The same for keys that a selector has found: what is known of them stands in the list.
    fn dry_run_list(&mut self, selected: &[(KeyId, ApiKey)]) -> u8 {
        let started = Instant::now();
        let privileges = self.coveo.privileges().unwrap_or(Privileges::Unchecked);
        for (index, (key, found)) in selected.iter().enumerate() {
            let fate = KeyResult { elapsed: started.elapsed(), ..KeyResult::untold(Outcome::WouldDelete) };
            if let Err(stop) = self.dry_run_result(key, fate, Some(found.clone()), privileges.cover(key)) {
                let rest: Vec<KeyId> = selected[index + 1..].iter().map(|(key, _)| key.clone()).collect();
                return self.stop(stop, &rest);
            }
        }
        self.report.finish()
    }
}
