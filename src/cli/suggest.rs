//! What was probably meant by an option that does not exist, or by a word that is no key ID. It is named, never guessed.

use crate::cli::parse::given_twice;
use crate::cli::specs::{OPTIONS, OptionSpec};
use crate::coveo::ids::SHORTEST_ID;
use crate::error::UsageError;
use crate::sanitize::{looks_secret, quote};

const ALONE: &str = "give the KEY_ID alone: keys are deleted unless an option says otherwise";

/// What is wrong with an option that was not taken.
pub fn unknown_option(word: &str) -> UsageError {
    let name = word.split('=').next().unwrap_or(word);
    if let Some(option) = OptionSpec::find(name) {
        if word.contains('=') && !option.has_value() {
            return UsageError::new(format!("{name} takes no value"));
        }
        return given_twice(name);
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
    let is_plain = |c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '?');
    let error = if looks_secret(name) || name.len() <= 24 && name.chars().all(is_plain) {
        UsageError::new(format!("there is no option {}", quote(name)))
    } else {
        let most = if name.starts_with("--") { 12 } else { 2 };
        let begin = name.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(name.len()).min(most);
        UsageError::new(format!("there is no option that begins with {}", quote(&name[..begin])))
    };
    error.hint(meant(name).unwrap_or_else(|| "coveo-delete-key --help shows all options".into()))
}

/// The options that `name` is near to, in a question.
fn meant(name: &str) -> Option<String> {
    let bare = name.trim_start_matches('-').to_ascii_lowercase();
    if is_delete(&bare) {
        return Some(ALONE.into());
    }
    if bare == "proxy" {
        return Some("set the variable HTTPS_PROXY".into());
    }
    // Short names are near nothing but themselves. `-abc` may be three of them, so it has to be nearer.
    let near = match bare.len() {
        0..=2 => 0,
        _ if name.starts_with("--") => 2,
        _ => 1,
    };
    let distance = |option: &OptionSpec| {
        let short = option.short.trim_start_matches('-');
        let is_short = !short.is_empty() && short.eq_ignore_ascii_case(&bare);
        if is_short || option.slips.contains(&&*bare) {
            0
        } else if near > 0 && option.bare().starts_with(&bare) {
            // Other programs take the beginning of a name for all of it.
            1
        } else {
            edit_distance(option.bare(), &bare)
        }
    };
    let least = OPTIONS.iter().map(distance).min().filter(|least| *least <= near)?;
    let nearest = OPTIONS.iter().filter(|option| distance(option) == least).map(OptionSpec::with_value);
    Some(format!("did you mean {}?", nearest.collect::<Vec<_>>().join(" or ")))
}

/// The Levenshtein distance: how many letters must be put in, left out or replaced.
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.bytes().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (left, other) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[left + 1];
            row[left + 1] = replaced.min(diagonal + 1).min(row[left] + 1);
        }
    }
    row[other.len()]
}

/// Refuses words in the place of key IDs: a subcommand, or a display name without quotes around it, which makes several.
///
/// # Errors
/// The first of `words` that is one.
pub fn check_words(words: &[String]) -> Result<(), UsageError> {
    let no_subcommand = |(word, hint): (&String, String)| {
        Err(UsageError::new(format!("there is no subcommand {}", quote(word))).hint(hint))
    };
    let mut subcommands =
        words.iter().enumerate().filter_map(|(at, word)| Some((at, (word, subcommand(word)?))));
    let is_all = |word: &str, kind: fn(&u8) -> bool| word.bytes().all(|byte| kind(&byte));
    let is_word = |word: &&String| {
        (1..SHORTEST_ID).contains(&word.len())
            && (is_all(word, u8::is_ascii_alphabetic) || is_all(word, u8::is_ascii_digit))
    };
    let mut found = words.iter().filter(is_word);
    match (subcommands.next(), found.next(), found.next()) {
        (Some((0, subcommand)), ..) => no_subcommand(subcommand),
        (_, Some(word), Some(_)) => {
            Err(UsageError::new(format!("{} looks like a word, not like a KEY_ID", quote(word)))
                .hint("--name selects by display name, with quotes around it; after --, any KEY_ID is taken"))
        }
        (Some((_, subcommand)), ..) => no_subcommand(subcommand),
        (None, ..) => Ok(()),
    }
}

/// What to use instead of a subcommand; `None` where `word` is none.
fn subcommand(word: &str) -> Option<String> {
    let word = word.to_ascii_lowercase();
    let hint = match &*word {
        _ if is_delete(&word) => ALONE,
        "list" | "ls" | "get" | "show" | "describe" | "view" | "find" | "search" | "status" => {
            "--name '*' --dry-run --max 1000 lists all keys, KEY_ID --dry-run shows one"
        }
        "enable" | "activate" | "create" | "add" | "new" | "update" | "edit" | "rotate" => {
            "keys are deleted or disabled here, nothing else"
        }
        _ => {
            let is_meant = |option: &&OptionSpec| option.bare() == word || option.slips.contains(&&*word);
            let option = OPTIONS.iter().find(is_meant).filter(|_| word.len() > 1)?.with_value();
            return Some(format!("did you mean {option}? (after --, any KEY_ID is taken)"));
        }
    };
    Some(hint.into())
}

/// Whether `word` asks for what is done anyway.
fn is_delete(word: &str) -> bool {
    const WORDS: &str = " delete del remove rm destroy revoke id key keys key-id apikey apikeys api-keys ";
    WORDS.contains(&format!(" {word} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_letters() {
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
    fn no_slip_is_an_option() {
        for option in OPTIONS {
            for slip in option.slips {
                assert!(
                    OptionSpec::find(&format!("--{slip}")).is_none()
                        && OptionSpec::find(&format!("-{slip}")).is_none(),
                    "{slip}"
                );
            }
        }
    }
}
