//! Which keys are meant, and whether they are changed.

use std::io::IsTerminal;

use crate::cli::config::{ListReason, Mode};
use crate::cli::specs::RawArgs;
use crate::cli::values::{age, number, unused_age};
use crate::error::UsageError;
use crate::sanitize::quote;
use crate::selector::{Criterion, Selector};

/// Whether keys are changed. Disabling can be undone, so it is asked about only where a selector, and not the user,
/// names the keys. `ci`: the variable of that name; some build agents give their jobs a terminal without a user.
pub fn mode(args: &RawArgs, selected: bool, ci: Option<&str>) -> Mode {
    let is_ci = ci.is_some_and(|ci| ci != "0" && !ci.eq_ignore_ascii_case("false"));
    let person = || !is_ci && std::io::stdin().is_terminal();
    match args {
        RawArgs { dry_run: true, .. } => Mode::List(ListReason::DryRun),
        RawArgs { yes: true, .. } => Mode::Act,
        _ if (selected || !args.disable) && person() => Mode::Ask,
        _ if selected => Mode::List(ListReason::NoYes),
        _ => Mode::Act,
    }
}

/// Refuses options that contradict each other, or make no sense alone.
///
/// # Errors
/// The first of them.
pub fn check_combinations(args: &RawArgs) -> Result<(), UsageError> {
    let sources = [
        ("KEY_ID", !args.keys.is_empty()),
        ("--from", args.from.is_some()),
        ("--disabled-for", args.disabled_for.is_some()),
        ("--expired-for", args.expired_for.is_some()),
        ("--unused-for", args.unused_for.is_some()),
        ("--name", args.name.is_some()),
    ];
    let together =
        |one: &str, other: &str| UsageError::new(format!("{one} and {other} can't be used together"));
    let given: Vec<&str> = sources.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let selector = given.iter().find(|name| !matches!(**name, "KEY_ID" | "--from"));
    for (option, given) in [("--older-than", args.older_than.is_some()), ("--max", args.max.is_some())] {
        if given && selector.is_none() {
            return Err(UsageError::new(format!(
                "{option} needs --disabled-for, --expired-for, --unused-for or --name"
            )));
        }
    }
    match &given[..] {
        [] => {
            return Err(UsageError::new("no KEY_ID is given")
                .hint("give key IDs, --from FILE, or a selector such as --disabled-for 30d"));
        }
        ["KEY_ID", "--name"] => {
            return Err(together("KEY_ID", "--name").hint("is the pattern of --name in quotes?"));
        }
        [_] => {}
        ["--disabled-for" | "--expired-for" | "--unused-for", "--name"] => {}
        [first, second, ..] => return Err(together(first, second)),
    }
    if args.disable && args.disabled_for.is_some() {
        return Err(together("--disable", "--disabled-for")
            .hint("--disabled-for selects keys that are disabled already"));
    }
    match selector {
        Some(selector) if args.bulk => Err(together("--bulk", selector)
            .hint("a selected key is read once more right before it is changed, so they go one by one")),
        _ => Ok(()),
    }
}

/// The selector that is given; `None` where keys are named.
///
/// # Errors
/// An age, a number or a pattern that can't be used.
pub fn selector(args: &RawArgs) -> Result<Option<Selector>, UsageError> {
    let criterion = match (&args.disabled_for, &args.expired_for, &args.unused_for) {
        (Some(given), _, _) => Some((Criterion::Disabled, age(given)?)),
        (_, Some(given), _) => Some((Criterion::Expired, age(given)?)),
        (_, _, Some(given)) => Some((Criterion::Unused, unused_age(given)?)),
        (None, None, None) if args.name.is_some() => None,
        (None, None, None) => return Ok(None),
    };
    let name = args.name.as_ref().map(|given| given.text.clone());
    match name.as_deref() {
        Some("") => {
            return Err(UsageError::new("--name is empty").hint("write a pattern, such as --name 'tmp-*'"));
        }
        Some(glob) if criterion.is_none() && !args.dry_run && !glob.contains(char::is_alphanumeric) => {
            return Err(UsageError::new(format!(
                "--name {} would take keys of nearly any name",
                quote(glob)
            ))
            .hint("add a letter or digit, another selector such as --disabled-for 30d, or --dry-run"));
        }
        _ => {}
    }
    Ok(Some(Selector {
        enabled_only: args.disable && criterion.is_none(),
        criterion,
        name,
        older_than: args.older_than.as_ref().map(age).transpose()?,
        max: args.max.as_ref().map_or(Ok(20), |given| number(given, 1, 1_000_000))? as usize,
    }))
}
