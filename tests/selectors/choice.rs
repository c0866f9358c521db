//! Limits of a selection: `--max`, unusable IDs, `--bulk`, and the token's privileges.

use serde_json::{Value, json};

use crate::fixtures::{OLD, disabled, expired, ids_after, organization, showing, unused};
use crate::oracle::Condition;
use support::fake_coveo::{
    ApiKey, Coveo, EXPIRED_TOKEN, Fault, NONE_TOKEN, ORGANIZATION, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};
use support::harness::{cli, key_outcomes};

/// This many old keys of each kind.
fn old_keys(count: usize) -> Coveo {
    organization((0..count).flat_map(|number| {
        [
            disabled(&format!("d{number}"), OLD),
            expired(&format!("e{number}"), OLD),
            unused(&format!("u{number}"), OLD),
        ]
    }))
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
                refused.assert_stderr(&words);
                // A run that would change keys names 20, so that cron mails a page and not a list of thousands.
                let would = if mode.contains(&"--disable") { "would disable " } else { "would delete " };
                let listed = match mode.contains(&"--json") {
                    true => key_outcomes(&refused.stdout).into_iter().map(|(id, _)| id).collect(),
                    false => ids_after(would, &refused.stdout),
                };
                let acts = mode.iter().any(|option| option.starts_with("--y") || *option == "-qy");
                let named = if acts { count.min(20) } else { count };
                let letter = selector.letter();
                assert_eq!(listed, (0..named).map(|number| format!("{letter}{number}")).collect::<Vec<_>>());
                assert_eq!(refused.stderr.contains("and 1 more\n"), named < count, "{}", refused.stderr);
                coveo.assert_only_reads();
            }
        }
    }
}

/// The transcripts show the words. Every run that changes nothing prints the same list, and nothing else if it is quiet.
#[test]
fn every_mode_lists_the_same_keys() {
    for (selector, disable) in [
        ("--disabled-for", None),
        ("--expired-for", None),
        ("--expired-for", Some("--disable")),
        ("--unused-for", None),
        ("--unused-for", Some("--disable")),
    ] {
        let coveo = old_keys(1);
        let run = |age, mode: &[&str]| cli(&coveo).args([selector, age]).args(disable).args(mode).run();
        let listed = run("30d", &[]).assert_status(0);
        assert_eq!(listed.stdout.lines().count(), 1);
        listed.assert_stderr("; add --yes to ");
        for mode in [["--dry-run", "--yes"], ["--quiet", "--dry-run"]] {
            let rehearsed = run("30d", &mode).assert_status(0);
            assert_eq!((&rehearsed.stdout, &*rehearsed.stderr), (&listed.stdout, ""));
        }
        for mode in [&[][..], &["--yes"], &["--dry-run"], &["--json", "--yes"]] {
            let none = run("0090d", mode).assert_status(0);
            // The age is shown as typed.
            assert_eq!(none.assert_stderr(" for 0090d; ").stdout, "");
            let quiet = run("0090d", &[mode, &["-q"]].concat()).assert_status(0);
            assert_eq!(quiet.stdout + &quiet.stderr, "");
        }
        coveo.assert_only_reads();
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
    #[rustfmt::skip]
    let bad = [
        "", ".", "..", "../good", "good/", "good/../bulk", "/good", "a/b", "a%2fb", "%2e%2e", "a?b",
        "a#b", "a b", " good", "good\n", "a\\b", "é", "a;b", "a\u{0}b", "*",
        "xx12345678-1234-4234-8234-123456789abc",
    ];
    let (long, too_long) = ("l".repeat(128), "l".repeat(129));
    let good = ["good", &long, "_-"];
    for (selector, status) in
        [(Condition::Disabled, "DISABLED"), (Condition::Expired, "EXPIRED"), (Condition::Unused, "ENABLED")]
    {
        let mut ids: Vec<Value> = bad.map(Value::from).to_vec();
        ids.extend([json!(7), json!(true), json!(["good"]), json!({"id": "good"}), json!(too_long)]);
        // Repeated IDs, of keys that are equal and of keys that differ.
        ids.extend(["twice", "twice", "other"].into_iter().chain(good).map(Value::from));
        let mut keys: Vec<Value> = ids.into_iter().map(|id| with_id(id, status)).collect();
        keys.extend([with_id(json!("other"), "SOMETHING"), with_id(Value::Null, status)]);
        let mut absent = with_id(Value::Null, status);
        absent.as_object_mut().expect("an object").remove("id");
        keys.push(absent);
        let coveo = showing(&keys);
        let before = coveo.ids();
        let done = cli(&coveo).args([selector.option(), "30d", "--yes", "--max=1000"]).run().assert_status(0);
        assert_eq!(ids_after("deleted ", &done.stdout), good);
        let left = before.into_iter().filter(|id| !good.contains(&id.as_str()));
        assert_eq!(coveo.ids(), left.collect::<Vec<_>>());
        assert_eq!(coveo.count("DELETE", ""), 3);
    }
}

/// Otherwise the list would look empty.
#[test]
fn entries_without_a_unique_id_are_mentioned() {
    let with = |id: &str| format!(r#"{{{id}"status":"EXPIRED","expirationDate":"2022-01-01T00:00:00Z"}}"#);
    let missing = "1 matching key was left alone, because its ID is missing or can't be read";
    let twice = "2 matching keys were left alone, each because its ID is listed twice: a, a";
    let a = with(r#""id":"a","#);
    for (list, message) in [(format!("{a},{a}"), twice), (with(r#""id":5,"#), missing), (with(""), missing)] {
        let coveo = organization([]);
        coveo.inject("GET", "/apikeys", Fault::json(format!("[{list}]")));
        let run = cli(&coveo).args(["--expired-for", "30d", "--yes", "--quiet"]).run().assert_status(0);
        run.assert_stderr(message);
        coveo.assert_only_reads();
    }
}

#[test]
fn token_without_privileges_changes_nothing() {
    let not_listed = |why: &str| {
        format!("error: the keys of {ORGANIZATION} could not be listed, so nothing was changed: {why}")
    };
    let may_not = not_listed("the access token may not view all keys (403 ACCESS_DENIED");
    let refused = not_listed("the access token in COVEO_ACCESS_TOKEN was refused (401 INVALID_TOKEN");
    for selector in Condition::LIFECYCLE {
        for mode in [None, Some("--dry-run"), Some("--yes")] {
            for (token, status, words) in [
                (NONE_TOKEN, 4, &*may_not),
                (SINGLE_KEY_TOKEN, 4, &may_not),
                (EXPIRED_TOKEN, 3, &refused),
                (VIEW_TOKEN, 4, "2 forbidden"),
            ] {
                let coveo = old_keys(2);
                coveo.set_single_key("d0");
                let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", token).args([selector.option(), "30d"]);
                let run = cli.args(mode).run().assert_status(status);
                assert_eq!(run.assert_stderr(words).stdout, "");
                if token != VIEW_TOKEN || mode != Some("--yes") {
                    coveo.assert_only_reads();
                }
                assert_eq!(coveo.ids().len(), 6);
            }
        }
    }
}

/// Coveo doesn't document what the filter covers, so nothing depends on it.
#[test]
fn filter_only_saves_work() {
    type Make = fn(&str, u64) -> ApiKey;
    let statuses: [(&[&str], Condition, Make); 3] = [
        (&["DISABLED", "DISABLED_FOR_INACTIVITY", "DISABLED_EXPOSED"], Condition::Disabled, disabled),
        (&["EXPIRED"], Condition::Expired, expired),
        (&["ENABLED", "SOON_TO_BE_EXPIRED", "SOON_TO_BE_DISABLED"], Condition::Unused, unused),
    ];
    let keys = statuses.iter().flat_map(|(statuses, _, make)| {
        statuses.iter().map(|status| ApiKey { status: (*status).to_owned(), ..make(status, OLD) })
    });
    let coveo = organization(keys);
    for (statuses, selector, _) in &statuses {
        let listed = cli(&coveo).args([selector.option(), "30d"]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), *statuses);
    }
    let lists: Vec<String> = coveo.journal().into_iter().filter(|line| line.contains("apikeys")).collect();
    assert_eq!(lists, ["GET apikeys?status=DEACTIVATED", "GET apikeys", "GET apikeys"]);
}
