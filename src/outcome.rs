//! What became of a key, the tally of a run, and the exit status that follows.

/// One row per outcome: the enum, its names and its exit status are made from it, so none can be forgotten.
macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident $json:literal $words:literal $status:literal)*) => {
        /// What became of a key. The order is that of a summary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outcome {
            $($(#[$doc])* $variant,)*
        }

        impl Outcome {
            /// All of them, each at the index `outcome as usize`.
            const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name for programs, in the field `outcome` of the JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $json,)* }
            }

            /// Its name in a summary: `12 deleted, 1 not found`.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }

            /// The exit status of a run whose keys all ended like this; 0 means that the key is as asked.
            pub fn status(self) -> u8 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

outcomes! {
    /// Coveo confirmed that it deleted the key.
    Deleted "deleted" "deleted" 0
    /// Coveo confirmed that it disabled the key.
    Disabled "disabled" "disabled" 0
    /// A dry run or a list: the key would be deleted.
    WouldDelete "wouldDelete" "would be deleted" 0
    /// A dry run or a list: the key would be disabled.
    WouldDisable "wouldDisable" "would be disabled" 0
    /// Coveo has no such key any more, after an attempt at deleting it that may have been applied.
    Gone "gone" "gone" 0
    /// There was no such key, and `--ignore-not-found` was given.
    AlreadyGone "alreadyGone" "already gone" 0
    /// The key was selected, but no longer qualified when its turn came; it was left alone.
    Kept "kept" "kept" 0
    /// Coveo has no such key.
    NotFound "notFound" "not found" 5
    /// Coveo has no such organization; nothing was changed.
    OrganizationNotFound "organizationNotFound" "organization not found" 2
    /// Coveo refused the request with an error code; nothing was changed.
    Refused "refused" "refused" 1
    /// 401: the access token was refused.
    Unauthorized "unauthorized" "unauthorized" 3
    /// 403: the access token may not do this.
    Forbidden "forbidden" "forbidden" 4
    /// No usable response, and it is certain that nothing was changed.
    Unavailable "unavailable" "unavailable" 6
    /// No usable response, and the key may have been changed or not.
    Unknown "unknown" "unknown" 6
    /// A response that Coveo's API does not document.
    Unexpected "unexpected" "unexpected" 1
    /// The answer to the question was no.
    Cancelled "cancelled" "cancelled" 1
    /// The run ended before this key's turn.
    NotTried "notTried" "not tried" 1
}

impl Outcome {
    /// Whether the key is as asked.
    pub fn is_success(self) -> bool {
        self.status() == 0
    }

    /// Whether the next key is likely to end the same way: three of these in a row end the run.
    pub fn is_systemic(self) -> bool {
        match self {
            Self::Unauthorized | Self::Unavailable | Self::Unknown | Self::Unexpected => true,
            Self::Deleted
            | Self::Disabled
            | Self::WouldDelete
            | Self::WouldDisable
            | Self::Gone
            | Self::AlreadyGone
            | Self::Kept
            | Self::NotFound
            | Self::OrganizationNotFound
            | Self::Refused
            | Self::Forbidden
            | Self::Cancelled
            | Self::NotTried => false,
        }
    }
}

/// How many keys ended in which way.
#[derive(Default)]
pub struct Tally([usize; Outcome::ALL.len()]);

impl Tally {
    /// Counts `count` keys.
    pub fn add(&mut self, outcome: Outcome, count: usize) {
        self.0[outcome as usize] += count;
    }

    /// The outcomes that occurred, with their counts.
    fn counts(&self) -> impl Iterator<Item = (Outcome, usize)> {
        Outcome::ALL.iter().copied().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// The number of keys.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The number of keys that are not as asked.
    pub fn failures(&self) -> usize {
        self.counts().filter(|(outcome, _)| !outcome.is_success()).map(|(_, count)| count).sum()
    }

    /// The exit status of the run: that of its failures if they share one, otherwise 1.
    ///
    /// Keys that were not tried have no status of their own: they are no success, and what kept the run from
    /// trying them shows in those that failed.
    pub fn status(&self) -> u8 {
        let mut statuses = self
            .counts()
            .filter(|(outcome, _)| !outcome.is_success() && *outcome != Outcome::NotTried)
            .map(|(outcome, _)| outcome.status());
        match statuses.next() {
            Some(status) if statuses.all(|other| other == status) => status,
            None if self.failures() == 0 => 0,
            _ => 1,
        }
    }

    /// `12 deleted, 1 not found, 2 not tried`.
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
            tally.add(*outcome, 1);
        }
        tally.status()
    }

    #[test]
    fn each_outcome_has_its_place() {
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
    fn failures_that_differ_end_with_1() {
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
