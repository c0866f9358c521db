//! Which options can be used together, which keys and which change they mean, and which of their values are valid.

use std::io::IsTerminal;
use std::time::Duration;

use crate::cli::config::{Mode, Task};
use crate::cli::specs::{ArgValue, Opt, RawArgs, Role};
use crate::condition::{Age, Condition};
use crate::coveo::action::Action;
use crate::coveo::ids::is_coveo_id;
use crate::error::{Result, UsageError};
use crate::glob::Glob;
use crate::sanitize::quote;
use crate::selector::Selector;

const DAY: Duration = Duration::from_secs(86400);

/// Longer than the age of any key, and short enough that adding it to a date can't overflow.
const MAX_AGE: Duration = Duration::from_secs(36500 * 86400);

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

/// Parses the time-out of a key: above zero and at most a day. A number alone is in seconds, as with curl.
///
/// # Errors
/// Anything else.
pub fn timeout(value: &ArgValue) -> Result<Duration> {
    let is_digit = |c: char| c.is_ascii_digit();
    let unit = if value.text.starts_with(is_digit) && value.text.ends_with(is_digit) { "s" } else { "" };
    let problem = match parse_duration(&format!("{}{unit}", value.text)) {
        None => "is not a duration",
        Some(Duration::ZERO) => "is zero",
        Some(duration) if duration > DAY => "is longer than a day",
        Some(duration) => return Ok(duration),
    };
    Err(value.error(problem).hint("write seconds, or a number and a unit, such as 500ms, 30s or 5m"))
}

/// Parses an age of a second or more, such as `90d` or `12h`; the age of a last use is a day or more.
///
/// # Errors
/// Anything else; a number without a unit, and `m`.
fn age(value: &ArgValue) -> Result<Age> {
    let text = &value.text;
    let problem = match parse_duration(text) {
        _ if text.split(|c: char| !c.is_alphabetic()).any(|unit| matches!(unit, "m" | "M")) => {
            "may mean minutes or months"
        }
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => "has no unit",
        None => "is not a duration",
        Some(Duration::ZERO) => "is zero",
        Some(duration) if duration < Duration::from_secs(1) => "is shorter than a second",
        Some(duration) if duration > MAX_AGE => "is longer than 36500 days",
        Some(duration) if duration < DAY && value.option == Opt::UnusedFor => {
            let error = value.error("is shorter than a day");
            return Err(error.hint("Coveo calls the date of a key's last use approximate"));
        }
        Some(duration) => return Ok(Age { duration, as_typed: text.clone() }),
    };
    Err(value.error(problem).hint("write a number and a unit, such as 12h, 90d or 2w"))
}

/// Parses one number and one unit. `humantime` would panic if the sum of several overflows. It would also read "1 0d" as
/// ten days, although one day may have been meant.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim_matches(' ');
    let (number, unit) = text.split_at(text.find(char::is_alphabetic)?);
    let is_single =
        !number.trim_end_matches(' ').contains(char::is_whitespace) && unit.chars().all(char::is_alphabetic);
    is_single.then(|| humantime::parse_duration(text).ok())?
}

/// Parses a whole number from `min` to `max`.
///
/// # Errors
/// Anything else.
pub fn number(value: &ArgValue, min: u32, max: u32) -> Result<u32> {
    let digits = value.text.bytes().all(|byte| byte.is_ascii_digit());
    match value.text.parse() {
        Ok(number) if digits && (min..=max).contains(&number) => Ok(number),
        _ => Err(value.error(&format!("is not a whole number from {min} to {max}"))),
    }
}

/// Refuses the ID of a key as a pattern: `--name $UNSET KEY_ID` would act on other keys than the one meant.
///
/// # Errors
/// A pattern in the form of Coveo's key IDs.
fn check_not_id(value: &ArgValue) -> Result<()> {
    let hint = match value.option {
        _ if !is_coveo_id(&value.text) => return Ok(()),
        Opt::Name => "give IDs without --name; was the variable before it not set?",
        _ => "give the display name; --list shows it",
    };
    Err(value.error("has the form of a key's ID, not of a display name").hint(hint))
}

/// Returns a hint if the value of an option has the form of a key's ID.
pub fn swallowed_id(value: &ArgValue) -> Option<String> {
    let took = format!("{} took {}, which has the form of a key's ID", value.source, quote(&value.text));
    let is_id = value.is_option() && is_coveo_id(&value.text);
    is_id.then(|| format!("{took}; is a variable before it not set?"))
}

/// Parses a pattern for display names. `is_harmless`: it may match any name, since nothing will be changed.
///
/// # Errors
/// A pattern that is empty, has quotes at its ends, or is without a letter or digit.
fn glob(value: &ArgValue, is_harmless: bool) -> Result<Glob> {
    const STRAIGHT: [char; 2] = ['\'', '"'];
    const TYPOGRAPHIC: [char; 6] = ['`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{201e}'];
    let text = &value.text;
    let (starts, ends) = (text.starts_with(STRAIGHT), text.ends_with(STRAIGHT));
    Err(match text.as_str() {
        "" => UsageError::new(format!("{} is empty", value.source)).hint("write a pattern, such as 'tmp-*'"),
        _ if text.starts_with(TYPOGRAPHIC) || text.ends_with(TYPOGRAPHIC) => {
            value.error("has typographic quotes").hint("type \" instead")
        }
        _ if text.len() > 1 && starts && ends => value
            .error("has quotes around it")
            .hint("remove them, or use double quotes: cmd.exe passes single quotes on"),
        _ if starts || ends => {
            value.error("has a quote at one end").hint("remove it, or write ? if the name has one there")
        }
        _ if !is_harmless && !text.contains(char::is_alphanumeric) => {
            value.error("would match nearly any name").hint(
                "is a variable not set in the script? add a letter or digit to the pattern, or use --dry-run",
            )
        }
        _ => return Ok(Glob::new(text)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> ArgValue {
        ArgValue { option: Opt::Org, source: "--x", text: text.to_owned() }
    }

    #[test]
    fn timeout_without_a_unit_is_in_seconds() {
        for (text, millis) in
            [("60", 60_000), ("1.5", 1500), ("0.25", 250), ("60s", 60_000), ("500ms", 500), ("5m", 300_000)]
        {
            assert_eq!(timeout(&value(text)).ok(), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", ".", "0", "0.0", "1.", ".5", "1.5.5", "86401", "5 5", "1e3", "1h 30m"] {
            assert!(timeout(&value(text)).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_a_duration_never_panics(text in ".{0,30}", count: u64, unit in "[a-zA-Z.]{0,6}") {
            for text in [text, format!("{count}{unit}")] {
                if let Ok(duration) = timeout(&value(&text)) {
                    proptest::prop_assert!(!duration.is_zero() && duration <= DAY);
                }
                if let Ok(age) = age(&value(&text)) {
                    proptest::prop_assert!(age.duration >= Duration::from_secs(1));
                }
            }
        }
    }
}
