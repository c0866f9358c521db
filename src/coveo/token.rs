//! The access token and its redaction.
//!
//! [`AccessToken`] has neither `Debug` nor `Display`, so that it can't end up in a message by accident.

use std::ops::Range;

use ureq::http::HeaderValue;

use crate::coveo::ids::is_coveo_id;
use crate::error::{MISSING, UsageError, WHERE_FROM, is_missing};
use crate::sanitize::{MAX_SHOWN, contains_key_value, flatten, truncate};

/// The longest accepted token, in bytes; it has to fit into one HTTP header.
const MAX_LENGTH: usize = 8 * 1024;

/// This many consecutive letters and digits of a token count as a leak.
const PIECE_LENGTH: usize = 20;

/// Shorter tokens are not redacted in errors about the command line.
const MIN_REDACTED: usize = 10;

/// What is shown in place of a token.
const REDACTED: &str = "(the access token)";

/// Up to [`PIECE_LENGTH`] consecutive letters and digits, six bits for each.
type Piece = u128;

/// An API key's value or an OAuth2 token, valid in a header.
#[derive(Clone)]
pub struct AccessToken {
    redactor: Redactor,
    /// Where it comes from, for messages: `COVEO_ACCESS_TOKEN`, `standard input`, or an option or variable and its path.
    pub source: String,
}

/// A secret that is removed from texts.
#[derive(Clone)]
pub struct Redactor {
    text: String,
    /// Each run of [`Self::length`] letters and digits of the secret, and of its base64 forms, sorted.
    pieces: Vec<Piece>,
    /// [`PIECE_LENGTH`], or all letters and digits if there are fewer.
    length: usize,
}

impl AccessToken {
    /// Parses the content of `source` (a variable or a file, named in messages); white space around it is ignored.
    ///
    /// # Errors
    /// Anything that can't be a token. No error repeats any of it.
    pub fn parse(source: &str, content: &[u8]) -> Result<Self, UsageError> {
        let token = content.trim_ascii();
        let text = String::from_utf8_lossy(token);
        let Some((problem, hint)) = defect(&text, token.len()) else {
            return Ok(Self { redactor: Redactor::new(&text), source: source.to_owned() });
        };
        let error = UsageError::new(format!("the access token in {source} {problem}"));
        Err(if hint.is_empty() { error } else { error.hint(hint) })
    }

    /// Returns the value of the `Authorization` header, the only function that returns the token.
    pub fn authorization(&self) -> HeaderValue {
        HeaderValue::from_str(&format!("Bearer {}", self.redactor.text)).expect("a token is printable ASCII")
    }

    /// Returns whether the token may be the API key with this value, which is usually masked: `xx*****1343`. A mask that
    /// shows too little fits none. An empty value, which could not be read, fits every token that is an API key.
    pub fn fits_value(&self, value: &str) -> bool {
        if !contains_key_value(&self.redactor.text) {
            return false;
        }
        let (token, value) = (self.redactor.text.to_ascii_lowercase(), value.to_ascii_lowercase());
        let is_mask = |c: char| !c.is_ascii_alphanumeric() && c != '-';
        match (value.split_once(is_mask), value.rsplit_once(is_mask)) {
            _ if value == token => true,
            (Some((start, _)), Some((_, end))) => {
                (end.len() >= 2 || start.len() >= 4) && token.starts_with(start) && token.ends_with(end)
            }
            _ => value.is_empty(),
        }
    }

    /// Returns whether `text` contains the token or a long fragment. Short tokens must match exactly.
    pub fn is_contained_in(&self, text: &str) -> bool {
        self.redactor.text == text
            || self.redactor.length == PIECE_LENGTH && !self.redactor.find(text).is_empty()
    }

    /// Makes untrusted text safe to show: on one line and with the token redacted. Invisible characters are removed first,
    /// since they may split the token. The text is truncated last, since truncation may leave a part of the token.
    pub fn sanitize_and_redact(&self, text: &str) -> String {
        truncate(self.redactor.redact(&flatten(text)), MAX_SHOWN)
    }
}

/// Returns the first reason why `token`, which was given in `length` bytes, can't be a token, and a hint, which may be empty.
fn defect(token: &str, length: usize) -> Option<(String, &'static str)> {
    const ALONE: &str = "give the token alone, without other text";
    let begins = |word: &str| token.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let (problem, hint) = match token.as_bytes() {
        [] => ("is empty", ""),
        // If a variable after it was unset, the space was trimmed.
        _ if begins("bearer ") || token.eq_ignore_ascii_case("bearer") => {
            ("begins with \"Bearer \"", "give the token alone; the header is built from it")
        }
        [b'"', .., b'"'] | [b'\'', .., b'\''] => {
            ("has quotes around it", "remove them: not every program does (docker --env-file keeps them)")
        }
        [b'$' | b'%' | b'<', ..] => {
            let hint = "was it in single quotes, or is it a template's placeholder?";
            ("looks like a variable that was not replaced", hint)
        }
        _ if is_missing(token) => (MISSING, WHERE_FROM),
        [b'{', .., b'}'] | [b'[', .., b']'] => {
            ("is JSON", "give the token alone; jq -r .NAME prints one field")
        }
        _ if is_assignment(token) => ("has the form NAME=VALUE", "give the value alone"),
        _ if is_path(token) => ("looks like a path", "for a file, use COVEO_ACCESS_TOKEN_FILE"),
        _ if is_coveo_id(token) => {
            let hint = "Coveo shows the value of a key once, when it is created";
            ("looks like the ID of a key, not like its value", hint)
        }
        _ if token.contains("***") => (
            "contains ***, so it is masked",
            "copy the token from its source, not from a log or a list of keys",
        ),
        _ if length > MAX_LENGTH => {
            let problem = format!("is {length} bytes long; at most {MAX_LENGTH} are allowed");
            return Some((problem, "is this the right file?"));
        }
        _ => match token.chars().find(|c| !c.is_ascii_graphic())? {
            ' ' | '\t' | '\n' | '\r' => ("contains white space", ALONE),
            c if c.is_ascii() => ("contains a control character", ALONE),
            _ => ("contains a character outside ASCII", ALONE),
        },
    };
    Some((problem.to_owned(), hint))
}

/// Returns whether `token` is `NAME=VALUE`. At the end of a token, `=` is the padding of base64.
fn is_assignment(token: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| !c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    token.split_once('=').is_some_and(|(name, value)| is_name(name) && value.contains(|c| c != '='))
}

/// Returns whether `token` is plainly a path, although it may not exist. Base64 may begin with `/`, too.
fn is_path(token: &str) -> bool {
    ["./", "../", "~/", "@"].iter().any(|begin| token.starts_with(begin))
        || token.starts_with('/') && token.matches('/').count() > 1 && !token.contains(['=', '+'])
}

impl Redactor {
    fn new(secret: &str) -> Self {
        let letters = secret.bytes().filter(u8::is_ascii_alphanumeric).count();
        let length = letters.clamp(1, PIECE_LENGTH);
        let mut forms = vec![secret.to_owned()];
        if length == PIECE_LENGTH {
            // The secret may follow other text that is encoded with it, so it can begin at any position in a group of three.
            forms.extend((0..3).map(|start| base64(&secret.as_bytes()[start..])));
        }
        let mut pieces = Vec::new();
        for form in forms {
            for_each_piece(&form, length, false, |piece, _| pieces.push(piece));
        }
        pieces.sort_unstable();
        Self { text: secret.to_owned(), pieces, length }
    }

    /// Returns a redactor for content that was given as a token, even if it is unusable. `None` if it is so short that it
    /// would redact ordinary words.
    pub fn of_input(content: &[u8]) -> Option<Self> {
        let content = &content[..content.len().min(MAX_LENGTH)];
        Some(Self::new(String::from_utf8_lossy(content).trim()))
            .filter(|secret| secret.length >= MIN_REDACTED)
    }

    /// Redacts the secret in both texts of `error`.
    pub fn redact_error(&self, error: UsageError) -> UsageError {
        UsageError { message: self.redact(&error.message), hint: error.hint.map(|hint| self.redact(&hint)) }
    }

    /// Redacts the secret and its fragments, also percent-encoded and in base64, ignoring case and punctuation: other
    /// programs may change, wrap or truncate it.
    fn redact(&self, text: &str) -> String {
        if text.len() < self.length {
            return text.to_owned();
        }
        let text = text.replace(&self.text, REDACTED);
        let mut found = self.find(&text);
        found.sort_unstable_by_key(|place| place.start);
        let (mut shown, mut end) = (String::new(), 0);
        for place in found {
            if place.start >= end {
                shown += &text[end..place.start];
                shown += REDACTED;
            }
            end = end.max(place.end);
        }
        shown + &text[end..]
    }

    /// Returns where pieces of the secret are in `text`. They may overlap.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        // With and without decoding, since a % may also be a character of the secret.
        for decode in [false, true].into_iter().filter(|decode| !decode || text.contains('%')) {
            for_each_piece(text, self.length, decode, |piece, place| {
                if self.pieces.binary_search(&piece).is_ok() {
                    found.push(place);
                }
            });
        }
        found
    }
}

/// Calls `use_piece` with each run of `length` letters and digits of `text`, and with its place. Case and other characters don't
/// count; with `decode`, `%XX` counts as the character that it encodes.
fn for_each_piece(text: &str, length: usize, decode: bool, mut use_piece: impl FnMut(Piece, Range<usize>)) {
    let mask = (1 << (6 * length)) - 1;
    // The last letters' places: more than a piece has.
    let mut starts = [0; 32];
    let (mut piece, mut count, mut end) = (0, 0, 0);
    while let Some(rest @ [byte, ..]) = text.as_bytes().get(end..) {
        let start = end;
        let (byte, written) = if decode { percent_decoded(rest) } else { (*byte, 1) };
        end += written;
        if let Some(digit) = char::from(byte).to_digit(36) {
            piece = (piece << 6 | Piece::from(digit)) & mask;
            starts[count % starts.len()] = start;
            count += 1;
            if count >= length {
                use_piece(piece, starts[(count - length) % starts.len()]..end);
            }
        }
    }
}

/// Returns the first character of `bytes` and its length as written: 3 for `%78`, and 5 for `%2578`, encoded twice.
fn percent_decoded(bytes: &[u8]) -> (u8, usize) {
    let hex = |at: usize| {
        std::str::from_utf8(bytes.get(at..at + 2)?).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
    };
    let mut at = 1;
    while hex(at) == Some(b'%') && hex(at + 2).is_some() {
        at += 2;
    }
    match hex(at) {
        Some(byte) if bytes[0] == b'%' => (byte, at + 2),
        _ => (bytes[0], 1),
    }
}

/// Encodes the complete groups of three bytes. The encoding of the rest depends on the text that follows.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |group: &[u8]| {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912";

    fn token(text: &str) -> AccessToken {
        AccessToken::parse("t", text.as_bytes()).ok().unwrap()
    }

    #[test]
    fn white_space_around_a_token_is_trimmed() {
        for content in ["xx1", " xx1\n", "\r\n\txx1\r\n"] {
            assert_eq!(token(content).authorization(), "Bearer xx1");
        }
    }

    #[test]
    fn unusable_tokens_are_refused_by_name() {
        for (content, problem) in [
            (&b" \n"[..], "is empty"),
            (b"bearer xx1", "begins with \"Bearer \""),
            (b"\"xx1\"", "has quotes around it"),
            (b"'xx1'", "has quotes around it"),
            (b"\"\"", "has quotes around it"),
            (b"$TOKEN", "looks like a variable that was not replaced"),
            (b"%TOKEN%", "looks like a variable that was not replaced"),
            (b"Null", "stands for a missing value"),
            (b"{ \"token\": \"x\" }", "is JSON"),
            (b"[\"x\"]", "is JSON"),
            (b"TOKEN=xx1", "has the form NAME=VALUE"),
            (b"COVEO_ACCESS_TOKEN=xx1 xx2", "has the form NAME=VALUE"),
            (b"***", "contains ***, so it is masked"),
            (b"xx*****1343", "contains ***, so it is masked"),
            (b"xx1\nxx2", "contains white space"),
            (b"xx\x001", "contains a control character"),
            ("xxé".as_bytes(), "contains a character outside ASCII"),
            (&[b'x'; 9000], "is 9000 bytes long; at most 8192 are allowed"),
        ] {
            let error = AccessToken::parse("the file", content).err().unwrap();
            assert_eq!(error.message, format!("the access token in the file {problem}"));
        }
        for content in ["YWJj=", "YWJj==", "a.b=c", "9=9", "**"] {
            assert!(AccessToken::parse("t", content.as_bytes()).is_ok(), "{content}");
        }
    }

    #[test]
    fn masked_value_fits_its_key_only() {
        let fits = |masked| token(SECRET).fits_value(masked);
        assert!(fits("xx*****f912") && fits("XX*F912") && fits("*12") && fits("xx9b*"));
        assert!(
            fits("") && fits(SECRET) && fits("xx••••f912"),
            "unreadable, not masked, or masked in another way"
        );
        for masked in ["xx*****1343", "xx", "*****", "xx*****2", "xx***", "yy*****f912"] {
            assert!(!fits(masked), "{masked}");
        }
        assert!(!token("opaque-token-f912").fits_value("*****f912"));
    }

    #[test]
    fn encoded_forms_are_redacted() {
        let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let all = percent(SECRET);
        let mut forms = vec![SECRET.replace('-', "%2D"), all.clone(), all.replace('%', "%25")];
        for before in ["", "a", "ab", "Bearer ", "user:"] {
            let bytes = [before, SECRET, "!!"].concat();
            let padded = base64(bytes.as_bytes());
            forms.extend([padded.replace('+', "-").replace('/', "_"), padded[..padded.len() - 4].to_owned()]);
        }
        let secret = token(SECRET);
        for form in forms {
            let shown = secret.sanitize_and_redact(&format!("said {form}."));
            assert!(shown.starts_with("said ") && shown.contains(REDACTED), "{shown}");
            let rest = shown.replace(REDACTED, "");
            assert!(rest.len() < 5 + 8 + 12, "{form} left {rest}");
            assert!(secret.is_contained_in(&form));
        }
        for text in
            ["xx9b3e6d17", "%", "%2", "%zz", "100%", "%25", "%2525", "é%C3%A9", "dGhlIGFjY2VzcyB0b2tlbg=="]
        {
            assert_eq!(secret.sanitize_and_redact(text), text);
        }
    }

    #[test]
    fn base64_is_the_standard_one() {
        for (text, encoded) in
            [("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("fo", ""), ("\u{3ff}\u{3ff}\u{3ff}", "z7/Pv8+/")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    proptest::proptest! {
        #[test]
        fn accepted_token_is_printable_ascii(content: Vec<u8>) {
            if let Ok(token) = AccessToken::parse("t", &content) {
                proptest::prop_assert!(token.redactor.text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }

        #[test]
        fn error_never_repeats_the_token(secret in "[a-z0-9]{12}", inner in "[ \t\n\r\u{1}\u{7f}é]") {
            let content = format!("{secret}{inner}{secret}");
            let error = AccessToken::parse("t", content.as_bytes()).err().unwrap();
            proptest::prop_assert!(!error.message.contains(&secret));
        }

        #[test]
        fn token_is_redacted_anywhere(
            before in ".{0,400}", after: String, text in "[a-zA-Z0-9-]{20,40}", hidden in "\u{200b}?", at in 0usize..20,
        ) {
            let shown = token(&text).sanitize_and_redact(&format!("{before}{}{hidden}{}{after}", &text[..at], &text[at..]));
            proptest::prop_assert!(!shown.contains(&text));
            proptest::prop_assert!(!shown.contains(&text[..19]), "truncated inside the token");
        }

        #[test]
        fn redaction_never_panics(text in "(%|25|[0-9a-fé-]){0,80}") {
            token(SECRET).sanitize_and_redact(&text);
            proptest::prop_assert!(!token(SECRET).is_contained_in(&text));
        }
    }
}
