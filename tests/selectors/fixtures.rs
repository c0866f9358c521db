//! Organizations for tests of conditions, and checks of runs.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use support::fake_coveo::{ApiKey, Coveo, Fault, Hook, Organization};

/// The organization's clock in most tests: 2026-11-20T12:00:00Z.
pub const NOW: u64 = 1_795_176_000;
/// A day, in seconds.
pub const DAY: u64 = 86_400;
/// Thirty days before [`NOW`]: 2026-10-21T12:00:00Z.
pub const BORDER: u64 = NOW - 30 * DAY;
/// 2026-10-11, which is old enough for an age of 30 days.
pub const OLD: u64 = NOW - 40 * DAY;
/// More keys than any test has.
pub const ANY_NUMBER: &str = "--max=1000000";

/// A time in seconds since 1970.
pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A key that was disabled at this second.
pub fn disabled(id: &str, since: u64) -> ApiKey {
    ApiKey::disabled(id, at(since))
}

/// An enabled key that was last used at this second.
pub fn unused(id: &str, since: u64) -> ApiKey {
    ApiKey::unused(id, at(since))
}

/// A key that expired at this second.
pub fn expired(id: &str, since: u64) -> ApiKey {
    ApiKey::expired(id, at(since))
}

/// Starts an organization with these keys at [`NOW`].
pub fn organization(keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
    let coveo = Coveo::with(keys);
    coveo.set_now(at(NOW));
    coveo
}

/// Starts an organization that lists and returns exactly these `keys`, without a filter. For each ID there is an enabled key,
/// which can be deleted or disabled.
pub fn showing(keys: &[Value]) -> Coveo {
    let coveo = organization(keys.iter().filter_map(|key| key["id"].as_str()).map(ApiKey::new));
    let keys = keys.to_vec();
    coveo.plan(move |hook| match hook {
        Hook::Request(_, request) if request.is("GET", "/apikeys") => {
            Fault::json(Value::from(&*keys).to_string())
        }
        Hook::Request(_, request) if request.method == "GET" => {
            let id = request.path.rsplit('/').next();
            let shown = keys.iter().rfind(|key| key["id"].as_str() == id);
            shown.map_or(Fault::None, |key| Fault::json(key.to_string()))
        }
        _ => Fault::None,
    });
    coveo
}

/// The `ids` that were deleted or disabled.
pub fn changed(organization: &Organization, ids: &[String]) -> BTreeSet<String> {
    ids.iter().filter(|id| organization.is_enabled(id) != Some(true)).cloned().collect()
}

/// The number of keys that standard error says were left alone.
pub fn left_alone(stderr: &str) -> usize {
    let count = |line: &str| {
        let (count, words) = line.strip_prefix("coveo-delete-key: ")?.split_once(' ')?;
        words.contains(" left alone, ").then(|| count.parse::<usize>().expect("a number"))
    };
    stderr.lines().filter_map(count).sum()
}

/// The IDs in lines such as `would delete KEY …`, which must all start with `verb`.
#[track_caller]
pub fn ids_after(verb: &str, text: &str) -> Vec<String> {
    let id = |line: &str| {
        let rest = line.strip_prefix(verb).unwrap_or_else(|| panic!("{line:?} doesn't start with {verb:?}"));
        rest.split_whitespace().next().expect("an ID follows").to_owned()
    };
    text.lines().map(id).collect()
}
