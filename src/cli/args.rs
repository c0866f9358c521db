//! What was typed: arguments sorted into options and key IDs, not yet understood.

use std::ffi::OsString;

use pico_args::Arguments;

use crate::error::UsageError;
use crate::sanitize::{looks_secret, quote};

/// What was typed, not yet understood. The fields are named after the options.
#[derive(Default)]
pub struct Args {
    pub org: Option<String>,
    pub token_file: Option<String>,
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub cacert: Option<String>,
    pub from: Option<String>,
    pub disabled_for: Option<String>,
    pub expired_for: Option<String>,
    pub unused_for: Option<String>,
    pub name: Option<String>,
    pub older_than: Option<String>,
    pub max: Option<String>,
    pub timeout: Option<String>,
    pub retries: Option<String>,
    pub disable: bool,
    pub dry_run: bool,
    pub ignore_not_found: bool,
    pub yes: bool,
    pub bulk: bool,
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub help: bool,
    pub version: bool,
    pub keys: Vec<String>,
}

impl Args {
    /// All values, as they were typed.
    pub fn texts(&self) -> Vec<String> {
        let options = [
            &self.org,
            &self.token_file,
            &self.region,
            &self.endpoint,
            &self.cacert,
            &self.from,
            &self.disabled_for,
            &self.expired_for,
            &self.unused_for,
            &self.name,
            &self.older_than,
            &self.max,
            &self.timeout,
            &self.retries,
        ];
        options.into_iter().flatten().chain(&self.keys).cloned().collect()
    }
}

/// The options that take a value, and their short forms.
pub const WITH_VALUE: [(&str, &str); 14] = [
    ("--org", "-o"),
    ("--token-file", ""),
    ("--region", "-r"),
    ("--endpoint", ""),
    ("--cacert", ""),
    ("--from", ""),
    ("--disabled-for", ""),
    ("--expired-for", ""),
    ("--unused-for", ""),
    ("--name", ""),
    ("--older-than", ""),
    ("--max", ""),
    ("--timeout", ""),
    ("--retries", ""),
];

/// The options that take none.
pub const FLAGS: [(&str, &str); 10] = [
    ("--disable", ""),
    ("--dry-run", "-n"),
    ("--ignore-not-found", ""),
    ("--yes", "-y"),
    ("--bulk", ""),
    ("--json", ""),
    ("--quiet", "-q"),
    ("--verbose", "-v"),
    ("--help", "-h"),
    ("--version", "-V"),
];

/// The first stage: sorts arguments into options and key IDs.
pub fn read(arguments: Vec<OsString>) -> Result<Args, UsageError> {
    let mut words = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        words.push(
            argument
                .into_string()
                .map_err(|_| UsageError::new(format!("argument {} is not UTF-8 text", index + 1)))?,
        );
    }
    let behind = match words.iter().position(|word| word == "--") {
        Some(end) => words.split_off(end).into_iter().skip(1).collect(),
        None => Vec::new(),
    };
    // An option in the place of a value is a value that was forgotten: `--org --yes`, or `--org $UNSET --yes`.
    for (index, word) in words.iter().enumerate() {
        let takes_value =
            !word.is_empty() && WITH_VALUE.iter().any(|(long, short)| word == long || word == short);
        let next = words.get(index + 1);
        // A number below zero is not an option, but a wrong value.
        let is_option = |next: &String| {
            next.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()))
        };
        if takes_value && next.is_none_or(is_option) {
            return Err(UsageError::new(format!("{word} needs a value")));
        }
    }
    // `--opt=value` is taken apart here: `pico-args` would strip quotes from around the value.
    let mut assigned: Vec<(&str, String)> = Vec::new();
    let mut rest = Vec::with_capacity(words.len());
    for word in words {
        let is = |(long, short): &&(&str, &str), name| name == *long || !short.is_empty() && name == *short;
        let option = word.split_once('=').and_then(|(name, value)| {
            Some((WITH_VALUE.iter().find(|option| is(option, name))?.0, name, value))
        });
        match option {
            None => rest.push(word),
            Some((long, _, "")) => return Err(UsageError::new(format!("{long} needs a value"))),
            Some((long, name, _)) if assigned.iter().any(|(other, _)| *other == long) => {
                return Err(UsageError::new(format!("{name} is given twice")));
            }
            Some((long, _, value)) => assigned.push((long, value.to_owned())),
        }
    }
    let words = rest.into_iter().flat_map(split_short_flags).map(OsString::from).collect();
    let mut arguments = Arguments::from_vec(words);
    let mut values = WITH_VALUE
        .iter()
        .map(|(long, short)| value(&mut arguments, &mut assigned, long, short))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter();
    let mut flags = FLAGS.map(|(long, short)| flag(&mut arguments, long, short)).into_iter();
    let (mut value, mut flag) = (|| values.next().flatten(), || flags.next().unwrap_or(false));
    let mut typed = Args {
        org: value(),
        token_file: value(),
        region: value(),
        endpoint: value(),
        cacert: value(),
        from: value(),
        disabled_for: value(),
        expired_for: value(),
        unused_for: value(),
        name: value(),
        older_than: value(),
        max: value(),
        timeout: value(),
        retries: value(),
        disable: flag(),
        dry_run: flag(),
        ignore_not_found: flag(),
        yes: flag(),
        bulk: flag(),
        json: flag(),
        quiet: flag(),
        verbose: flag(),
        help: flag(),
        version: flag(),
        keys: Vec::new(),
    };
    for left in arguments.finish() {
        // All of them were UTF-8 above.
        let left = left.into_string().unwrap_or_default();
        if left.len() > 1 && left.starts_with('-') {
            if typed.help || typed.version {
                continue;
            }
            return Err(unknown_option(&left));
        }
        // After `--`, it is clear that this is meant.
        if left == "-" {
            return Err(UsageError::new("KEY_ID \"-\" stands for standard input nowhere but in --from -"));
        }
        typed.keys.push(left);
    }
    typed.keys.extend::<Vec<String>>(behind);
    Ok(typed)
}

/// Takes `-nv` apart into `-n` and `-v`. Options with a value have no part in it: `-org` is a slip for `--org`.
fn split_short_flags(word: String) -> Vec<String> {
    let is_flag = |letter| FLAGS.iter().any(|(_, short)| short.ends_with(letter));
    match word.strip_prefix('-') {
        Some(letters) if !letters.is_empty() && letters.chars().all(is_flag) => {
            letters.chars().map(|letter| format!("-{letter}")).collect()
        }
        _ => vec![word],
    }
}

/// What is wrong with an option that was not taken.
fn unknown_option(word: &str) -> UsageError {
    let name = word.split('=').next().unwrap_or(word);
    let is = |(long, short): &(&str, &str)| name == *long || name == *short;
    if FLAGS.iter().any(is) && word.contains('=') {
        return UsageError::new(format!("{name} takes no value"));
    }
    if WITH_VALUE.iter().chain(&FLAGS).any(is) {
        return UsageError::new(format!("{name} is given twice"));
    }
    if matches!(
        name,
        "--token" | "-t" | "--access-token" | "--api-key" | "--bearer" | "--password" | "--secret"
    ) {
        return UsageError::new(format!(
            "there is no option {name}: a secret among the arguments shows in the process list and in the shell's history"
        ))
        .hint("put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file");
    }
    // Behind a letter or a word may stand a secret: `-tSECRET`.
    let is_plain = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '_';
    if looks_secret(name) || name.len() <= 24 && name.chars().all(is_plain) {
        return UsageError::new(format!("there is no option {}", quote(name)));
    }
    let most = if name.starts_with("--") { 12 } else { 2 };
    let begin = name.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(name.len()).min(most);
    UsageError::new(format!("there is no option that begins with {}", quote(&name[..begin])))
}

fn value(
    arguments: &mut Arguments,
    assigned: &mut Vec<(&str, String)>,
    long: &'static str,
    short: &'static str,
) -> Result<Option<String>, UsageError> {
    let at = assigned.iter().position(|(name, _)| *name == long);
    let assigned = at.map(|at| assigned.swap_remove(at).1);
    let read = |text: &str| Ok::<_, String>(text.to_owned());
    let found = match short {
        "" => arguments.opt_value_from_fn(long, read),
        short => arguments.opt_value_from_fn([short, long], read),
    };
    match (assigned, found) {
        (Some(_), Ok(Some(_))) => Err(UsageError::new(format!("{long} is given twice"))),
        (Some(value), Ok(None)) => Ok(Some(value)),
        (_, found) => found.map_err(|_| UsageError::new(format!("{long} needs a value"))),
    }
}

fn flag(arguments: &mut Arguments, long: &'static str, short: &'static str) -> bool {
    match short {
        "" => arguments.contains(long),
        short => arguments.contains([short, long]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Result<Args, UsageError> {
        read(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn options_and_keys_may_stand_in_any_order() {
        for words in [
            ["--org", "o", "k1", "-q", "k2"],
            ["k1", "--org", "o", "k2", "-q"],
            ["-q", "k1", "k2", "-o", "o"],
        ] {
            let typed = typed(&words).ok().unwrap();
            assert_eq!(typed.org.as_deref(), Some("o"));
            assert_eq!(typed.keys, ["k1", "k2"]);
            assert!(typed.quiet && !typed.yes);
        }
        assert_eq!(typed(&["--org=o", "--", "-k", "--yes", "--"]).ok().unwrap().keys, ["-k", "--yes", "--"]);
        let combined = typed(&["-nv", "k1", "-yq"]).ok().unwrap();
        assert!(combined.dry_run && combined.verbose && combined.yes && combined.quiet);
        for wrong in ["-org", "-no", "-nx", "-n=", "-nn", "-n-v", "-nv="] {
            assert!(typed(&[wrong, "k1"]).is_err(), "{wrong}");
        }
        assert_eq!(typed(&["--from", "-"]).ok().unwrap().from.as_deref(), Some("-"));
    }

    #[test]
    fn help_is_given_whatever_else_was_typed() {
        assert!(typed(&["--nonsense", "-h"]).ok().unwrap().help);
        assert!(!typed(&["--", "--help"]).ok().unwrap().help);
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
                        proptest::prop_assert_eq!(typed.org.as_deref(), next);
                    }
                }
            }
        }
    }
}
