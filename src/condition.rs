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

/// Whether a key satisfies one condition.
pub enum Judgement {
    /// It does.
    Yes,
    /// The data that the condition needs is incomplete, for this reason.
    Incomplete(String),
    /// It doesn't.
    No,
}

impl Condition {
    /// Decides whether `key` satisfies the condition.
    pub fn judge(&self, key: &ApiKey, context: &Context) -> Judgement {
        let yes_if = |is_true: bool| if is_true { Judgement::Yes } else { Judgement::No };
        let name = key.display_name.as_deref();
        let matches = |globs: &[Glob]| name.is_some_and(|name| globs.iter().any(|glob| glob.matches(name)));
        let nearly_matches =
            |globs: &[Glob]| name.is_some_and(|name| globs.iter().any(|glob| glob.nearly_matches(name)));
        match (self, &key.status) {
            (Self::Exposed, _) => yes_if(key.is_exposed()),
            (Self::Name(globs), _) => yes_if(matches(globs)),
            (Self::Exclude(_), _) if name.is_none() => {
                incomplete("displayName", "is missing or can't be read")
            }
            (Self::Exclude(globs), _) if matches(globs) => Judgement::No,
            // Leaving one key too many alone is the smaller mistake.
            (Self::Exclude(globs), _) if nearly_matches(globs) => {
                Judgement::Incomplete(NEARLY_EXCLUDED.into())
            }
            (Self::Exclude(_), _) => Judgement::Yes,
            (Self::OlderThan(age), _) => age.judge("createdDate", key.created, context.now),
            (Self::NotDisabled, status) => {
                let is_disabled = status.as_ref().is_some_and(KeyStatus::is_disabled);
                yes_if(!is_disabled && key.enabled != Some(false))
            }
            (Self::DisabledFor(_) | Self::ExpiredFor(_) | Self::UnusedFor(_), None) => {
                incomplete("status", "is missing or can't be read")
            }
            (Self::DisabledFor(age), Some(status)) if status.is_disabled() && key.enabled != Some(true) => {
                age.judge("disabledDate", key.disabled, context.now)
            }
            (Self::ExpiredFor(age), Some(KeyStatus::Expired)) => {
                age.judge("expirationDate", key.expiration, context.now)
            }
            (Self::UnusedFor(age), Some(status)) if status.is_in_use() && key.enabled != Some(false) => {
                age.judge_last_use(key, context)
            }
            (Self::DisabledFor(_) | Self::ExpiredFor(_) | Self::UnusedFor(_), Some(_)) => Judgement::No,
        }
    }
}

fn incomplete(field: &str, problem: &str) -> Judgement {
    Judgement::Incomplete(format!("its {field} {problem}"))
}

impl Age {
    /// Whether `date`, the content of `field`, is at least this long before `now`.
    fn judge(&self, field: &str, date: KeyDate, now: SystemTime) -> Judgement {
        match date {
            KeyDate::At(since) => match now.duration_since(since) {
                Ok(age) if age >= self.duration => Judgement::Yes,
                Ok(_) => Judgement::No,
                Err(ahead) if ahead.duration() <= CLOCK_TOLERANCE => Judgement::No,
                Err(_) => incomplete(field, "is in the future"),
            },
            KeyDate::Absent => incomplete(field, "is missing"),
            KeyDate::Unreadable => incomplete(field, "can't be read"),
        }
    }

    /// Whether the last use of an enabled key is at least this long ago. A key that was never used counts from its creation.
    /// Anyone who activated it later means to use it, and couldn't while it was disabled.
    fn judge_last_use(&self, key: &ApiKey, context: &Context) -> Judgement {
        let used = match key.last_used {
            KeyDate::Absent => ("createdDate", key.created),
            date => ("lastUsedDate", date),
        };
        let activated = ("activationDate", key.activated);
        let mut judgement = Judgement::Yes;
        for (field, date) in
            [Some(used), Some(activated).filter(|(_, date)| *date != KeyDate::Absent)].into_iter().flatten()
        {
            match self.judge(field, date, context.now) {
                Judgement::No => return Judgement::No,
                Judgement::Incomplete(reason) if matches!(judgement, Judgement::Yes) => {
                    judgement = Judgement::Incomplete(reason);
                }
                Judgement::Incomplete(_) | Judgement::Yes => {}
            }
        }
        if key.enabled.is_none() {
            return incomplete("field \"enabled\"", "is missing");
        }
        match context.no_last_use {
            Some(problem) if key.last_used == KeyDate::Absent => incomplete("lastUsedDate", problem),
            _ => judgement,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let any_of = |globs: &[Glob]| {
            let globs: Vec<String> = globs.iter().map(Glob::to_string).collect();
            globs.join(" or ")
        };
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
