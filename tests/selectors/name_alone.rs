//! `--name` alone matches keys of any status, and `--older-than` narrows it by the creation date.

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, assert_only_reads, ids_after, organization, showing, unused};
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

    // With `--disable`, keys that are disabled already don't match.
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
