//! From arguments and environment to a checked [`Config`]. Nothing is sent before all of it is checked.

pub mod config;
mod help;
mod inputs;
mod keys;
mod parse;
mod specs;
mod suggest;
mod validate;

use std::ffi::OsString;
use std::time::Duration;

use ureq::tls::RootCerts;

use crate::cli::config::{Candidates, Config, Invocation, Mode, Task};
use crate::cli::inputs::Environment;
use crate::cli::specs::{ArgValue, Opt, RawArgs};
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{InvalidId, KeyId, OrganizationId};
use crate::coveo::token::AccessToken;
use crate::error::{Result, UNSET, UsageError};
use crate::net::proxy;
use crate::net::retry::RetryPolicy;
use crate::sanitize::quote;

/// Parses arguments (without the program's name) and, through `variable`, the environment.
///
/// # Errors
/// The first error in them; no access token is repeated.
pub fn parse(arguments: Vec<OsString>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Invocation> {
    let environment = Environment::new(&variable);
    resolve(arguments, &environment).map_err(|error| environment.redact(error))
}

fn resolve(arguments: Vec<OsString>, environment: &Environment) -> Result<Invocation> {
    // No error may repeat the token. An error in the token itself is reported later.
    _ = environment.secret(inputs::TOKEN);
    let mut args = parse::parse(arguments)?;
    if args.is_given(Opt::Help) {
        return Ok(Invocation::Page(help::help()));
    }
    if args.is_given(Opt::Version) {
        return Ok(Invocation::Page(help::VERSION.to_owned()));
    }
    suggest::check_words(&args.keys)?;
    environment.fill_in(&mut args)?;
    let token = inputs::token(&args, environment);
    config(&args, token, environment).map(|config| Invocation::Run(Box::new(config)))
}

fn config(args: &RawArgs, token: Result<Option<AccessToken>>, environment: &Environment) -> Result<Config> {
    validate::check_combinations(args)?;
    let selector = validate::selector(args)?;
    let policy = RetryPolicy {
        timeout: args.value(Opt::Timeout).map_or(Ok(Duration::from_secs(60)), validate::timeout)?,
        retries: args.value(Opt::Retries).map(|value| validate::number(value, 0, 100)).transpose()?,
    };
    let Some(org) = args.value(Opt::Org) else {
        token?;
        let error = UsageError::new("no organization is given");
        return Err(error.hint("use --org ID or the variable COVEO_ORGANIZATION_ID"));
    };
    let organization = organization(org)?;
    let endpoint = endpoint(args.value(Opt::Region), args.value(Opt::Endpoint))?;
    let proxy = proxy::from_environment(&endpoint.host, endpoint.is_https, |name| environment.get(name))?;
    let certificates = args.value(Opt::Cacert).map(inputs::certificates).transpose()?;
    let task = validate::task(args, environment.get("CI")?.as_deref());
    let max = args.value(Opt::Max).map_or(Ok(20), |value| validate::number(value, 1, 1_000_000))? as usize;
    let all = Candidates::Organization { max };
    let asks = matches!(task, Task::Change(_, Mode::Ask));
    let token = token?;
    let keys = inputs::keys(args, token.as_ref(), asks)?;
    let token = token.map_or_else(inputs::typed_token, Ok)?;
    check_misplaced(&token, &keys, &environment.texts.borrow())?;
    keys::check_all(&keys, &organization, args.is_given(Opt::From))?;
    Ok(Config {
        organization,
        endpoint,
        token,
        proxy,
        roots: certificates.map_or(RootCerts::WebPki, RootCerts::from),
        task,
        candidates: if args.names_keys() { Candidates::Named(keys) } else { all },
        selector,
        policy,
        ignore_not_found: args.is_given(Opt::IgnoreNotFound),
        bulk: args.is_given(Opt::Bulk),
        json: args.is_given(Opt::Json),
        quiet: args.is_given(Opt::Quiet),
        verbose: args.is_given(Opt::Verbose),
        http_proxy_set: environment.is_set("HTTP_PROXY") || environment.is_set("http_proxy"),
    })
}

fn organization(value: &ArgValue) -> Result<OrganizationId> {
    const FORMATS: [&str; 9] = ["json", "jsonl", "ndjson", "yaml", "yml", "table", "text", "wide", "csv"];
    let ArgValue { source, text, .. } = value;
    if value.is_option() && FORMATS.iter().any(|format| text.eq_ignore_ascii_case(format)) {
        let looks = format!("{} looks like an output format", quote(text));
        return Err(UsageError::new(format!("{source} sets the organization, but {looks}"))
            .hint("--json prints JSON; without it, results are text"));
    }
    OrganizationId::parse(text).map_err(|invalid| {
        let give =
            "give the organization's ID: the console shows it in the organization picker and in its URL";
        let hint = if invalid == InvalidId::Empty { UNSET } else { give };
        UsageError::new(invalid.describe(source, text)).hint(hint)
    })
}

/// Returns the base URL. An option takes precedence over a variable; two options or two variables are an error.
fn endpoint(region: Option<&ArgValue>, url: Option<&ArgValue>) -> Result<Endpoint> {
    match (region, url) {
        (Some(region), Some(url)) if region.is_option() == url.is_option() => {
            let both = if region.is_option() { "can't be used together" } else { "are both set" };
            Err(UsageError::new(format!("{} and {} {both}", region.source, url.source))
                .hint("a region is a short name for an endpoint: use only one of them"))
        }
        (_, Some(url)) if url.is_option() || region.is_none() => Endpoint::parse(url.source, &url.text),
        (Some(region), _) => Endpoint::of_region(region.source, &region.text),
        (None, _) => Endpoint::of_region("--region", "us"),
    }
}

/// Refuses the token among the key IDs and in `texts`, which is all other input.
fn check_misplaced(token: &AccessToken, keys: &[KeyId], texts: &[String]) -> Result<()> {
    if keys.iter().any(|key| token.is_contained_in(key.as_str())) {
        return Err(UsageError::new("a KEY_ID contains the access token (not shown here)")
            .hint("was a key's ID given as the token, or the token as the KEY_ID?"));
    }
    if texts.iter().any(|text| token.is_contained_in(text)) {
        return Err(UsageError::new("another option or variable contains the access token (not shown here)"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::specs::{OPTIONS, OptionSpec};

    const TOKEN: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912";

    fn parse_in(words: &[&str], environment: &[(&str, &str)]) -> Result<Config> {
        let variable = |name: &str| {
            let all = [("COVEO_ORGANIZATION_ID", "o1"), ("COVEO_ACCESS_TOKEN", TOKEN), ("CI", "1")];
            let found = environment.iter().chain(&all).find(|(found, _)| *found == name);
            found.map(|(_, value)| OsString::from(value))
        };
        match parse(words.iter().map(OsString::from).collect(), variable)? {
            Invocation::Run(config) => Ok(*config),
            _ => panic!("{words:?} isn't a run"),
        }
    }

    /// Returns every set of at most `limit` of `items`.
    fn subsets<'a>(items: &[&'a [&'a str]], limit: usize) -> Vec<Vec<&'a [&'a str]>> {
        let mut sets: Vec<Vec<&[&str]>> = vec![Vec::new()];
        for item in items {
            let more = sets.iter().filter(|set| set.len() < limit).map(|set| [&set[..], &[*item]].concat());
            sets.extend(more.collect::<Vec<_>>());
        }
        sets
    }

    /// Whether the documentation allows these arguments.
    fn is_documented(words: &[&str]) -> bool {
        let has = |word: &str| words.contains(&word);
        let count = |options: &[&str]| options.iter().filter(|option| has(option)).count();
        let conditions = count(&["--older-than", "--exclude"])
            + count(&["--disabled-for", "--expired-for", "--unused-for", "--exposed", "--name"]);
        let is_named = has("k1") || has("--from");
        count(&["k1", "--from"]) <= 1
            && count(&["--disable", "--activate", "--list"]) <= 1
            && count(&["--disabled-for", "--expired-for", "--unused-for"]) <= 1
            && !(has("--disable") && has("--disabled-for"))
            && (conditions == 0 || !has("--activate") && !has("--bulk"))
            && !(is_named && has("--max"))
            && !(has("--list") && count(&["--max", "--bulk", "--ignore-not-found"]) > 0)
            && (is_named || has("--list") || conditions > count(&["--older-than", "--exclude"]))
    }

    /// Checks that no given option was ignored.
    fn check_config(words: &[&str], config: &Config) {
        let has = |word: &str| words.contains(&word);
        let selector = format!("{:?}", config.selector);
        for (option, condition) in [
            ("--disabled-for", "DisabledFor("),
            ("--expired-for", "ExpiredFor("),
            ("--unused-for", "UnusedFor("),
            ("--exposed", "Exposed"),
            ("--name", "Name([Glob"),
            ("--older-than", "OlderThan("),
            ("--exclude", "Exclude([Glob"),
        ] {
            assert_eq!(has(option), selector.contains(condition), "{words:?}: {selector}");
        }
        let lifecycle = ["--disabled-for", "--expired-for", "--unused-for"].iter().any(|option| has(option));
        let skips = has("--disable") && !lifecycle && (has("--name") || has("--exposed"));
        assert_eq!(skips, selector.contains("NotDisabled"), "{words:?}: {selector}");
        let is_named = matches!(&config.candidates, Candidates::Named(keys) if keys.len() == 1);
        assert_eq!(is_named, has("k1") || has("--from"), "{words:?}");
        if let Candidates::Organization { max } = config.candidates {
            assert_eq!(max, if has("--max") { 7 } else { 20 });
        }
        let action = ["--disable", "--activate"].into_iter().find(|action| has(action)).unwrap_or("--delete");
        let mode = match () {
            () if has("--dry-run") => Mode::DryRun,
            () if has("--yes") || is_named => Mode::Act,
            () => Mode::Preview,
        };
        match config.task {
            Task::List => assert!(has("--list"), "{words:?}"),
            Task::Change(found, found_mode) => {
                assert!(!has("--list") && action == format!("--{}", found.verb()), "{words:?}");
                assert_eq!(found_mode, mode, "{words:?}");
            }
        }
        assert_eq!((config.bulk, config.ignore_not_found), (has("--bulk"), has("--ignore-not-found")));
    }

    #[test]
    fn combinations_are_documented_or_refused() {
        let file = std::env::temp_dir().join(format!("coveo-delete-key-{}", std::process::id()));
        std::fs::write(&file, "k2\n").unwrap();
        let from = ["--from", file.to_str().unwrap()];
        let candidates = subsets(&[&["k1"], &from], 2);
        let actions = subsets(&[&["--disable"], &["--activate"], &["--list"]], 2);
        let conditions: [&[&str]; 8] = [
            &["--disabled-for", "1d"],
            &["--expired-for", "1d"],
            &["--unused-for", "1d"],
            &["--exposed"],
            &["--name", "a*"],
            &["--name", "a*", "--name", "b*"],
            &["--older-than", "1d"],
            &["--exclude", "a*"],
        ];
        let extras: [&[&str]; 5] =
            [&["--max", "7"], &["--bulk"], &["--ignore-not-found"], &["--dry-run"], &["--yes"]];
        let (mut accepted, mut refused) = (0, 0);
        for words in
            candidates.iter().flat_map(|words| actions.iter().map(move |more| [&words[..], more].concat()))
        {
            for conditions in subsets(&conditions, 2) {
                for extras in subsets(&extras, 1) {
                    let words = [&words[..], &conditions, &extras].concat().concat();
                    match parse_in(&words, &[]) {
                        Ok(config) => {
                            assert!(is_documented(&words), "{words:?} is accepted");
                            check_config(&words, &config);
                            accepted += 1;
                        }
                        Err(error) => {
                            assert!(!is_documented(&words), "{words:?}: {}", error.message);
                            refused += 1;
                        }
                    }
                }
            }
        }
        std::fs::remove_file(file).unwrap();
        assert!(accepted > 700 && refused > 2000, "{accepted} accepted, {refused} refused");
    }

    #[test]
    fn every_value_is_searched_for_the_token() {
        for option in OPTIONS.iter().filter(|option| option.has_value()) {
            let words: &[&str] = if option.role == specs::Role::Setting { &["k1"] } else { &["--exposed"] };
            for text in [TOKEN.to_owned(), TOKEN.replace('-', "%2D"), format!("a{TOKEN}b")] {
                let given = parse_in(&[words, &[option.long, &text]].concat(), &[]);
                let variable = Some(option.variable).filter(|name| !name.is_empty());
                let variable = variable.map(|name| parse_in(words, &[(name, &text)]));
                for result in [Some(given), variable].into_iter().flatten() {
                    let error = result.err().expect(option.long);
                    let shown = format!("{} {:?}", error.message, error.hint);
                    assert!(!shown.contains("b0d4"), "{}: {shown}", option.long);
                }
            }
        }
    }

    #[test]
    fn options_are_found_by_both_names() {
        for option in OPTIONS {
            assert!(OptionSpec::find(option.long).is_some_and(|found| found.long == option.long));
            assert!(
                option.short.is_empty()
                    || OptionSpec::find(option.short).is_some_and(|found| found.long == option.long)
            );
        }
    }
}
