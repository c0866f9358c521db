//! What was typed: arguments sorted into options and key IDs, not yet interpreted.

use std::ffi::OsString;

use pico_args::Arguments;

use crate::cli::specs::{OPTIONS, OptionKind, OptionSpec, RawArgs};
use crate::cli::suggest::{check_words, unknown_option};
use crate::error::{UNSET, UsageError};

/// A value, and the option or variable that it was given with, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgValue {
    /// `--org` or `COVEO_ORGANIZATION_ID`.
    pub source: &'static str,
    /// The value as it was typed.
    pub text: String,
}

impl ArgValue {
    /// Whether it was given on the command line; if not, in the environment.
    pub fn is_option(&self) -> bool {
        self.source.starts_with('-')
    }
}

impl RawArgs {
    /// All values and key IDs, as they were typed.
    pub fn texts(&mut self) -> Vec<String> {
        let mut texts = self.keys.clone();
        for option in OPTIONS {
            if let OptionKind::Value(_, field) = option.kind {
                texts.extend(field(self).as_ref().map(|given| given.text.clone()));
            }
        }
        texts
    }
}

/// Sorts arguments into options and key IDs.
///
/// # Errors
/// The first argument that is no UTF-8 text, no option, repeated, or without its value.
pub fn parse(arguments: Vec<OsString>) -> Result<RawArgs, UsageError> {
    let mut words = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        let not_text = |_| UsageError::new(format!("argument {} is not UTF-8 text", index + 1));
        words.push(argument.into_string().map_err(not_text)?);
    }
    let behind = match words.iter().position(|word| word == "--") {
        Some(end) => words.split_off(end).into_iter().skip(1).collect(),
        None => Vec::new(),
    };
    check_values(&words)?;
    let mut args = RawArgs::default();
    let words = take_assigned(words, &mut args)?.into_iter().flat_map(split_short_flags);
    let mut arguments = Arguments::from_vec(words.map(OsString::from).collect());
    for option in OPTIONS {
        take(option, &mut arguments, &mut args)?;
    }
    for word in arguments.finish() {
        // Never replaced: every argument was checked to be UTF-8 above.
        let word = word.into_string().unwrap_or_default();
        match word.strip_prefix('-') {
            Some("") => {
                return Err(UsageError::new("\"-\" is not a KEY_ID")
                    .hint("to read IDs from standard input, use --from -"));
            }
            Some(_) if args.help || args.version => {}
            Some(_) => return Err(unknown_option(&word)),
            None => args.keys.push(word),
        }
    }
    if !args.help && !args.version {
        check_words(&args.keys)?;
        check_behind(&behind)?;
    }
    args.keys.extend::<Vec<String>>(behind);
    Ok(args)
}

/// Refuses long options behind `--`: a wrapper's `-- "$@"` would make key IDs of the user's options.
fn check_behind(words: &[String]) -> Result<(), UsageError> {
    let is_option = |word: &&String| OPTIONS.iter().any(|option| **word == option.long);
    match words.iter().find(is_option) {
        Some(option) => Err(UsageError::new(format!("{option} stands after --, where only KEY_IDs do"))
            .hint("give options before --")),
        None => Ok(()),
    }
}

/// An option in the place of a value is a value that was forgotten: `--org --yes`, or `--org $UNSET --yes`.
fn check_values(words: &[String]) -> Result<(), UsageError> {
    for (index, word) in words.iter().enumerate() {
        let takes_value = OptionSpec::find(word).is_some_and(OptionSpec::has_value);
        // A number below zero is not an option, but a wrong value.
        let is_option = |next: &String| {
            next.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()))
        };
        if takes_value && words.get(index + 1).is_none_or(is_option) {
            return Err(needs_value(word));
        }
    }
    Ok(())
}

/// Takes `--opt=value` from `words`; `pico-args` would strip quotes from around the value.
fn take_assigned(words: Vec<String>, args: &mut RawArgs) -> Result<Vec<String>, UsageError> {
    let mut rest = Vec::with_capacity(words.len());
    for word in words {
        let option =
            word.split_once('=').and_then(|(name, text)| Some((OptionSpec::find(name)?, name, text)));
        let Some((OptionSpec { kind: OptionKind::Value(_, field), long: source, .. }, name, text)) = option
        else {
            rest.push(word);
            continue;
        };
        if text.is_empty() {
            return Err(needs_value(source));
        }
        if field(args).replace(ArgValue { source, text: text.to_owned() }).is_some() {
            return Err(given_twice(name));
        }
    }
    Ok(rest)
}

/// Takes `-nv` apart into `-n` and `-v`. Config with a value have no part in it: `-org` is a slip for `--org`.
fn split_short_flags(word: String) -> Vec<String> {
    let is_flag = |letter| OPTIONS.iter().any(|option| !option.has_value() && option.short.ends_with(letter));
    match word.strip_prefix('-') {
        Some(letters) if !letters.is_empty() && letters.chars().all(is_flag) => {
            letters.chars().map(|letter| format!("-{letter}")).collect()
        }
        _ => vec![word],
    }
}

/// Moves `option` from `arguments` to its field of `args`.
///
/// # Errors
/// Where it has no value, or is given twice.
fn take(
    option: &'static OptionSpec,
    arguments: &mut Arguments,
    args: &mut RawArgs,
) -> Result<(), UsageError> {
    let OptionSpec { long, short, .. } = option;
    match option.kind {
        OptionKind::Flag(field) => {
            let short = !short.is_empty() && arguments.contains(*short);
            *field(args) = short || arguments.contains(*long);
        }
        OptionKind::Value(_, field) => {
            let read = |text: &str| Ok::<_, String>(text.to_owned());
            let found = match *short {
                "" => arguments.opt_value_from_fn(*long, read),
                short => arguments.opt_value_from_fn([short, long], read),
            };
            let found = found.map_err(|_| needs_value(long))?;
            if let Some(text) = found
                && field(args).replace(ArgValue { source: long, text }).is_some()
            {
                return Err(given_twice(long));
            }
        }
    }
    Ok(())
}

/// The error where the option `name` has no value: at the end of the line, before an option, or empty after `=`.
fn needs_value(name: &str) -> UsageError {
    UsageError::new(format!("{name} needs a value")).hint(UNSET)
}

/// The error where an option is given twice, the second time as `name`.
pub fn given_twice(name: &str) -> UsageError {
    UsageError::new(format!("{name} is given twice"))
}
#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Result<RawArgs, UsageError> {
        parse(words.iter().map(OsString::from).collect())
    }

    fn text(given: &Option<ArgValue>) -> Option<&str> {
        given.as_ref().map(|given| &*given.text)
    }

    #[test]
    fn options_and_keys_may_stand_in_any_order() {
        for words in [
            ["--org", "o", "k1", "-q", "k2"],
            ["k1", "--org", "o", "k2", "-q"],
            ["-q", "k1", "k2", "-o", "o"],
        ] {
            let typed = typed(&words).ok().unwrap();
            assert_eq!(text(&typed.org), Some("o"));
            assert_eq!(typed.keys, ["k1", "k2"]);
            assert!(typed.quiet && !typed.yes);
        }
        assert_eq!(
            typed(&["--org=o", "--", "-k", "--yess", "--"]).ok().unwrap().keys,
            ["-k", "--yess", "--"]
        );
        assert!(typed(&["--", "k1", "--dry-run"]).is_err());
        let combined = typed(&["-nv", "k1", "-yq"]).ok().unwrap();
        assert!(combined.dry_run && combined.verbose && combined.yes && combined.quiet);
        for wrong in ["-org", "-no", "-nx", "-n=", "-nn", "-n-v", "-nv="] {
            assert!(typed(&[wrong, "k1"]).is_err(), "{wrong}");
        }
        assert_eq!(text(&typed(&["--from", "-"]).ok().unwrap().from), Some("-"));
    }

    #[test]
    fn help_is_given_whatever_else_was_typed() {
        assert!(typed(&["--nonsense", "-h"]).ok().unwrap().help);
        assert!(typed(&["-h", "--", "--yes"]).ok().unwrap().help);
        assert!(!typed(&["--", "-h"]).ok().unwrap().help);
    }

    proptest::proptest! {
        #[test]
        fn no_arguments_make_a_panic_and_no_option_becomes_a_value(words in proptest::collection::vec("-{0,2}[a-z=-]{0,12}", 0..8)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Ok(typed) = typed(&words) {
                let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
                for (index, word) in words[..end].iter().enumerate() {
                    if *word == "--org" {
                        let next = words[..end].get(index + 1).copied();
                        proptest::prop_assert_eq!(text(&typed.org), next);
                    }
                }
            }
        }
    }
}
