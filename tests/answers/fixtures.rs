//! Organizations and what they were asked.

use std::time::{Duration, SystemTime};

use support::fake_coveo::{ApiKey, Builder, Coveo, Date, Fault, Moment, Recorded};
use support::harness::{Ran, key_outcomes};

/// A moment so many days ago.
pub fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * 86_400)
}

/// A key that was created and last used so many days ago.
pub fn unused(id: &str, days: u64) -> ApiKey {
    let date = Date::Rfc3339(days_ago(days));
    ApiKey {
        created_date: date.clone(),
        activation_date: date.clone(),
        last_used_date: date,
        ..ApiKey::new(id)
    }
}

/// A key that was disabled so many days ago.
pub fn disabled(id: &str, days: u64) -> ApiKey {
    ApiKey {
        enabled: false,
        status: "DISABLED".to_owned(),
        disabled_date: Date::Rfc3339(days_ago(days)),
        ..unused(id, 400)
    }
}

/// A key that expired so many days ago.
pub fn expired(id: &str, days: u64) -> ApiKey {
    ApiKey {
        enabled: false,
        status: "EXPIRED".to_owned(),
        expiration_date: Date::Rfc3339(days_ago(days)),
        ..unused(id, 400)
    }
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

/// Has `fault` strike the requests with this method whose path ends so.
pub fn strike(coveo: &Coveo, method: &'static str, tail: &'static str, fault: Fault) {
    coveo.plan(move |moment| match moment {
        Moment::Request(_, request) if is(request, method, tail) => fault.clone(),
        _ => Fault::None,
    });
}

/// Whether a request has this method and a path that ends so.
pub fn is(request: &Recorded, method: &str, tail: &str) -> bool {
    request.method == method && request.path.ends_with(tail)
}

/// How many such requests there were.
pub fn count(coveo: &Coveo, method: &str, tail: &str) -> usize {
    coveo.requests().iter().filter(|request| is(request, method, tail)).count()
}

/// The requests, without what all paths begin with: `DELETE apikeys/k`.
pub fn journal(coveo: &Coveo) -> Vec<String> {
    let line = |request: Recorded| {
        let (_, rest) = request.path.split_once("/organizations/").expect("every path is an organization's");
        format!("{} {}", request.method, rest.split_once('/').expect("and names something of it").1)
    };
    coveo.requests().into_iter().map(line).collect()
}

/// Checks the outcomes of the keys, in their order, and the exit status.
#[track_caller]
pub fn check(ran: &Ran, expected: &[(&str, &str)], status: i32) {
    let expected: Vec<_> =
        expected.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect();
    assert_eq!(key_outcomes(&ran.stdout), expected, "{}", ran.stderr);
    assert_eq!(ran.status, status, "{}", ran.stderr);
}
