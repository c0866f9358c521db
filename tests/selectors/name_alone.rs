//! `--name` without another selector takes keys of any status, and `--older-than` narrows it by the date of creation.

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, ids_after, only_looked, organization, unused, world};
use support::fake_coveo::{Fault, always};
use support::harness::cli;

/// A key called `tmp-…` with these fields.
fn key(id: &str, fields: &Value) -> Value {
    let mut key = json!({"id": id, "displayName": format!("tmp-{id}")});
    key.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    key
}

fn millis(age_in_days: u64) -> u64 {
    (NOW - age_in_days * DAY) * 1000
}

#[test]
fn a_name_alone_takes_a_key_of_any_status() {
    let keys = [
        key("enabled", &json!({"status": "ENABLED", "enabled": true, "lastUsedDate": millis(0)})),
        key("disabled", &json!({"status": "DISABLED", "enabled": false})),
        key("expired", &json!({"status": "EXPIRED", "expirationDate": millis(1)})),
        key("odd", &json!({"status": "SOMETHING_NEW"})),
        key("bare", &json!({})),
        json!({"id": "other", "displayName": "prod", "status": "DISABLED"}),
        json!({"id": "nameless", "status": "DISABLED"}),
    ];
    let coveo = world(&keys);
    let listed = cli(&coveo).args(["--name", "tmp-*"]).run().assert_status(0);
    assert_eq!(ids_after("would delete ", &listed.stdout), ["enabled", "disabled", "expired", "odd", "bare"]);
    only_looked(&coveo);

    // With `--disable`, those that are disabled already are not taken.
    let listed = cli(&coveo).args(["--name", "tmp-*", "--disable"]).run().assert_status(0);
    assert_eq!(ids_after("would disable ", &listed.stdout), ["enabled", "expired", "odd", "bare"]);

    let deleted = cli(&coveo).args(["--name", "tmp-*", "--yes"]).run().assert_status(0);
    assert_eq!(ids_after("deleted ", &deleted.stdout), ["enabled", "disabled", "expired", "odd", "bare"]);
    assert_eq!(coveo.ids(), ["other", "nameless"]);
}

#[test]
fn older_than_narrows_every_selector_to_keys_created_long_ago() {
    let created = |id: &str, created: Value| {
        key(
            id,
            &json!({"status": "DISABLED", "enabled": false, "disabledDate": millis(40), "createdDate": created}),
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
    for selector in [["--name", "tmp-*"], ["--disabled-for", "30d"]] {
        let coveo = world(&keys);
        let listed = cli(&coveo).args(selector).args(["--older-than", "30d"]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), ["border", "older"]);
        assert!(listed.stderr.contains("unreadable, absent"), "{}", listed.stderr);
    }
}

/// Without an age, nothing is reckoned with the server's clock.
#[test]
fn a_name_alone_needs_no_date_of_the_server() {
    for (more, status, left) in [(&[][..], 0, 0), (&["--older-than", "1d"], 1, 1)] {
        let coveo = organization([unused("k1", NOW - 40 * DAY)]);
        coveo.plan(always(Fault::header("Date", "soon")));
        cli(&coveo).args(["--name", "Key k1", "--yes"]).args(more).run().assert_status(status);
        assert_eq!(coveo.ids().len(), left);
    }
}

#[test]
fn a_pattern_without_a_letter_or_digit_is_looked_at_only() {
    let coveo = world(&[key("k1", &json!({"status": "DISABLED", "disabledDate": millis(40)}))]);
    for (glob, more, status) in [
        ("*", &["--yes"][..], 2),
        ("*", &[], 2),
        ("?*-*", &["--yes"], 2),
        ("*", &["--older-than", "1d", "--yes"], 2),
        ("*", &["--dry-run"], 0),
        ("*", &["--dry-run", "--yes"], 0),
        ("*", &["--disabled-for", "30d"], 0),
        ("*é*", &[], 0),
        ("*日*", &[], 0),
    ] {
        cli(&coveo).args(["--name", glob]).args(more).run().assert_status(status);
    }
    only_looked(&coveo);
}
