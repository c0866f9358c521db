//! Previews, dry runs and real runs: their output and their requests.

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, assert_only_reads, disabled, expired, organization, unused};
use crate::oracle::Condition;
use support::fake_coveo::{Coveo, ORGANIZATION};
use support::harness::cli;

/// One key for each condition, and one for none.
fn one_of_each() -> Coveo {
    organization([
        disabled("d1", NOW - 40 * DAY),
        unused("u1", NOW - 40 * DAY),
        expired("e1", NOW - 40 * DAY),
        unused("fresh", NOW - DAY),
    ])
}

const D1: &str = r#"d1 "Key d1" (disabled since 2026-10-11)"#;
const E1: &str = r#"e1 "Key e1" (expired 2026-10-11)"#;
const U1: &str = r#"u1 "Key u1" (enabled, last used 2026-10-11)"#;

#[test]
fn run_without_yes_only_lists() {
    let cases = [
        (Condition::Disabled, false, format!("would delete {D1} from")),
        (Condition::Expired, false, format!("would delete {E1} from")),
        (Condition::Expired, true, format!("would disable {E1} in")),
        (Condition::Unused, false, format!("would delete {U1} from")),
        (Condition::Unused, true, format!("would disable {U1} in")),
    ];
    for (selector, disable, line) in cases {
        let coveo = one_of_each();
        let change = if disable { &["--disable"][..] } else { &[] };
        let done = if disable { "disabled" } else { "deleted" };
        let listed = cli(&coveo).args([selector.option(), "30d"]).args(change).run().assert_status(0);
        assert_eq!(listed.stdout, format!("{line} {ORGANIZATION}\n"));
        let verb = done.trim_end_matches('d');
        let last =
            format!("coveo-delete-key: listed only, nothing was {done}; add --yes to {verb} this key\n");
        assert_eq!(listed.stderr, last);

        let rehearsed = cli(&coveo)
            .args([selector.option(), "30d", "--dry-run", "--yes"])
            .args(change)
            .run()
            .assert_status(0);
        assert_eq!((&rehearsed.stdout, rehearsed.stderr.as_str()), (&listed.stdout, ""));

        // The list was requested, so --quiet prints it too.
        let quiet =
            cli(&coveo).args([selector.option(), "30d", "-q", "-n"]).args(change).run().assert_status(0);
        assert_eq!((&quiet.stdout, quiet.stderr.as_str()), (&listed.stdout, ""));
        assert_only_reads(&coveo);
        assert_eq!(coveo.ids().len(), 4);
    }
}

#[test]
fn list_of_several_keys_ends_with_their_number() {
    let coveo = organization([disabled("a", NOW - 40 * DAY), disabled("b", NOW - 50 * DAY)]);
    let listed = cli(&coveo).args(["--disabled-for", "30d"]).run().assert_status(0);
    assert_eq!(
        listed.stderr,
        "coveo-delete-key: 2 would be deleted\n\
         coveo-delete-key: listed only, nothing was deleted; add --yes to delete these 2 keys\n"
    );
}

#[test]
fn json_of_a_list_has_every_field() {
    let coveo = one_of_each();
    coveo.edit("u1", |key| "a\ntest".clone_into(&mut key.description));
    for (arguments, action, outcome) in [
        (&["--unused-for", "30d"][..], "delete", "wouldDelete"),
        (&["--unused-for", "30d", "--disable"], "disable", "wouldDisable"),
        (&["--unused-for", "30d", "--dry-run", "--yes"], "delete", "wouldDelete"),
    ] {
        let listed = cli(&coveo).args(arguments).arg("--json").run().assert_status(0);
        let mut result: Value = serde_json::from_str(listed.stdout.trim_end()).expect("one line of JSON");
        assert!(result["elapsedMs"].is_u64());
        let time = result["time"].as_str().and_then(|time| humantime::parse_rfc3339(time).ok());
        assert!(time.is_some_and(|time| time.elapsed().unwrap_or_default().as_secs() < 60), "{result}");
        (result["elapsedMs"], result["time"]) = (json!(0), json!(0));
        let expected = json!({
            "keyId": "u1", "organizationId": ORGANIZATION, "action": action, "outcome": outcome, "httpStatus": null,
            "errorCode": null, "message": null, "requestId": null, "attempts": 0, "elapsedMs": 0, "time": 0,
            "key": {
                "displayName": "Key u1", "status": "ENABLED", "createdDate": "2023-10-01T12:00:00Z",
                "lastUsedDate": "2026-10-11T12:00:00Z", "expirationDate": null, "disabledDate": null,
                "description": "a test", "createdBy": "alice@example.com-google", "exposed": false,
                "value": coveo.key("u1").unwrap().masked_value(),
            },
        });
        assert_eq!(result, expected);
    }
    assert_only_reads(&coveo);
}

#[test]
fn selected_keys_are_shown_before_the_first_change() {
    let coveo = organization([disabled("a", NOW - 40 * DAY), disabled("b", NOW - 50 * DAY)]);
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--verbose"]).run().assert_status(0);
    let lines: Vec<&str> = done.stderr.lines().map(|line| &line["coveo-delete-key: ".len()..]).collect();
    let selected: Vec<&&str> = lines.iter().filter(|line| line.starts_with("selected ")).collect();
    assert_eq!(
        selected,
        [
            &r#"selected a "Key a" (disabled since 2026-10-11)"#,
            &r#"selected b "Key b" (disabled since 2026-10-01)"#
        ]
    );
    let last = lines.iter().rposition(|line| line.starts_with("selected "));
    let first = lines.iter().position(|line| line.starts_with("DELETE "));
    assert!(last.is_some() && last < first, "{lines:#?}");
    assert_eq!(lines.last(), Some(&"2 deleted"));

    let coveo = organization([disabled("a", NOW - 40 * DAY), disabled("b", NOW - 50 * DAY)]);
    let quiet = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--quiet"]).run().assert_status(0);
    // The user hasn't named these keys, so the output does.
    assert_eq!(
        quiet.stdout,
        format!("deleted a \"Key a\" from {ORGANIZATION}\ndeleted b \"Key b\" from {ORGANIZATION}\n")
    );
    assert_eq!(quiet.stderr, "");
    assert!(coveo.ids().is_empty());
}

#[test]
fn no_matching_key_is_a_success() {
    let cases = [
        (&["--disabled-for", "90d"][..], "has been disabled for 90d; N read, nothing was deleted"),
        (&["--expired-for", "90d"], "has been expired for 90d; N read, nothing was deleted"),
        (&["--expired-for", "90d", "--disable"], "has been expired for 90d; N read, nothing was disabled"),
        // The age is shown as typed.
        (&["--unused-for", "0090d"], "is enabled and has been unused for 0090d; N read, nothing was deleted"),
        (
            &["--unused-for", "90d", "--disable"],
            "is enabled and has been unused for 90d; N read, nothing was disabled",
        ),
        (
            &["--disabled-for", "30d", "--name", "x*"],
            "has been disabled for 30d and has a name that matches \"x*\"; N read, nothing was deleted",
        ),
    ];
    for coveo in [one_of_each(), organization([])] {
        for (arguments, words) in cases {
            for mode in [&[][..], &["--yes"], &["--dry-run"], &["--json", "--yes"]] {
                let none = cli(&coveo).args(arguments).args(mode).run().assert_status(0);
                assert_eq!(none.stdout, "");
                let read = if coveo.ids().is_empty() { 0 } else { 4 };
                let read = if words.contains("disabled for") { read / 2 } else { read };
                let words = words.replace("N read", &format!("{read} keys were read"));
                assert_eq!(none.stderr, format!("coveo-delete-key: no API key of {ORGANIZATION} {words}\n"));
                let quiet = cli(&coveo).args(arguments).args(mode).arg("-q").run().assert_status(0);
                assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
            }
        }
        assert_only_reads(&coveo);
    }
}
