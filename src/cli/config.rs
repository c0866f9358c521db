//! How arguments and environment become [`Config`]. Everything is checked here, before the first request.

use std::ffi::OsString;
use std::time::Duration;

use ureq::tls::RootCerts;

use crate::cli::environment::Environment;
use crate::cli::inputs::without_mark;
use crate::cli::parse::{self, ArgValue};
use crate::cli::specs::{OPTIONS, OptionKind, RawArgs};
use crate::cli::token_and_keys::{TOKEN, certificates, check_misplaced, stored_token, target_and_token};
use crate::cli::validate::{check_combinations, mode, selector};
use crate::cli::values::{number, timeout};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::result::Action;
use crate::coveo::token::AccessToken;
use crate::error::UsageError;
use crate::net::proxy::{self, Proxy};
use crate::net::retry::RetryPolicy;
use crate::selector::Selector;

/// What the user wants.
pub enum Invocation {
    /// The usage text.
    Help,
    /// The version.
    Version,
    /// Work on keys.
    Run(Box<Config>),
}

/// All settings, checked.
pub struct Config {
    /// The organization that the keys belong to; there is no default.
    pub organization: OrganizationId,
    /// The base URL of the API; by default that of the region us.
    pub endpoint: Endpoint,
    /// The access token, checked to fit into a header; there is no default.
    pub token: AccessToken,
    /// The forward proxy; `None` for a direct connection.
    pub proxy: Option<Proxy>,
    /// The certificates to trust; by default the Mozilla roots that are built in.
    pub roots: RootCerts,
    /// Deletes by default; `--disable`.
    pub action: Action,
    /// Keys that are named, or those that a selector takes.
    pub target: Target,
    /// The limits for each key; by default 60 s and 4 retries.
    pub policy: RetryPolicy,
    /// Whether keys are changed, and whether a person is asked before.
    pub mode: Mode,
    /// A 404 (with proof of the organization) is a success; off by default.
    pub ignore_not_found: bool,
    /// Up to 100 keys per request; off by default.
    pub bulk: bool,
    /// One JSON object per key on standard output, instead of text.
    pub json: bool,
    /// No line for a success, except for keys that a selector took, which nobody has named.
    pub quiet: bool,
    /// A line on standard error for every request.
    pub verbose: bool,
    /// Whether `HTTP_PROXY` is set: it is ignored, and a hint says so.
    pub http_proxy_set: bool,
}

/// Whether keys are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only look: say what would happen, change nothing.
    List(ListReason),
    /// Ask the person at the terminal first.
    Ask,
    /// Change them without a question.
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
    /// Those that the user named, each once, in the order given.
    Keys(Vec<KeyId>),
    /// Those of the organization that satisfy this.
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
    // Whatever is wrong, a token may have been given in the place of another value: it is redacted here.
    let mut tokens = Vec::new();
    if let Ok(Some(token)) = environment.secret(TOKEN) {
        tokens.extend(AccessToken::parse(TOKEN, without_mark(token.as_bytes())));
    }
    resolve(arguments, &environment, &mut tokens)
        .map_err(|wrong| tokens.iter().fold(wrong, |wrong, token| token.redact_error(wrong)))
}

/// What the arguments mean; nothing is guessed. Each token that is found goes to `tokens`.
///
/// The token is read first, so that no message repeats it; an error in it is reported in its turn.
fn resolve(
    arguments: Vec<OsString>,
    environment: &Environment,
    tokens: &mut Vec<AccessToken>,
) -> Result<Invocation, UsageError> {
    let mut args = parse::parse(arguments)?;
    if args.help {
        return Ok(Invocation::Help);
    }
    if args.version {
        return Ok(Invocation::Version);
    }
    fill_in(&mut args, environment)?;
    let token = stored_token(args.token_file.as_ref(), environment, tokens);
    options(args, token, environment).map(|options| Invocation::Run(Box::new(options)))
}

/// All settings. `token` is the one of a file or a variable, if it does not come from standard input.
fn options(
    mut args: RawArgs,
    token: Result<Option<AccessToken>, UsageError>,
    environment: &Environment,
) -> Result<Config, UsageError> {
    check_combinations(&args)?;
    let selector = selector(&args)?;
    let policy = policy(&args)?;
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
        None => RootCerts::WebPki,
    };
    let mode = mode(&args, selector.is_some(), environment.get("CI")?.as_deref());
    let (target, token) = target_and_token(&args, selector, token, mode == Mode::Ask)?;
    check_misplaced(&token, &target, args.texts().iter().chain(&environment.values()))?;
    Ok(Config {
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
    })
}

/// Fills options that were not given from their environment variables.
fn fill_in(args: &mut RawArgs, environment: &Environment) -> Result<(), UsageError> {
    for option in OPTIONS {
        if let (OptionKind::Value(_, field), Some(source)) = (&option.kind, option.variable)
            && field(args).is_none()
        {
            *field(args) = environment.get(source)?.map(|text| ArgValue { source, text });
        }
    }
    Ok(())
}

fn policy(args: &RawArgs) -> Result<RetryPolicy, UsageError> {
    Ok(RetryPolicy {
        timeout: args.timeout.as_ref().map_or(Ok(Duration::from_secs(60)), timeout)?,
        retries: args.retries.as_ref().map_or(Ok(4), |given| number(given, 0, 100))?,
    })
}

/// The base URL: a flag wins over the environment; of two that are given in the same way, neither does.
fn endpoint(region: Option<&ArgValue>, url: Option<&ArgValue>) -> Result<Endpoint, UsageError> {
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
