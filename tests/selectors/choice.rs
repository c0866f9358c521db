//! Limits of a selection: `--max`, unusable IDs, `--bulk`, and the token's privileges.

use serde_json::{Value, json};

use crate::fixtures::{
    DAY, NOW, assert_only_reads, disabled, expired, ids_after, json_response, organization, showing, unused,
};
use crate::oracle::Condition;
use support::fake_coveo::{
    ApiKey, Coveo, EXPIRED_TOKEN, NONE_TOKEN, ORGANIZATION, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};
use support::harness::{Cli, cli, key_outcomes};

/// This many old keys of each kind.
fn old_keys(count: usize) -> Coveo {
    let keys = (0..count).flat_map(|number| {
        let since = NOW - 100 * DAY;
        [
            disabled(&format!("d{number}"), since),
            expired(&format!("e{number}"), since),
            unused(&format!("u{number}"), since),
        ]
    });
    organization(keys)
}

#[test]
fn more_keys_than_max_select_none() {
    for (max, count) in [(None, 20), (Some("1"), 1), (Some("3"), 3), (Some("1000000"), 21)] {
        for selector in Condition::LIFECYCLE {
            let coveo = old_keys(count);
            let run = cli(&coveo).args([selector.option(), "30d", "--yes", "-q"]);
            run.args(max.map(|max| format!("--max={max}"))).run().assert_status(0);
            assert_eq!(coveo.ids().len(), 2 * count);
        }
    }
    for (max, count) in [(None, 21), (Some("3"), 4)] {
        for selector in [Condition::Expired, Condition::Unused] {
            for mode in [&["--yes"][..], &["--dry-run"], &[], &["--yes", "--json"], &["-qy", "--disable"]] {
                let coveo = old_keys(count);
                let run = cli(&coveo).args([selector.option(), "30d"]).args(mode);
                let refused = run.args(max.map(|max| format!("--max={max}"))).run().assert_status(2);
                let allowed = max.unwrap_or("20");
                let words = format!("error: {count} keys match, but --max allows {allowed}; nothing was ");
                assert!(refused.stderr.contains(&words), "{}", refused.stderr);
                // A run that would change keys names 20, so that cron mails a page and not a list of thousands.
                let would = if mode.contains(&"--disable") { "would disable " } else { "would delete " };
                let listed = match mode.contains(&"--json") {
                    true => key_outcomes(&refused.stdout).into_iter().map(|(id, _)| id).collect(),
                    false => ids_after(would, &refused.stdout),
                };
                let letter = selector.letter();
                let acts = mode.iter().any(|option| option.starts_with("--y") || *option == "-qy");
                let named = if acts { count.min(20) } else { count };
                let all: Vec<String> = (0..named).map(|number| format!("{letter}{number}")).collect();
                assert_eq!(listed, all);
                assert_eq!(refused.stderr.contains("and 1 more\n"), named < count, "{}", refused.stderr);
                assert_only_reads(&coveo);
                assert_eq!(coveo.ids().len(), 3 * count);
                assert_eq!(coveo.is_enabled("u0"), Some(true));
            }
        }
    }
}

/// A key that matches if its ID is valid.
fn with_id(id: Value, status: &str) -> Value {
    json!({
        "id": id, "displayName": "old", "status": status, "enabled": status == "ENABLED",
        "createdDate": "2020-01-01T00:00:00Z", "lastUsedDate": "2020-01-01T00:00:00Z",
        "expirationDate": "2020-01-01T00:00:00Z", "disabledDate": "2020-01-01T00:00:00Z",
    })
}

#[test]
fn key_without_a_unique_valid_id_never_matches() {
    for (selector, status) in
        [(Condition::Disabled, "DISABLED"), (Condition::Expired, "EXPIRED"), (Condition::Unused, "ENABLED")]
    {
        #[rustfmt::skip]
        let bad = [
            "", ".", "..", "../good", "good/", "good/../bulk", "/good", "a/b", "a%2fb", "%2e%2e", "a?b",
            "a#b", "a b", " good", "good\n", "a\\b", "é", "a;b", "a\u{0}b", "*",
            "xx12345678-1234-4234-8234-123456789abc",
        ];
        let mut keys: Vec<Value> = bad.into_iter().map(|id| with_id(json!(id), status)).collect();
        keys.push(with_id(json!("l".repeat(129)), status));
        keys.extend(
            [Value::Null, json!(7), json!(true), json!(["good"]), json!({"id": "good"})]
                .map(|id| with_id(id, status)),
        );
        let mut absent = with_id(Value::Null, status);
        absent.as_object_mut().expect("an object").remove("id");
        keys.push(absent);
        // Repeated IDs, of keys that are equal and of keys that differ.
        keys.extend([
            with_id(json!("twice"), status),
            with_id(json!("twice"), status),
            with_id(json!("other"), status),
            with_id(json!("other"), "SOMETHING"),
        ]);
        keys.extend([
            with_id(json!("good"), status),
            with_id(json!("l".repeat(128)), status),
            with_id(json!("_-"), status),
        ]);
        let coveo = showing(&keys);
        let before = coveo.ids();
        let done = cli(&coveo).args([selector.option(), "30d", "--yes", "--max=1000"]).run().assert_status(0);
        assert_eq!(ids_after("deleted ", &done.stdout), ["good", &"l".repeat(128), "_-"]);
        let after: Vec<String> = before
            .into_iter()
            .filter(|id| !["good", &"l".repeat(128), "_-"].contains(&id.as_str()))
            .collect();
        assert_eq!(coveo.ids(), after);
        let changes = coveo.journal().into_iter().filter(|line| line.starts_with("DELETE "));
        assert_eq!(changes.count(), 3);
    }
}

#[test]
fn bulk_and_conditions_exclude_each_other() {
    let coveo = old_keys(3);
    for arguments in [
        &["--disabled-for", "30d"][..],
        &["--expired-for", "30d", "--disable"],
        &["--expired-for", "30d", "--dry-run"],
        &["--unused-for", "30d"],
        &["--unused-for", "30d", "--disable"],
        &["--name", "Key *"],
    ] {
        let refused = cli(&coveo).args(arguments).args(["--bulk", "--yes"]).run().assert_status(2);
        let words = format!("error: --bulk and {} can't be used together", arguments[0]);
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
    }
    let refused = cli(&coveo).args(["--disabled-for", "30d", "--disable", "--yes"]).run().assert_status(2);
    assert!(refused.stderr.contains("error: --disable and --disabled-for can't be used together"));
    assert_eq!(coveo.connections(), 0);
}

fn with_token(coveo: &Coveo, token: &str) -> Cli {
    cli(coveo).env("COVEO_ACCESS_TOKEN", token)
}

#[test]
fn token_without_view_selects_nothing() {
    for (token, status, words) in [
        (NONE_TOKEN, 4, "the access token may not view all keys (403 ACCESS_DENIED"),
        (SINGLE_KEY_TOKEN, 4, "the access token may not view all keys (403 ACCESS_DENIED"),
        (EXPIRED_TOKEN, 3, "the access token in COVEO_ACCESS_TOKEN was refused (401 INVALID_TOKEN"),
    ] {
        for mode in [&["--dry-run"][..], &["--yes", "--json"]] {
            let coveo = old_keys(1);
            coveo.set_single_key("d0");
            let refused = with_token(&coveo, token)
                .args(["--disabled-for", "30d"])
                .args(mode)
                .run()
                .assert_status(status);
            assert_eq!(refused.stdout, "");
            let start = format!(
                "coveo-delete-key: error: the keys of {ORGANIZATION} could not be listed, so nothing was changed: {words}"
            );
            assert!(refused.stderr.starts_with(&start), "{}", refused.stderr);
            assert_only_reads(&coveo);
        }
    }
}

#[test]
fn token_without_edit_changes_nothing() {
    for selector in Condition::LIFECYCLE {
        let coveo = old_keys(2);
        for mode in [&[][..], &["--dry-run"], &["--yes"]] {
            let refused = with_token(&coveo, VIEW_TOKEN)
                .args([selector.option(), "30d"])
                .args(mode)
                .run()
                .assert_status(4);
            assert_eq!(refused.stdout, "");
            assert!(refused.stderr.contains("2 forbidden"), "{}", refused.stderr);
            if !mode.contains(&"--yes") {
                assert_only_reads(&coveo);
            }
        }
        assert_eq!(coveo.ids().len(), 6);
    }
}

/// Coveo doesn't document what the filter covers, so nothing depends on it.
#[test]
fn filter_only_saves_work() {
    let statuses = [
        ("DISABLED", Condition::Disabled),
        ("DISABLED_FOR_INACTIVITY", Condition::Disabled),
        ("DISABLED_EXPOSED", Condition::Disabled),
        ("EXPIRED", Condition::Expired),
        ("ENABLED", Condition::Unused),
        ("SOON_TO_BE_EXPIRED", Condition::Unused),
        ("SOON_TO_BE_DISABLED", Condition::Unused),
    ];
    let coveo = organization(statuses.clone().map(|(status, selector)| {
        let key = match selector {
            Condition::Disabled => disabled(status, NOW - 40 * DAY),
            Condition::Expired => expired(status, NOW - 40 * DAY),
            _ => unused(status, NOW - 40 * DAY),
        };
        ApiKey { status: status.to_owned(), ..key }
    }));
    for selector in Condition::LIFECYCLE {
        let listed = cli(&coveo).args([selector.option(), "30d"]).run().assert_status(0);
        let expected: Vec<&str> =
            statuses.iter().filter(|(_, by)| *by == selector).map(|(status, _)| *status).collect();
        assert_eq!(ids_after("would delete ", &listed.stdout), expected);
    }
    let lists: Vec<String> = coveo.journal().into_iter().filter(|line| line.contains("apikeys")).collect();
    assert_eq!(lists, ["GET apikeys?status=DEACTIVATED", "GET apikeys", "GET apikeys"]);
}

/// Otherwise the list would look empty.
#[test]
fn entries_without_a_unique_id_are_mentioned() {
    let old = json!({"status": "EXPIRED", "expirationDate": (NOW - 40 * DAY) * 1000});
    let with_id = |id: Value| {
        let mut key = old.clone();
        key["id"] = id;
        key
    };
    for (list, message) in [
        (
            json!([with_id(json!("a")), with_id(json!("a"))]),
            "2 matching keys were left alone, each because its ID is listed twice: a, a",
        ),
        (
            json!([with_id(json!(5))]),
            "1 matching key was left alone, because its ID is missing or can't be read",
        ),
        (json!([old]), "1 matching key was left alone, because its ID is missing or can't be read"),
    ] {
        let coveo = organization([]);
        coveo.inject("GET", "/apikeys", json_response(&list));
        let run = cli(&coveo).args(["--expired-for", "30d", "--yes", "--quiet"]).run().assert_status(0);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert_only_reads(&coveo);
    }
}
