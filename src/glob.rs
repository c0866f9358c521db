//! Patterns for display names.

use std::fmt;

use crate::sanitize::{flatten, quote};

/// A pattern in which `*` matches any characters and `?` matches one. Neither can be escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// Creates a pattern; every text is a valid one.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// Whether the pattern matches the whole of `name`; case matters.
    pub fn matches(&self, name: &str) -> bool {
        matches(&self.0, name)
    }

    /// Whether the pattern would match `name` if case didn't matter.
    pub fn matches_ignoring_case(&self, name: &str) -> bool {
        matches(&self.0.to_lowercase(), &name.to_lowercase())
    }

    /// Whether the pattern would match `name` as it is shown, in another case, or with `*` at both ends if it has no `*` and no
    /// `?`. Anyone who wrote it probably means this name, too.
    pub fn nearly_matches(&self, name: &str) -> bool {
        let name = &flatten(name);
        let is_literal = !self.0.contains(['*', '?']);
        self.matches_ignoring_case(name) || is_literal && name.to_lowercase().contains(&self.0.to_lowercase())
    }

    /// Whether the pattern contains what is special in other patterns, and isn't here.
    pub fn looks_like_another_syntax(&self) -> bool {
        self.0.contains(['[', ']', '{', '}', '|', '^', '$', ',', '!'])
    }

    /// Whether the pattern matches a part of `name`.
    pub fn matches_part(&self, name: &str) -> bool {
        matches(&format!("*{}*", self.0), name)
    }
}

/// The pattern in quotes.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&quote(&self.0))
    }
}

/// Whether `glob` matches the whole of `name`, in time proportional to the product of their lengths.
fn matches(glob: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // How many characters of the name the pattern so far may match, in ascending order.
    let mut lengths = vec![0];
    for c in glob.chars() {
        let matches_one = |at: &usize| name.get(*at).is_some_and(|next| c == '?' || c == *next);
        lengths = match lengths.first() {
            Some(least) if c == '*' => (*least..=name.len()).collect(),
            _ => lengths.into_iter().filter(matches_one).map(|at| at + 1).collect(),
        };
    }
    lengths.last() == Some(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_and_question_mark_match_the_whole_name() {
        for (glob, name, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("tmp-*", "tmp-", true),
            ("tmp-*", "xtmp-1", false),
            ("*-1", "tmp-11-1", true),
            ("t?p", "tüp", true),
            ("t?p", "tp", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXcXb", false),
            ("?*?", "a", false),
            ("Tmp", "tmp", false),
        ] {
            assert_eq!(Glob::new(glob).matches(name), expected, "{glob} {name}");
        }
        assert!(Glob::new("Tmp-*").matches_ignoring_case("tMP-1"));
        assert!(!Glob::new("Tmp-").matches_ignoring_case("tmp-1"));
        assert!(Glob::new("mp").matches_part("tmp-1"));
        assert!(!Glob::new("mP").matches_part("tmp-1"));
        for (glob, name, nearly) in [
            ("Prod *", "prod search", true),
            ("Prod", "my prod search", true),
            ("prod", "search", false),
            ("prod*", "my prod", false),
            ("prod?", "my prods", false),
            ("prod a*", "prod  a\u{200b}pi", true),
        ] {
            assert_eq!(Glob::new(glob).nearly_matches(name), nearly, "{glob} {name}");
        }
        assert!(
            Glob::new("CI [0-9]").looks_like_another_syntax()
                && !Glob::new("CI *?-_.").looks_like_another_syntax()
        );
    }
}
