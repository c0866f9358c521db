//! `--name` alone matches keys of any status, and `--older-than` narrows it by the creation date.

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, assert_only_reads, ids_after, json_response, organization, showing, unused};
use support::fake_coveo::{Fault, always};
use support::harness::cli;

/// A key named `tmp-…` with these fields.
fn key(id: &str, fields: &Value) -> Value {
    let mut key = json!({"id": id, "displayName": format!("tmp-{id}")});
    key.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    key
}

fn millis(age_in_days: u64) -> u64 {
    (NOW - age_in_days * DAY) * 1000
}

#[test]
fn name_alone_matches_any_status() {
    let keys = [
        key("enabled", &json!({"status": "ENABLED", "enabled": true, "lastUsedDate": millis(0)})),
        key("disabled", &json!({"status": "DISABLED", "enabled": false})),
        key("expired", &json!({"status": "EXPIRED", "expirationDate": millis(1)})),
        key("odd", &json!({"status": "SOMETHING_NEW"})),
        key("bare", &json!({})),
        json!({"id": "other", "displayName": "prod", "status": "DISABLED"}),
        json!({"id": "nameless", "status": "DISABLED"}),
    ];
    let coveo = showing(&keys);
    let listed = cli(&coveo).args(["--name", "tmp-*"]).run().assert_status(0);
    assert_eq!(ids_after("would delete ", &listed.stdout), ["enabled", "disabled", "expired", "odd", "bare"]);
    assert_only_reads(&coveo);

    // With `--disable`, keys that are already disabled don't match.
    let listed = cli(&coveo).args(["--name", "tmp-*", "--disable"]).run().assert_status(0);
    assert_eq!(ids_after("would disable ", &listed.stdout), ["enabled", "expired", "odd", "bare"]);

    let deleted = cli(&coveo).args(["--name", "tmp-*", "--yes"]).run().assert_status(0);
    assert_eq!(ids_after("deleted ", &deleted.stdout), ["enabled", "disabled", "expired", "odd", "bare"]);
    assert_eq!(coveo.ids(), ["other", "nameless"]);
}

#[test]
fn older_than_narrows_every_condition() {
    let created = |id: &str, created: Value| {
        key(
            id,
            &json!({"status": "DISABLED", "enabled": false, "disabledDate": millis(29), "createdDate": created}),
        )
    };
    let keys = [
        created("border", json!(millis(30))),
        created("older", json!(millis(31))),
        created("younger", json!(millis(30) + 1)),
        created("future", json!((NOW + DAY) * 1000)),
        created("unreadable", json!("soon")),
        created("absent", Value::Null),
    ];
    for selector in [["--name", "tmp-*"], ["--disabled-for", "29d"]] {
        let coveo = showing(&keys);
        let listed = cli(&coveo).args(selector).args(["--older-than", "30d"]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), ["border", "older"]);
        for left in ["is in the future: future", "can't be read: unreadable", "is missing: absent"] {
            assert!(
                listed.stderr.contains(&format!("left alone, because its createdDate {left}\n")),
                "{}",
                listed.stderr
            );
        }
    }
}

/// Without an age, the server's clock doesn't matter.
#[test]
fn name_alone_needs_no_date_header() {
    for (more, status, left) in [(&[][..], 0, 0), (&["--older-than", "1d"], 1, 1)] {
        let coveo = organization([unused("k1", NOW - 40 * DAY)]);
        coveo.plan(always(Fault::header("Date", "soon")));
        cli(&coveo).args(["--name", "Key k1", "--yes"]).args(more).run().assert_status(status);
        assert_eq!(coveo.ids().len(), left);
    }
}

#[test]
fn glob_without_letters_or_digits_only_lists() {
    let coveo = showing(&[key("k1", &json!({"status": "DISABLED", "disabledDate": millis(40)}))]);
    for (glob, more, status) in [
        ("*", &["--yes"][..], 2),
        ("*", &[], 2),
        ("?*-*", &["--yes"], 2),
        ("*", &["--older-than", "1d", "--yes"], 2),
        ("*", &["--dry-run"], 0),
        ("*", &["--dry-run", "--yes"], 0),
        ("*", &["--disabled-for", "30d"], 2),
        ("*", &["--disabled-for", "30d", "--exclude", "x"], 2),
        ("x", &["--disabled-for", "30d", "--exclude", "*"], 2),
        ("'tmp-*'", &["--yes"], 2),
        ("\"tmp-*\"", &["--yes"], 2),
        ("*é*", &[], 0),
        ("*日*", &[], 0),
    ] {
        cli(&coveo).args(["--name", glob]).args(more).run().assert_status(status);
    }
    assert_only_reads(&coveo);
}

/// Otherwise a clean-up with a wrong pattern would never clean up, with --quiet without a word.
#[test]
fn nearly_matching_names_have_a_hint() {
    for (glob, hint) in [
        ("TMP-*", "--name is case-sensitive: ignoring case, it would match 2 keys"),
        ("mp-a", "--name matches the whole name: with * at both ends, it would match 1 key"),
        ("tmp-?-old", ""),
    ] {
        let coveo = showing(&[key("a", &json!({})), key("b", &json!({}))]);
        for quiet in [None, Some("-q")] {
            let run = cli(&coveo).args(["--name", glob, "--yes"]).args(quiet).run().assert_status(0);
            assert_eq!(run.stderr.contains("hint: "), !hint.is_empty(), "{}", run.stderr);
            assert!(run.stderr.contains(hint), "{}", run.stderr);
            assert_eq!(run.stderr.contains("2 keys were read"), quiet.is_none(), "{}", run.stderr);
        }
        assert_only_reads(&coveo);
    }
}

/// A key whose masked value fits the token is left alone; any other value is no reason.
#[test]
fn own_key_never_matches() {
    for (value, is_own) in [
        (json!("xx*****00f0"), true),
        (json!("xx******f0"), true),
        (json!("XX*****00F0"), true),
        (json!("xx*****1343"), false),
        (json!("*****"), false),
        (json!("xx*****"), false),
        (Value::Null, false),
    ] {
        let own = key(
            "own",
            &json!({"value": value, "status": "DISABLED", "enabled": false, "disabledDate": millis(40)}),
        );
        for arguments in [&["--name", "tmp-*"][..], &["--disabled-for", "30d"], &["--name", "tmp-*", "own"]] {
            let coveo = showing(std::slice::from_ref(&own));
            let run = cli(&coveo).args(arguments).args(["--yes", "-q"]).run().assert_status(0);
            assert_eq!(coveo.exists("own"), is_own, "{value} {arguments:?}: {}", run.stderr);
            assert_eq!(
                (run.stdout + &run.stderr).contains("may be the API key that this run uses"),
                is_own && !arguments.contains(&"own")
            );
        }
    }
}

#[test]
fn partial_or_unproven_list_selects_nothing() {
    let link = "<https://platform.cloud.coveo.com/rest/organizations/o/apikeys?page=1>; rel=\"next\"";
    let page = organization([unused("k1", NOW - 40 * DAY)]);
    page.inject("GET", "/apikeys", Fault::header("Link", link));
    let empty = organization([]);
    empty.inject("GET", "/privileges/token", json_response(&json!([])));
    for (coveo, words) in [(page, "one page of several"), (empty, "the list is empty, and nothing proves")] {
        for arguments in [&["--name", "Key *", "--yes"][..], &["--name", "Key *", "-n"], &["--list"]] {
            let run = cli(&coveo).args(arguments).run().assert_status(1);
            assert!(run.stdout.is_empty() && run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        }
        assert_only_reads(&coveo);
    }
}
