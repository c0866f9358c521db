//! Whether the data of a key contradicts itself.

use std::time::{Duration, SystemTime};

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::OrganizationId;
use crate::coveo::key_status::KeyStatus;

/// `lastUsedDate` is approximate, to an unknown degree: allow this much.
const LAST_USE_PRECISION: Duration = Duration::from_secs(86400);

/// Returns the contradiction in the data of `key`, in words that follow "because"; `None` if there is none.
pub fn contradiction(key: &ApiKey, organization: &OrganizationId) -> Option<String> {
    let (created, used) = (key.created.time(), key.last_used.time());
    let (end, was) = match &key.status {
        Some(status) if status.is_disabled() => (key.disabled.time(), "was disabled"),
        Some(KeyStatus::Expired) => (key.expiration.time(), "expired"),
        _ => (None, ""),
    };
    if key.organization.as_deref() == Some("") {
        Some("its organizationId can't be read".into())
    } else if !key.is_of(organization) {
        Some("it belongs to another organization".into())
    } else if is_after(created, used, LAST_USE_PRECISION) {
        Some("it was last used before it was created".into())
    } else if is_after(created, end, Duration::ZERO) {
        Some(format!("it was created after it {was}"))
    } else if is_after(key.activated.time(), end, Duration::ZERO) {
        Some(format!("it was activated after it {was}"))
    } else if is_after(used, end, LAST_USE_PRECISION) {
        Some(format!("it was used more than a day after it {was}"))
    } else {
        None
    }
}

/// Whether `later` is known to be more than `tolerance` after `earlier`.
fn is_after(later: Option<SystemTime>, earlier: Option<SystemTime>, tolerance: Duration) -> bool {
    let (Some(later), Some(earlier)) = (later, earlier) else { return false };
    later.duration_since(earlier).is_ok_and(|gap| gap > tolerance)
}
