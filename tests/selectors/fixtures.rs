//! An organization whose keys are shown just as a test writes them, true to the API or not; and what a run took.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use support::fake_coveo::{ApiKey, CannedResponse, Coveo, Fault, Hook, Organization};

/// The organization's clock in most tests: 2026-11-20T12:00:00Z.
pub const NOW: u64 = 1_795_176_000;
/// A day, in seconds.
pub const DAY: u64 = 86_400;
/// Thirty days before [`NOW`]: 2026-10-21T12:00:00Z.
pub const BORDER: u64 = NOW - 30 * DAY;
/// As many keys as a test may want.
pub const ANY_NUMBER: &str = "--max=1000000";

/// A moment by its seconds since 1970.
pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// An organization that lists and shows `keys` as they are written, whatever filter the client asks for. What is
/// deleted or disabled is true: behind each key that has an ID stands an enabled one.
pub fn world(keys: &[Value]) -> Coveo {
    let coveo = Coveo::http();
    coveo.set_now(at(NOW));
    let mut shown = HashMap::new();
    for key in keys {
        if let Some(id) = key["id"].as_str() {
            coveo.add(ApiKey::new(id));
            shown.insert(id.to_owned(), answer(key));
        }
    }
    let list = answer(&Value::from(keys));
    coveo.plan(move |moment| match moment {
        Hook::Request(_, request) if request.is("GET", "/apikeys") => list.clone(),
        Hook::Request(_, request) if request.method == "GET" => {
            let id = request.path.rsplit('/').next().unwrap_or_default();
            shown.get(id).cloned().unwrap_or_default()
        }
        _ => Fault::None,
    });
    coveo
}

/// An answer of 200 with this body.
pub fn answer(body: &Value) -> Fault {
    Fault::Answer(
        CannedResponse::status(200)
            .header("Content-Type", "application/json")
            .body(body.to_string().into_bytes()),
    )
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

/// An organization with these keys whose clock shows [`NOW`].
pub fn organization(keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
    let coveo = Coveo::http();
    coveo.set_now(at(NOW));
    for key in keys {
        coveo.add(key);
    }
    coveo
}

/// Those of `ids` that the organization has no more, or has disabled.
pub fn taken(organization: &Organization, ids: &[String]) -> BTreeSet<String> {
    ids.iter().filter(|id| organization.is_enabled(id) != Some(true)).cloned().collect()
}

/// Checks that keys were asked for, and that nothing but `GET` was sent.
#[track_caller]
pub fn only_looked(coveo: &Coveo) {
    let journal = coveo.journal();
    assert!(!journal.is_empty(), "nothing was asked");
    assert!(journal.iter().all(|line| line.starts_with("GET ")), "{journal:?}");
}

/// The second words of lines such as `would delete KEY …`, which must all begin with `verb`.
#[track_caller]
pub fn ids_after(verb: &str, text: &str) -> Vec<String> {
    let id = |line: &str| {
        let rest = line.strip_prefix(verb).unwrap_or_else(|| panic!("{line:?} does not begin with {verb:?}"));
        rest.split_whitespace().next().expect("an ID follows").to_owned()
    };
    text.lines().map(id).collect()
}
