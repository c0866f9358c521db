//! Sorts arguments into options and key IDs, without interpreting them.

use std::ffi::OsString;

use pico_args::Arguments;

use crate::cli::specs::{ArgValue, OPTIONS, OptionSpec, RawArgs};
use crate::cli::suggest::unknown_option;
use crate::error::{UNSET, UsageError};

/// Sorts arguments into options and key IDs.
///
/// # Errors
/// The first argument that isn't UTF-8 text, isn't an option, is repeated, or lacks its value.
pub fn parse(arguments: Vec<OsString>) -> Result<RawArgs, UsageError> {
    let mut words = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        let not_text = |_| UsageError::new(format!("argument {} is not UTF-8 text", index + 1));
        words.push(argument.into_string().map_err(not_text)?);
    }
    let after = match words.iter().position(|word| word == "--") {
        Some(end) => words.split_off(end).into_iter().skip(1).collect(),
        None => Vec::new(),
    };
    check_values(&words)?;
    let mut args = RawArgs::default();
    let words = read_assigned(words, &mut args)?.into_iter().flat_map(split_short_flags);
    let mut arguments = Arguments::from_vec(words.map(OsString::from).collect());
    for option in OPTIONS {
        read_option(option, &mut arguments, &mut args)?;
    }
    for word in arguments.finish() {
        // This loses nothing: every argument was checked to be UTF-8 above.
        let word = word.into_string().unwrap_or_default();
        match word.strip_prefix('-') {
            Some("") => {
                return Err(UsageError::new("\"-\" is not a KEY_ID")
                    .hint("to read IDs from standard input, use --from -"));
            }
            Some(_) if args.help.is_given() || args.version.is_given() => {}
            Some(_) => return Err(unknown_option(&word)),
            None => args.keys.push(word),
        }
    }
    args.keys.extend::<Vec<String>>(after);
    Ok(args)
}

/// Refuses an option where a value was forgotten: `--org --yes`, or `--org $UNSET --yes`.
fn check_values(words: &[String]) -> Result<(), UsageError> {
    for (index, word) in words.iter().enumerate() {
        let needs_one = OptionSpec::find(word).is_some_and(OptionSpec::has_value);
        // A negative number is a wrong value, not an option.
        let is_option = |next: &String| {
            next.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()))
        };
        if needs_one && words.get(index + 1).is_none_or(is_option) {
            return Err(needs_value(word));
        }
    }
    Ok(())
}

/// Moves `--opt=value` from `words` to `args`; `pico-args` would strip quotes from around the value.
fn read_assigned(words: Vec<String>, args: &mut RawArgs) -> Result<Vec<String>, UsageError> {
    let mut rest = Vec::with_capacity(words.len());
    for word in words {
        let assigned = word.split_once('=').and_then(|(name, text)| Some((OptionSpec::find(name)?, text)));
        match assigned.filter(|(option, _)| option.has_value()) {
            Some((option, "")) => return Err(needs_value(option.long)),
            // As a value it would have no effect: `--exclude=--dry-run` would delete.
            Some((option, text)) if OptionSpec::find(text).is_some() => {
                let value = ArgValue { source: option.long, text: text.to_owned() };
                return Err(value.error("is an option, not a value").hint(UNSET));
            }
            Some((option, text)) => put(option, text.to_owned(), args)?,
            None => rest.push(word),
        }
    }
    Ok(rest)
}

/// Splits `-nv` into `-n` and `-v`. Options with a value are not split: `-org` is a typo of `--org`.
fn split_short_flags(word: String) -> Vec<String> {
    let is_flag = |letter| OPTIONS.iter().any(|option| !option.has_value() && option.short.ends_with(letter));
    match word.strip_prefix('-') {
        Some(letters) if !letters.is_empty() && letters.chars().all(is_flag) => {
            letters.chars().map(|letter| format!("-{letter}")).collect()
        }
        _ => vec![word],
    }
}

/// Moves every occurrence of `option` from `arguments` to `args`.
fn read_option(
    option: &'static OptionSpec,
    arguments: &mut Arguments,
    args: &mut RawArgs,
) -> Result<(), UsageError> {
    for name in [option.short, option.long].into_iter().filter(|name| !name.is_empty()) {
        if option.has_value() {
            let read = |text: &str| Ok::<_, String>(text.to_owned());
            while let Some(text) =
                arguments.opt_value_from_fn(name, read).map_err(|_| needs_value(option.long))?
            {
                put(option, text, args)?;
            }
        } else {
            while arguments.contains(name) {
                put(option, String::new(), args)?;
            }
        }
    }
    Ok(())
}

fn put(option: &'static OptionSpec, text: String, args: &mut RawArgs) -> Result<(), UsageError> {
    let slot = (option.slot)(args);
    if slot.is_given() && !option.repeats {
        return Err(UsageError::new(format!("{} is given twice", option.long)));
    }
    slot.add(ArgValue { source: option.long, text });
    Ok(())
}

/// Returns the error for an option without a value: at the end of the line, before an option, or empty after `=`.
fn needs_value(name: &str) -> UsageError {
    let hint = if name == "--from" { "to read standard input, use --from -" } else { UNSET };
    UsageError::new(format!("{name} needs a value")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::specs::Slot;

    fn typed(words: &[&str]) -> Result<RawArgs, UsageError> {
        parse(words.iter().map(OsString::from).collect())
    }

    fn text(slot: &Slot) -> Option<&str> {
        slot.value().map(|value| &*value.text)
    }

    #[test]
    fn options_and_keys_may_be_in_any_order() {
        for words in [
            ["--org", "o", "k1", "-q", "k2"],
            ["k1", "--org", "o", "k2", "-q"],
            ["-q", "k1", "k2", "-o", "o"],
        ] {
            let typed = typed(&words).ok().unwrap();
            assert_eq!(text(&typed.org), Some("o"));
            assert_eq!(typed.keys, ["k1", "k2"]);
            assert!(typed.quiet.is_given() && !typed.yes.is_given());
        }
        assert_eq!(
            typed(&["--org=o", "--", "-k", "--yess", "--"]).ok().unwrap().keys,
            ["-k", "--yess", "--"]
        );
        let combined = typed(&["-nv", "k1", "-yq"]).ok().unwrap();
        assert!(
            combined.dry_run.is_given()
                && combined.verbose.is_given()
                && combined.yes.is_given()
                && combined.quiet.is_given()
        );
        for wrong in ["-org", "-no", "-nx", "-n=", "-nn", "-n-v", "-nv="] {
            assert!(typed(&[wrong, "k1"]).is_err(), "{wrong}");
        }
        assert_eq!(text(&typed(&["--from", "-"]).ok().unwrap().from), Some("-"));
    }

    #[test]
    fn help_is_given_next_to_anything() {
        assert!(typed(&["--nonsense", "-h"]).ok().unwrap().help.is_given());
        assert!(typed(&["-h", "--", "--yes"]).ok().unwrap().help.is_given());
        assert!(!typed(&["--", "-h"]).ok().unwrap().help.is_given());
    }

    proptest::proptest! {
        #[test]
        fn option_never_becomes_a_value(words in proptest::collection::vec("-{0,2}[a-z=-]{0,12}", 0..8)) {
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
