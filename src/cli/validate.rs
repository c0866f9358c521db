//! Which combinations of options are valid, and which keys and which change they mean.

use std::io::IsTerminal;

use crate::cli::config::{Mode, Task};
use crate::cli::specs::{ArgValue, OPTIONS, OptionSpec, RawArgs, Role, Slot};
use crate::cli::values::{age, check_not_id, glob, swallowed_id, unused_age};
use crate::condition::{Age, Condition};
use crate::coveo::action::Action;
use crate::error::UsageError;
use crate::glob::Glob;
use crate::selector::Selector;

/// A choice of options.
type Options = fn(&OptionSpec) -> bool;

/// Options that exclude each other in pairs.
const EXCLUSIVE: [Options; 2] =
    [|option| option.role == Role::Action, |option| option.role == Role::Lifecycle];

/// Options that can't be combined with others, and a hint why.
const CONFLICTS: [(Options, Options, &str); 4] = [
    (
        |option| option.long == "--disable",
        |option| option.long == "--disabled-for",
        "--disabled-for selects keys that are already disabled",
    ),
    (|option| option.long == "--activate", is_condition, "--activate needs KEY_IDs or --from"),
    (
        |option| option.role == Role::Bulk,
        is_condition,
        "selected keys are changed one by one, because each is read again right before its change",
    ),
    (
        |option| option.long == "--list",
        |option| matches!(option.role, Role::Limit | Role::Bulk | Role::Change),
        "--list shows all keys, or all that match, and changes nothing",
    ),
];

fn is_condition(option: &OptionSpec) -> bool {
    matches!(option.role, Role::Lifecycle | Role::Selects | Role::Narrows)
}

/// Refuses options that contradict each other, or have no meaning alone. Otherwise one option would be ignored because of
/// another, and a key that the option was meant to protect would be changed.
///
/// # Errors
/// The first of them.
pub fn check_combinations(args: &mut RawArgs) -> Result<(), UsageError> {
    args.name.values().iter().chain(args.exclude.values()).try_for_each(check_not_id)?;
    let together =
        |one: &str, other: &str| UsageError::new(format!("{one} and {other} can't be used together"));
    let named = match (args.keys.is_empty(), args.from.is_given()) {
        (false, true) => {
            return Err(
                together("KEY_ID", "--from").hint("--from takes one file; did the shell expand a pattern?")
            );
        }
        (false, false) => Some("KEY_ID"),
        (true, true) => Some("--from"),
        (true, false) => None,
    };
    for options in EXCLUSIVE {
        if let [one, other, ..] = args.given(options)[..] {
            return Err(together(one, other));
        }
    }
    for (ones, others, hint) in CONFLICTS {
        if let ([one, ..], [other, ..]) = (&args.given(ones)[..], &args.given(others)[..]) {
            return Err(together(one, other).hint(hint));
        }
    }
    let selects = args.given(|option| matches!(option.role, Role::Lifecycle | Role::Selects));
    let dependent = args.given(|option| matches!(option.role, Role::Narrows | Role::Limit));
    let result = match (named, dependent.first()) {
        (Some(named), _) if args.max.is_given() => {
            Err(together("--max", named).hint("--max applies only to keys that you don't name"))
        }
        (Some(_), _) => Ok(()),
        (None, _) if args.list.is_given() || !selects.is_empty() => Ok(()),
        (None, Some(option)) => Err(UsageError::new(format!("{option} needs a condition that selects keys"))
            .hint("add --disabled-for, --expired-for, --unused-for, --exposed or --name")),
        (None, None) => Err(UsageError::new("no KEY_ID is given").hint(
            "give key IDs, --from FILE, or a condition such as --disabled-for 30d; --list shows all keys",
        )),
    };
    let mut swallowed =
        || OPTIONS.iter().find_map(|option| (option.slot)(args).values().iter().find_map(swallowed_id));
    result.map_err(|error| match swallowed() {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

/// Returns the conditions that are given; there may be none.
///
/// # Errors
/// An unusable age or pattern.
pub fn selector(args: &RawArgs) -> Result<Selector, UsageError> {
    type ParseAge = fn(&ArgValue) -> Result<Age, UsageError>;
    let with_age = |slot: &Slot, parse: ParseAge, condition: fn(Age) -> Condition| {
        slot.value().map(|value| parse(value).map(condition)).transpose()
    };
    let is_harmless = args.dry_run.is_given() || args.list.is_given();
    let with_globs = |slot: &Slot, condition: fn(Vec<Glob>) -> Condition| {
        let globs = slot.values().iter().map(|value| glob(value, is_harmless));
        globs.collect::<Result<Vec<_>, _>>().map(|globs| slot.is_given().then(|| condition(globs)))
    };
    let lifecycle = with_age(&args.disabled_for, age, Condition::DisabledFor)?
        .or(with_age(&args.expired_for, age, Condition::ExpiredFor)?)
        .or(with_age(&args.unused_for, unused_age, Condition::UnusedFor)?);
    let exposed = args.exposed.is_given().then_some(Condition::Exposed);
    let name = with_globs(&args.name, Condition::Name)?;
    let skips_disabled =
        args.disable.is_given() && lifecycle.is_none() && (exposed.is_some() || name.is_some());
    let conditions = [
        lifecycle,
        exposed,
        name,
        with_age(&args.older_than, age, Condition::OlderThan)?,
        with_globs(&args.exclude, Condition::Exclude)?,
        skips_disabled.then_some(Condition::NotDisabled),
    ];
    Ok(Selector::new(conditions.into_iter().flatten().collect()))
}

/// Returns what to do. `ci` is the variable of that name: some build agents run their jobs on a terminal without a user.
pub fn task(args: &RawArgs, ci: Option<&str>) -> Task {
    if args.list.is_given() {
        return Task::List;
    }
    let action = match (args.disable.is_given(), args.activate.is_given()) {
        (true, _) => Action::Disable,
        (_, true) => Action::Activate,
        _ => Action::Delete,
    };
    let is_ci = ci.is_some_and(|ci| ci != "0" && !ci.eq_ignore_ascii_case("false"));
    let mode = if args.dry_run.is_given() {
        Mode::DryRun
    } else if args.yes.is_given() || action == Action::Activate {
        Mode::Act
    } else if !is_ci && std::io::stdin().is_terminal() {
        Mode::Ask
    } else if args.names_keys() {
        Mode::Act
    } else {
        Mode::Preview
    };
    Task::Change { action, mode }
}
