//! Suggestions for unknown options, and for words given as key IDs. They are shown, never applied.

use crate::cli::specs::{OPTIONS, OptionSpec};
use crate::coveo::ids::is_coveo_id;
use crate::error::{Result, UsageError};
use crate::sanitize::{looks_secret, quote};

/// A shorter argument of only letters or only digits is probably a word. Coveo's IDs have 25 or 26 letters and digits.
pub const MIN_ID_LENGTH: usize = 20;

/// The hint for a word among the key IDs.
pub const QUOTES_AROUND: &str = "if this is a display name, use --name and put quotes around it";

/// What else people ask for, and a hint.
const OTHERS: [(&[&str], &str); 4] = [
    (
        &[
            "delete", "del", "remove", "rm", "destroy", "revoke", "purge", "key", "keys", "apikey",
            "apikeys", "api-key", "api-keys", "id", "ids", "key-id", "keyid", "key_id", "apikeyid",
        ],
        "give the KEY_ID alone: keys are deleted unless an option says otherwise",
    ),
    (&["proxy", "x"], "set the variable HTTPS_PROXY"),
    (&["all", "a", "any", "everything"], "conditions such as --unused-for 90d select keys; --list shows all"),
    (
        &["create", "add", "new", "update", "edit", "rotate", "duplicate"],
        "this tool only deletes, disables, activates and lists keys",
    ),
];

/// Why secrets are not accepted as options.
const VISIBLE: &str =
    "a secret on the command line is visible in the process list and in the shell's history";

/// Returns the error for an option that doesn't exist.
pub fn unknown_option(word: &str) -> UsageError {
    let name = word.split('=').next().unwrap_or(word);
    let bare = name.trim_start_matches('-');
    // A secret may follow a letter or a word: `-tSECRET`.
    let is_plain = |c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '?');
    let error = if looks_secret(name) || name.len() <= 24 && name.chars().all(is_plain) {
        UsageError::new(format!("unknown option {}", quote(name)))
    } else {
        let most = if name.starts_with("--") { 12 } else { 2 };
        let begin = name.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(name.len()).min(most);
        UsageError::new(format!("unknown option that begins with {}", quote(&name[..begin])))
    };
    // Any short name would be similar to another. `-abc` may be three flags, so it has to be closer than `--abc`.
    let limit = match bare.len() {
        0..=2 => 0,
        _ if name.starts_with("--") => 2,
        _ => 1,
    };
    match name {
        _ if OptionSpec::find(name).is_some() => UsageError::new(format!("{name} doesn't accept a value"))
            .hint("write it without a value, or leave it out"),
        "--token" | "-t" | "--access-token" | "--api-key" | "--bearer" | "--password" | "--secret" => {
            UsageError::new(format!("unknown option {name}: {VISIBLE}"))
                .hint("put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file")
        }
        _ if is_coveo_id(bare) => error.hint("is this a KEY_ID with a dash before it? remove the dash"),
        _ => error.hint(
            suggestion(bare, limit).unwrap_or_else(|| "coveo-delete-key --help shows all options".into()),
        ),
    }
}

/// Returns what to use instead of `word`, which differs from the name of an option by at most `limit` letters.
fn suggestion(word: &str, limit: usize) -> Option<String> {
    let word = &*word.to_ascii_lowercase();
    if let Some((_, hint)) = OTHERS.iter().find(|(words, _)| words.contains(&word)) {
        return Some((*hint).into());
    }
    let distance = |option: &OptionSpec| match option.short.strip_prefix('-') {
        Some(short) if short.eq_ignore_ascii_case(word) => 0,
        _ if option.is_called(word) => 0,
        // This is asked for every KEY_ID.
        _ if limit == 0 => usize::MAX,
        // Other programs accept unambiguous prefixes.
        _ if option.bare().starts_with(word) => 1,
        _ => edit_distance(option.bare(), word),
    };
    let least = OPTIONS.iter().map(distance).min().filter(|least| *least <= limit)?;
    let nearest = OPTIONS.iter().filter(|option| distance(option) == least).map(OptionSpec::with_value);
    Some(format!("did you mean {}?", nearest.collect::<Vec<_>>().join(" or ")))
}

/// Returns the Levenshtein distance: how many letters must be inserted, removed or replaced.
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for letter in one.bytes() {
        let mut next = vec![row[0] + 1];
        for (at, other) in other.bytes().enumerate() {
            let replaced = row[at] + usize::from(letter != other);
            next.push(replaced.min(row[at + 1] + 1).min(next[at] + 1));
        }
        row = next;
    }
    row[other.len()]
}

/// Refuses arguments that are words, not key IDs: a subcommand, or a display name without quotes around it, which is
/// several arguments.
///
/// # Errors
/// The first of these words.
pub fn check_words(words: &[String]) -> Result<()> {
    words.iter().find_map(|word| windows_option(word)).map_or(Ok(()), Err)?;
    let is_word = |word: &&String| {
        let is_all = |kind: fn(&u8) -> bool| word.as_bytes().iter().all(kind);
        (1..MIN_ID_LENGTH).contains(&word.len())
            && (is_all(u8::is_ascii_alphabetic) || is_all(u8::is_ascii_digit))
    };
    let mut plain = words.iter().filter(is_word);
    let name = plain.next().filter(|_| plain.next().is_some());
    let found = words.iter().enumerate().find_map(|(at, word)| Some((at, word, subcommand(word)?)));
    match (found, name) {
        (Some((at, word, hint)), _) if at == 0 || name.is_none() => {
            Err(UsageError::new(format!("unknown subcommand {}", quote(word))).hint(hint))
        }
        (_, Some(word)) => Err(looks_like_word(word).hint(QUOTES_AROUND)),
        _ => Ok(()),
    }
}

/// Returns the error for a word among the key IDs.
pub fn looks_like_word(word: &str) -> UsageError {
    UsageError::new(format!("{} looks like a word, not like a KEY_ID", quote(word)))
}

/// Returns the error for an option as on Windows, such as `/help` or `/?`; `None` if `word` isn't one.
fn windows_option(word: &str) -> Option<UsageError> {
    let name = word.strip_prefix('/')?;
    let bare = name.to_ascii_lowercase();
    let is_meant =
        |option: &&OptionSpec| option.is_called(&bare) || option.short.strip_prefix('-') == Some(name);
    let option = OPTIONS.iter().find(is_meant)?.with_value();
    let error = UsageError::new(format!("unknown option {}", quote(word)));
    Some(error.hint(format!("options begin with --; did you mean {option}?")))
}

/// Returns what to use instead of `word`, a subcommand or the header of a table; `None` if it is neither.
pub fn subcommand(word: &str) -> Option<String> {
    // The help has it for an ID.
    let is_placeholder = word == "KEY_ID" || word == "KEY-ID";
    if word.len() < 2 || is_placeholder { None } else { suggestion(word, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_letters() {
        for (one, other, distance) in [
            ("", "", 0),
            ("", "ab", 2),
            ("max", "max", 0),
            ("max", "mx", 1),
            ("from", "form", 2),
            ("yes", "name", 4),
        ] {
            assert_eq!(edit_distance(one, other), distance, "{one} {other}");
            assert_eq!(edit_distance(other, one), distance, "{other} {one}");
        }
    }

    #[test]
    fn typos_are_not_options() {
        for typo in OPTIONS.iter().flat_map(|option| option.typos) {
            let is_option = |dashes| OptionSpec::find(&format!("{dashes}{typo}")).is_some();
            assert!(!is_option("--") && !is_option("-"), "{typo}");
        }
    }
}
