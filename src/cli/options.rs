//! The usage text, and how arguments and environment become [`Options`].
//!
//! Two stages: what was typed ([`Args`]), then what it means. Everything is checked here, before the first request.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::time::Duration;

use ureq::tls::RootCerts;

use crate::cli::args::{self, Args};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{self, KeyId, OrganizationId};
use crate::coveo::result::Action;
use crate::coveo::token::AccessToken;
use crate::error::UsageError;
use crate::net::ca_bundle::read_certificates;
use crate::net::proxy::{self, Proxy};
use crate::net::retry::RetryPolicy;
use crate::sanitize::{looks_secret, os_error_text, quote};
use crate::selector::{Age, Criterion, Selector};

/// What `--help` prints.
pub const USAGE: &str = "\
coveo-delete-key deletes Coveo API keys, says so, and exits with a status for scripts.

Usage:
  coveo-delete-key [OPTIONS] KEY_ID...
  coveo-delete-key [OPTIONS] --from FILE
  coveo-delete-key [OPTIONS] --disabled-for AGE | --expired-for AGE | --unused-for AGE
                             | --name GLOB

Where, and as whom:
  -o, --org ID            the organization; required [COVEO_ORGANIZATION_ID]
      --token-file PATH   read the access token from a file, - for standard input
                          [COVEO_ACCESS_TOKEN_FILE; or the token: COVEO_ACCESS_TOKEN]
  -r, --region NAME       us (default), ca, eu, au or hipaa [COVEO_REGION]
      --endpoint URL      another base URL, such as https://ORG.admin.org.coveo.com
                          [COVEO_ENDPOINT]
      --cacert FILE       trust these PEM certificates instead of the built-in
                          Mozilla roots [SSL_CERT_FILE]

Which keys:
      --from FILE         read key IDs from a file, one a line, - for standard input
      --disabled-for AGE  those disabled at least AGE ago, such as 30d, 12h or 2w
      --expired-for AGE   those expired at least AGE ago
      --unused-for AGE    those enabled and not used for AGE
      --name GLOB         those with such a display name (* and ?)
      --older-than AGE    of these, the ones created at least AGE ago
      --max N             change nothing if more than N are selected (default 20)

What to do:
      --disable           disable the keys instead of deleting them; can be undone
  -n, --dry-run           look the keys up and say what would happen
      --ignore-not-found  a key that is already gone counts as a success
  -y, --yes               don't ask on a terminal; act on what a selector selects
      --bulk              one request for up to 100 keys
      --timeout DURATION  give up on a key after this long (default 60s)
      --retries N         further attempts after the first (default 4)

What is said:
      --json              one JSON object a key on standard output
  -q, --quiet             no line for a success
  -v, --verbose           a line on standard error for every request
  -h, --help              print this
  -V, --version           print the version

Exit status:
  0  every key is as asked
  1  an undocumented answer, cancelled, or failures of several kinds
  2  wrong usage or configuration; nothing was sent or changed
  3  the access token was refused (401)
  4  the access token may not do this (403)
  5  there is no such key (404)
  6  no usable answer: network, TLS, time-out, 429 or 5xx

Examples:
  COVEO_ACCESS_TOKEN=... coveo-delete-key --org myorg123 wduuqg3ip2c3i3gpopapxhcgxe
  coveo-delete-key --org myorg123 --token-file token --disable --unused-for 90d --yes

Proxies are taken from HTTPS_PROXY, ALL_PROXY, HTTP_PROXY and NO_PROXY.
";

/// What `--version` prints.
pub const VERSION: &str = concat!("coveo-delete-key ", env!("CARGO_PKG_VERSION"), "\n");

/// What the user wants.
pub enum Invocation {
    /// The usage text.
    Help,
    /// The version.
    Version,
    /// Work on keys.
    Run(Box<Options>),
}

/// All settings, checked.
pub struct Options {
    /// The organization whose keys these are.
    pub organization: OrganizationId,
    /// Where Coveo is reached.
    pub endpoint: Endpoint,
    /// The access token.
    pub token: AccessToken,
    /// The proxy in front of it.
    pub proxy: Option<Proxy>,
    /// The certificates to trust.
    pub roots: RootCerts,
    /// What to do to keys.
    pub action: Action,
    /// Which keys.
    pub target: Target,
    /// How long and how often to try.
    pub policy: RetryPolicy,
    /// Whether to change them.
    pub mode: Mode,
    /// A key that is already gone is a success.
    pub ignore_not_found: bool,
    /// Several keys with one request.
    pub bulk: bool,
    /// JSON on standard output.
    pub json: bool,
    /// No line for a success.
    pub quiet: bool,
    /// A line for every request.
    pub verbose: bool,
    /// Whether `HTTP_PROXY` is set, which is not for https endpoints.
    pub http_proxy_set: bool,
}

/// Whether keys are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only look: say what would happen, change nothing.
    List(ListReason),
    /// Ask the person at the terminal first.
    Ask,
    /// Do it.
    Act,
}

/// Why nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListReason {
    /// `--dry-run`.
    DryRun,
    /// A selector without `--yes`, and nobody to ask.
    NoYes,
}

/// Which keys to work on.
pub enum Target {
    /// These.
    Keys(Vec<KeyId>),
    /// Those that the organization has of this kind.
    Selected(Selector),
}

/// Reads arguments (without the program's name) and, through `variable`, the environment.
///
/// # Errors
/// The first thing that is wrong with them.
pub fn parse(
    arguments: Vec<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Invocation, UsageError> {
    // Whatever is wrong, somebody may have given the token in the place of something else.
    let without_token = |wrong: UsageError| {
        let token = variable("COVEO_ACCESS_TOKEN").and_then(|token| token.into_string().ok());
        match token.and_then(|token| AccessToken::parse("COVEO_ACCESS_TOKEN", token.as_bytes()).ok()) {
            Some(token) => token.redact_error(wrong),
            None => wrong,
        }
    };
    let typed = args::read(arguments).map_err(without_token)?;
    if typed.help {
        return Ok(Invocation::Help);
    }
    if typed.version {
        return Ok(Invocation::Version);
    }
    let environment = |name: &'static str| match variable(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => value
            .into_string()
            .map(Some)
            .map_err(|_| UsageError::new(format!("the value of {name} is not UTF-8 text"))),
    };
    resolve(typed, environment).map(|options| Invocation::Run(Box::new(options))).map_err(without_token)
}

/// The second stage: what it means. Nothing is guessed.
///
/// The token is read first, so that no message repeats it; what is wrong with it is told in its turn. Standard input
/// waits for its turn, too: nobody should type a token only to be told that something else is wrong.
fn resolve(
    typed: Args,
    environment: impl Fn(&'static str) -> Result<Option<String>, UsageError>,
) -> Result<Options, UsageError> {
    let token = token(typed.token_file.clone(), &environment);
    let known = token.as_ref().ok().cloned().flatten();
    resolve_with(typed, token, environment).map_err(|wrong| match known {
        Some(token) => token.redact_error(wrong),
        None => wrong,
    })
}

fn resolve_with(
    typed: Args,
    token: Result<Option<AccessToken>, UsageError>,
    environment: impl Fn(&'static str) -> Result<Option<String>, UsageError>,
) -> Result<Options, UsageError> {
    // All that was given beside the token, to see that it does not stand there too.
    let given = RefCell::new(typed.texts());
    let environment = |name: &'static str| {
        let value = environment(name)?;
        given.borrow_mut().extend(value.clone());
        Ok(value)
    };
    let action = if typed.disable { Action::Disable } else { Action::Delete };
    check_combinations(&typed)?;
    let selector = selector(&typed)?;
    let mode = mode(&typed, selector.is_some(), environment("CI")?.as_deref());
    let asks = mode == Mode::Ask;
    let policy = policy(&typed)?;
    let organization = match (typed.org, environment("COVEO_ORGANIZATION_ID")?) {
        (Some(org), _) => OrganizationId::parse("--org", &org)?,
        (None, Some(org)) => OrganizationId::parse("COVEO_ORGANIZATION_ID", &org)?,
        (None, None) => {
            return Err(UsageError::new("no organization is given")
                .hint("use --org ID or the variable COVEO_ORGANIZATION_ID"));
        }
    };
    let endpoint = endpoint(typed.region, typed.endpoint, &environment)?;
    let proxy = proxy::from_environment(endpoint.host(), endpoint.is_https(), &environment)?;
    let http_proxy_set = environment("HTTP_PROXY")?.is_some() || environment("http_proxy")?.is_some();
    let roots = match (typed.cacert, environment("SSL_CERT_FILE")?) {
        (Some(path), _) => RootCerts::from(read_certificates("--cacert", &path)?),
        (None, Some(path)) => RootCerts::from(read_certificates("SSL_CERT_FILE", &path)?),
        // Mozilla's, built in.
        (None, None) => RootCerts::WebPki,
    };
    let from_stdin = typed.from.as_deref() == Some("-");
    let keys = match selector {
        Some(_) => Vec::new(),
        // Before the token, so that a script that forgot its KEY_ID is told so first.
        None if typed.from.is_none() => ids::parse_all(&typed.keys)?,
        None => Vec::new(),
    };
    if from_stdin && asks {
        return Err(no_answer("--from -"));
    }
    let token = match token? {
        Some(token) => token,
        None => token_from_stdin(from_stdin, asks)?,
    };
    let keys = match &typed.from {
        Some(path) => {
            let name = if from_stdin { "standard input".into() } else { format!("--from {}", quote(path)) };
            ids::parse_list(&name, &read_input(&name, path, LONGEST_LIST)?)?
        }
        None => keys,
    };
    if given.borrow().iter().any(|text| token.is_contained_in(text))
        || keys.iter().any(|key| token.is_contained_in(key.as_str()))
    {
        return Err(UsageError::new(
            "the access token itself stands in the place of something else (not repeated here)",
        ));
    }
    Ok(Options {
        organization,
        endpoint,
        token,
        proxy,
        roots,
        action,
        target: selector.map_or(Target::Keys(keys), Target::Selected),
        policy,
        mode,
        ignore_not_found: typed.ignore_not_found,
        bulk: typed.bulk,
        json: typed.json,
        quiet: typed.quiet,
        verbose: typed.verbose,
        http_proxy_set,
    })
}

/// Whether keys are changed. Disabling can be undone, so it is asked about only where a selector, and not the user,
/// names the keys.
fn mode(typed: &Args, selected: bool, ci: Option<&str>) -> Mode {
    // Some build agents give their jobs a terminal that nobody sits at.
    let is_ci = ci.is_some_and(|ci| !matches!(ci, "" | "false" | "0"));
    let person = || !is_ci && std::io::stdin().is_terminal();
    match typed {
        Args { dry_run: true, .. } => Mode::List(ListReason::DryRun),
        Args { yes: true, .. } => Mode::Act,
        _ if (selected || !typed.disable) && person() => Mode::Ask,
        _ if selected => Mode::List(ListReason::NoYes),
        _ => Mode::Act,
    }
}

/// A question is due, and standard input, which would answer it, is taken by `option`.
fn no_answer(option: &str) -> UsageError {
    UsageError::new(format!("{option} takes standard input, which is to answer the question"))
        .hint("use --yes if you are sure, or a file")
}

/// Options that contradict each other, or make no sense alone.
fn check_combinations(typed: &Args) -> Result<(), UsageError> {
    const SELECTORS: &str = "--disabled-for, --expired-for, --unused-for or --name";
    let sources = [
        ("KEY_ID", !typed.keys.is_empty()),
        ("--from", typed.from.is_some()),
        ("--disabled-for", typed.disabled_for.is_some()),
        ("--expired-for", typed.expired_for.is_some()),
        ("--unused-for", typed.unused_for.is_some()),
    ];
    let given: Vec<&str> = sources.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let source = match (&given[..], &typed.name) {
        ([first, second, ..], _) => {
            return Err(UsageError::new(format!("{first} and {second} can't be used together")));
        }
        ([one @ ("KEY_ID" | "--from")], Some(_)) => {
            return Err(UsageError::new(format!("{one} and --name can't be used together"))
                .hint("--name selects from all keys of the organization"));
        }
        ([one], _) => one,
        ([], Some(_)) => "--name",
        ([], None) if typed.older_than.is_some() => {
            return Err(UsageError::new("--older-than only narrows what another selector takes")
                .hint(format!("add {SELECTORS}")));
        }
        ([], None) => {
            return Err(UsageError::new("no KEY_ID is given")
                .hint("give key IDs, --from FILE, or a selector such as --disabled-for 30d"));
        }
    };
    let selected = !matches!(source, "KEY_ID" | "--from");
    for (option, given) in [("--older-than", typed.older_than.is_some()), ("--max", typed.max.is_some())] {
        if given && !selected {
            return Err(UsageError::new(format!("{option} goes with {SELECTORS} only")));
        }
    }
    if typed.disable && typed.disabled_for.is_some() {
        return Err(UsageError::new("--disable and --disabled-for can't be used together")
            .hint("--disabled-for selects keys that are disabled already"));
    }
    if typed.bulk && selected {
        return Err(UsageError::new(format!("--bulk and {source} can't be used together"))
            .hint("each selected key is read once more right before it is changed, and left alone if it no longer qualifies"));
    }
    Ok(())
}

fn selector(typed: &Args) -> Result<Option<Selector>, UsageError> {
    let criteria = [
        (Criterion::Disabled, "--disabled-for", &typed.disabled_for),
        (Criterion::Expired, "--expired-for", &typed.expired_for),
        (Criterion::Unused, "--unused-for", &typed.unused_for),
    ];
    let mut given = criteria
        .into_iter()
        .filter_map(|(criterion, option, text)| Some((criterion, option, text.as_deref()?)));
    let criterion = match given.next() {
        Some((criterion, option, text)) => Some((criterion, age(option, text)?)),
        None => None,
    };
    if criterion.is_none() && typed.name.is_none() {
        return Ok(None);
    }
    if let Some((Criterion::Unused, Age { duration, as_typed })) = &criterion
        && *duration < Duration::from_secs(86400)
    {
        return Err(UsageError::new(format!("--unused-for {} is shorter than a day", quote(as_typed)))
            .hint("Coveo calls the date of a key's last use approximate"));
    }
    let max = match &typed.max {
        Some(max) => number("--max", max, 1, 1_000_000)?,
        None => 20,
    };
    match typed.name.as_deref() {
        Some("") => {
            return Err(UsageError::new("--name is empty").hint("leave it away to take keys of any name"));
        }
        Some(glob) if criterion.is_none() && !typed.dry_run && !glob.contains(char::is_alphanumeric) => {
            return Err(UsageError::new(format!("--name {} would take keys of nearly any name", quote(glob)))
                .hint("write a part of the name, add another selector such as --disabled-for 30d, or look with --dry-run"));
        }
        _ => {}
    }
    let older_than = typed.older_than.as_deref().map(|text| age("--older-than", text)).transpose()?;
    let enabled_only = typed.disable && criterion.is_none();
    Ok(Some(Selector { criterion, name: typed.name.clone(), older_than, enabled_only, max }))
}

fn policy(typed: &Args) -> Result<RetryPolicy, UsageError> {
    Ok(RetryPolicy {
        timeout: match &typed.timeout {
            Some(timeout) => {
                duration("--timeout", timeout, 1, "write a number and a unit, such as 500ms, 30s or 5m")?
            }
            None => Duration::from_secs(60),
        },
        retries: match &typed.retries {
            Some(retries) => u32::try_from(number("--retries", retries, 0, 100)?).unwrap_or(100),
            None => 4,
        },
    })
}

/// Reads an age of a second or more, such as `90d` or `12h`.
fn age(option: &str, text: &str) -> Result<Age, UsageError> {
    const FORM: &str = "write a number and a unit, such as 12h, 90d or 2w";
    if text.split(|c: char| !c.is_alphabetic()).any(|unit| matches!(unit, "m" | "M")) {
        return Err(
            UsageError::new(format!("{option} {} may mean minutes or months", quote(text))).hint(FORM)
        );
    }
    // At most longer than anything that Coveo's cloud holds; the sum with a date must not overflow.
    let duration = duration(option, text, 36500, FORM)?;
    if duration < Duration::from_secs(1) {
        return Err(UsageError::new(format!("{option} {} is shorter than a second", quote(text))).hint(FORM));
    }
    Ok(Age { duration, as_typed: text.to_owned() })
}

/// Reads a duration above zero and of at most `most_days`; `form` says how it is written.
fn duration(option: &str, text: &str, most_days: u64, form: &'static str) -> Result<Duration, UsageError> {
    let wrong = |why: &str| UsageError::new(format!("{option} {} {why}", quote(text))).hint(form);
    let duration = read_duration(text).ok_or_else(|| wrong("is not a duration"))?;
    if duration.is_zero() {
        return Err(wrong("is zero"));
    }
    if duration > Duration::from_secs(most_days * 86400) {
        let days = if most_days == 1 { "a day".into() } else { format!("{most_days} days") };
        return Err(wrong(&format!("is longer than {days}")));
    }
    Ok(duration)
}

/// Part by part, such as `1h` and `30m`: `humantime` panics where their sum overflows, and reads "1 0d" as ten days,
/// which may have been meant as one.
fn read_duration(text: &str) -> Option<Duration> {
    let mut total = None;
    let mut rest = text.trim_matches(' ');
    while !rest.is_empty() {
        let unit = rest.find(char::is_alphabetic)?;
        let length = rest[unit..].find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len() - unit);
        let (part, behind) = rest.split_at(unit + length);
        if part[..unit].trim_end_matches(' ').contains(char::is_whitespace) {
            return None;
        }
        total = Some(total.unwrap_or(Duration::ZERO).checked_add(humantime::parse_duration(part).ok()?)?);
        rest = behind.trim_start_matches(' ');
    }
    total
}

fn number(option: &str, text: &str, least: usize, most: usize) -> Result<usize, UsageError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
        _ => Err(UsageError::new(format!(
            "{option} {} is not a whole number from {least} to {most}",
            quote(text)
        ))),
    }
}

/// The base URL: a flag wins over the environment; of two that are given in the same way, neither does.
fn endpoint(
    region: Option<String>,
    url: Option<String>,
    environment: &impl Fn(&'static str) -> Result<Option<String>, UsageError>,
) -> Result<Endpoint, UsageError> {
    const HINT: &str = "a region stands for an endpoint: give one of them";
    match (region, url) {
        (Some(_), Some(_)) => {
            Err(UsageError::new("--region and --endpoint can't be used together").hint(HINT))
        }
        (Some(region), None) => Endpoint::of_region("--region", &region),
        (None, Some(url)) => Endpoint::parse("--endpoint", &url),
        (None, None) => match (environment("COVEO_REGION")?, environment("COVEO_ENDPOINT")?) {
            (Some(_), Some(_)) => {
                Err(UsageError::new("COVEO_REGION and COVEO_ENDPOINT are both set").hint(HINT))
            }
            (Some(region), None) => Endpoint::of_region("COVEO_REGION", &region),
            (None, Some(url)) => Endpoint::parse("COVEO_ENDPOINT", &url),
            (None, None) => Endpoint::of_region("--region", "us"),
        },
    }
}

/// The most bytes of a file with a token that are read.
const LONGEST_TOKEN_FILE: u64 = 64 * 1024;

/// The most bytes of a file of IDs that are read: some two million keys.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;

/// The access token; `None` where it is to come from standard input.
fn token(
    file: Option<String>,
    environment: &impl Fn(&'static str) -> Result<Option<String>, UsageError>,
) -> Result<Option<AccessToken>, UsageError> {
    let (source, path) =
        match (file, environment("COVEO_ACCESS_TOKEN_FILE")?, environment("COVEO_ACCESS_TOKEN")?) {
            (Some(path), _, _) => ("--token-file", path),
            (None, Some(_), Some(_)) => {
                return Err(UsageError::new("COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set")
                    .hint("unset one of them, or use --token-file"));
            }
            (None, Some(path), None) => ("COVEO_ACCESS_TOKEN_FILE", path),
            (None, None, Some(token)) => {
                return AccessToken::parse("COVEO_ACCESS_TOKEN", token.as_bytes()).map(Some);
            }
            (None, None, None) => {
                return Err(UsageError::new("no access token is given")
                    .hint("put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file"));
            }
        };
    if path == "-" {
        return Ok(None);
    }
    if looks_secret(&path) {
        return Err(UsageError::new(format!(
            "{source} is a token, not the path of a file (not repeated here)"
        ))
        .hint("put the token into the file, or into the variable COVEO_ACCESS_TOKEN"));
    }
    let content = read_input(&format!("{source} {}", quote(&path)), &path, LONGEST_TOKEN_FILE)?;
    AccessToken::parse(&quote(&path), &content).map(Some)
}

/// The access token from standard input. `list_from_stdin`: that is taken by the key IDs; `asks`: it is to answer a
/// question.
fn token_from_stdin(list_from_stdin: bool, asks: bool) -> Result<AccessToken, UsageError> {
    if list_from_stdin {
        return Err(UsageError::new("the access token and the KEY_IDs can't both come from standard input"));
    }
    if asks {
        return Err(no_answer("--token-file -"));
    }
    let content = read_input("standard input", "-", LONGEST_TOKEN_FILE)?;
    AccessToken::parse("standard input", &content)
}

/// Reads a file, or standard input for `-`; `name` is what it is called in messages.
fn read_input(name: &str, path: &str, longest: u64) -> Result<Vec<u8>, UsageError> {
    let failed =
        |error: std::io::Error| UsageError::new(format!("{name} can't be read: {}", os_error_text(&error)));
    let mut content = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(longest + 1).read_to_end(&mut content).map_err(failed)?;
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(longest + 1).read_to_end(&mut content))
            .map_err(failed)?;
    }
    if content.len() as u64 > longest {
        return Err(UsageError::new(format!("{name} is longer than {} KiB", longest / 1024))
            .hint("is this the right file?"));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{FLAGS, WITH_VALUE};

    #[test]
    fn the_usage_text_names_every_option_and_fits_a_terminal() {
        for (long, short) in WITH_VALUE.iter().chain(&FLAGS) {
            assert!(USAGE.contains(&format!("{long} ")), "{long}");
            assert!(USAGE.contains(&format!("  {short}, {long}")) || short.is_empty(), "{short}");
        }
        assert!(USAGE.lines().all(|line| line.len() <= 88));
    }

    proptest::proptest! {
        #[test]
        fn reading_a_duration_never_panics(text in ".{0,30}", count: u64, unit in "[a-zA-Z]{0,6}") {
            for text in [text, format!("{count}{unit}")] {
                if let Ok(duration) = duration("--timeout", &text, 1, "") {
                    proptest::prop_assert!(!duration.is_zero() && duration <= Duration::from_secs(86400));
                }
                if let Ok(age) = age("--unused-for", &text) {
                    proptest::prop_assert!(age.duration >= Duration::from_secs(1));
                }
            }
        }
    }
}
