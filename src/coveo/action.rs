//! What is done to keys.

/// A change of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Deletes the key, which can't be undone.
    #[default]
    Delete,
    /// Disables the key; [`Action::Activate`] undoes it.
    Disable,
    /// Enables a disabled key again.
    Activate,
}

impl Action {
    /// `delete`, `disable` or `activate`: for messages, and for the path of a bulk request.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Disable => "disable",
            Self::Activate => "activate",
        }
    }

    /// `deleted`, `disabled` or `activated`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Delete => "deleted",
            Self::Disable => "disabled",
            Self::Activate => "activated",
        }
    }

    /// The preposition before the organization: deleted *from*, disabled *in*.
    pub fn preposition(self) -> &'static str {
        if self == Self::Delete { "from" } else { "in" }
    }
}
