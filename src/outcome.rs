//! What became of a key, and the exit status that follows.

/// What became of a key. A closed set: whoever reads it has an answer to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Coveo said that it deleted the key.
    Deleted,
    /// Coveo said that it disabled the key.
    Disabled,
    /// Coveo has no such key any more, after an attempt at deleting it whose answer did not arrive.
    Gone,
    /// There was no such key, and `--ignore-not-found` was given.
    AlreadyGone,
    /// A dry run or a list: the key would be deleted.
    WouldDelete,
    /// A dry run or a list: the key would be disabled.
    WouldDisable,
    /// The key was selected, but no longer qualified when its turn came; it was left alone.
    Kept,
    /// Coveo has no such key.
    NotFound,
    /// 401: the access token was refused.
    Unauthorized,
    /// 403: the access token may not do this.
    Forbidden,
    /// No usable answer, and it is certain that nothing was changed.
    Unavailable,
    /// No usable answer, and the key may have been changed or not.
    Unknown,
    /// An answer that Coveo's API does not document.
    Unexpected,
    /// The user said no.
    Cancelled,
    /// The run ended before this key's turn.
    NotTried,
}

impl Outcome {
    /// All of them, in the order in which a summary counts them.
    pub const ALL: [Self; 15] = [
        Self::Deleted,
        Self::Disabled,
        Self::WouldDelete,
        Self::WouldDisable,
        Self::Gone,
        Self::AlreadyGone,
        Self::Kept,
        Self::NotFound,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Unavailable,
        Self::Unknown,
        Self::Unexpected,
        Self::Cancelled,
        Self::NotTried,
    ];

    /// Its name for programs, in the field `outcome` of the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Disabled => "disabled",
            Self::Gone => "gone",
            Self::AlreadyGone => "alreadyGone",
            Self::WouldDelete => "wouldDelete",
            Self::WouldDisable => "wouldDisable",
            Self::Kept => "kept",
            Self::NotFound => "notFound",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Unexpected => "unexpected",
            Self::Cancelled => "cancelled",
            Self::NotTried => "notTried",
        }
    }

    /// How a summary calls it: `12 deleted, 1 not found`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AlreadyGone => "already gone",
            Self::WouldDelete => "would be deleted",
            Self::WouldDisable => "would be disabled",
            Self::NotFound => "not found",
            Self::NotTried => "not tried",
            other => other.name(),
        }
    }

    /// The exit status of a run whose keys all ended like this.
    pub fn status(self) -> u8 {
        match self {
            Self::Deleted
            | Self::Disabled
            | Self::Gone
            | Self::AlreadyGone
            | Self::WouldDelete
            | Self::WouldDisable
            | Self::Kept => 0,
            Self::Unexpected | Self::Cancelled | Self::NotTried => 1,
            Self::Unauthorized => 3,
            Self::Forbidden => 4,
            Self::NotFound => 5,
            Self::Unavailable | Self::Unknown => 6,
        }
    }

    /// Whether the key is as asked.
    pub fn is_success(self) -> bool {
        self.status() == 0
    }

    /// Whether the next key is likely to end the same way: three of these in a row end the run.
    pub fn is_systemic(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Unavailable | Self::Unknown)
    }
}

/// How many keys ended in which way.
#[derive(Default)]
pub struct Tally([usize; Outcome::ALL.len()]);

impl Tally {
    /// Counts `count` keys.
    pub fn add(&mut self, outcome: Outcome, count: usize) {
        if let Some(at) = Outcome::ALL.iter().position(|other| *other == outcome) {
            self.0[at] += count;
        }
    }

    /// The outcomes that occurred, with their counts.
    pub fn counts(&self) -> impl Iterator<Item = (Outcome, usize)> {
        Outcome::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// The number of keys.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The exit status of the run: that of its failures if they share one, otherwise 1.
    ///
    /// Keys that were not tried have no status of their own: they are no success, and what kept the run from
    /// trying them is told by those that failed.
    pub fn status(&self) -> u8 {
        let mut failures = self.counts().filter(|(outcome, _)| !outcome.is_success());
        let tried = |outcome: &Outcome| *outcome != Outcome::NotTried;
        let mut statuses = self
            .counts()
            .map(|(outcome, _)| outcome)
            .filter(tried)
            .map(Outcome::status)
            .filter(|status| *status != 0);
        match (statuses.next(), failures.next()) {
            (Some(status), _) if statuses.all(|other| other == status) => status,
            (None, None) => 0,
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
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert!(Outcome::ALL[index + 1..].iter().all(|other| other.name() != outcome.name()));
            assert_eq!(status_of(&[outcome]), outcome.status(), "{outcome:?} alone");
            assert_eq!(
                status_of(&[outcome, Outcome::Deleted]),
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
        assert_eq!(status_of(&[Deleted, NotTried]), 1);
        assert_eq!(status_of(&[Deleted, Cancelled]), 1);
    }
}
