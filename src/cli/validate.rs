//! Which combinations of options make sense, and whether keys are changed.

use std::io::IsTerminal;

use crate::cli::config::Mode;
use crate::cli::specs::{RawArgs, Role};
use crate::cli::values::{age, unused_age};
use crate::error::UsageError;
use crate::glob::Glob;
use crate::sanitize::quote;
use crate::selector::{Condition, Selector};

/// The conditions that may select from the whole organization.
const CONDITIONS: &str = "--disabled-for, --expired-for, --unused-for or --name";

/// Returns whether keys are changed. `ci` is the variable of that name: some build agents give their jobs a terminal
/// without a user. Disabling can be undone, so only selected keys are confirmed.
pub fn mode(args: &RawArgs, selected: bool, ci: Option<&str>) -> Mode {
    let is_ci = ci.is_some_and(|ci| ci != "0" && !ci.eq_ignore_ascii_case("false"));
    let is_person_present = || !is_ci && std::io::stdin().is_terminal();
    match args {
        RawArgs { dry_run: true, .. } => Mode::DryRun,
        RawArgs { yes: true, .. } => Mode::Act,
        _ if (selected || !args.disable) && is_person_present() => Mode::Ask,
        _ if selected => Mode::Preview,
        _ => Mode::Act,
    }
}

/// Refuses options that contradict each other, or make no sense alone.
///
/// # Errors
/// The first of them.
pub fn check_combinations(args: &mut RawArgs) -> Result<(), UsageError> {
    let together =
        |one: &str, other: &str| UsageError::new(format!("{one} and {other} can't be used together"));
    let named = [("KEY_ID", !args.keys.is_empty()), ("--from", args.from.is_some())];
    let named: Vec<&str> = named.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let conditions = args.with_roles(&[Role::Lifecycle, Role::Selects]);
    let dependent = args.with_roles(&[Role::Narrows, Role::Limit]);
    if let (Some(option), None) = (dependent.first(), conditions.first()) {
        return Err(UsageError::new(format!("{option} needs {CONDITIONS}")));
    }
    match (&named[..], &conditions[..]) {
        (["KEY_ID", "--from"], _) => return Err(together("KEY_ID", "--from")),
        ([], []) => {
            return Err(UsageError::new("no KEY_ID is given")
                .hint("give key IDs, --from FILE, or a condition such as --disabled-for 30d"));
        }
        (["KEY_ID"], ["--name"]) => {
            return Err(together("KEY_ID", "--name").hint("is the pattern of --name in quotes?"));
        }
        ([named, ..], [condition, ..]) => return Err(together(named, condition)),
        _ => {}
    }
    if let [first, second, ..] = args.with_roles(&[Role::Lifecycle])[..] {
        return Err(together(first, second));
    }
    if args.disable && args.disabled_for.is_some() {
        return Err(together("--disable", "--disabled-for")
            .hint("--disabled-for selects keys that are disabled already"));
    }
    match (args.with_roles(&[Role::NamedOnly]).first(), conditions.first()) {
        (Some(option), Some(condition)) => Err(together(option, condition)
            .hint("a selected key is read again right before it is changed, so they go one by one")),
        _ => Ok(()),
    }
}

/// Returns the selector that is given; `None` if keys are named.
///
/// # Errors
/// An unusable age, number or pattern.
pub fn selector(args: &RawArgs) -> Result<Option<Selector>, UsageError> {
    let criterion = match (&args.disabled_for, &args.expired_for, &args.unused_for) {
        (Some(value), _, _) => Some(Condition::DisabledFor(age(value)?)),
        (_, Some(value), _) => Some(Condition::ExpiredFor(age(value)?)),
        (_, _, Some(value)) => Some(Condition::UnusedFor(unused_age(value)?)),
        (None, None, None) if args.name.is_some() => None,
        (None, None, None) => return Ok(None),
    };
    let name = args.name.as_ref().map(|value| value.text.clone());
    match name.as_deref() {
        Some("") => {
            return Err(UsageError::new("--name is empty").hint("write a pattern, such as --name 'tmp-*'"));
        }
        Some(glob) if criterion.is_none() && !args.dry_run && !glob.contains(char::is_alphanumeric) => {
            return Err(UsageError::new(format!(
                "--name {} would match keys of nearly any name",
                quote(glob)
            ))
            .hint("add a letter or digit, another condition such as --disabled-for 30d, or --dry-run"));
        }
        _ => {}
    }
    let not_disabled = (args.disable && criterion.is_none()).then_some(Condition::NotDisabled);
    let older_than = args.older_than.as_ref().map(age).transpose()?.map(Condition::OlderThan);
    let name = name.map(|name| Condition::Name(vec![Glob::new(&name)]));
    let conditions = criterion.into_iter().chain(name).chain(older_than).chain(not_disabled);
    Ok(Some(Selector::new(conditions.collect())))
}
