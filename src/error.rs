//! Errors in the user's input, and system errors in words.

use std::io::{self, ErrorKind};

/// The hint for a value that is missing or empty.
pub const UNSET: &str = "is a variable not set in the script?";

/// The problem with what scripts print for a missing field, and its hint.
pub const MISSING: &str = "stands for a missing value";
pub const WHERE_FROM: &str = "where does it come from? jq -e fails if a field is missing";

/// Returns whether `text` is what scripts print for a missing field.
pub fn is_missing(text: &str) -> bool {
    ["null", "undefined", "none", "nil", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The result of checking input.
pub type Result<T, E = UsageError> = std::result::Result<T, E>;

/// Unusable input: nothing was sent, and the exit status is 2.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError {
    /// The error, in lower case and without a full stop.
    pub message: String,
    /// What to do about it; `None` if the message is enough.
    pub hint: Option<String>,
}

impl UsageError {
    /// Returns an error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds a hint, replacing an earlier one.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds a hint unless there is one already.
    pub fn or_hint(self, hint: Option<&str>) -> Self {
        Self { hint: self.hint.or(hint.map(str::to_owned)), ..self }
    }
}

/// Describes a system error in the same words on every system: Windows' own texts are in the user's language and end
/// with a full stop. Rare errors keep the system's text, without the error's number.
pub fn os_error_text(error: &io::Error) -> String {
    use ErrorKind::*;
    let own = error.to_string();
    let own = own.split(" (os error").next().unwrap_or(&own).trim_end_matches('.');
    let text = match error.kind() {
        _ if error.get_ref().is_some() => own,
        NotFound => "no such file or directory",
        StorageFull => "no space left on device",
        QuotaExceeded => "disk quota exceeded",
        InvalidFilename => "file name too long",
        ConnectionReset => "connection reset by peer",
        HostUnreachable => "no route to host",
        NetworkUnreachable => "network is unreachable",
        PermissionDenied | IsADirectory | NotADirectory | FileTooLarge | ConnectionRefused
        | ConnectionAborted | BrokenPipe | AddrNotAvailable => &error.kind().to_string(),
        _ => own,
    };
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_have_the_same_words_everywhere() {
        for (kind, text) in [
            (ErrorKind::NotFound, "no such file or directory"),
            (ErrorKind::PermissionDenied, "permission denied"),
            (ErrorKind::StorageFull, "no space left on device"),
        ] {
            assert_eq!(os_error_text(&kind.into()), text);
        }
        assert_eq!(os_error_text(&io::Error::new(ErrorKind::NotFound, "Another text.")), "another text");
        if cfg!(target_os = "linux") {
            let texts =
                [2, 9, 13, 20, 21, 27, 28].map(|number| os_error_text(&io::Error::from_raw_os_error(number)));
            assert_eq!(
                texts.join(", "),
                "no such file or directory, bad file descriptor, permission denied, not a directory, is a directory, file too large, no space left on device"
            );
        }
    }
}
