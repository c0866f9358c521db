//! The status of an API key.

/// A status that Coveo documents, or another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStatus {
    /// The key can be used.
    Enabled,
    /// The key can be used, and expires soon.
    SoonToBeExpired,
    /// The key can be used; Coveo will disable it soon.
    SoonToBeDisabled,
    /// Somebody disabled the key.
    Disabled,
    /// Coveo disabled the key because nobody used it.
    DisabledForInactivity,
    /// Coveo disabled the key because it leaked.
    DisabledExposed,
    /// The key's expiration date has passed.
    Expired,
    /// A status that isn't documented. It matches no condition on the status.
    Unknown(Box<str>),
}

/// The documented statuses (the schema `ApiKeyResponse` of Coveo's API).
const DOCUMENTED: [KeyStatus; 7] = [
    KeyStatus::Enabled,
    KeyStatus::SoonToBeExpired,
    KeyStatus::SoonToBeDisabled,
    KeyStatus::Disabled,
    KeyStatus::DisabledForInactivity,
    KeyStatus::DisabledExposed,
    KeyStatus::Expired,
];

impl KeyStatus {
    /// Parses the field `status`.
    pub fn parse(text: &str) -> Self {
        let documented = DOCUMENTED.into_iter().find(|status| status.as_str() == text);
        documented.unwrap_or_else(|| Self::Unknown(text.into()))
    }

    /// Returns the status as Coveo spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enabled => "ENABLED",
            Self::SoonToBeExpired => "SOON_TO_BE_EXPIRED",
            Self::SoonToBeDisabled => "SOON_TO_BE_DISABLED",
            Self::Disabled => "DISABLED",
            Self::DisabledForInactivity => "DISABLED_FOR_INACTIVITY",
            Self::DisabledExposed => "DISABLED_EXPOSED",
            Self::Expired => "EXPIRED",
            Self::Unknown(text) => text,
        }
    }

    /// Whether the key can be used.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Enabled | Self::SoonToBeExpired | Self::SoonToBeDisabled)
    }

    /// Whether somebody, or Coveo, disabled the key.
    pub fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled | Self::DisabledForInactivity | Self::DisabledExposed)
    }
}
