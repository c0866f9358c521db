//! The outcomes, their names and exit statuses, and the tally of a run. `coveo::verdict` decides which outcome a key gets.

/// One row per outcome: its variant, its name for programs, its words, its exit status, and whether it is systemic. All
/// code about single outcomes is generated from the rows, so none can be forgotten.
macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident $json:literal $words:literal $status:literal $is_systemic:literal)*) => {
        /// What happened to a key. A summary names outcomes in this order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outcome {
            $($(#[$doc])* $variant,)*
        }

        impl Outcome {
            /// All outcomes, each at the index `outcome as usize`.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name for programs, in the field `outcome` of the JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $json,)* }
            }

            /// The name in a summary: `12 deleted, 1 not found`.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }

            /// The exit status of a run whose keys all ended like this; 0 is a success.
            pub fn status(self) -> u8 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Whether the next key would likely end the same way: three consecutive ones end the run.
            pub fn is_systemic(self) -> bool {
                match self { $(Self::$variant => $is_systemic,)* }
            }
        }
    };
}

outcomes! {
    /// Coveo confirmed that it deleted the key.
    Deleted "deleted" "deleted" 0 false
    /// Coveo confirmed that it disabled the key.
    Disabled "disabled" "disabled" 0 false
    /// Coveo confirmed that it activated the key.
    Activated "activated" "activated" 0 false
    /// A dry run: the key would be deleted.
    WouldDelete "wouldDelete" "would be deleted" 0 false
    /// A dry run: the key would be disabled.
    WouldDisable "wouldDisable" "would be disabled" 0 false
    /// A dry run: the key would be activated.
    WouldActivate "wouldActivate" "would be activated" 0 false
    /// `--list` shows the key.
    Listed "listed" "listed" 0 false
    /// The key existed, or may have existed, when the run started, and Coveo doesn't have it any more.
    Gone "gone" "gone" 0 false
    /// Coveo doesn't have the key, and `--ignore-not-found` was given.
    AlreadyGone "alreadyGone" "already gone" 0 false
    /// The key doesn't match the conditions, or no longer matches them; it was left alone.
    Kept "kept" "kept" 0 false
    /// Coveo doesn't have the key.
    NotFound "notFound" "not found" 5 false
    /// Coveo doesn't have the organization; nothing was changed.
    OrganizationNotFound "organizationNotFound" "organization not found" 2 false
    /// Coveo refused the request with an error code; nothing was changed.
    Refused "refused" "refused" 1 false
    /// 401: the access token was refused.
    Unauthorized "unauthorized" "unauthorized" 3 true
    /// 403: the access token may not do this.
    Forbidden "forbidden" "forbidden" 4 false
    /// No usable response, and it is certain that nothing was changed.
    Unavailable "unavailable" "unavailable" 6 true
    /// No usable response, and the key may have been changed.
    Unknown "unknown" "unknown" 6 true
    /// A response that Coveo's API doesn't document, or data that proves nothing.
    Unexpected "unexpected" "unexpected" 1 true
    /// The person at the terminal didn't confirm.
    Cancelled "cancelled" "cancelled" 1 false
    /// The run ended before this key.
    NotTried "notTried" "not tried" 1 false
}

impl Outcome {
    /// Whether this is a success.
    pub fn is_success(self) -> bool {
        self.status() == 0
    }
}

/// How many keys ended with each outcome.
#[derive(Default)]
pub struct Tally([usize; Outcome::ALL.len()]);

impl Tally {
    /// Counts a key.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// Returns the outcomes that occurred, with their counts.
    fn counts(&self) -> impl Iterator<Item = (Outcome, usize)> {
        Outcome::ALL.iter().copied().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// The number of keys.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The number of failures.
    pub fn failures(&self) -> usize {
        self.count(|outcome| !outcome.is_success())
    }

    /// The number of keys whose outcome is one of `these`.
    pub fn count(&self, these: impl Fn(Outcome) -> bool) -> usize {
        self.counts().filter(|(outcome, _)| these(*outcome)).map(|(_, count)| count).sum()
    }

    /// Returns the exit status of the run: the status that all failures share, otherwise 1.
    ///
    /// Keys that were not tried count only if nothing else failed: the failures show why they weren't tried.
    pub fn status(&self) -> u8 {
        let tried = self.counts().filter(|(outcome, _)| *outcome != Outcome::NotTried);
        let mut statuses = tried.map(|(outcome, _)| outcome.status()).filter(|status| *status != 0);
        match statuses.next() {
            Some(status) if statuses.all(|other| other == status) => status,
            None if self.failures() == 0 => 0,
            _ => 1,
        }
    }

    /// Formats the counts: `12 deleted, 1 not found, 2 not tried`.
    pub fn summary(&self) -> String {
        let counts: Vec<String> =
            self.counts().map(|(outcome, count)| format!("{count} {}", outcome.words())).collect();
        counts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(outcomes: &[Outcome]) -> u8 {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.add(*outcome);
        }
        tally.status()
    }

    #[test]
    fn outcomes_have_unique_names() {
        for (index, outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(*outcome as usize, index);
            assert!(Outcome::ALL[index + 1..].iter().all(|other| other.name() != outcome.name()));
            assert_eq!(status_of(&[*outcome]), outcome.status(), "{outcome:?} alone");
            assert_eq!(
                status_of(&[*outcome, Outcome::Deleted]),
                outcome.status(),
                "{outcome:?} and a success"
            );
        }
    }

    #[test]
    fn different_failures_exit_with_1() {
        use Outcome::*;
        assert_eq!(status_of(&[]), 0);
        assert_eq!(status_of(&[NotFound, NotFound, Deleted]), 5);
        assert_eq!(status_of(&[Unknown, Unavailable]), 6);
        assert_eq!(status_of(&[NotFound, Forbidden]), 1);
        assert_eq!(status_of(&[Unauthorized, Unauthorized, Unauthorized, NotTried]), 3);
        assert_eq!(status_of(&[OrganizationNotFound, NotTried]), 2);
        assert_eq!(status_of(&[Deleted, NotTried]), 1);
        assert_eq!(status_of(&[Deleted, Cancelled]), 1);
    }
}
