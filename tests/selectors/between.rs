//! Changes of a key between the list and its deletion, and failures of the read in between.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, at, disabled, expired, organization, unused};
use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Date, Fault, Hook, ORGANIZATION, Organization, Point,
};
use support::harness::{check, cli, outcomes, parallel};

type Change = fn(&mut ApiKey);

/// Makes a change when the key `victim` is requested with this method.
fn on(coveo: &Coveo, method: &'static str, change: impl Fn(&Organization) + Send + Sync + 'static) {
    coveo.on_request(move |request, organization| {
        if request.is(method, "/victim") {
            change(organization);
        }
    });
}

/// Starts an organization with three keys that match.
fn selected(selector: &[&str]) -> Coveo {
    let make = match selector[0] {
        "--disabled-for" => disabled,
        "--expired-for" => expired,
        _ => unused,
    };
    organization(["before", "victim", "after"].map(|id| make(id, NOW - 40 * DAY)))
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
    let selectors: [&[&str]; 7] = [
        &["--disabled-for", "30d"],
        &["--expired-for", "30d"],
        &["--expired-for", "30d", "--disable"],
        &["--unused-for", "30d"],
        &["--unused-for", "30d", "--disable"],
        &["--name", "Key *"],
        &["--name", "Key *", "--disable"],
    ];
    for selector in selectors {
        let coveo = selected(selector);
        let done = cli(&coveo).args(selector).arg("--yes").run().assert_status(0);
        let (verb, place) =
            if selector.contains(&"--disable") { ("disabled", "in") } else { ("deleted", "from") };
        let line = |id| format!("{verb} {id} \"Key {id}\" {place} {ORGANIZATION}\n");
        assert_eq!(done.stdout, ["before", "victim", "after"].map(line).concat());
        assert_eq!(coveo.journal(), requests(selector, None));
        let left = (place == "in").then_some(false);
        assert!(["before", "victim", "after"].iter().all(|id| coveo.is_enabled(id) == left), "{selector:?}");
    }
}

fn enable(key: &mut ApiKey) {
    key.enabled = true;
    "ENABLED".clone_into(&mut key.status);
    key.disabled_date = Date::Absent;
}

fn rename(key: &mut ApiKey) {
    "keep".clone_into(&mut key.display_name);
}

fn use_it(key: &mut ApiKey) {
    key.last_used_date = Date::Rfc3339(at(NOW));
}

#[test]
fn key_that_no_longer_matches_is_kept() {
    let (disabled_for, expired_for, name) =
        (["--disabled-for", "30d"], ["--expired-for", "30d"], ["--name", "Key *"]);
    let (disabled_for, expired_for, name) = (&disabled_for[..], &expired_for[..], &name[..]);
    let unused_for = &["--unused-for", "30d"][..];
    // What happens, and the reason why the read can't be used; without one, the key doesn't match any more.
    let cases: [(&[&str], &str, Option<&str>, Change); 23] = [
        (disabled_for, "activated", None, enable),
        (disabled_for, "disabled again", None, |key| key.disabled_date = Date::Millis(at(NOW))),
        (disabled_for, "a second short", None, |key| {
            key.disabled_date = Date::Rfc3339(at(NOW - 30 * DAY + 1));
        }),
        (disabled_for, "no date", Some("its disabledDate is missing"), |key| {
            key.disabled_date = Date::Absent
        }),
        (disabled_for, "an unreadable date", Some("its disabledDate can't be read"), |key| {
            key.disabled_date = Date::Raw(json!("yesterday"));
        }),
        (disabled_for, "a future date", Some("its disabledDate is in the future"), |key| {
            key.disabled_date = Date::Rfc3339(at(NOW + DAY));
        }),
        (disabled_for, "enabled in part", None, |key| key.enabled = true),
        (disabled_for, "an undocumented status", None, |key| "DISABLED_SOMEHOW".clone_into(&mut key.status)),
        (disabled_for, "no status", Some("its status is missing or can't be read"), |key| {
            _ = key.extra.insert("status".to_owned(), Value::Null);
        }),
        (disabled_for, "activated after", Some("it was activated after it was disabled"), |key| {
            key.activation_date = Date::Rfc3339(at(NOW - DAY));
        }),
        (disabled_for, "used after", Some("it was used more than a day after it was disabled"), |key| {
            key.last_used_date = Date::Rfc3339(at(NOW - DAY));
        }),
        (disabled_for, "moved", Some("it belongs to another organization"), |key| {
            _ = key.extra.insert("organizationId".to_owned(), json!("another"));
        }),
        (disabled_for, "moved, unreadably", Some("its organizationId can't be read"), |key| {
            _ = key.extra.insert("organizationId".to_owned(), json!([ORGANIZATION]));
        }),
        (disabled_for, "another key", Some("its createdDate isn't the one in the list"), |key| {
            key.created_date = Date::Rfc3339(at(NOW - 500 * DAY));
        }),
        (disabled_for, "expired", None, |key| "EXPIRED".clone_into(&mut key.status)),
        (&["--disabled-for", "30d", "--name", "Key *"], "renamed", None, rename),
        (&["--disabled-for", "30d", "--exclude", "prod *"], "renamed", None, |key| {
            "prod 1".clone_into(&mut key.display_name);
        }),
        (expired_for, "prolonged", None, |key| {
            "ENABLED".clone_into(&mut key.status);
            key.expiration_date = Date::Rfc3339(at(NOW + 365 * DAY));
        }),
        (expired_for, "another date", None, |key| key.expiration_date = Date::Rfc3339(at(NOW - DAY))),
        (unused_for, "used", None, use_it),
        (unused_for, "no last use", Some("its lastUsedDate was in the list and is missing now"), |key| {
            key.last_used_date = Date::Absent;
        }),
        (name, "renamed", None, rename),
        (&["--name", "Key *", "--disable"], "disabled", None, |key| {
            key.enabled = false;
            "DISABLED".clone_into(&mut key.status);
        }),
    ];
    for (selector, what, unusable, change) in cases {
        let organization = || {
            let coveo = selected(selector);
            on(&coveo, "GET", move |organization| organization.edit("victim", change));
            coveo
        };
        let coveo = organization();
        let verb = if selector.contains(&"--disable") { "disabled" } else { "deleted" };
        let (outcome, status) = if unusable.is_some() { ("unexpected", 1) } else { ("kept", 0) };
        let done = cli(&coveo).args(selector).args(["--yes", "--json"]).run();
        check(&done, &[("before", verb), ("victim", outcome), ("after", verb)], status);
        assert!(coveo.exists("victim"), "{what}");
        assert_eq!(coveo.journal(), requests(selector, Some("victim")), "{what}");

        let coveo = organization();
        let done = cli(&coveo).args(selector).arg("--yes").run().assert_status(status);
        if let Some(reason) = unusable {
            let reason = format!("error: victim was not deleted from {ORGANIZATION}, because {reason}\n");
            assert!(done.stderr.contains(&reason), "{what}: {}", done.stderr);
            assert!(!done.stderr.contains("hint: "), "{what}: {}", done.stderr);
        } else {
            let kept = done.stdout.lines().nth(1).expect("one line per key");
            assert!(kept.starts_with("kept victim \""), "{what}: {kept}");
            let why = format!(" in {ORGANIZATION}, because it changed after it was selected");
            assert!(kept.ends_with(&why), "{what}: {kept}");
            assert!(done.stderr.ends_with(&format!(": 2 {verb}, 1 kept\n")), "{}", done.stderr);
        }
    }
}

#[test]
fn quiet_run_does_not_mention_kept_keys() {
    let coveo = organization([disabled("victim", NOW - 40 * DAY)]);
    on(&coveo, "GET", |organization| organization.enable("victim"));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--quiet"]).run().assert_status(0);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    assert_eq!(coveo.is_enabled("victim"), Some(true));
}

/// It is gone, as the user wants, but this run hasn't deleted it.
#[test]
fn key_deleted_by_somebody_else_is_gone() {
    for method in ["GET", "DELETE", "PUT"] {
        for option in [None, Some("--ignore-not-found")] {
            let (selector, make): (_, fn(&str, u64) -> ApiKey) =
                if method == "PUT" { ("--unused-for", unused) } else { ("--disabled-for", disabled) };
            let coveo = organization(["victim", "after"].map(|id| make(id, NOW - 40 * DAY)));
            coveo.on_request(move |request, organization| {
                if request.method == method && request.path.contains("/victim") {
                    organization.remove("victim");
                }
            });
            let disable = (method == "PUT").then_some("--disable");
            let cli = cli(&coveo).args([selector, "30d", "--yes", "--json"]).args(option).args(disable);
            let done = if method == "PUT" { "disabled" } else { "deleted" };
            check(&cli.run(), &[("victim", "gone"), ("after", done)], 0);
            assert!(!coveo.exists("victim"));
            let reads = if method == "GET" { 1 } else { 2 };
            assert_eq!(coveo.count("GET", "/victim"), reads, "a 404 is checked by a read");
            assert_eq!(coveo.count("DELETE", "/victim"), usize::from(method == "DELETE"));
            assert_eq!(coveo.count("GET", "/privileges/token"), 0, "the list proves access");
        }
    }
}

/// Failed reads that the suite `answers` doesn't have, with exit status and outcome.
fn failed_reads() -> Vec<(&'static str, Fault, i32, &'static str)> {
    let page = |status: u16| {
        CannedResponse::status(status).header("Content-Type", "text/html").body("<html>Error</html>")
    };
    let key = |id: &str| {
        json!({"id": id, "status": "DISABLED", "enabled": false, "disabledDate": "2020-01-01T00:00:00Z"})
            .to_string()
    };
    let other = CannedResponse::status(200).body(key("other"));
    let without = CannedResponse::status(200).body(key("victim").replace("\"id\"", "\"ID\""));
    let list = CannedResponse::status(200).body(format!("[{}]", key("victim")));
    let half = CannedResponse::status(200).body(&key("victim").as_bytes()[..40]);
    let long = CannedResponse::status(200).body(format!("{}{}", key("victim"), " ".repeat(70_000)));
    vec![
        ("503", Fault::Answer(page(503)), 6, "unavailable"),
        ("closed", Fault::At(Point::BeforeActing, Break::Close), 6, "unavailable"),
        ("reset", Fault::At(Point::BeforeActing, Break::Reset), 6, "unavailable"),
        ("a body cut short", Fault::At(Point::Body, Break::Close), 6, "unavailable"),
        ("a header cut short", Fault::At(Point::Header, Break::Close), 6, "unavailable"),
        ("a time-out", Fault::At(Point::BeforeActing, Break::Hang), 6, "unavailable"),
        ("a page", Fault::Answer(page(200)), 1, "unexpected"),
        ("204", Fault::Answer(CannedResponse::status(204)), 1, "unexpected"),
        ("another key", Fault::Answer(other), 1, "unexpected"),
        ("a key without ID", Fault::Answer(without), 1, "unexpected"),
        ("a list", Fault::Answer(list), 1, "unexpected"),
        ("half a key", Fault::Answer(half), 1, "unexpected"),
        ("a key beyond the bound", Fault::Answer(long), 1, "unexpected"),
    ]
}

#[test]
fn key_that_can_not_be_read_is_not_deleted() {
    parallel(20, &failed_reads(), |(_, fault, status, outcome)| {
        let coveo = organization(["victim", "after"].map(|id| disabled(id, NOW - 40 * DAY)));
        coveo.inject("GET", "/victim", fault.clone());
        let limits = ["--retries=1", "--timeout=2s"];
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).args(limits).run();
        check(&done, &[("victim", outcome), ("after", "deleted")], *status);
        assert_eq!(coveo.ids(), ["victim"]);
        assert_eq!(coveo.count("DELETE", "/victim"), 0);
        assert_eq!(coveo.count("GET", "/victim"), if *status == 6 { 2 } else { 1 });
        // Only a read has failed, so the key was certainly not deleted.
        let error = done.stderr.lines().find(|line| line.contains("error: ")).expect("an error");
        assert!(error.contains("victim was not deleted"), "{error}");
        assert!(!done.stderr.contains("--ignore-not-found"), "{}", done.stderr);
    });
}

#[test]
fn three_failed_reads_stop_the_run() {
    let coveo = organization((1..=5).map(|number| disabled(&format!("k{number}"), NOW - 40 * DAY)));
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.path.contains("/apikeys/") => {
            Fault::Answer(CannedResponse::status(503))
        }
        _ => Fault::None,
    });
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json", "--retries=0"]).run();
    assert_eq!(
        outcomes(&done.assert_status(6).stdout),
        ["unavailable", "unavailable", "unavailable", "notTried", "notTried"]
    );
    assert_eq!(coveo.ids().len(), 5);
    let requests = ["GET apikeys?status=DEACTIVATED", "GET apikeys/k1", "GET apikeys/k2", "GET apikeys/k3"];
    assert_eq!(coveo.journal(), requests);
}

#[test]
fn read_and_deletion_share_the_timeout() {
    let coveo = organization([disabled("victim", NOW - 40 * DAY)]);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.method == "DELETE" => {
            Fault::At(Point::BeforeActing, Break::Hang)
        }
        Hook::Request(_, request) if request.is("GET", "/victim") => Fault::Slow(Duration::from_millis(1500)),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--timeout", "2s", "--retries", "0"]);
    let run = run.run().assert_status(6);
    assert!(run.stderr.contains("it is not known whether victim was deleted"), "{}", run.stderr);
    assert!(run.took < Duration::from_secs(3), "{:?}", run.took);
}

/// Sockets time out a little late, so a read may end after the time-out. The deletion isn't sent then.
#[test]
fn read_that_ends_at_the_timeout_leaves_no_doubt() {
    let delays = [1055, 1060, 1065, 1070, 1075, 1080, 1085, 1090];
    parallel(delays.len(), &delays, |delay| {
        let coveo = organization([disabled("victim", NOW - 40 * DAY)]);
        coveo.inject("GET", "/victim", Fault::Slow(Duration::from_millis(*delay)));
        let limits = ["--timeout", "1050ms", "--retries", "0"];
        let run = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).args(limits).run();
        check(&run, &[("victim", "unavailable")], 6);
        assert_eq!(coveo.count("DELETE", ""), 0);
    });
}
