//! Makes untrusted text (from arguments, files or servers) safe for a terminal: a terminal escape or a hidden character
//! could otherwise forge a line.

/// The most characters of one untrusted text that are shown.
pub const MAX_SHOWN: usize = 300;

/// The most characters of quoted input that are shown.
const MAX_QUOTED: usize = 60;

/// Returns `text` on one line, without control, invisible or bidirectional characters.
pub fn flatten(text: &str) -> String {
    let line = text.replace(char::is_control, " ");
    line.split_whitespace().collect::<Vec<_>>().join(" ").replace(is_invisible_or_bidi, "")
}

/// Returns the first `most` characters of `line`.
pub fn truncate(line: String, most: usize) -> String {
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Returns whether `c` is invisible (Hangul fillers and the Braille blank included) or changes the direction of text.
fn is_invisible_or_bidi(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns input in quotes for a message. Input that looks like a secret isn't repeated.
pub fn quote(input: &str) -> String {
    if looks_secret(input) {
        return "(not shown here, since it looks like a secret)".into();
    }
    // Spaces are kept, since they may be the error.
    let visible = input.replace(is_invisible_or_bidi, "");
    let line = visible.replace(|c: char| c.is_whitespace() || c.is_control(), " ");
    format!("\"{}\"", truncate(line, MAX_QUOTED))
}

/// Returns whether `text` contains an API key's value or a JSON Web Token.
pub fn looks_secret(text: &str) -> bool {
    // The latter has three parts, the first of which is `{"…` in base64.
    let is_web_token = |word: &str| word.find("eyJ").is_some_and(|at| word[at..].matches('.').count() >= 2);
    contains_key_value(text) || text.split(|c: char| !c.is_ascii_graphic()).any(is_web_token)
}

/// Returns whether `text` contains an API key's value: `xx` and a UUID.
pub fn contains_key_value(text: &str) -> bool {
    const FORM: &[u8] = b"xx00000000-0000-0000-0000-000000000000";
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_hexdigit(),
        _ => byte.eq_ignore_ascii_case(form),
    };
    text.as_bytes().windows(FORM.len()).any(|window| window.iter().zip(FORM).all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_line(text: &str) -> String {
        truncate(flatten(text), MAX_SHOWN)
    }

    const VALUE: &str = "xx1a2b3c4d-0000-1111-2222-333344445555";

    #[test]
    fn foreign_text_stays_on_one_line() {
        assert_eq!(one_line("a\r\n\tb\u{1b}[31m c\u{0}"), "a b [31m c");
        assert_eq!(one_line("evil\u{202e}txt\u{200b}"), "eviltxt");
        assert_eq!(one_line("a\u{3164}b\u{115f}\u{1160}c\u{180e}\u{2800}d\u{ffa0}"), "abcd");
        assert_eq!(one_line(&"é".repeat(301)).chars().count(), 301, "300 and an ellipsis");
        assert_eq!(one_line(&"é".repeat(300)), "é".repeat(300));
    }

    #[test]
    fn secret_is_recognized_anywhere() {
        for text in [
            VALUE,
            &VALUE.to_uppercase(),
            &format!("--api-key={VALUE}"),
            &format!("a/{VALUE}/b"),
            "eyJhbGciOi.eyJzdWIi.c2ln",
        ] {
            assert!(looks_secret(text), "{text}");
            assert!(!quote(text).contains("1111"), "{text}");
        }
        for text in ["", "xx", "wduuqg3ip2c3i3gpopapxhcgxe", "xx1a2b3c4d-0000-1111-2222-33334444555", "eyJ"] {
            assert!(!looks_secret(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn shown_text_never_contains_a_control_character(text in ".*", bytes: Vec<u8>) {
            for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
                let shown = one_line(&text);
                proptest::prop_assert!(!shown.chars().any(char::is_control));
                proptest::prop_assert!(shown.chars().count() <= MAX_SHOWN + 1);
                proptest::prop_assert!(!quote(&text).chars().any(char::is_control));
            }
        }
    }
}
