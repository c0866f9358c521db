//! IDs of keys and organizations: checked when they are built, so that none can change the path of a URL.

use std::fmt;

use crate::sanitize::{contains_key_value, quote};

/// The longest accepted ID, far above the 25 or 26 characters of Coveo's key IDs.
const MAX_LENGTH: usize = 128;

/// The ID of an API key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Box<str>);

/// The ID of an organization.
#[derive(Clone, PartialEq, Eq)]
pub struct OrganizationId(Box<str>);

macro_rules! implement_id {
    ($name:ident) => {
        impl $name {
            /// Parses 1 to 128 of `A-Z a-z 0-9 _ -`.
            ///
            /// # Errors
            /// Anything else, and the value of a key.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                check(text).map(|()| Self(text.into()))
            }

            /// Returns the ID as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

implement_id!(KeyId);
implement_id!(OrganizationId);

/// Why a text isn't an ID.
#[derive(Debug, PartialEq, Eq)]
pub enum InvalidId {
    /// It is empty.
    Empty,
    /// It contains the *value* of an API key.
    KeyValue,
    /// It is too long, or contains a character that isn't allowed: the problem in words.
    Malformed(String),
}

impl InvalidId {
    /// Describes the error for `text`, which was given as `name`; a secret isn't repeated.
    pub fn describe(self, name: &str, text: &str) -> String {
        match self {
            Self::Empty => format!("{name} is empty"),
            Self::KeyValue => {
                format!(
                    "{name} has the form of an API key's value, which is the secret itself (not shown here)"
                )
            }
            Self::Malformed(problem) => format!("{name} {} {problem}", quote(text)),
        }
    }
}

/// Returns whether `text` has the form of Coveo's own key IDs: 25 or 26 lower-case letters and digits. That isn't documented
/// as a rule.
pub fn is_coveo_id(text: &str) -> bool {
    matches!(text.len(), 25 | 26)
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn check(text: &str) -> Result<(), InvalidId> {
    let is_other = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'_' && byte != b'-';
    let length = text.len();
    let problem = match text.bytes().position(is_other).and_then(|at| text[at..].chars().next()) {
        _ if text.is_empty() => return Err(InvalidId::Empty),
        _ if contains_key_value(text) => return Err(InvalidId::KeyValue),
        Some(other) => {
            format!("contains {}; only A-Z a-z 0-9 _ and - are allowed", describe(other))
        }
        None if length > MAX_LENGTH => {
            format!("is {length} characters long; at most {MAX_LENGTH} are allowed")
        }
        None => return Ok(()),
    };
    Err(InvalidId::Malformed(problem))
}

/// Describes a character in words that are safe on a terminal.
fn describe(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        '\n' | '\r' => "a line break".into(),
        '\t' => "a tab".into(),
        c if c.is_ascii_graphic() => format!("'{c}'"),
        c => format!("the character U+{:04X}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_1_to_128_plain_characters() {
        for good in ["a", "wduuqg3ip2c3i3gpopapxhcgxe", "A-b_9", &"x".repeat(128)] {
            assert!(KeyId::parse(good).is_ok() && OrganizationId::parse(good).is_ok(), "{good}");
        }
        for bad in [
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
            "",
            &"x".repeat(129),
        ] {
            assert!(KeyId::parse(bad).is_err() && OrganizationId::parse(bad).is_err(), "{bad:?}");
        }
        let value = "xx1a2b3c4d-0000-1111-2222-333344445555";
        assert_eq!(KeyId::parse(value).err(), Some(InvalidId::KeyValue));
    }

    #[test]
    fn coveo_form_is_25_or_26_small_letters_and_digits() {
        for (id, expected) in [
            ("wduuqg3ip2c3i3gpopapxhcgxe", true),
            ("t4hk287bfj5sg6wskg64ckk5a", true),
            ("wduuqg3ip2c3i3gpopapxhcgxE", false),
            ("wduuqg3ip2c3i3gpopapxhcg-e", false),
            ("wduuqg3ip2c3i3gpopapxhcg", false),
            ("wduuqg3ip2c3i3gpopapxhcgxe2", false),
            ("PushAPIKey", false),
        ] {
            assert_eq!(is_coveo_id(id), expected, "{id}");
        }
    }
}
