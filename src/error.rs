//! An error in what the user gave.

/// The hint for a value that is missing or empty.
pub const UNSET: &str = "is a variable of the script not set?";

/// Something that the user gave is not usable; nothing was sent. Ends with exit status 2.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError {
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it; `None` where the message is enough, and no hint is shown.
    pub hint: Option<String>,
}

impl UsageError {
    /// An error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same error with what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
