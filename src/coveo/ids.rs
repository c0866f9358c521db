//! The IDs of keys and of the organization, checked before they can exist, and lists of them.

use std::collections::HashSet;
use std::fmt;

use crate::error::{UNSET, UsageError};
use crate::sanitize::{holds_key_value, quote};

/// The longest ID that is taken. Coveo's own have 26 to 60 characters.
const LONGEST: usize = 128;

/// Coveo's IDs have 25 or 26 letters and digits; a few letters alone, or digits, are a word.
pub const SHORTEST_ID: usize = 20;

/// What scripts make of a field that is missing. Such a key is missing, too, and with --ignore-not-found a success.
const PLACEHOLDERS: [&str; 6] = ["null", "undefined", "none", "nil", "true", "false"];

/// The hint for a file that has something else on a line.
const ONE_PER_LINE: &str = "write one ID per line; lines that start with # are skipped";

/// The ID of an API key: 1 to 128 of `A-Z a-z 0-9 _ -`, so that it can't change the path of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Box<str>);

/// The ID of an organization, of the same form.
#[derive(Clone, PartialEq, Eq)]
pub struct OrganizationId(Box<str>);

impl KeyId {
    /// Checks what the user gave as the ID of a key.
    ///
    /// # Errors
    /// Where it is empty, too long, has other characters, is the *value* of a key, or stands for a value that is missing.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        if text.is_empty() {
            return Err(UsageError::new("a KEY_ID is empty").hint(UNSET));
        }
        if PLACEHOLDERS.iter().any(|placeholder| text.eq_ignore_ascii_case(placeholder)) {
            return Err(UsageError::new(format!(
                "KEY_ID {} stands for a value that is missing",
                quote(text)
            ))
            .hint("where does it come from? with -e, jq fails if a field is missing"));
        }
        const VALUE: &str = "give the ID: the console shows it in the details of the key, the API as \"id\"";
        check("KEY_ID", text).map(|()| Self(text.into())).map_err(|wrong| match holds_key_value(text) {
            true => wrong.hint(VALUE),
            false => wrong,
        })
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OrganizationId {
    /// Checks what the user gave as the ID of the organization; `source` names where, for the message.
    ///
    /// # Errors
    /// As for a key's ID.
    pub fn parse(source: &str, text: &str) -> Result<Self, UsageError> {
        if text.is_empty() {
            return Err(UsageError::new(format!("{source} is empty")).hint(UNSET));
        }
        const FORM: &str =
            "give the organization's ID: the console shows it in the organization picker and in its URL";
        check(source, text).map(|()| Self(text.into())).map_err(|wrong| wrong.hint(FORM))
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(name: &str, text: &str) -> Result<(), UsageError> {
    if holds_key_value(text) {
        return Err(UsageError::new(format!(
            "{name} has the form of an API key's value, which is the secret itself (not repeated here)"
        )));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if let Some(other) = text.chars().find(|c| !allowed(*c)) {
        return Err(UsageError::new(format!(
            "{name} {} has {} in it; only A-Z a-z 0-9 _ and - are allowed",
            quote(text),
            name_of(other)
        )));
    }
    if text.len() > LONGEST {
        return Err(UsageError::new(format!(
            "{name} {} is {} characters long; at most {LONGEST} are allowed",
            quote(text),
            text.len()
        )));
    }
    Ok(())
}

/// A character as a person would call it, harmless on a terminal.
fn name_of(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        '\n' | '\r' => "a line break".into(),
        '\t' => "a tab".into(),
        c if c.is_ascii_graphic() => format!("'{c}'"),
        c => format!("the character U+{:04X}", u32::from(c)),
    }
}

/// The keys of the command line, in its order, each once.
///
/// # Errors
/// The first one that is not an ID.
pub fn parse_all(texts: &[String]) -> Result<Vec<KeyId>, UsageError> {
    let parse = |text: &String| {
        KeyId::parse(text).map_err(|wrong| match (&wrong.hint, slip(text)) {
            (None, Some(hint)) => wrong.hint(hint),
            _ => wrong,
        })
    };
    let keys = texts.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(dedup(keys))
}

/// What to do about an argument that is no ID, where that can be told.
fn slip(text: &str) -> Option<&'static str> {
    let is_id = |text: &str| KeyId::parse(text).is_ok();
    let parts = || text.split([',', ';', ' ', '\t', '\r', '\n']).filter(|part| !part.is_empty());
    if text.starts_with(['\u{2013}', '\u{2014}']) {
        Some("is this a dash from a document? options begin with two hyphens")
    } else if is_id(text.trim_matches(['"', '\''])) {
        Some("remove the quotes")
    } else if is_id(text.trim()) {
        Some("remove the white space around it")
    } else if parts().next().is_some() && parts().all(|part| is_id(part) && part.len() >= SHORTEST_ID) {
        Some("give each ID as an argument of its own, or use --from")
    } else if text.contains(' ') && is_id(&text.replace(' ', "")) {
        Some("is this a display name? --name selects by it")
    } else {
        None
    }
}

/// Reads the content of a file of `--from`: one ID per line; blank lines are skipped, and what follows a `#` at the
/// beginning of a line or behind white space.
/// `name` is what the file is called in messages.
///
/// # Errors
/// The first line that is not an ID, by its number; a file with no ID in it.
pub fn parse_list(name: &str, content: &[u8]) -> Result<Vec<KeyId>, UsageError> {
    let mut keys = Vec::new();
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let at = |error: UsageError| UsageError {
            message: format!("{name}, line {}: {}", index + 1, error.message),
            hint: error.hint,
        };
        let line = std::str::from_utf8(line).map_err(|_| at(UsageError::new("this is not UTF-8 text")))?;
        let line = without_comment(line).trim_matches([' ', '\t', '\r']);
        if !line.is_empty() {
            let wrong = |error: UsageError| match error.hint {
                Some(_) => at(error),
                None => at(error).hint(ONE_PER_LINE),
            };
            keys.push(KeyId::parse(line).map_err(wrong)?);
        }
    }
    if keys.is_empty() {
        return Err(UsageError::new(format!("there is no KEY_ID in {name}")).hint(ONE_PER_LINE));
    }
    Ok(dedup(keys))
}

/// `line` up to its comment, if it has one. A `#` within a word begins none: it may be a slip.
fn without_comment(line: &str) -> &str {
    let begins = |at: &usize| line[..*at].is_empty() || line[..*at].ends_with([' ', '\t']);
    line.match_indices('#').map(|(at, _)| at).find(begins).map_or(line, |at| &line[..at])
}

/// The keys without repetitions, in the order of their first appearance.
fn dedup(mut keys: Vec<KeyId>) -> Vec<KeyId> {
    let repeated: Vec<bool> = {
        let mut seen = HashSet::with_capacity(keys.len());
        keys.iter().map(|key| !seen.insert(key.as_str())).collect()
    };
    if repeated.contains(&true) {
        let mut repeated = repeated.into_iter();
        keys.retain(|_| !repeated.next().unwrap_or(false));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(keys: &[KeyId]) -> Vec<&str> {
        keys.iter().map(KeyId::as_str).collect()
    }

    #[test]
    fn an_id_is_1_to_128_plain_characters() {
        for good in ["a", "wduuqg3ip2c3i3gpopapxhcgxe", "A-b_9", &"x".repeat(128)] {
            assert!(KeyId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "..",
            ".",
            "a/b",
            "a%2fb",
            "a b",
            " a",
            "a\n",
            "a\0",
            "é",
            "a?b",
            "a#b",
            "a\\b",
            &"x".repeat(129),
        ] {
            assert!(KeyId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_list_tolerates_what_editors_leave_behind() {
        let list = "# keys\r\n a1 \r\n\r\n\tb2\t# prototype\r\n#c3\na1 # again\nd4 #";
        assert_eq!(ids(&parse_list("keys", list.as_bytes()).ok().unwrap()), ["a1", "b2", "d4"]);
    }

    #[test]
    fn a_comment_begins_behind_white_space_only() {
        assert!(parse_list("keys", b"a1#b\n").is_err());
        assert!(parse_list("keys", b"a1 b2 # c\n").is_err());
    }

    #[test]
    fn a_list_names_the_line_that_is_wrong() {
        let error = parse_list("keys", b"a1\n\nb/2\nc/3\n").err().unwrap();
        assert!(error.message.starts_with("keys, line 3: KEY_ID \"b/2\" has '/' in it"), "{}", error.message);
        assert_eq!(parse_list("keys", b"# none\n\n").err().unwrap().message, "there is no KEY_ID in keys");
        assert_eq!(
            parse_list("keys", b"a\n\xff\n").err().unwrap().message,
            "keys, line 2: this is not UTF-8 text"
        );
    }

    proptest::proptest! {
        #[test]
        fn a_list_is_refused_or_holds_valid_ids_each_once(content: Vec<u8>) {
            if let Ok(keys) = parse_list("keys", &content) {
                let once: HashSet<&str> = keys.iter().map(KeyId::as_str).collect();
                proptest::prop_assert_eq!(once.len(), keys.len());
                for key in &keys {
                    proptest::prop_assert!(KeyId::parse(key.as_str()).is_ok());
                }
            }
        }

        #[test]
        fn every_id_of_a_list_is_read(ids in proptest::collection::vec("[A-Za-z0-9_-]{1,40}", 1..50)) {
            let keys = parse_list("keys", ids.join("\r\n").as_bytes()).ok().unwrap();
            let mut wanted: Vec<&str> = Vec::new();
            for id in &ids {
                if !wanted.contains(&id.as_str()) {
                    wanted.push(id);
                }
            }
            proptest::prop_assert_eq!(keys.iter().map(KeyId::as_str).collect::<Vec<_>>(), wanted);
        }
    }
}
