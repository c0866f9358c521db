//! Conditions on a key, and whether it satisfies one of them.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::OrganizationId;
use crate::coveo::key_date::KeyDate;
use crate::coveo::key_status::KeyStatus;
use crate::coveo::token::AccessToken;
use crate::glob::Glob;

/// A date this little ahead of the server's clock is now: Coveo's machines needn't agree to the second.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Why a key is left alone whose name `--exclude` misses only by case, or by a `*`.
pub const NEARLY_EXCLUDED: &str =
    "its name nearly matches --exclude (case matters, and without * a pattern must match the whole name)";

/// An age, such as `90d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    /// From a second to 36,500 days.
    pub duration: Duration,
    /// The age as the user typed it, for messages.
    pub as_typed: String,
}

/// A condition on a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It was disabled at least this long ago.
    DisabledFor(Age),
    /// It expired at least this long ago.
    ExpiredFor(Age),
    /// It is enabled, and was last used at least this long ago.
    UnusedFor(Age),
    /// Coveo reports it as exposed.
    Exposed,
    /// Its display name matches one of these patterns.
    Name(Vec<Glob>),
    /// It was created at least this long ago.
    OlderThan(Age),
    /// Its display name is readable and matches none of these patterns.
    Exclude(Vec<Glob>),
    /// It isn't already disabled.
    NotDisabled,
}

/// What matching depends on besides the key.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The server's time.
    pub now: SystemTime,
    /// Why a missing `lastUsedDate` doesn't mean that the key was never used; `None` if it does.
    pub no_last_use: Option<&'static str>,
    /// The organization that the keys belong to.
    pub organization: &'a OrganizationId,
    /// The token that the run uses, which may be one of the keys; `None` if nothing will be changed.
    pub token: Option<&'a AccessToken>,
}

/// Whether a key matches a condition, or all conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It may, but its data is incomplete or contradicts itself, for this reason.
    BadData(String),
    /// It matches all conditions, but it may be the key that the run uses as its token.
    OwnKey,
    /// It doesn't.
    No,
}

impl Match {
    /// Whether a key matches both; of two reasons, the first is kept.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, other) => other,
            (_, Self::No) => Self::No,
            (first, _) => first,
        }
    }

    fn yes_if(is_true: bool) -> Self {
        if is_true { Self::Yes } else { Self::No }
    }

    fn bad_field(field: &str, problem: &str) -> Self {
        Self::BadData(format!("its {field} {problem}"))
    }
}

impl Condition {
    /// Decides whether `key` matches the condition.
    pub fn examine(&self, key: &ApiKey, context: &Context) -> Match {
        use Condition::*;
        const UNREADABLE: &str = "is missing or can't be read";
        let now = context.now;
        let name = key.display_name.as_deref();
        let matches = |globs: &[Glob]| name.is_some_and(|name| globs.iter().any(|glob| glob.matches(name)));
        let status = key.status.as_ref();
        let is_disabled = status.is_some_and(KeyStatus::is_disabled);
        match self {
            Exposed => Match::yes_if(key.is_exposed()),
            Name(globs) => Match::yes_if(matches(globs)),
            Exclude(globs) => match name {
                None => Match::bad_field("displayName", UNREADABLE),
                Some(_) if matches(globs) => Match::No,
                // Leaving one key too many alone is the smaller mistake.
                Some(name) if globs.iter().any(|glob| glob.nearly_matches(name)) => {
                    Match::BadData(NEARLY_EXCLUDED.into())
                }
                Some(_) => Match::Yes,
            },
            OlderThan(age) => age.examine("createdDate", key.created, now),
            NotDisabled => Match::yes_if(!is_disabled && key.enabled != Some(false)),
            DisabledFor(_) | ExpiredFor(_) | UnusedFor(_) if status.is_none() => {
                Match::bad_field("status", UNREADABLE)
            }
            DisabledFor(age) if is_disabled && key.enabled != Some(true) => {
                age.examine("disabledDate", key.disabled, now)
            }
            ExpiredFor(age) if status == Some(&KeyStatus::Expired) => {
                age.examine("expirationDate", key.expiration, now)
            }
            UnusedFor(age) if status.is_some_and(KeyStatus::is_in_use) && key.enabled != Some(false) => {
                age.examine_last_use(key, context)
            }
            DisabledFor(_) | ExpiredFor(_) | UnusedFor(_) => Match::No,
        }
    }
}

impl Age {
    /// Whether `date`, the content of `field`, is at least this long before `now`.
    fn examine(&self, field: &str, date: KeyDate, now: SystemTime) -> Match {
        match date {
            KeyDate::At(since) => match now.duration_since(since) {
                Ok(age) => Match::yes_if(age >= self.duration),
                Err(ahead) if ahead.duration() <= CLOCK_TOLERANCE => Match::No,
                Err(_) => Match::bad_field(field, "is in the future"),
            },
            KeyDate::Absent => Match::bad_field(field, "is missing"),
            KeyDate::Unreadable => Match::bad_field(field, "can't be read"),
        }
    }

    /// Whether the last use of an enabled key is at least this long ago. A key that was never used counts from its creation.
    /// Anyone who activated it later means to use it, and couldn't while it was disabled.
    fn examine_last_use(&self, key: &ApiKey, context: &Context) -> Match {
        let enabled = match key.enabled {
            Some(_) => Match::Yes,
            None => Match::bad_field("field \"enabled\"", "is missing"),
        };
        let used = match (key.last_used, context.no_last_use) {
            (KeyDate::Absent, no_last_use) => no_last_use
                .map_or(Match::Yes, |problem| Match::bad_field("lastUsedDate", problem))
                .and(self.examine("createdDate", key.created, context.now)),
            (date, _) => self.examine("lastUsedDate", date, context.now),
        };
        let activated = match key.activated {
            KeyDate::Absent => Match::Yes,
            date => self.examine("activationDate", date, context.now),
        };
        enabled.and(used).and(activated)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let any_of = |globs: &[Glob]| globs.iter().map(Glob::to_string).collect::<Vec<_>>().join(" or ");
        match self {
            Self::DisabledFor(age) => write!(f, "has been disabled for {}", age.as_typed),
            Self::ExpiredFor(age) => write!(f, "has been expired for {}", age.as_typed),
            Self::UnusedFor(age) => write!(f, "is enabled and has been unused for {}", age.as_typed),
            Self::Exposed => f.write_str("is reported as exposed"),
            Self::Name(globs) => write!(f, "has a name that matches {}", any_of(globs)),
            Self::OlderThan(age) => write!(f, "is older than {}", age.as_typed),
            Self::Exclude(globs) => write!(f, "has a name that doesn't match {}", any_of(globs)),
            Self::NotDisabled => f.write_str("isn't already disabled"),
        }
    }
}
