//! Sorts arguments into options and key IDs, without interpreting them.

use std::ffi::OsString;
use std::iter;

use pico_args::Arguments;

use crate::cli::specs::{ArgValue, OPTIONS, Opt, OptionSpec, RawArgs};
use crate::cli::suggest::unknown_option;
use crate::error::{Result, UNSET, UsageError};
use crate::sanitize::quote;

/// Sorts arguments into options and key IDs.
///
/// # Errors
/// The first argument that isn't UTF-8 text, isn't an option, is repeated, or lacks its value.
pub fn parse(arguments: Vec<OsString>) -> Result<RawArgs> {
    let not_text = |index| UsageError::new(format!("argument {} is not UTF-8 text", index + 1));
    let text = |(index, argument): (usize, OsString)| argument.into_string().map_err(|_| not_text(index));
    let mut words = arguments.into_iter().enumerate().map(text).collect::<Result<Vec<_>>>()?;
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let after = words.split_off(end).into_iter().skip(1);
    let normalized = normalize(&words)?.into_iter().map(OsString::from);
    let mut arguments = Arguments::from_vec(normalized.collect());
    let mut args = RawArgs::default();
    for option in OPTIONS {
        let texts: Vec<String> = if option.has_value() {
            arguments.values_from_str(option.long).map_err(|_| needs_value(option.long))?
        } else {
            iter::from_fn(|| arguments.contains(option.long).then(String::new)).collect()
        };
        if texts.len() > 1 && !option.repeats {
            return Err(UsageError::new(format!("{} is given twice", option.long)));
        }
        let value = |text| ArgValue { option: option.id, source: option.long, text };
        args.values.extend(texts.into_iter().map(value));
    }
    for word in arguments.finish() {
        // This loses nothing: every argument was checked to be UTF-8 above.
        let word = word.into_string().unwrap_or_default();
        if !word.starts_with('-') {
            args.keys.push(word);
        } else if word == "-" {
            let error = UsageError::new("\"-\" is not a KEY_ID");
            return Err(error.hint("to read IDs from standard input, use --from -"));
        } else if !args.is_given(Opt::Help) && !args.is_given(Opt::Version) {
            return Err(unknown_option(&word));
        }
    }
    args.keys.extend(after);
    Ok(args)
}

/// Writes every option with its long name and as a word: `pico-args` doesn't know `-nv`, and would strip quotes from
/// around the value in `--opt=value`.
///
/// Refuses an option where a value was forgotten: `--org --yes`, or `--org $UNSET --yes`.
fn normalize(words: &[String]) -> Result<Vec<&str>> {
    // A negative number is a wrong value, not an option.
    let is_option = |word: &String| matches!(word.as_bytes(), [b'-', next, ..] if !next.is_ascii_digit());
    let mut normalized = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let (name, value) = word.split_once('=').map_or((&**word, None), |(name, value)| (name, Some(value)));
        match (OptionSpec::find(name).filter(|option| option.has_value()), value) {
            (Some(option), Some("")) => return Err(needs_value(option.long)),
            (Some(_), None) if words.get(index + 1).is_none_or(is_option) => return Err(needs_value(name)),
            // As a value it would have no effect: `--exclude=--dry-run` would delete.
            (Some(option), Some(value)) if OptionSpec::find(value).is_some() => {
                let problem = format!("{} {} is an option, not a value", option.long, quote(value));
                return Err(UsageError::new(problem).hint(UNSET));
            }
            (Some(option), value) => normalized.extend(iter::once(option.long).chain(value)),
            (None, _) => normalized.extend(flags(word).unwrap_or_else(|| vec![word])),
        }
    }
    Ok(normalized)
}

/// Returns the flags in `-nv`. Options with a value can't be among them: `-org` is a typo of `--org`.
fn flags(word: &str) -> Option<Vec<&'static str>> {
    let is_flag = |option: &&OptionSpec, letter| !option.has_value() && option.short.ends_with(letter);
    let flag = |letter| OPTIONS.iter().find(|option| is_flag(option, letter)).map(|option| option.long);
    word.strip_prefix('-').filter(|letters| !letters.is_empty())?.chars().map(flag).collect()
}

/// Returns the error for an option without a value: at the end of the line, before an option, or empty after `=`.
fn needs_value(name: &str) -> UsageError {
    let hint = if name == "--from" { "to read standard input, use --from -" } else { UNSET };
    UsageError::new(format!("{name} needs a value")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::specs::Role;

    fn typed(words: &[&str]) -> Result<RawArgs> {
        parse(words.iter().map(OsString::from).collect())
    }

    fn org(args: &RawArgs) -> Option<&str> {
        args.value(Opt::Org).map(|value| &*value.text)
    }

    #[test]
    fn options_and_keys_may_be_in_any_order() {
        for words in [
            ["--org", "o", "k1", "-q", "k2"],
            ["k1", "--org", "o", "k2", "-q"],
            ["-q", "k1", "k2", "-o", "o"],
        ] {
            let typed = typed(&words).ok().unwrap();
            assert_eq!(org(&typed), Some("o"));
            assert_eq!(typed.keys, ["k1", "k2"]);
            assert!(typed.is_given(Opt::Quiet) && !typed.is_given(Opt::Yes));
        }
        assert_eq!(
            typed(&["--org=o", "--", "-k", "--yess", "--"]).ok().unwrap().keys,
            ["-k", "--yess", "--"]
        );
        let combined = typed(&["-nv", "k1", "-yq"]).ok().unwrap();
        assert_eq!(combined.given(&[Role::Setting]), ["--dry-run", "--yes", "--quiet", "--verbose"]);
        for wrong in ["-org", "-no", "-nx", "-n=", "-nn", "-n-v", "-nv="] {
            assert!(typed(&[wrong, "k1"]).is_err(), "{wrong}");
        }
        assert!(typed(&["--from", "-"]).ok().unwrap().is_given(Opt::From));
    }

    #[test]
    fn help_is_given_next_to_anything() {
        assert!(typed(&["--nonsense", "-h"]).ok().unwrap().is_given(Opt::Help));
        assert!(typed(&["-h", "--", "--yes"]).ok().unwrap().is_given(Opt::Help));
        assert!(!typed(&["--", "-h"]).ok().unwrap().is_given(Opt::Help));
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
                        proptest::prop_assert_eq!(org(&typed), next);
                    }
                }
            }
        }
    }
}
