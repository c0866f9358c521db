//! Changes of a key between the list and its deletion, and failures of the read in between.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::{BORDER, DAY, NOW, OLD, at, disabled, expired, organization, unused};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, ORGANIZATION, Point};
use support::harness::{check, cli, outcomes, parallel};

const DISABLED: &[&str] = &["--disabled-for", "30d"];
const EXPIRED: &[&str] = &["--expired-for", "30d"];
const UNUSED: &[&str] = &["--unused-for", "30d"];
const NAME: &[&str] = &["--name", "Key *"];

/// Starts an organization with three keys that match.
fn selected(selector: &[&str]) -> Coveo {
    let make = match selector[0] {
        "--disabled-for" => disabled,
        "--expired-for" => expired,
        _ => unused,
    };
    organization(["before", "victim", "after"].map(|id| make(id, OLD)))
}

/// The requests of a run: the list, and for each key a read and the change, unless it is kept.
fn requests(selector: &[&str], kept: Option<&str>) -> Vec<String> {
    let is_filtered = selector[0] == "--disabled-for";
    let mut all = vec![if is_filtered { "GET apikeys?status=DEACTIVATED" } else { "GET apikeys" }.to_owned()];
    for id in ["before", "victim", "after"] {
        all.push(format!("GET apikeys/{id}"));
        if kept != Some(id) {
            all.push(match selector.contains(&"--disable") {
                true => format!("PUT apikeys/{id}/disable"),
                false => format!("DELETE apikeys/{id}"),
            });
        }
    }
    all
}

#[test]
fn each_key_is_read_again_right_before_its_change() {
    let date = |second: u64| json!(humantime::format_rfc3339_seconds(at(second)).to_string());
    let (yesterday, long_ago) = (date(NOW - DAY), date(NOW - 500 * DAY));
    let renamed = json!({"displayName": "prod 1"});
    // The conditions, the outcome or the reason why the read can't be used, and what the read shows unlike the list.
    let cases: [(&[&str], &str, Value); 30] = [
        (DISABLED, "deleted", json!({})),
        (EXPIRED, "deleted", json!({})),
        (&["--expired-for", "30d", "--disable"], "disabled", json!({})),
        (UNUSED, "deleted", json!({})),
        (&["--unused-for", "30d", "--disable"], "disabled", json!({})),
        (NAME, "deleted", json!({})),
        (&["--name", "Key *", "--disable"], "disabled", json!({})),
        (DISABLED, "kept", json!({"enabled": true, "status": "ENABLED", "disabledDate": null})),
        (DISABLED, "kept", json!({"enabled": true})),
        (DISABLED, "kept", json!({"status": "DISABLED_SOMEHOW"})),
        (DISABLED, "kept", json!({"status": "EXPIRED"})),
        (DISABLED, "kept", json!({"disabledDate": NOW * 1000})),
        (DISABLED, "kept", json!({"disabledDate": date(BORDER + 1)})),
        (DISABLED, "its disabledDate is missing", json!({"disabledDate": null})),
        (DISABLED, "its disabledDate can't be read", json!({"disabledDate": "yesterday"})),
        (DISABLED, "its disabledDate is in the future", json!({"disabledDate": date(NOW + DAY)})),
        (DISABLED, "its status is missing or can't be read", json!({"status": null})),
        (DISABLED, "it was activated after it was disabled", json!({"activationDate": yesterday})),
        (DISABLED, "it was used more than a day after it was disabled", json!({"lastUsedDate": yesterday})),
        (DISABLED, "it belongs to another organization", json!({"organizationId": "another"})),
        (DISABLED, "its organizationId can't be read", json!({"organizationId": [ORGANIZATION]})),
        (DISABLED, "its createdDate isn't the one in the list", json!({"createdDate": long_ago})),
        (&["--disabled-for", "30d", "--name", "Key *"], "kept", renamed.clone()),
        (&["--disabled-for", "30d", "--exclude", "prod *"], "kept", renamed.clone()),
        (EXPIRED, "kept", json!({"status": "ENABLED", "expirationDate": date(NOW + 365 * DAY)})),
        (EXPIRED, "kept", json!({"expirationDate": yesterday})),
        (UNUSED, "kept", json!({"lastUsedDate": date(NOW)})),
        (UNUSED, "its lastUsedDate was in the list and is missing now", json!({"lastUsedDate": null})),
        (NAME, "kept", renamed),
        (&["--name", "Key *", "--disable"], "kept", json!({"enabled": false, "status": "DISABLED"})),
    ];
    parallel(4, &cases, |(selector, expected, fields)| {
        let verb = if selector.contains(&"--disable") { "disabled" } else { "deleted" };
        let (outcome, status) = match *expected {
            "deleted" | "disabled" | "kept" => (*expected, 0),
            _ => ("unexpected", 1),
        };
        let run = |output: &str| {
            let (coveo, fields) = (selected(selector), fields.as_object().expect("fields").clone());
            coveo.on_request(move |request, organization| {
                if request.is("GET", "/victim") {
                    organization.edit("victim", |key| key.extra.extend(fields.clone()));
                }
            });
            let run = cli(&coveo).args(*selector).args(["--yes", output]).run().assert_status(status);
            (coveo, run)
        };
        let (coveo, done) = run("--json");
        check(&done, &[("before", verb), ("victim", outcome), ("after", verb)], status);
        let kept = (outcome != verb).then_some("victim");
        assert_eq!(coveo.exists("victim"), outcome != "deleted");
        assert_eq!(coveo.journal(), requests(selector, kept));

        let done = run("--verbose").1;
        if outcome == "unexpected" {
            let reason = format!("error: victim was not deleted from {ORGANIZATION}, because {expected}\n");
            done.assert_stderr(&reason);
            assert!(!done.stderr.contains("hint: "), "{}", done.stderr);
        } else if outcome == "kept" {
            assert!(!run("--quiet").1.stdout.contains("kept"));
            let kept = done.stdout.lines().nth(1).expect("one line per key");
            assert!(kept.starts_with("kept victim \""), "{kept}");
            let why = format!(" in {ORGANIZATION}, because it changed after it was selected");
            assert!(kept.ends_with(&why), "{kept}");
            assert!(done.stderr.ends_with(&format!(": 2 {verb}, 1 kept\n")), "{}", done.stderr);
        }
    });
}

/// It is gone, as the user wants, but this run hasn't deleted it.
#[test]
fn key_deleted_by_somebody_else_is_gone() {
    let runs: [(&str, &[&str], &str); 3] = [
        ("GET", &["--disabled-for", "30d"], "deleted"),
        ("DELETE", &["--disabled-for", "30d"], "deleted"),
        ("PUT", &["--unused-for", "30d", "--disable"], "disabled"),
    ];
    for (method, arguments, done) in runs {
        for option in [None, Some("--ignore-not-found")] {
            let coveo = selected(arguments);
            coveo.remove("before");
            coveo.on_request(move |request, organization| {
                if request.method == method && request.path.contains("/victim") {
                    organization.remove("victim");
                }
            });
            let run = cli(&coveo).args(arguments).args(["--yes", "--json"]).args(option).run();
            check(&run, &[("victim", "gone"), ("after", done)], 0);
            let reads = if method == "GET" { 1 } else { 2 };
            assert_eq!(coveo.count("GET", "/victim"), reads, "a 404 is checked by a read");
            assert_eq!(coveo.count("DELETE", "/victim"), usize::from(method == "DELETE"));
            assert_eq!(coveo.count("GET", "/privileges/token"), 0, "the list proves access");
        }
    }
}

/// Failed reads that the suite `answers` doesn't have, with the outcome.
fn failed_reads() -> [(&'static str, Fault, &'static str); 10] {
    let key = r#"{"id":"victim","status":"DISABLED","enabled":false,"disabledDate":"2020-01-01T00:00:00Z"}"#;
    [
        ("closed", Fault::At(Point::BeforeActing, Break::Close), "unavailable"),
        ("reset", Fault::At(Point::BeforeActing, Break::Reset), "unavailable"),
        ("a body cut short", Fault::At(Point::Body, Break::Close), "unavailable"),
        ("a header cut short", Fault::At(Point::Header, Break::Close), "unavailable"),
        ("a time-out", Fault::At(Point::BeforeActing, Break::Hang), "unavailable"),
        ("204", Fault::Answer(CannedResponse::status(204)), "unexpected"),
        ("a key without ID", Fault::json(key.replace("\"id\"", "\"ID\"")), "unexpected"),
        ("a list", Fault::json(format!("[{key}]")), "unexpected"),
        ("half a key", Fault::json(&key[..40]), "unexpected"),
        ("a key beyond the bound", Fault::json(key.to_owned() + &" ".repeat(70_000)), "unexpected"),
    ]
}

#[test]
fn key_that_can_not_be_read_is_not_deleted() {
    parallel(10, &failed_reads(), |(_, fault, outcome)| {
        let coveo = organization(["victim", "after"].map(|id| disabled(id, OLD)));
        coveo.inject("GET", "/victim", fault.clone());
        let limits = ["--retries=1", "--timeout=2s"];
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).args(limits).run();
        let (status, reads) = if *outcome == "unavailable" { (6, 2) } else { (1, 1) };
        check(&done, &[("victim", outcome), ("after", "deleted")], status);
        assert_eq!(coveo.ids(), ["victim"]);
        assert_eq!((coveo.count("GET", "/victim"), coveo.count("DELETE", "/victim")), (reads, 0));
        // Only a read has failed, so the key was certainly not deleted.
        let error = done.stderr.lines().find(|line| line.contains("error: ")).expect("an error");
        assert!(error.contains("victim was not deleted"), "{error}");
        assert!(!done.stderr.contains("--ignore-not-found"), "{}", done.stderr);
    });
}

#[test]
fn three_failed_reads_stop_the_run() {
    let coveo = organization((1..=5).map(|number| disabled(&format!("k{number}"), OLD)));
    coveo.inject_at(1.., Fault::Answer(CannedResponse::status(503)));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json", "--retries=0"]).run();
    let expected = ["unavailable", "unavailable", "unavailable", "notTried", "notTried"];
    assert_eq!(outcomes(&done.assert_status(6).stdout), expected);
    let requests = ["GET apikeys?status=DEACTIVATED", "GET apikeys/k1", "GET apikeys/k2", "GET apikeys/k3"];
    assert_eq!(coveo.journal(), requests);
}

#[test]
fn read_and_deletion_share_the_timeout() {
    let coveo = organization([disabled("victim", OLD)]);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.method == "DELETE" => {
            Fault::At(Point::BeforeActing, Break::Hang)
        }
        Hook::Request(_, request) if request.is("GET", "/victim") => Fault::Slow(Duration::from_millis(1500)),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--timeout", "2s", "--retries", "0"]);
    let run = run.run_within(Duration::from_secs(2)).assert_status(6);
    run.assert_stderr("it is not known whether victim was deleted");
}

/// Sockets time out a little late, so a read may end after the time-out. The deletion isn't sent then.
#[test]
fn read_that_ends_at_the_timeout_leaves_no_doubt() {
    let delays = [1055, 1060, 1065, 1070, 1075, 1080, 1085, 1090];
    parallel(delays.len(), &delays, |delay| {
        let coveo = organization([disabled("victim", OLD)]);
        coveo.inject("GET", "/victim", Fault::Slow(Duration::from_millis(*delay)));
        let limits = ["--timeout", "1050ms", "--retries", "0"];
        let run = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).args(limits).run();
        check(&run, &[("victim", "unavailable")], 6);
        assert_eq!(coveo.count("DELETE", ""), 0);
    });
}
