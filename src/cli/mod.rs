//! From arguments and environment to a checked [`Config`]. Nothing is sent before all of it is checked.

pub mod config;
mod environment;
pub mod help;
mod inputs;
mod keys;
mod parse;
mod specs;
mod suggest;
mod validate;
mod values;

use std::ffi::OsString;
use std::time::Duration;

use ureq::tls::RootCerts;

use crate::cli::config::{Candidates, Config, Invocation, Mode, Task};
use crate::cli::environment::Environment;
use crate::cli::inputs::{TokenInput, certificates, keys_and_token};
use crate::cli::specs::{ArgValue, RawArgs};
use crate::cli::validate::{check_combinations, mode, selector};
use crate::cli::values::{number, timeout};
use crate::coveo::action::Action;
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{InvalidId, KeyId, OrganizationId};
use crate::coveo::token::{AccessToken, Redactor};
use crate::error::{UNSET, UsageError};
use crate::net::proxy;
use crate::net::retry::RetryPolicy;
use crate::sanitize::quote;

/// Parses arguments (without the program's name) and, through `variable`, the environment.
///
/// # Errors
/// The first error in them; no access token is repeated.
pub fn parse(
    arguments: Vec<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Invocation, UsageError> {
    let environment = Environment::new(&variable);
    // Any value in an error may be a token in the wrong place.
    let mut redactors: Vec<Redactor> = inputs::token_variable(&environment).into_iter().collect();
    resolve(arguments, &environment, &mut redactors)
        .map_err(|error| redactors.iter().fold(error, |error, redactor| redactor.redact_error(error)))
}

fn resolve(
    arguments: Vec<OsString>,
    environment: &Environment,
    redactors: &mut Vec<Redactor>,
) -> Result<Invocation, UsageError> {
    let mut args = parse::parse(arguments)?;
    if args.help {
        return Ok(Invocation::Help);
    }
    if args.version {
        return Ok(Invocation::Version);
    }
    suggest::check_words(&args.keys)?;
    environment.fill_in(&mut args)?;
    // Read first, so that no other error repeats the token; an error in it is reported later.
    let token = inputs::token(&args, environment, redactors);
    config(args, token, environment).map(|config| Invocation::Run(Box::new(config)))
}

fn config(
    mut args: RawArgs,
    token: Result<TokenInput, UsageError>,
    environment: &Environment,
) -> Result<Config, UsageError> {
    check_combinations(&mut args)?;
    let selector = selector(&args)?;
    let max = args.max.as_ref().map_or(Ok(20), |value| number(value, 1, 1_000_000))? as usize;
    let policy = policy(&args)?;
    let organization = organization(args.org.as_ref(), matches!(token, Ok(TokenInput::Missing)))?;
    let endpoint = endpoint(args.region.as_ref(), args.endpoint.as_ref())?;
    let proxy = proxy::from_environment(endpoint.host(), endpoint.is_https(), |name| environment.get(name))?;
    let roots = match &args.cacert {
        Some(file) => RootCerts::from(certificates(file)?),
        None => RootCerts::WebPki,
    };
    let mode = mode(&args, selector.is_some(), environment.get("CI")?.as_deref());
    let (keys, token) = keys_and_token(&args, token?, mode == Mode::Ask)?;
    check_misplaced(&token.token, &keys, &organization, args.texts().iter().chain(&environment.values()))?;
    Ok(Config {
        organization,
        endpoint,
        token: token.token,
        token_source: token.source,
        proxy,
        roots,
        task: Task::Change { action: if args.disable { Action::Disable } else { Action::Delete }, mode },
        candidates: if selector.is_some() {
            Candidates::Organization { max }
        } else {
            Candidates::Named(keys)
        },
        selector: selector.unwrap_or_default(),
        policy,
        ignore_not_found: args.ignore_not_found,
        bulk: args.bulk,
        json: args.json,
        quiet: args.quiet,
        verbose: args.verbose,
        http_proxy_set: environment.is_set("HTTP_PROXY") || environment.is_set("http_proxy"),
    })
}

fn policy(args: &RawArgs) -> Result<RetryPolicy, UsageError> {
    Ok(RetryPolicy {
        timeout: args.timeout.as_ref().map_or(Ok(Duration::from_secs(60)), timeout)?,
        retries: args.retries.as_ref().map(|value| number(value, 0, 100)).transpose()?,
    })
}

/// Parses the organization's ID. `lacks_token`: a missing token is reported together with it.
fn organization(value: Option<&ArgValue>, lacks_token: bool) -> Result<OrganizationId, UsageError> {
    let Some(value) = value else {
        return Err(match lacks_token {
            true => UsageError::new("no organization and no access token are given")
                .hint("use --org ID or COVEO_ORGANIZATION_ID, and COVEO_ACCESS_TOKEN or --token-file PATH"),
            false => UsageError::new("no organization is given")
                .hint("use --org ID or the variable COVEO_ORGANIZATION_ID"),
        });
    };
    let ArgValue { source, text } = value;
    const FORMATS: [&str; 9] = ["json", "jsonl", "ndjson", "yaml", "yml", "table", "text", "wide", "csv"];
    if value.is_option() && FORMATS.iter().any(|format| text.eq_ignore_ascii_case(format)) {
        return Err(UsageError::new(format!(
            "{source} is the organization, and {} looks like a format",
            quote(text)
        ))
        .hint("--json prints JSON; without it, results are text"));
    }
    OrganizationId::parse(text).map_err(|invalid| match invalid {
        InvalidId::Empty => UsageError::new(format!("{source} {invalid}")).hint(UNSET),
        _ => UsageError::new(match invalid {
            InvalidId::KeyValue => format!("{source} {invalid}"),
            _ => format!("{source} {} {invalid}", quote(text)),
        })
        .hint("give the organization's ID: the console shows it in the organization picker and in its URL"),
    })
}

/// Returns the base URL. An option wins over the environment; two sources of the same kind are an error.
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

/// Refuses the token or the organization's ID among the key IDs, and the token in `texts`, all other input.
fn check_misplaced<'a>(
    token: &AccessToken,
    keys: &[KeyId],
    organization: &OrganizationId,
    mut texts: impl Iterator<Item = &'a String>,
) -> Result<(), UsageError> {
    if keys.iter().any(|key| token.is_contained_in(key.as_str())) {
        return Err(UsageError::new("a KEY_ID contains the access token (not repeated here)")
            .hint("is the token's variable set to the ID of a key, or the KEY_ID to its value?"));
    }
    if texts.any(|text| token.is_contained_in(text)) {
        return Err(UsageError::new(
            "another option or variable contains the access token (not repeated here)",
        ));
    }
    if keys.iter().any(|key| key.as_str().eq_ignore_ascii_case(organization.as_str())) {
        return Err(UsageError::new(format!(
            "KEY_ID {} is the organization's own ID",
            quote(organization.as_str())
        ))
        .hint("give the organization with --org, and the key's ID alone"));
    }
    Ok(())
}
