//! How arguments and environment become [`Options`]. Everything is checked here, before the first request.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts};

use crate::cli::args::{self, Given};
use crate::cli::durations::{number, timeout};
use crate::cli::environment::Environment;
use crate::cli::input_files::{STANDARD_INPUT, read_file, read_standard_input, without_mark};
use crate::cli::selection::{check_combinations, mode, selector};
use crate::cli::table::{Args, Kind, OPTIONS};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{self, KeyId, OrganizationId};
use crate::coveo::result::Action;
use crate::coveo::token::AccessToken;
use crate::error::UsageError;
use crate::net::ca_bundle::parse_certificates;
use crate::net::proxy::{self, Proxy};
use crate::net::retry::RetryPolicy;
use crate::sanitize::{looks_secret, quote};
use crate::selector::Selector;

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
    let environment = Environment::new(&variable);
    // Whatever is wrong, somebody may have given a token in the place of something else: it is struck out here.
    let mut tokens = Vec::new();
    if let Ok(Some(token)) = environment.secret(TOKEN) {
        tokens.extend(AccessToken::parse(TOKEN, without_mark(token.as_bytes())));
    }
    resolve(arguments, &environment, &mut tokens)
        .map_err(|wrong| tokens.iter().fold(wrong, |wrong, token| token.redact_error(wrong)))
}

/// What the arguments mean; nothing is guessed. Each token that is found goes to `tokens`.
///
/// The token is read first, so that no message repeats it; what is wrong with it is told in its turn. Standard input
/// waits for its turn, too: nobody should type a token only to be told that something else is wrong.
fn resolve(
    arguments: Vec<OsString>,
    environment: &Environment,
    tokens: &mut Vec<AccessToken>,
) -> Result<Invocation, UsageError> {
    let mut args = args::parse(arguments)?;
    if args.help {
        return Ok(Invocation::Help);
    }
    if args.version {
        return Ok(Invocation::Version);
    }
    check_combinations(&args)?;
    let selector = selector(&args)?;
    let policy = policy(&args)?;
    fill_in(&mut args, environment)?;
    let token = stored_token(args.token_file.as_ref(), environment, tokens);
    let organization = match &args.org {
        Some(given) => OrganizationId::parse(given.source, &given.text)?,
        None => {
            return Err(UsageError::new("no organization is given")
                .hint("use --org ID or the variable COVEO_ORGANIZATION_ID"));
        }
    };
    let endpoint = endpoint(args.region.as_ref(), args.endpoint.as_ref())?;
    let proxy = proxy::from_environment(endpoint.host(), endpoint.is_https(), |name| environment.get(name))?;
    let roots = match &args.cacert {
        Some(given) => RootCerts::from(certificates(given)?),
        // Mozilla's, built in.
        None => RootCerts::WebPki,
    };
    let mode = mode(&args, selector.is_some(), environment.get("CI")?.as_deref());
    let stdin = StandardInput { holds_list: is_stdin(args.from.as_ref()), asks: mode == Mode::Ask };
    if stdin.holds_list && stdin.asks {
        return Err(no_answer("--from -"));
    }
    let token = || token?.map_or_else(|| stdin.token(), Ok);
    let target = || match (selector, &args.from) {
        (Some(selector), _) => Ok(Target::Selected(selector)),
        (None, Some(from)) => list(&from.text).map(Target::Keys),
        (None, None) => ids::parse_all(&args.keys).map(Target::Keys),
    };
    let (target, token) = if stdin.holds_list {
        let token = token()?;
        (target()?, token)
    } else {
        let target = target()?;
        (target, token()?)
    };
    if args.texts().iter().chain(&environment.values()).any(|text| token.is_contained_in(text)) {
        return Err(UsageError::new(
            "another option or variable contains the access token (not repeated here)",
        ));
    }
    if matches!(&target, Target::Keys(keys) if keys.iter().any(|key| token.is_contained_in(key.as_str()))) {
        return Err(UsageError::new("a KEY_ID contains the access token (not repeated here)"));
    }
    Ok(Invocation::Run(Box::new(Options {
        organization,
        endpoint,
        token,
        proxy,
        roots,
        action: if args.disable { Action::Disable } else { Action::Delete },
        target,
        policy,
        mode,
        ignore_not_found: args.ignore_not_found,
        bulk: args.bulk,
        json: args.json,
        quiet: args.quiet,
        verbose: args.verbose,
        http_proxy_set: environment.is_set("HTTP_PROXY") || environment.is_set("http_proxy"),
    })))
}

/// Takes the options that were not given from the environment.
fn fill_in(args: &mut Args, environment: &Environment) -> Result<(), UsageError> {
    for option in OPTIONS {
        if let (Kind::Value(_, field), Some(source)) = (&option.kind, option.variable)
            && field(args).is_none()
        {
            *field(args) = environment.get(source)?.map(|text| Given { source, text });
        }
    }
    Ok(())
}

fn policy(args: &Args) -> Result<RetryPolicy, UsageError> {
    Ok(RetryPolicy {
        timeout: args.timeout.as_ref().map_or(Ok(Duration::from_secs(60)), timeout)?,
        retries: args.retries.as_ref().map_or(Ok(4), |given| number(given, 0, 100))?,
    })
}

/// The base URL: a flag wins over the environment; of two that are given in the same way, neither does.
fn endpoint(region: Option<&Given>, url: Option<&Given>) -> Result<Endpoint, UsageError> {
    match (region, url) {
        (Some(region), Some(url)) if region.is_option() == url.is_option() => {
            let both = if region.is_option() { "can't be used together" } else { "are both set" };
            Err(UsageError::new(format!("{} and {} {both}", region.source, url.source))
                .hint("a region stands for an endpoint: give one of them"))
        }
        (Some(region), url) if region.is_option() || url.is_none() => {
            Endpoint::of_region(region.source, &region.text)
        }
        (_, Some(url)) => Endpoint::parse(url.source, &url.text),
        _ => Endpoint::of_region("--region", "us"),
    }
}

/// The variable with the token itself.
const TOKEN: &str = "COVEO_ACCESS_TOKEN";

/// Where a token may be.
const WHERE_TOKEN: &str = "put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file";

/// The most bytes of a file with a token that are read.
const LONGEST_TOKEN_FILE: u64 = 64 * 1024;

/// The most bytes of a file of IDs that are read: some two million keys.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;

/// The most bytes of a file of certificates that are read: some fifty times the system's.
const LONGEST_BUNDLE: u64 = 10 * 1024 * 1024;

/// The certificates of a file.
fn certificates(file: &Given) -> Result<Vec<Certificate<'static>>, UsageError> {
    let name = format!("{} {}", file.source, quote(&file.text));
    parse_certificates(&name, &read_file(&name, &file.text, LONGEST_BUNDLE)?)
}

/// The access token of a file or a variable; `None` where it is to come from standard input. What was found, and may be
/// a token, goes to `tokens`.
fn stored_token(
    file: Option<&Given>,
    environment: &Environment,
    tokens: &mut Vec<AccessToken>,
) -> Result<Option<AccessToken>, UsageError> {
    let stored = match file {
        Some(file) if file.is_option() => None,
        _ => environment.secret(TOKEN)?,
    };
    let token = match (file, stored) {
        (Some(_), Some(_)) => {
            return Err(UsageError::new(format!("{TOKEN} and COVEO_ACCESS_TOKEN_FILE are both set"))
                .hint("unset one of them, or use --token-file"));
        }
        (None, None) => return Err(UsageError::new("no access token is given").hint(WHERE_TOKEN)),
        (None, Some(token)) => AccessToken::parse(TOKEN, without_mark(token.as_bytes()))?,
        (Some(_), None) if is_stdin(file) => return Ok(None),
        (Some(Given { source, text }), None) => {
            if looks_like_token(text) {
                tokens.extend(AccessToken::parse(source, text.as_bytes()));
                return Err(UsageError::new(format!(
                    "{source} looks like the token itself, not like the path of a file (not repeated here)"
                ))
                .hint("put the token into the file, or into the variable COVEO_ACCESS_TOKEN"));
            }
            let content = read_file(&format!("{source} {}", quote(text)), text, LONGEST_TOKEN_FILE)?;
            AccessToken::parse(&quote(text), &content)?
        }
    };
    tokens.push(token.clone());
    Ok(Some(token))
}

/// Whether the path of a file is rather a token.
fn looks_like_token(path: &str) -> bool {
    let opaque = path.len() >= 20 && !path.contains(['/', '\\', '.']);
    looks_secret(path) || opaque && !Path::new(path).exists()
}

fn is_stdin(given: Option<&Given>) -> bool {
    given.is_some_and(|given| given.text == "-")
}

/// The key IDs of a file, or of standard input for `-`.
fn list(path: &str) -> Result<Vec<KeyId>, UsageError> {
    if path == "-" {
        return ids::parse_list(STANDARD_INPUT, &read_standard_input(LONGEST_LIST)?);
    }
    let name = format!("--from {}", quote(path));
    ids::parse_list(&name, &read_file(&name, path, LONGEST_LIST)?)
}

/// What standard input is for.
struct StandardInput {
    /// The key IDs.
    holds_list: bool,
    /// The answer to a question.
    asks: bool,
}

impl StandardInput {
    /// The access token, if standard input is for nothing else.
    fn token(&self) -> Result<AccessToken, UsageError> {
        if self.holds_list {
            return Err(UsageError::new(
                "the access token and the KEY_IDs can't both come from standard input",
            ));
        }
        if self.asks {
            return Err(no_answer("--token-file -"));
        }
        AccessToken::parse(STANDARD_INPUT, &read_standard_input(LONGEST_TOKEN_FILE)?)
    }
}

/// A question is due, and `option` uses standard input, which would answer it.
fn no_answer(option: &str) -> UsageError {
    UsageError::new(format!("{option} uses standard input, so the question can't be answered"))
        .hint("use --yes if you are sure, or a file")
}
