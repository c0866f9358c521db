//! The oracle: which keys match, written from the description alone.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `--disabled-for`
    Disabled,
    /// `--expired-for`
    Expired,
    /// `--unused-for`
    Unused,
    /// `--exposed`
    Exposed,
    /// `--older-than`
    Older,
    /// `--name`
    Name(Vec<String>),
    /// `--exclude`
    Exclude(Vec<String>),
}

/// Whether a key matches. Of several rules, the smallest value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    No,
    /// It may match, but its data is incomplete or contradicts itself.
    LeftAlone,
    Yes,
}

use Condition::{Disabled, Exclude, Expired, Exposed, Name, Older, Unused};

impl Condition {
    /// The conditions on the status.
    pub const LIFECYCLE: [Condition; 3] = [Disabled, Expired, Unused];

    /// The option.
    pub fn option(&self) -> &'static str {
        match self {
            Disabled => "--disabled-for",
            Expired => "--expired-for",
            Unused => "--unused-for",
            Exposed => "--exposed",
            Older => "--older-than",
            Name(_) => "--name",
            Exclude(_) => "--exclude",
        }
    }

    /// The arguments, with an age of 30 days.
    pub fn arguments(&self) -> Vec<String> {
        match self {
            Exposed => vec![self.option().to_owned()],
            Name(globs) | Exclude(globs) => {
                globs.iter().map(|glob| format!("{}={glob}", self.option())).collect()
            }
            Disabled | Expired | Unused | Older => vec![format!("{}=30d", self.option())],
        }
    }

    /// The first letter of its option.
    pub fn letter(&self) -> char {
        self.option().as_bytes()[2].into()
    }

    fn judge(&self, key: &Key) -> Fit {
        let is = |fits: bool| if fits { Fit::Yes } else { Fit::No };
        let name = key.json["displayName"].as_str();
        let matches =
            |globs: &[String]| name.is_some_and(|name| globs.iter().any(|glob| glob_matches(glob, name)));
        // In another case, or as a part of the name if the pattern has no wildcard.
        let nearly_matches = |globs: &[String]| {
            let name = name.unwrap_or_default().to_lowercase();
            globs
                .iter()
                .map(|glob| glob.to_lowercase())
                .any(|glob| glob_matches(&glob, &name) || !glob.contains(['*', '?']) && name.contains(&glob))
        };
        let (status, enabled) = (key.status(), key.json["enabled"].as_bool());
        match (self, status) {
            (Exposed, _) => is(key.json["exposureReport"].is_object() || status == Some("DISABLED_EXPOSED")),
            (Name(globs), _) => is(matches(globs)),
            (Exclude(_), _) if name.is_none() => Fit::LeftAlone,
            (Exclude(globs), _) if matches(globs) => Fit::No,
            (Exclude(globs), _) if nearly_matches(globs) => Fit::LeftAlone,
            (Exclude(_), _) => Fit::Yes,
            (Older, _) => key.is_old("createdDate"),
            (Disabled | Expired | Unused, None) => Fit::LeftAlone,
            (Disabled, Some(status)) if DISABLED.contains(&status) && enabled != Some(true) => {
                key.is_old("disabledDate")
            }
            (Expired, Some("EXPIRED")) => key.is_old("expirationDate"),
            (Unused, Some("ENABLED" | "SOON_TO_BE_EXPIRED" | "SOON_TO_BE_DISABLED"))
                if enabled != Some(false) =>
            {
                key.is_unused(enabled)
            }
            (Disabled | Expired | Unused, Some(_)) => Fit::No,
        }
    }
}

/// The statuses of disabled keys.
pub const DISABLED: [&str; 3] = ["DISABLED", "DISABLED_FOR_INACTIVITY", "DISABLED_EXPOSED"];
const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// A key, and the circumstances of its list.
pub struct Key<'a> {
    /// Its JSON.
    pub json: &'a Value,
    /// The server's time in seconds.
    pub now: u64,
    /// Whether a key in the list has a `lastUsedDate`. Otherwise its absence doesn't mean "never used".
    pub uses_are_known: bool,
}

impl Key<'_> {
    /// Whether the key satisfies all of these conditions, for an age of 30 days.
    pub fn judge(&self, conditions: &[Condition], organization: &str) -> Fit {
        let own = if self.contradicts_itself(organization) { Fit::LeftAlone } else { Fit::Yes };
        conditions.iter().map(|condition| condition.judge(self)).fold(own, Fit::min)
    }

    /// The status, if it is plain text and `enabled` is a boolean or missing.
    fn status(&self) -> Option<&str> {
        let status = self.json["status"].as_str()?;
        let is_plain = !status.is_empty() && status.bytes().all(|byte| byte.is_ascii_graphic());
        let enabled = &self.json["enabled"];
        (is_plain && (enabled.is_null() || enabled.is_boolean())).then_some(status)
    }

    fn date(&self, field: &str) -> Option<i128> {
        nanoseconds(&self.json[field])
    }

    /// Whether this date is at least 30 days ago.
    fn is_old(&self, field: &str) -> Fit {
        let now = i128::from(self.now) * SECOND;
        match self.date(field) {
            Some(date) if date <= now - 30 * DAY => Fit::Yes,
            // Servers' clocks differ a little.
            Some(date) if date <= now + 60 * SECOND => Fit::No,
            Some(_) | None => Fit::LeftAlone,
        }
    }

    fn is_unused(&self, enabled: Option<bool>) -> Fit {
        // A missing date means never used, an unreadable one doesn't.
        let was_used = !self.json["lastUsedDate"].is_null();
        let used = self.is_old(if was_used { "lastUsedDate" } else { "createdDate" });
        // Before its activation it could not be used.
        let activated =
            if self.json["activationDate"].is_null() { Fit::Yes } else { self.is_old("activationDate") };
        let is_known = enabled.is_some() && (was_used || self.uses_are_known);
        used.min(activated).min(if is_known { Fit::Yes } else { Fit::LeftAlone })
    }

    fn contradicts_itself(&self, organization: &str) -> bool {
        let after = |later: &str, earlier: &str, tolerance: i128| matches!((self.date(later), self.date(earlier)), (Some(later), Some(earlier)) if later - earlier > tolerance);
        let end = match self.status() {
            Some(status) if DISABLED.contains(&status) => "disabledDate",
            Some("EXPIRED") => "expirationDate",
            // No key has this date.
            _ => "",
        };
        is_foreign(self.json, organization)
            || after("createdDate", "lastUsedDate", DAY)
            || after("createdDate", end, 0)
            || after("activationDate", end, 0)
            || after("lastUsedDate", end, DAY)
    }
}

/// Whether the key belongs to another organization, or it can't be told.
fn is_foreign(json: &Value, organization: &str) -> bool {
    !json["organizationId"].is_null() && json["organizationId"] != organization
}

/// Whether a key shows that the organization's keys have a date of their last use.
pub fn shows_use(json: &Value, organization: &str) -> bool {
    nanoseconds(&json["lastUsedDate"]).is_some() && !is_foreign(json, organization)
}

/// A date in nanoseconds since 1970: a whole number of milliseconds, or a date-time string with its offset. `None` for
/// anything else, and for dates before there were keys: they are defaults, or seconds.
fn nanoseconds(date: &Value) -> Option<i128> {
    const THE_YEAR_2010: i128 = 1_262_304_000 * SECOND;
    let since_1970 = match date {
        Value::Number(number) => i128::from(number.as_u64()?) * 1_000_000,
        Value::String(text) => date_time(text)?,
        _ => return None,
    };
    (since_1970 >= THE_YEAR_2010).then_some(since_1970)
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH[:]MM)`
fn date_time(text: &str) -> Option<i128> {
    // RFC 3339 has a colon in the offset, Coveo's dates may have none.
    let minutes = text.rfind(['+', '-']).map(|sign| sign + 3);
    let minutes = minutes.filter(|&at| at + 2 == text.len() && text.is_char_boundary(at));
    let text = minutes.map_or(text.to_owned(), |at| format!("{}:{}", &text[..at], &text[at..]));
    OffsetDateTime::parse(&text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp_nanos)
}

/// Whether `glob` matches the whole of `name`, by trying every possibility.
pub fn glob_matches(glob: &str, name: &str) -> bool {
    let mut rest = name.chars();
    match glob.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let glob = &glob[1..];
            (0..=name.len()).any(|at| name.is_char_boundary(at) && glob_matches(glob, &name[at..]))
        }
        Some(wanted) => {
            rest.next().is_some_and(|found| wanted == '?' || wanted == found)
                && glob_matches(&glob[wanted.len_utf8()..], rest.as_str())
        }
    }
}
