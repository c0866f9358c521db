//! Which combinations of options are valid, and which keys and which change they mean.

use std::io::IsTerminal;

use crate::cli::config::{Mode, Task};
use crate::cli::specs::{Opt, RawArgs, Role};
use crate::cli::values::{age, check_not_id, glob, swallowed_id};
use crate::condition::Condition;
use crate::coveo::action::Action;
use crate::error::{Result, UsageError};
use crate::selector::Selector;

/// All conditions on keys.
const CONDITIONS: &[Role] = &[Role::Lifecycle, Role::Selects, Role::Narrows];

/// Options that can't be combined with others, and a hint why.
const CONFLICTS: [(Opt, &[Role], &str); 3] = [
    (Opt::Activate, CONDITIONS, "--activate needs KEY_IDs or --from"),
    (
        Opt::Bulk,
        CONDITIONS,
        "selected keys are changed one by one, because each is read again right before its change",
    ),
    (
        Opt::List,
        &[Role::Limit, Role::Bulk, Role::Change],
        "--list shows all keys, or all that match, and changes nothing",
    ),
];

/// Refuses options that contradict each other, or have no meaning alone. Otherwise one option would be ignored because of
/// another, and a key that the option was meant to protect would be changed.
///
/// # Errors
/// The first of them.
pub fn check_combinations(args: &RawArgs) -> Result<()> {
    args.values(Opt::Name).chain(args.values(Opt::Exclude)).try_for_each(check_not_id)?;
    let together =
        |one: &str, other: &str| UsageError::new(format!("{one} and {other} can't be used together"));
    if !args.keys.is_empty() && args.is_given(Opt::From) {
        let hint = "--from takes one file; did the shell expand a pattern?";
        return Err(together("KEY_ID", "--from").hint(hint));
    }
    for role in [Role::Action, Role::Lifecycle] {
        if let [one, other, ..] = args.given(&[role])[..] {
            return Err(together(one, other));
        }
    }
    if args.is_given(Opt::Disable) && args.is_given(Opt::DisabledFor) {
        let hint = "--disabled-for selects keys that are already disabled";
        return Err(together("--disable", "--disabled-for").hint(hint));
    }
    for (option, roles, hint) in CONFLICTS {
        if let (Some(one), [other, ..]) = (args.value(option), &args.given(roles)[..]) {
            return Err(together(one.source, other).hint(hint));
        }
    }
    let selects = args.given(&[Role::Lifecycle, Role::Selects]);
    let dependent = args.given(&[Role::Narrows, Role::Limit]);
    let error = match dependent.first() {
        _ if args.names_keys() && args.is_given(Opt::Max) => {
            let named = if args.is_given(Opt::From) { "--from" } else { "KEY_ID" };
            together("--max", named).hint("--max applies only to keys that you don't name")
        }
        _ if args.names_keys() || args.is_given(Opt::List) || !selects.is_empty() => return Ok(()),
        Some(option) => UsageError::new(format!("{option} needs a condition that selects keys"))
            .hint("add --disabled-for, --expired-for, --unused-for, --exposed or --name"),
        None => UsageError::new("no KEY_ID is given").hint(
            "give key IDs, --from FILE, or a condition such as --disabled-for 30d; --list shows all keys",
        ),
    };
    let swallowed = args.values.iter().find_map(swallowed_id);
    Err(UsageError { hint: swallowed.or(error.hint), ..error })
}

/// Returns the conditions that are given; there may be none.
///
/// # Errors
/// An unusable age or pattern.
pub fn selector(args: &RawArgs) -> Result<Selector> {
    let is_harmless = args.is_given(Opt::DryRun) || args.is_given(Opt::List);
    let globs = |option| args.values(option).map(|value| glob(value, is_harmless)).collect::<Result<_, _>>();
    let mut conditions: Vec<Condition> = Vec::new();
    for value in &args.values {
        conditions.push(match value.option {
            Opt::DisabledFor => Condition::DisabledFor(age(value)?),
            Opt::ExpiredFor => Condition::ExpiredFor(age(value)?),
            Opt::UnusedFor => Condition::UnusedFor(age(value)?),
            Opt::Exposed => Condition::Exposed,
            Opt::Name => Condition::Name(globs(Opt::Name)?),
            Opt::OlderThan => Condition::OlderThan(age(value)?),
            Opt::Exclude => Condition::Exclude(globs(Opt::Exclude)?),
            _ => continue,
        });
    }
    // Each of several patterns has added the same condition.
    conditions.dedup();
    let has_role = |role| !args.given(&[role]).is_empty();
    if args.is_given(Opt::Disable) && has_role(Role::Selects) && !has_role(Role::Lifecycle) {
        conditions.push(Condition::NotDisabled);
    }
    Ok(Selector { conditions })
}

/// Returns what to do. `ci` is the variable of that name: some build agents run their jobs on a terminal without a user.
pub fn task(args: &RawArgs, ci: Option<&str>) -> Task {
    if args.is_given(Opt::List) {
        return Task::List;
    }
    let action = match (args.is_given(Opt::Disable), args.is_given(Opt::Activate)) {
        (true, _) => Action::Disable,
        (_, true) => Action::Activate,
        _ => Action::Delete,
    };
    let is_ci = ci.is_some_and(|ci| ci != "0" && !ci.eq_ignore_ascii_case("false"));
    let mode = match action {
        _ if args.is_given(Opt::DryRun) => Mode::DryRun,
        Action::Activate => Mode::Act,
        _ if args.is_given(Opt::Yes) => Mode::Act,
        _ if !is_ci && std::io::stdin().is_terminal() => Mode::Ask,
        _ if args.names_keys() => Mode::Act,
        _ => Mode::Preview,
    };
    Task::Change(action, mode)
}
