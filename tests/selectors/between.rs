//! What happens to a key between the list and its deletion, and to the look that comes in between.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, at, disabled, expired, journal, key_in, key_of, organization};
use support::fake_coveo::{
    ApiKey, Coveo, Date, Fault, How, Moment, ORGANIZATION, Organization, Point, Scripted,
};
use support::harness::{Ran, key_outcomes, parallel, tool};

type Change = fn(&Organization);

/// Has `change` done as soon as `before` is asked of the key `victim`.
fn when(coveo: &Coveo, method: &'static str, change: Change) {
    coveo.on_request(move |request, organization| {
        if request.method == method && key_in(request) == Some("victim") {
            change(organization);
        }
    });
}

fn alter(organization: &Organization, alter: impl FnOnce(&mut ApiKey)) {
    let mut key = organization.key("victim").expect("it is still there");
    alter(&mut key);
    organization.add(key);
}

#[test]
fn a_key_that_no_longer_qualifies_is_kept() {
    let cases: [(&str, &str, Change); 14] = [
        ("disabled", "it was enabled", |organization| organization.enable("victim")),
        ("disabled", "it was enabled and disabled again", |organization| {
            alter(organization, |key| key.disabled_date = Date::Millis(at(NOW)));
        }),
        ("disabled", "a second short", |organization| {
            alter(organization, |key| key.disabled_date = Date::Rfc3339(at(NOW - 30 * DAY + 1)));
        }),
        ("disabled", "the date is gone", |organization| {
            alter(organization, |key| key.disabled_date = Date::Absent);
        }),
        ("disabled", "the date can't be read", |organization| {
            alter(organization, |key| key.disabled_date = Date::Raw(json!("yesterday")));
        }),
        ("disabled", "the date lies ahead", |organization| {
            alter(organization, |key| key.disabled_date = Date::Rfc3339(at(NOW + DAY)));
        }),
        ("disabled", "it is enabled by half", |organization| alter(organization, |key| key.enabled = true)),
        ("disabled", "it has a status that nobody knows", |organization| {
            alter(organization, |key| "DISABLED_SOMEHOW".clone_into(&mut key.status));
        }),
        ("disabled", "it has no status", |organization| {
            alter(organization, |key| _ = key.extra.insert("status".to_owned(), Value::Null));
        }),
        ("disabled", "it expired", |organization| {
            alter(organization, |key| "EXPIRED".clone_into(&mut key.status));
        }),
        ("disabled", "it has another name", |organization| {
            alter(organization, |key| "keep".clone_into(&mut key.display_name));
        }),
        ("expired", "it was prolonged", |organization| {
            alter(organization, |key| {
                "ENABLED".clone_into(&mut key.status);
                key.expiration_date = Date::Rfc3339(at(NOW + 365 * DAY));
            });
        }),
        ("expired", "the date was moved", |organization| {
            alter(organization, |key| key.expiration_date = Date::Rfc3339(at(NOW - DAY)));
        }),
        ("expired", "it was enabled", |organization| organization.enable("victim")),
    ];
    for (kind, what, change) in cases {
        for json in [false, true] {
            let (make, option): (fn(&str, u64) -> ApiKey, _) =
                if kind == "disabled" { (disabled, "--disabled-for") } else { (expired, "--expired-for") };
            let coveo = organization(["before", "victim", "after"].map(|id| make(id, NOW - 40 * DAY)));
            when(&coveo, "GET", change);
            let run = tool(&coveo).args([option, "30d", "--yes", "--name=Key *"]);
            let done = if json { run.arg("--json") } else { run }.run().ends_with(0);
            assert_eq!(coveo.ids(), ["victim"], "{what}");
            let filter = if kind == "disabled" { "GET apikeys?status=DEACTIVATED" } else { "GET apikeys" };
            let looks = [
                filter,
                "GET apikeys/before",
                "DELETE apikeys/before",
                "GET apikeys/victim",
                "GET apikeys/after",
                "DELETE apikeys/after",
            ];
            assert_eq!(journal(&coveo), looks, "{what}");
            if json {
                let told = [("before", "deleted"), ("victim", "kept"), ("after", "deleted")];
                assert_eq!(
                    key_outcomes(&done.stdout),
                    told.map(|(id, outcome)| (id.to_owned(), outcome.to_owned())),
                    "{what}"
                );
            } else {
                let lines: Vec<&str> = done.stdout.lines().collect();
                assert!(lines[1].starts_with("kept victim \""), "{what}: {}", lines[1]);
                assert!(
                    lines[1]
                        .ends_with(&format!(" in {ORGANIZATION}, since it changed after it was selected"))
                );
                assert!(done.stderr.ends_with("coveo-delete-key: 2 deleted, 1 kept\n"), "{}", done.stderr);
            }
        }
    }
}

#[test]
fn a_key_that_is_kept_is_no_news_to_a_quiet_run() {
    let coveo = organization([disabled("victim", NOW - 40 * DAY)]);
    when(&coveo, "GET", |organization| organization.enable("victim"));
    let done = tool(&coveo).args(["--disabled-for", "30d", "--yes", "--quiet"]).run().ends_with(0);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    assert_eq!(coveo.is_enabled("victim"), Some(true));
}

#[test]
fn a_key_that_somebody_else_deleted_meanwhile_is_not_claimed() {
    for method in ["GET", "DELETE"] {
        for ignore in [false, true] {
            let coveo = organization(["victim", "after"].map(|id| disabled(id, NOW - 40 * DAY)));
            when(&coveo, method, |organization| organization.remove("victim"));
            let run = || tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]);
            let (done, outcome) = if ignore {
                (run().arg("--ignore-not-found").run().ends_with(0), "alreadyGone")
            } else {
                (run().run().ends_with(5), "notFound")
            };
            let told = [("victim", outcome), ("after", "deleted")];
            assert_eq!(
                key_outcomes(&done.stdout),
                told.map(|(id, outcome)| (id.to_owned(), outcome.to_owned())),
                "{method}"
            );
            assert!(coveo.ids().is_empty());
            let deletions =
                journal(&coveo).into_iter().filter(|line| line == "DELETE apikeys/victim").count();
            assert_eq!(deletions, usize::from(method == "DELETE"));
        }
    }
}

/// What can come of the look at a key, the exit status that follows, and the outcome.
fn failed_looks() -> Vec<(&'static str, Fault, i32, &'static str)> {
    let page =
        |status: u16| Scripted::status(status).header("Content-Type", "text/html").body("<html>Error</html>");
    let key = |id: &str| {
        json!({"id": id, "status": "DISABLED", "enabled": false, "disabledDate": "2020-01-01T00:00:00Z"})
            .to_string()
    };
    let other = Scripted::status(200).body(key("other"));
    let without = Scripted::status(200).body(key("victim").replace("\"id\"", "\"ID\""));
    let list = Scripted::status(200).body(format!("[{}]", key("victim")));
    let half = Scripted::status(200).body(&key("victim").as_bytes()[..40]);
    let long = Scripted::status(200).body(format!("{}{}", key("victim"), " ".repeat(70_000)));
    vec![
        ("503", Fault::Answer(page(503)), 6, "unavailable"),
        ("429", Fault::Answer(Scripted::status(429)), 6, "unavailable"),
        ("closed", Fault::At(Point::BeforeActing, How::Close), 6, "unavailable"),
        ("reset", Fault::At(Point::BeforeActing, How::Reset), 6, "unavailable"),
        ("a body cut short", Fault::At(Point::Body, How::Close), 6, "unavailable"),
        ("a header cut short", Fault::At(Point::Header, How::Close), 6, "unavailable"),
        ("a time-out", Fault::At(Point::BeforeActing, How::Hang), 6, "unavailable"),
        ("403", Fault::Answer(Scripted::error(403, "ACCESS_DENIED", "No.")), 4, "forbidden"),
        ("401", Fault::Answer(Scripted::error(401, "INVALID_TOKEN", "No.")), 3, "unauthorized"),
        ("a 404 of somebody else", Fault::Answer(page(404)), 1, "unexpected"),
        ("a page", Fault::Answer(page(200)), 1, "unexpected"),
        ("204", Fault::Answer(Scripted::status(204)), 1, "unexpected"),
        ("302", Fault::Answer(page(302).header("Location", "/")), 1, "unexpected"),
        ("another key", Fault::Answer(other), 1, "unexpected"),
        ("a key without ID", Fault::Answer(without), 1, "unexpected"),
        ("a list", Fault::Answer(list), 1, "unexpected"),
        ("half a key", Fault::Answer(half), 1, "unexpected"),
        ("a key beyond the bound", Fault::Answer(long), 1, "unexpected"),
    ]
}

/// An organization where the look at `victim` fails in this way, and what a run made of it.
fn run_with(fault: &Fault) -> (Coveo, Ran) {
    let coveo = organization(["victim", "after"].map(|id| disabled(id, NOW - 40 * DAY)));
    let fault = fault.clone();
    coveo.plan(move |moment| if key_of(moment) == Some("victim") { fault.clone() } else { Fault::None });
    let run =
        tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json", "--retries=1", "--timeout=4s"]).run();
    (coveo, run)
}

#[test]
fn a_key_that_can_not_be_looked_at_is_not_deleted() {
    parallel(20, &failed_looks(), |(_, fault, status, outcome)| {
        let (coveo, done) = run_with(fault);
        let done = done.ends_with(*status);
        let told = [("victim", *outcome), ("after", "deleted")];
        assert_eq!(key_outcomes(&done.stdout), told.map(|(id, outcome)| (id.to_owned(), outcome.to_owned())));
        assert_eq!(coveo.ids(), ["victim"]);
        assert!(!journal(&coveo).contains(&"DELETE apikeys/victim".to_owned()));
        let attempts = journal(&coveo).iter().filter(|line| *line == "GET apikeys/victim").count();
        assert_eq!(attempts, if *status == 6 { 2 } else { 1 });
        // Only a look has failed, so it is certain that the key was not deleted, and that is what must be said.
        let error = done.stderr.lines().find(|line| line.contains("error: ")).expect("an error");
        assert!(error.contains("victim was not deleted"), "{error}");
        assert!(!done.stderr.contains("--ignore-not-found"), "{}", done.stderr);
    });
}

#[test]
fn three_keys_that_can_not_be_looked_at_end_the_run() {
    let coveo = organization((1..=5).map(|number| disabled(&format!("k{number}"), NOW - 40 * DAY)));
    coveo.plan(|moment| match key_of(moment) {
        Some(id) if !id.is_empty() => Fault::Answer(Scripted::status(503)),
        _ => Fault::None,
    });
    let done =
        tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json", "--retries=0"]).run().ends_with(6);
    let told: Vec<String> = key_outcomes(&done.stdout).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(told, ["unavailable", "unavailable", "unavailable", "notTried", "notTried"]);
    assert_eq!(coveo.ids().len(), 5);
    assert_eq!(
        journal(&coveo),
        ["GET apikeys?status=DEACTIVATED", "GET apikeys/k1", "GET apikeys/k2", "GET apikeys/k3"]
    );
}

#[test]
fn the_look_and_the_deletion_share_the_time_that_a_key_has() {
    let coveo = organization([disabled("victim", NOW - 40 * DAY)]);
    coveo.plan(|moment| match moment {
        Moment::Request(_, request) if request.method == "DELETE" => {
            Fault::At(Point::BeforeActing, How::Hang)
        }
        moment if key_of(moment) == Some("victim") => Fault::Slow(Duration::from_millis(1500)),
        _ => Fault::None,
    });
    let run = tool(&coveo).args(["--disabled-for", "30d", "--yes", "--timeout", "2s", "--retries", "0"]);
    let ran = run.run().ends_with(6);
    assert!(ran.stderr.contains("it is not known whether victim was deleted"), "{}", ran.stderr);
    assert!(ran.took < Duration::from_secs(3), "{:?}", ran.took);
}

/// A socket gives up a little late, so a look may end when the time of the key is up. The deletion is not sent then.
#[test]
fn a_look_that_ends_when_the_time_is_up_leaves_no_doubt() {
    let delays = [1055, 1060, 1065, 1070, 1075, 1080, 1085, 1090];
    parallel(delays.len(), &delays, |delay| {
        let (coveo, slow) =
            (organization([disabled("victim", NOW - 40 * DAY)]), Duration::from_millis(*delay));
        coveo.plan(move |moment| match moment {
            moment if key_of(moment) == Some("victim") => Fault::Slow(slow),
            _ => Fault::None,
        });
        let limits = ["--timeout", "1050ms", "--retries", "0"];
        let ran = tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).args(limits).run();
        assert_eq!(key_outcomes(&ran.stdout), [("victim".into(), "unavailable".into())], "{}", ran.stderr);
        assert!(!journal(&coveo).iter().any(|request| request.starts_with("DELETE")));
    });
}
