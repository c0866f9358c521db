//! Key IDs from arguments and from files, validated by the same code.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::suggest::{MIN_ID_LENGTH, QUOTES_AROUND, looks_like_word, subcommand};
use crate::coveo::ids::{InvalidId, KeyId, OrganizationId, is_coveo_id};
use crate::error::{MISSING, Result, UNSET, UsageError, WHERE_FROM, is_missing};
use crate::sanitize::quote;

/// Next to IDs of Coveo's form, a shorter one is probably a word.
const MIN_MIXED_LENGTH: usize = 16;

const ONE_PER_LINE: &str = "write one ID per line; # starts a comment";

/// Parses the key IDs among the arguments, in order. IDs given twice are skipped.
///
/// # Errors
/// The first argument that isn't a key ID.
pub fn from_arguments(texts: &[String]) -> Result<Vec<KeyId>> {
    let explain = |text: &str, error: UsageError| match text.split('=').next() {
        // Options before -- are not among the key IDs.
        Some(name) if text.starts_with('-') && !has_dash_before(text) => {
            UsageError::new(format!("{} comes after --, where only KEY_IDs are allowed", quote(name)))
                .hint("put options before --")
        }
        _ => error.or_hint(advice(text)),
    };
    let parse = |text: &String| key_id(text).map_err(|error| explain(text, error));
    let mut seen = HashSet::new();
    texts.iter().filter(|text| seen.insert(*text)).map(parse).collect()
}

/// Parses the file of `--from`: one ID per line. Blank lines are skipped, and so is text after a `#` at the beginning of a
/// line or after white space. `name` is the file's name in messages.
///
/// # Errors
/// The first line that isn't a key ID, with its number; a file without an ID.
pub fn from_list(name: &str, content: &[u8]) -> Result<Vec<KeyId>> {
    let mut keys = Vec::new();
    let mut seen = HashSet::new();
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let key = match str::from_utf8(line).map(without_comment) {
            Ok(text) if text.is_empty() || !seen.insert(text) => continue,
            Ok(text) => key_id(text).map_err(|error| error.or_hint(Some(list_advice(text)))),
            Err(_) => Err(UsageError::new("this is not UTF-8 text")),
        };
        let message = |error: &UsageError| format!("{name}, line {}: {}", index + 1, error.message);
        keys.push(key.map_err(|error| UsageError { message: message(&error), ..error })?);
    }
    if keys.is_empty() {
        return Err(UsageError::new(format!("{name} contains no KEY_ID")).hint(ONE_PER_LINE));
    }
    Ok(keys)
}

/// Refuses the organization's ID, and short IDs next to IDs of Coveo's form: `$KEY eu` without quotes, or a column too many.
///
/// # Errors
/// The first of them.
pub fn check_all(keys: &[KeyId], organization: &OrganizationId, is_list: bool) -> Result<()> {
    if keys.iter().any(|key| key.as_str().eq_ignore_ascii_case(organization.as_str())) {
        let id = quote(organization.as_str());
        return Err(UsageError::new(format!("KEY_ID {id} is the organization's own ID"))
            .hint("give the organization with --org, and the key's ID alone"));
    }
    let short = keys.iter().find(|key| key.as_str().len() < MIN_MIXED_LENGTH);
    let Some(short) = short.filter(|_| keys.iter().any(|key| is_coveo_id(key.as_str()))) else {
        return Ok(());
    };
    let message = looks_like_word(short.as_str()).message + "; nothing was sent";
    Err(UsageError::new(message).hint(if is_list { ONE_PER_LINE } else { QUOTES_AROUND }))
}

/// Returns whether `text` is a dash or two and an ID, as in a diff.
fn has_dash_before(text: &str) -> bool {
    text.strip_prefix("--").or_else(|| text.strip_prefix('-')).is_some_and(is_coveo_id)
}

/// Returns whether `text` is what documents have in place of an ID.
fn is_template(text: &str) -> bool {
    let bare = text.trim_matches(['<', '>', '[', ']', '{', '}', '.']).replace('-', "_");
    bare == "KEY_ID" || bare.eq_ignore_ascii_case("your_key_id")
}

fn key_id(text: &str) -> Result<KeyId> {
    let shown = || quote(text);
    Err(match KeyId::parse(text) {
        _ if is_missing(text) => UsageError::new(format!("KEY_ID {} {MISSING}", shown())).hint(WHERE_FROM),
        _ if is_template(text) => UsageError::new(format!("KEY_ID {} is a placeholder", shown()))
            .hint("put the ID of a key in its place; --list shows the IDs"),
        _ if has_dash_before(text) => {
            UsageError::new(format!("{} is a KEY_ID with a dash before it", shown())).hint("remove the dash")
        }
        _ if text.len() < MIN_ID_LENGTH && subcommand(text).is_some() => looks_like_word(text),
        Ok(_) if text.starts_with('-') && text.len() < MIN_ID_LENGTH => {
            UsageError::new(format!("{} looks like an option, not like a KEY_ID", shown()))
                .hint("give options on the command line")
        }
        Ok(key) => return Ok(key),
        Err(InvalidId::Empty) => UsageError::new("a KEY_ID is empty").hint(UNSET),
        Err(invalid @ InvalidId::KeyValue) => UsageError::new(invalid.describe("KEY_ID", text))
            .hint("give the ID: the console shows it in the key's details, and the API returns it as \"id\""),
        Err(invalid) => UsageError::new(invalid.describe("KEY_ID", text)),
    })
}

/// Returns a hint for an argument that isn't an ID, if its form shows the reason.
fn advice(text: &str) -> Option<&'static str> {
    let is_dash = |c| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let is_id = |text: &str| KeyId::parse(text).is_ok();
    let is_long = |text: &str| is_id(text) && text.len() >= MIN_ID_LENGTH;
    let parts = |separates: fn(char) -> bool| text.split(separates).filter(|part| !part.is_empty());
    let several = || parts(|c| matches!(c, ',' | ';') || c.is_ascii_whitespace());
    Some(match text {
        _ if text.starts_with(is_dash) => {
            "was this dash copied from a document? options begin with two hyphens"
        }
        _ if is_id(text.trim_matches(['"', '\''])) => "remove the quotes",
        _ if text.starts_with('@') || Path::new(text).is_file() => "is this a file with IDs? --from reads it",
        _ if is_id(text.trim()) => "remove the white space around it",
        _ if several().count() > 0 && several().all(is_long) => {
            "give each ID as a separate argument, or use --from"
        }
        _ if text.starts_with(['$', '%', '{', '<']) => "was a variable or a placeholder not replaced?",
        _ if text.contains(['*', '?']) => "is this a pattern for display names? use --name",
        _ if parts(|c| !c.is_ascii_alphanumeric()).any(is_long) => "give the ID alone",
        _ if text.contains(' ') && is_id(&text.replace(' ', "")) => "is this a display name? use --name",
        _ => return None,
    })
}

/// Returns what to do about a line that isn't an ID.
fn list_advice(line: &str) -> &'static str {
    let is_listed = line.split_once(" \"").is_some_and(|(id, _)| KeyId::parse(id).is_ok());
    let is_another_id = line.split(',').skip(1).any(|part| is_coveo_id(part.trim()));
    match line {
        _ if line.starts_with('{') => "jq -r .keyId prints the IDs of --json",
        _ if is_listed => "cut -d' ' -f1 keeps the IDs of --list",
        _ if line.contains(',') && !is_another_id => "is this CSV? cut -d, -f1 keeps the first column",
        _ if line.contains(['"', '\'']) => "remove the quotes",
        _ => ONE_PER_LINE,
    }
}

/// Removes the comment from a line, and white space around the rest. A `#` within a word doesn't begin a comment: it may
/// be a typo.
fn without_comment(line: &str) -> &str {
    let begins = |at: &usize| line[..*at].is_empty() || line[..*at].ends_with([' ', '\t']);
    let end = line.match_indices('#').map(|(at, _)| at).find(begins);
    line[..end.unwrap_or(line.len())].trim_matches([' ', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(content: &[u8]) -> Result<Vec<String>, String> {
        let text = |keys: Vec<KeyId>| keys.iter().map(KeyId::to_string).collect();
        from_list("keys", content).map(text).map_err(|error| error.message)
    }

    #[test]
    fn list_tolerates_what_editors_write() {
        let content = "# keys\r\n a1 \r\n\r\n\tb2\t# prototype\r\n#c3\na1 # again\nd4 #";
        assert_eq!(list(content.as_bytes()).unwrap(), ["a1", "b2", "d4"]);
        assert!(list(b"a1#b\n").is_err() && list(b"a1 b2 # c\n").is_err());
    }

    #[test]
    fn list_error_names_the_line() {
        assert!(
            list(b"a1\n\nb/2\nc/3\n").unwrap_err().starts_with("keys, line 3: KEY_ID \"b/2\" contains '/'")
        );
        assert_eq!(list(b"# none\n\n").unwrap_err(), "keys contains no KEY_ID");
        assert_eq!(list(b"a\n\xff\n").unwrap_err(), "keys, line 2: this is not UTF-8 text");
    }

    proptest::proptest! {
        #[test]
        fn list_is_refused_or_read_without_duplicates(content: Vec<u8>) {
            if let Ok(keys) = list(&content) {
                let once: HashSet<&String> = keys.iter().collect();
                proptest::prop_assert_eq!(once.len(), keys.len());
                proptest::prop_assert!(keys.iter().all(|key| KeyId::parse(key).is_ok()));
            }
        }

        #[test]
        fn every_id_of_a_list_is_read(ids in proptest::collection::vec("[A-Za-z0-9_][0-9][A-Za-z0-9_-]{0,40}", 1..50)) {
            let mut wanted: Vec<String> = Vec::new();
            for id in &ids {
                if !wanted.contains(id) {
                    wanted.push(id.clone());
                }
            }
            proptest::prop_assert_eq!(list(ids.join("\r\n").as_bytes()).unwrap(), wanted);
        }
    }
}
