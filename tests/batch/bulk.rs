//! `--bulk`: listed keys are sent together, all others one by one. A 204 applies to all keys of a request; after any other
//! response its keys are sent one by one.

use std::collections::BTreeMap;

use crate::{check_outcomes, keys_of};
use support::fake_coveo::{
    Break, CannedResponse, Coveo, EXPIRED_TOKEN, FULL_TOKEN, Fault, NONE_TOKEN, ORGANIZATION, Point,
    Privilege, Unknowns,
};
use support::harness::{Cli, cli, parallel};

/// The number of requests of each kind.
pub fn kinds(coveo: &Coveo) -> String {
    let mut kinds = BTreeMap::<String, usize>::new();
    for request in coveo.requests() {
        let bulk = if request.path.ends_with("/bulk") { "bulk " } else { "" };
        *kinds.entry(format!("{bulk}{}", request.method)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    kinds.join(", ")
}

pub fn bulk(coveo: &Coveo) -> Cli {
    cli(coveo).arg("--bulk")
}

#[test]
fn one_request_takes_up_to_100_keys() {
    let cases = [
        (1, "1 DELETE, 1 GET", "1 GET, 1 PUT"),
        (2, "1 GET, 1 bulk POST", "1 GET, 1 bulk PUT"),
        (100, "1 GET, 1 bulk POST", "1 GET, 1 bulk PUT"),
        (101, "1 DELETE, 1 GET, 1 bulk POST", "1 GET, 1 PUT, 1 bulk PUT"),
        (1000, "1 GET, 10 bulk POST", "1 GET, 10 bulk PUT"),
    ];
    let actions =
        [(None, "deleted", "from", &["POST", "DELETE"][..]), (Some("--disable"), "disabled", "in", &["PUT"])];
    for (count, deleting, disabling) in cases {
        for (more, done, place, methods) in actions {
            let (coveo, ids) = Coveo::with_keys(count);
            let run = bulk(&coveo).args(more).args(&ids).run().assert_status(0);
            let lines = ids.iter().map(|id| format!("{done} {id} {place} {ORGANIZATION}\n"));
            assert_eq!(run.stdout, lines.collect::<String>());
            let summary = format!("coveo-delete-key: {count} {done}\n");
            assert_eq!(run.stderr, if count == 1 { "" } else { &summary });
            assert_eq!(kinds(&coveo), if more.is_some() { disabling } else { deleting });
            let requests = coveo.requests();
            let sent: Vec<String> = methods.iter().flat_map(|method| keys_of(&requests, method)).collect();
            assert_eq!(sent, ids);
            let mut in_bulk = requests.iter().filter(|request| request.path.ends_with("/bulk"));
            assert!(in_bulk.all(|request| request.header("Content-Type") == Some("application/json")));
            assert_eq!(coveo.connections(), 1);
            assert!(ids.iter().all(|id| coveo.is_enabled(id) == more.map(|_| false)));
        }
    }
}

/// Removes a key when the first bulk request arrives, which is after the list was read.
fn remove_once_listed(coveo: &Coveo, id: &str) {
    let id = id.to_owned();
    coveo.on_request(move |request, organization| {
        if request.path.ends_with("/bulk") {
            organization.remove(&id);
        }
    });
}

#[test]
fn refused_bulk_request_is_retried_key_by_key() {
    // Only 412 is documented, and whether some of the keys were changed is not.
    for (status, partial) in [(412, false), (412, true), (404, false), (400, false)] {
        // The third of five keys disappears after it was listed. A partial refusal has changed the ones before it.
        let organization = || {
            let bulk_refusal = (status, "SOME_CODE");
            let unknowns = Unknowns { partial_bulk: partial, bulk_refusal, ..Unknowns::default() };
            let coveo = Coveo::with_unknowns(unknowns, []);
            let ids = coveo.add_keys(5);
            remove_once_listed(&coveo, &ids[2]);
            (coveo, ids)
        };
        let (coveo, ids) = organization();
        let first = if partial { "gone" } else { "deleted" };
        check_outcomes(bulk(&coveo), &ids, &[first, first, "gone", "deleted", "deleted"], 0);
        // Each 404 is checked by a read.
        let gets = if partial { 4 } else { 2 };
        assert_eq!(kinds(&coveo), format!("5 DELETE, {gets} GET, 1 bulk POST"));
        assert!(coveo.ids().is_empty());

        let (coveo, ids) = organization();
        let run = bulk(&coveo).args(&ids).run().assert_status(0);
        let gone = format!(
            "{} is gone from {ORGANIZATION} ({status} to the bulk request, then no such key)\n",
            ids[2]
        );
        assert_eq!(run.stdout.contains(&gone), status == 412, "{}", run.stdout);

        for (more, third, exit) in [(None, "notFound", 5), (Some("--ignore-not-found"), "alreadyGone", 0)] {
            let (coveo, ids) = organization();
            let outcomes = ["disabled", "disabled", third, "disabled", "disabled"];
            check_outcomes(bulk(&coveo).arg("--disable").args(more), &ids, &outcomes, exit);
            assert_eq!(kinds(&coveo), "2 GET, 5 PUT, 1 bulk PUT");
            assert!(coveo.ids().iter().all(|id| coveo.is_enabled(id) == Some(false)));
        }
    }
}

#[test]
fn refused_bulk_request_does_not_stop_the_next() {
    let (coveo, ids) = Coveo::with_keys(250);
    remove_once_listed(&coveo, &ids[50]);
    let mut outcomes = ["deleted"; 250];
    outcomes[50] = "gone";
    check_outcomes(bulk(&coveo), &ids, &outcomes, 0);
    assert_eq!(kinds(&coveo), "100 DELETE, 2 GET, 3 bulk POST");
    assert!(coveo.ids().is_empty());
}

#[test]
fn unlisted_keys_are_sent_one_by_one() {
    let (deletions, changes) = ("3 DELETE, 4 GET, 3 bulk POST", "4 GET, 3 PUT, 3 bulk PUT");
    for (more, done, missing, sent, status) in [
        (None, "deleted", "notFound", deletions, 5),
        (Some("--ignore-not-found"), "deleted", "alreadyGone", deletions, 0),
        (Some("--disable"), "disabled", "notFound", changes, 5),
    ] {
        // Two wrong IDs among 250 keys, and one after them.
        let (coveo, mut ids) = Coveo::with_keys(250);
        let bystander = coveo.add_keys(1);
        for wrong in [7, 120] {
            coveo.remove(&ids[wrong]);
        }
        ids.push("nosuchkey1nosuchkey1nosuch".to_owned());
        let mut outcomes = [done; 251];
        for wrong in [7, 120, 250] {
            outcomes[wrong] = missing;
        }
        check_outcomes(bulk(&coveo).args(more), &ids, &outcomes, status);
        assert_eq!(kinds(&coveo), sent);
        if more != Some("--disable") {
            let alone = keys_of(&coveo.requests(), "DELETE");
            assert_eq!(alone, [7, 120, 250].map(|wrong| ids[wrong].clone()));
            assert_eq!(coveo.ids(), bystander);
        }
        assert_eq!(coveo.is_enabled(&bystander[0]), Some(true));
    }
    // If no key is listed, there is no bulk request.
    let coveo = Coveo::http();
    coveo.add_keys(1);
    check_outcomes(bulk(&coveo), &["m1", "m2"].map(str::to_owned), &["notFound"; 2], 5);
    assert_eq!(kinds(&coveo), "2 DELETE, 3 GET");
}

/// Failures after which nobody knows which keys exist. `None`: the token may edit all keys but view none.
fn lost_lists() -> Vec<Option<Fault>> {
    let faults = [
        Fault::Answer(CannedResponse::status(503).body("<html>")),
        Fault::Answer(CannedResponse::status(200).body_of(33 * 1024 * 1024)),
        Fault::Answer(CannedResponse::status(200).body("{}")),
        Fault::Answer(CannedResponse::status(200).body(r#"[{"id":"k1"}"#)),
        Fault::At(Point::BeforeActing, Break::Close),
        Fault::At(Point::Body, Break::Reset),
    ];
    [None].into_iter().chain(faults.map(Some)).collect()
}

#[test]
fn without_a_list_missing_keys_are_not_reported_as_gone() {
    parallel(4, &lost_lists(), |list| {
        for (more, missing, status) in [(None, "notFound", 5), (Some("--ignore-not-found"), "alreadyGone", 0)]
        {
            for present in [0, 4] {
                let coveo = Coveo::http();
                coveo.grant(NONE_TOKEN, &[Privilege::new("EDIT", "*")]);
                let token = if list.is_none() { NONE_TOKEN } else { FULL_TOKEN };
                coveo.inject("GET", "/apikeys", list.clone().unwrap_or_default());
                let mut ids = coveo.add_keys(present);
                ids.extend(["nosuchkey1nosuchkey1nosuch", "norsuchkeynorsuchkeynorsuc"].map(str::to_owned));
                let cli = bulk(&coveo).env("COVEO_ACCESS_TOKEN", token).args(["--retries", "0"]).args(more);
                let outcomes = [vec!["deleted"; present], vec![missing; 2]].concat();
                check_outcomes(cli, &ids, &outcomes, status);
                // The list, a read of each missing key, and the privileges if nothing else proves access.
                let gets = 3 + usize::from(present == 0 || list.is_none());
                assert_eq!(kinds(&coveo), format!("{} DELETE, {gets} GET, 1 bulk POST", ids.len()));
            }
        }
    });
}

#[test]
fn missing_privileges_are_reported_key_by_key() {
    for (token, outcome, tried, sent, status) in [
        (NONE_TOKEN, "forbidden", 5, "5 DELETE, 1 GET, 1 bulk POST", 4),
        (EXPIRED_TOKEN, "unauthorized", 1, "1 GET", 3),
    ] {
        let (coveo, ids) = Coveo::with_keys(5);
        let mut outcomes = ["notTried"; 5];
        outcomes[..tried].fill(outcome);
        check_outcomes(bulk(&coveo).env("COVEO_ACCESS_TOKEN", token), &ids, &outcomes, status);
        assert_eq!(kinds(&coveo), sent);
        assert_eq!(coveo.ids(), ids);
    }
}

#[test]
fn bulk_dry_run_only_reads() {
    for more in [None, Some("--disable")] {
        let (coveo, ids) = Coveo::with_keys(120);
        coveo.remove(&ids[3]);
        let mut outcomes = [if more.is_some() { "wouldDisable" } else { "wouldDelete" }; 120];
        outcomes[3] = "notFound";
        check_outcomes(bulk(&coveo).arg("--dry-run").args(more), &ids, &outcomes, 5);
        assert_eq!(kinds(&coveo), "121 GET");
        assert_eq!(coveo.ids().len(), 119);
    }
}
