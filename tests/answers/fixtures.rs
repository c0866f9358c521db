//! Organizations with keys of some age.

use std::time::{Duration, SystemTime};

use support::fake_coveo::{ApiKey, Builder, Coveo};

/// A moment so many days ago.
pub fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * 86_400)
}

/// Starts an organization with these keys.
pub fn organization(keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
    start(Coveo::builder(), keys)
}

/// Starts an organization with these settings and keys.
pub fn start(builder: Builder, keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
    let coveo = builder.start();
    keys.into_iter().for_each(|key| coveo.add(key));
    coveo
}
