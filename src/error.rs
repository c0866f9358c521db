//! Errors in what the user gave.

/// The hint for a value that is missing or empty.
pub const UNSET: &str = "is a variable of the script not set?";

/// Unusable input; nothing was sent. Ends with exit status 2.
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
    pub fn or_hint(self, hint: impl Into<String>) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }
}
