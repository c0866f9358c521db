//! `--bulk`: keys of the list go out together, all others one by one. A 204 stands for all keys of a request, and any
//! other response leads to its keys one by one.

use std::collections::BTreeMap;

use crate::{deleted, keys_of, outcomes};
use support::fake_coveo::{
    Break, CannedResponse, Coveo, EXPIRED_TOKEN, FULL_TOKEN, Fault, NONE_TOKEN, ORGANIZATION, Point,
    Privilege, SINGLE_KEY_TOKEN,
};
use support::harness::{cli, key_outcomes, parallel};

/// How many requests of each kind there were, a bulk operation being one of its own.
pub fn kinds(coveo: &Coveo) -> String {
    let mut kinds = BTreeMap::<String, usize>::new();
    for request in coveo.requests() {
        let bulk = if request.path.ends_with("/bulk") { "bulk " } else { "" };
        *kinds.entry(format!("{bulk}{}", request.method)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    kinds.join(", ")
}

#[test]
fn up_to_a_hundred_keys_go_into_each_request_and_204_stands_for_all_of_them() {
    let cases = [
        (1, "1 DELETE, 1 GET", "1 GET, 1 PUT"),
        (2, "1 GET, 1 bulk POST", "1 GET, 1 bulk PUT"),
        (100, "1 GET, 1 bulk POST", "1 GET, 1 bulk PUT"),
        (101, "1 DELETE, 1 GET, 1 bulk POST", "1 GET, 1 PUT, 1 bulk PUT"),
        (250, "1 GET, 3 bulk POST", "1 GET, 3 bulk PUT"),
        (1000, "1 GET, 10 bulk POST", "1 GET, 10 bulk PUT"),
    ];
    for (count, deleting, disabling) in cases {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        let run = cli(&coveo).args(["--bulk", "--disable"]).args(&ids).run().assert_status(0);
        let lines: String = ids.iter().map(|id| format!("disabled {id} in {ORGANIZATION}\n")).collect();
        assert_eq!(run.stdout, lines);
        assert_eq!(kinds(&coveo), disabling);
        assert_eq!(keys_of(&coveo.requests(), "PUT"), ids);
        assert!(ids.iter().all(|id| coveo.is_enabled(id) == Some(false)));

        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        let run = cli(&coveo).arg("--bulk").args(&ids).run().assert_status(0);
        assert_eq!(run.stdout, deleted(&ids));
        let summary = if count == 1 { String::new() } else { format!("coveo-delete-key: {count} deleted\n") };
        assert_eq!(run.stderr, summary);
        assert_eq!(kinds(&coveo), deleting);
        let sent = [keys_of(&coveo.requests(), "POST"), keys_of(&coveo.requests(), "DELETE")].concat();
        assert_eq!(sent, ids);
        assert_eq!(coveo.connections(), 1);
        assert!(coveo.ids().is_empty());
    }
}

#[test]
fn a_request_is_a_json_array_of_ids_to_the_bulk_operation() {
    for (more, method, verb) in [(None, "POST", "delete"), (Some("--disable"), "PUT", "disable")] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(3);
        cli(&coveo).arg("--bulk").args(more).args(&ids).run().assert_status(0);
        let [list, request] = &coveo.requests()[..] else { panic!("{}", kinds(&coveo)) };
        assert_eq!(list.method, "GET");
        assert_eq!(
            (&*list.path, &*list.query),
            (&*format!("/rest/organizations/{ORGANIZATION}/apikeys"), "")
        );
        assert_eq!(request.method, method);
        assert_eq!(request.path, format!("/rest/organizations/{ORGANIZATION}/apikeys/{verb}/bulk"));
        assert_eq!(request.header("Content-Type"), Some("application/json"));
        assert_eq!(request.body, format!("[\"{}\"]", ids.join("\",\"")).as_bytes());
    }
}

/// Removes a key behind the API's back when the first bulk request has come, which is after the list was read.
fn remove_once_listed(coveo: &Coveo, id: &str) {
    let id = id.to_owned();
    coveo.on_request(move |request, organization| {
        if request.path.ends_with("/bulk") {
            organization.remove(&id);
        }
    });
}

#[test]
fn after_a_refusal_each_key_is_settled_by_itself_whether_or_not_some_were_changed() {
    // Only 412 is documented, and whether some of the keys were changed then is not.
    for (status, partial) in [(412, false), (412, true), (404, false), (400, false)] {
        // Of five keys the third goes after it was listed. A partial refusal has changed the ones before it.
        let organization = || {
            let builder = Coveo::builder().partial_bulk(partial).bulk_refusal(status, "SOME_CODE");
            let coveo = builder.start();
            let ids = coveo.add_keys(5);
            remove_once_listed(&coveo, &ids[2]);
            (coveo, ids)
        };
        let (coveo, ids) = organization();
        let run = cli(&coveo).args(["--bulk", "--json"]).args(&ids).run().assert_status(0);
        let first = if partial { "gone" } else { "deleted" };
        assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &[first, first, "gone", "deleted", "deleted"]));
        assert_eq!(kinds(&coveo), "5 DELETE, 1 GET, 1 bulk POST");
        assert!(coveo.ids().is_empty());

        let (coveo, ids) = organization();
        let run = cli(&coveo).arg("--bulk").args(&ids).run().assert_status(0);
        let gone = format!(
            "{} is gone from {ORGANIZATION} ({status} to the bulk request, then no such key)\n",
            ids[2]
        );
        assert_eq!(run.stdout.contains(&gone), status == 412, "{}", run.stdout);

        for (more, third, exit) in [(None, "notFound", 5), (Some("--ignore-not-found"), "alreadyGone", 0)] {
            let (coveo, ids) = organization();
            let cli = cli(&coveo).args(["--bulk", "--disable", "--json"]).args(more).args(&ids);
            let run = cli.run().assert_status(exit);
            let wanted = ["disabled", "disabled", third, "disabled", "disabled"];
            assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
            assert_eq!(kinds(&coveo), "1 GET, 5 PUT, 1 bulk PUT");
            assert!(coveo.ids().iter().all(|id| coveo.is_enabled(id) == Some(false)));
        }
    }
}

#[test]
fn a_refused_hundred_does_not_keep_the_next_from_going_in_one_request() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(250);
    remove_once_listed(&coveo, &ids[50]);
    let run = cli(&coveo).args(["--bulk", "--json"]).args(&ids).run().assert_status(0);
    let mut wanted = ["deleted"; 250];
    wanted[50] = "gone";
    assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
    assert_eq!(kinds(&coveo), "100 DELETE, 1 GET, 3 bulk POST");
    assert!(coveo.ids().is_empty());
}

#[test]
fn keys_that_are_not_in_the_list_go_out_one_by_one_in_their_place() {
    let (deletions, changes) = ("3 DELETE, 1 GET, 3 bulk POST", "1 GET, 3 PUT, 3 bulk PUT");
    for (more, done, missing, sent, status) in [
        (None, "deleted", "notFound", deletions, 5),
        (Some("--ignore-not-found"), "deleted", "alreadyGone", deletions, 0),
        (Some("--disable"), "disabled", "notFound", changes, 5),
    ] {
        // Two wrong IDs among 250 keys, and one behind them.
        let coveo = Coveo::http();
        let mut ids = coveo.add_keys(250);
        let bystander = coveo.add_keys(1);
        for wrong in [7, 120] {
            coveo.remove(&ids[wrong]);
        }
        ids.push("nosuchkey1".to_owned());
        let run = cli(&coveo).args(["--bulk", "--json"]).args(more).args(&ids).run().assert_status(status);
        let mut wanted = [done; 251];
        for wrong in [7, 120, 250] {
            wanted[wrong] = missing;
        }
        assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
        assert_eq!(kinds(&coveo), sent);
        if more != Some("--disable") {
            let alone = keys_of(&coveo.requests(), "DELETE");
            assert_eq!(alone, [7, 120, 250].map(|wrong| ids[wrong].clone()));
            assert_eq!(coveo.ids(), bystander);
        }
        assert_eq!(coveo.is_enabled(&bystander[0]), Some(true));

        // Where no key is listed, nothing goes out in bulk.
        let run = cli(&coveo).args(["--bulk", "--json", "m1", "m2"]).run().assert_status(5);
        let missing = ["m1", "m2"].map(str::to_owned);
        assert_eq!(key_outcomes(&run.stdout), outcomes(&missing, &["notFound"; 2]));
        assert_eq!(coveo.journal()[coveo.requests().len() - 2..], ["DELETE apikeys/m1", "DELETE apikeys/m2"]);
    }
}

/// What may become of the list so that nobody knows which keys there are. `None`: the token may edit all keys, and view
/// none.
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
fn without_a_list_all_keys_go_out_in_bulk_and_a_key_that_is_missing_then_is_not_called_gone() {
    parallel(4, &lost_lists(), |list| {
        for (more, missing, status) in [(None, "notFound", 5), (Some("--ignore-not-found"), "alreadyGone", 0)]
        {
            for present in [0, 4] {
                let coveo = Coveo::http();
                coveo.grant(NONE_TOKEN, &[Privilege::new("EDIT", "*")]);
                let token = if list.is_none() { NONE_TOKEN } else { FULL_TOKEN };
                coveo.inject("GET", "/apikeys", list.clone().unwrap_or_default());
                let mut ids = coveo.add_keys(present);
                ids.push("nosuchkey1".to_owned());
                ids.push("norsuchkey".to_owned());
                let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", token).args(["--bulk", "--json"]);
                let run = cli.args(["--retries", "0"]).args(more).args(&ids).run().assert_status(status);
                let wanted = [vec!["deleted"; present], vec![missing; 2]].concat();
                assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
                // Where no key has proven the organization, the token's privileges do.
                let gets = if present == 0 { 2 } else { 1 };
                assert_eq!(kinds(&coveo), format!("{} DELETE, {gets} GET, 1 bulk POST", ids.len()));
            }
        }
    });
}

#[test]
fn what_the_token_may_not_do_in_bulk_is_told_key_by_key() {
    // Of a key that may be edited and one that may not, the request as a whole may have changed the first, so that a
    // refusal of the second is not taken for certain.
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    coveo.set_single_key(&ids[0]);
    let single = cli(&coveo).env("COVEO_ACCESS_TOKEN", SINGLE_KEY_TOKEN).args(["--bulk", "--json"]);
    let run = single.args(&ids).run().assert_status(6);
    assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &["deleted", "unknown"]));
    assert_eq!(coveo.ids(), ids[1..]);

    for (token, outcome, tried, sent, status) in [
        (NONE_TOKEN, "forbidden", 5, "5 DELETE, 1 GET, 1 bulk POST", 4),
        (EXPIRED_TOKEN, "unauthorized", 1, "1 GET", 3),
    ] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(5);
        let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", token).args(["--bulk", "--json"]).args(&ids);
        let mut wanted = ["notTried"; 5];
        wanted[..tried].fill(outcome);
        assert_eq!(key_outcomes(&cli.run().assert_status(status).stdout), outcomes(&ids, &wanted));
        assert_eq!(kinds(&coveo), sent);
        assert_eq!(coveo.ids(), ids);
    }
}

#[test]
fn a_dry_run_of_a_bulk_run_only_reads() {
    for more in [None, Some("--disable")] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(120);
        coveo.remove(&ids[3]);
        let cli = cli(&coveo).args(["--bulk", "--dry-run", "--json"]).args(more).args(&ids);
        let run = cli.run().assert_status(5);
        let mut wanted = [if more.is_some() { "wouldDisable" } else { "wouldDelete" }; 120];
        wanted[3] = "notFound";
        assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
        assert_eq!(kinds(&coveo), "121 GET");
        assert_eq!(coveo.ids().len(), 119);
    }
}
