//! The access token: where it comes from, and what is refused.
//!
//! [`AccessToken`] has neither `Debug` nor `Display`, so that no message can hold it by accident.

use std::ops::Range;

use ureq::http::HeaderValue;

use crate::error::UsageError;
use crate::sanitize::{cut, flatten};

/// The longest token that is taken, in bytes; one HTTP header has to hold it.
const LONGEST: usize = 8 * 1024;

/// So many letters and digits of a token in a row are a part of it wherever they stand, and not chance.
const PIECE: usize = 20;

/// An API key's value or an OAuth2 token, checked to be fit for a header.
#[derive(Clone)]
pub struct AccessToken {
    text: String,
    /// Its letters and digits in lower case.
    letters: Vec<u8>,
    /// Where its pieces begin in `letters`, in the order of the pieces.
    pieces: Vec<usize>,
    /// How many letters a piece has: [`PIECE`], or all of them if there are fewer, but at least 1.
    piece_length: usize,
}

impl AccessToken {
    /// Checks what stands in `source` (a variable or a file, named in messages); white space around it is cut.
    ///
    /// # Errors
    /// Empty, too long, white space, control or non-ASCII characters inside, `Bearer ` before it, quotes around it, or
    /// the name of a variable in its place.
    /// No error repeats any of it.
    pub fn parse(source: &str, content: &[u8]) -> Result<Self, UsageError> {
        let token = content.trim_ascii();
        if token.is_empty() {
            return Err(UsageError::new(format!("the access token in {source} is empty")));
        }
        // The blank behind it may have been cut, where an unset variable was to follow.
        if token.eq_ignore_ascii_case(b"bearer")
            || token.len() >= 7 && token[..7].eq_ignore_ascii_case(b"bearer ")
        {
            return Err(UsageError::new(format!("the access token in {source} begins with \"Bearer \""))
                .hint("give the token alone; the header is made from it"));
        }
        if let [quote @ (b'"' | b'\''), .., end] = token
            && quote == end
        {
            return Err(UsageError::new(format!("the access token in {source} has quotes around it"))
                .hint("remove them: not every reader of such files does (docker --env-file keeps them)"));
        }
        if token[0] == b'$' {
            return Err(UsageError::new(format!("the access token in {source} begins with $"))
                .hint("a variable was not expanded: single quotes prevent it"));
        }
        if token.len() > LONGEST {
            return Err(UsageError::new(format!(
                "the access token in {source} is {} bytes long; at most {LONGEST} are allowed",
                token.len()
            ))
            .hint("is this the right file?"));
        }
        if let Some(at) = token.iter().position(|byte| !byte.is_ascii_graphic()) {
            let what = match token[at] {
                b' ' | b'\t' | b'\n' | b'\r' => "white space",
                0x80.. => "a character outside ASCII",
                _ => "a control character",
            };
            return Err(UsageError::new(format!("the access token in {source} has {what} in it"))
                .hint("give the token alone, without other text"));
        }
        let text = String::from_utf8_lossy(token).into_owned();
        let letters = letters(&text);
        let piece_length = letters.len().clamp(1, PIECE);
        let piece = |start: &usize| &letters[*start..][..piece_length];
        let mut pieces: Vec<usize> = (0..(letters.len() + 1).saturating_sub(piece_length)).collect();
        pieces.sort_unstable_by(|one, other| piece(one).cmp(piece(other)));
        Ok(Self { text, letters, pieces, piece_length })
    }

    /// The value of the `Authorization` header. This is the only way out of the type.
    pub fn authorization(&self) -> HeaderValue {
        HeaderValue::from_str(&format!("Bearer {}", self.text)).expect("a token is printable ASCII")
    }

    /// Whether the token, or a part of it that is no chance, stands in `text`, given in the wrong place; a short one has
    /// to be all of it.
    pub fn is_contained_in(&self, text: &str) -> bool {
        self.text == text || self.piece_length == PIECE && !self.find(text).is_empty()
    }

    /// What a server says, fit to be shown: on one line, and with the token redacted, since some repeat what they
    /// were sent. In this order: a token with an invisible character in its middle is whole on the line.
    pub fn sanitize_and_redact(&self, text: &str) -> String {
        cut(self.redact(&flatten(text)))
    }

    /// `wrong` with the token redacted.
    pub fn redact_error(&self, wrong: UsageError) -> UsageError {
        UsageError { message: self.redact(&wrong.message), hint: wrong.hint.map(|hint| self.redact(&hint)) }
    }

    /// `text` with the token redacted, and whatever is a part of it: in any case, with any signs in between, as
    /// others may write it, break it into lines or cut it short.
    fn redact(&self, text: &str) -> String {
        const STRUCK: &str = "(the access token)";
        let text = text.replace(&self.text, STRUCK);
        let mut shown = String::with_capacity(text.len());
        let mut told = 0;
        for part in self.find(&text) {
            shown += &text[told..part.start];
            shown += STRUCK;
            told = part.end;
        }
        shown + &text[told..]
    }

    /// Where pieces of the token stand in `text`, in their order; those that overlap are one.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let letters = letters(text);
        let windows = letters.windows(self.piece_length).enumerate();
        let firsts: Vec<usize> =
            windows.filter(|(_, letters)| self.is_piece(letters)).map(|(first, _)| first).collect();
        let mut found: Vec<Range<usize>> = Vec::new();
        if firsts.is_empty() {
            return found;
        }
        let places: Vec<usize> = alphanumeric(text).map(|(place, _)| place).collect();
        for first in firsts {
            let (start, end) = (places[first], places[first + self.piece_length - 1] + 1);
            match found.last_mut() {
                Some(last) if start < last.end => last.end = end,
                _ => found.push(start..end),
            }
        }
        found
    }

    /// Whether `letters`, as many as a piece has, are one.
    fn is_piece(&self, letters: &[u8]) -> bool {
        let piece = |start: usize| &self.letters[start..][..self.piece_length];
        self.pieces.binary_search_by(|start| piece(*start).cmp(letters)).is_ok()
    }
}

/// The letters and digits of `text`, in lower case.
fn letters(text: &str) -> Vec<u8> {
    let mut letters = Vec::with_capacity(text.len());
    letters.extend(alphanumeric(text).map(|(_, byte)| byte.to_ascii_lowercase()));
    letters
}

/// The letters and digits of `text`, each with its place.
fn alphanumeric(text: &str) -> impl Iterator<Item = (usize, u8)> {
    text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(content: &[u8]) -> String {
        AccessToken::parse("the file", content).err().unwrap().message
    }

    #[test]
    fn white_space_around_a_token_is_cut() {
        for content in ["xx1", " xx1\n", "\r\n\txx1\r\n"] {
            assert_eq!(
                AccessToken::parse("t", content.as_bytes()).ok().unwrap().authorization(),
                "Bearer xx1"
            );
        }
    }

    #[test]
    fn what_can_not_be_a_token_is_refused_without_being_repeated() {
        assert_eq!(refusal(b" \n"), "the access token in the file is empty");
        assert_eq!(refusal(b"bearer xx1"), "the access token in the file begins with \"Bearer \"");
        for quoted in [&b"\"xx1\""[..], b"'xx1'", b"\"\""] {
            assert_eq!(refusal(quoted), "the access token in the file has quotes around it");
        }
        for variable in [&b"$TOKEN"[..], b"${TOKEN}", b"$"] {
            assert_eq!(refusal(variable), "the access token in the file begins with $");
        }
        assert_eq!(refusal(b"xx1\nxx2"), "the access token in the file has white space in it");
        assert_eq!(refusal(b"xx\x001"), "the access token in the file has a control character in it");
        assert_eq!(
            refusal("xxé".as_bytes()),
            "the access token in the file has a character outside ASCII in it"
        );
        assert!(refusal(&[b'x'; 9000]).contains("9000 bytes long"));
    }

    proptest::proptest! {
        #[test]
        fn a_token_that_is_taken_is_printable_ascii(content: Vec<u8>) {
            if let Ok(token) = AccessToken::parse("t", &content) {
                proptest::prop_assert!(token.text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }

        #[test]
        fn no_refusal_repeats_the_token(secret in "[a-z0-9]{12}", inner in "[ \t\n\r\u{1}\u{7f}é]") {
            let content = format!("{secret}{inner}{secret}");
            let error = AccessToken::parse("t", content.as_bytes()).err().unwrap();
            proptest::prop_assert!(!error.message.contains(&secret));
        }

        #[test]
        fn the_token_is_struck_out_wherever_it_stands(
            before in ".{0,400}", after: String, token in "[a-zA-Z0-9-]{20,40}", hidden in "\u{200b}?", at in 0usize..20,
        ) {
            let held = AccessToken::parse("t", token.as_bytes()).ok().unwrap();
            let text = format!("{before}{}{hidden}{}{after}", &token[..at], &token[at..]);
            let shown = held.sanitize_and_redact(&text);
            proptest::prop_assert!(!shown.contains(&token));
            proptest::prop_assert!(!shown.contains(&token[..19]), "cut in its middle");
        }
    }
}
