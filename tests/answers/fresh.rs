//! Answers that are not fresh, and clocks that are wrong: neither may cost a key.

use std::thread;
use std::time::Duration;

use support::fake_coveo::{ApiKey, Coveo, Fault, Moment, Recorded, Scripted};
use support::harness::{parallel, tool};

use crate::fixtures::{check, count, days_ago, disabled, is, journal, organization, strike, unused};

const SELECTORS: [&[&str]; 4] =
    [&["--disabled-for", "30d"], &["--expired-for", "30d"], &["--unused-for", "90d"], &["--name", "Key k*"]];

fn no_cache(request: &Recorded) -> bool {
    request.header("Cache-Control") == Some("no-cache")
}

#[test]
fn whatever_is_read_is_asked_for_afresh() {
    let runs: [&[&str]; 5] = [
        &["--disabled-for", "30d", "--yes"],
        &["--dry-run", "k1", "m1"],
        &["--bulk", "k1", "k2"],
        &["m1"],
        &["--disable", "--unused-for", "30d", "--yes"],
    ];
    let mut paths = Vec::new();
    for run in runs {
        let coveo = organization([disabled("k1", 40), disabled("k2", 40), unused("k3", 400)]);
        tool(&coveo).args(run).run();
        for request in coveo.requests() {
            if request.method == "GET" {
                assert!(no_cache(&request), "{run:?} {} {:?}", request.path, request.headers);
                paths.push(request.path);
            }
        }
    }
    for tail in ["/apikeys", "/apikeys/k1", "/privileges/token"] {
        assert!(paths.iter().any(|path| path.ends_with(tail)), "{tail} was never read");
    }
}

/// Somebody looks at a key, and a cache keeps what was seen. The key is enabled again. Then comes the run.
#[test]
fn a_key_that_was_enabled_again_is_not_deleted_because_a_cache_remembers_otherwise() {
    for (age, options) in [(60, &[][..]), (3600, &[]), (86_400, &[]), (60, &["--ignore-not-found"])] {
        let coveo = organization([disabled("k1", 40), disabled("k2", 40)]);
        tool(&coveo).args(["--dry-run", "k1"]).run().ends_with(0);
        coveo.on_request(|request, organization| {
            if is(request, "GET", "/apikeys/k1") {
                organization.enable("k1");
            }
        });
        strike(&coveo, "GET", "/apikeys/k1", Fault::Cached(Some(Duration::from_secs(age))));
        let ran = tool(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).args(options).run();
        check(&ran, &[("k1", "unexpected"), ("k2", "deleted")], 1);
        assert_eq!(coveo.is_enabled("k1"), Some(true));
        assert!(ran.stderr.contains("cache"), "{}", ran.stderr);
    }
}

#[test]
fn a_list_from_a_cache_selects_nothing() {
    for selector in SELECTORS {
        for age in ["2", "60", "31536000", "99999999999999999999999"] {
            for act in ["--yes", "--dry-run"] {
                let coveo = organization([disabled("k1", 400), unused("k2", 400)]);
                strike(&coveo, "GET", "/apikeys", Fault::header("Age", age));
                let ran = tool(&coveo).args(selector).arg(act).run().ends_with(1);
                assert!(ran.stdout.is_empty(), "{}", ran.stdout);
                assert!(ran.stderr.contains("cache"), "{}", ran.stderr);
                assert_eq!(coveo.ids(), ["k1", "k2"]);
                assert!(journal(&coveo).iter().all(|line| line.starts_with("GET ")));
            }
        }
    }
}

/// A proxy that forwards without keeping anything may say `Age: 0`, or the time that the request took.
#[test]
fn an_age_that_the_request_itself_took_is_no_cache() {
    for (age, took) in [("0", 0), ("1", 0), ("2", 1300)] {
        let coveo = organization([disabled("k1", 40)]);
        coveo.plan(move |moment| match moment {
            Moment::Request(_, request) if request.method == "GET" => Fault::header("Age", age),
            _ => Fault::None,
        });
        coveo.on_request(move |request, _| {
            if request.method == "GET" {
                thread::sleep(Duration::from_millis(took));
            }
        });
        let ran = tool(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).run();
        check(&ran, &[("k1", "deleted")], 0);
    }
}

#[test]
fn a_clock_that_is_ahead_selects_nothing() {
    let cases: [(u64, bool); 6] =
        [(400, false), (91, false), (25, true), (23, true), (0, true), (36_500, false)];
    for (ahead, in_hours) in cases {
        let ahead = Duration::from_secs(ahead * if in_hours { 3600 } else { 86_400 });
        let wrong = ahead > Duration::from_secs(86_400);
        for by_middlebox in [false, true] {
            for act in ["--yes", "--dry-run"] {
                let coveo = organization([unused("k1", 0), unused("k2", 400)]);
                let date = days_ago(0) + ahead;
                if by_middlebox {
                    let date = httpdate::fmt_http_date(date);
                    coveo.plan(move |moment| match moment {
                        Moment::Request(..) => Fault::header("Date", &date),
                        _ => Fault::None,
                    });
                } else {
                    coveo.set_now(date);
                }
                let ran = tool(&coveo).args(["--json", "--unused-for", "90d", act]).run();
                assert!(coveo.exists("k1"));
                if wrong {
                    let ran = ran.ends_with(1);
                    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
                    assert!(coveo.exists("k2"));
                    assert!(ran.stderr.contains("clock"), "{}", ran.stderr);
                } else {
                    let outcome = if act == "--yes" { "deleted" } else { "wouldDelete" };
                    check(&ran, &[("k2", outcome)], 0);
                }
            }
        }
    }
}

/// No age is asked, so the clock does not matter.
#[test]
fn a_clock_that_is_ahead_does_not_matter_to_a_name() {
    let coveo = organization([unused("k1", 0)]);
    coveo.set_now(days_ago(0) + Duration::from_secs(400 * 86_400));
    let ran = tool(&coveo).args(["--json", "--name", "Key k1", "--yes"]).run();
    check(&ran, &[("k1", "deleted")], 0);
}

/// The list is fine. The key is used before the look at it, whose `Date` makes that long ago.
#[test]
fn a_clock_that_is_ahead_in_the_look_alone_costs_no_key() {
    let coveo = organization([unused("k1", 400)]);
    let date = httpdate::fmt_http_date(days_ago(0) + Duration::from_secs(400 * 86_400));
    coveo.plan(move |moment| match moment {
        Moment::Request(_, request) if is(request, "GET", "/apikeys/k1") => Fault::header("Date", &date),
        _ => Fault::None,
    });
    coveo.on_request(|request, organization| {
        if is(request, "GET", "/apikeys/k1") {
            organization.add(unused("k1", 0));
        }
    });
    let ran = tool(&coveo).args(["--json", "--unused-for", "90d", "--yes"]).run();
    assert!(coveo.exists("k1"), "{} {}", ran.stdout, ran.stderr);
    assert_eq!(count(&coveo, "DELETE", "/k1"), 0);
}

/// A list in which one field of a key stands twice. Whichever of the two a reader takes, it may be the wrong one.
#[test]
fn a_field_that_stands_there_twice_takes_no_key() {
    let old = r#""2020-01-01T00:00:00Z""#;
    let new = format!("\"{}\"", rfc3339(days_ago(0)));
    let disabled = r#""status":"DISABLED","enabled":false"#;
    let enabled = r#""status":"ENABLED","enabled":true"#;
    let expired = r#""status":"EXPIRED","enabled":false"#;
    let twice = |field: &str, first: &str, second: &str| format!(r#""{field}":{first},"{field}":{second}"#);
    let mut cases: Vec<(&[&str], String)> = Vec::new();
    for (first, second) in
        [(old, new.as_str()), (new.as_str(), old), (old, old), ("null", old), (old, "null")]
    {
        let fields = |field| twice(field, first, second);
        cases.push((&["--unused-for", "90d"], format!("{enabled},{}", fields("lastUsedDate"))));
        cases.push((
            &["--unused-for", "90d"],
            format!(r#"{enabled},"createdDate":{old},{}"#, fields("lastUsedDate")),
        ));
        cases.push((&["--disabled-for", "30d"], format!("{disabled},{}", fields("disabledDate"))));
        cases.push((&["--expired-for", "30d"], format!("{expired},{}", fields("expirationDate"))));
        cases.push((&["--unused-for", "90d"], format!("{enabled},{}", fields("createdDate"))));
        cases.push((
            &["--disabled-for", "30d", "--older-than", "90d"],
            format!(r#"{disabled},"disabledDate":{old},{}"#, fields("createdDate")),
        ));
    }
    for (first, second) in [(r#""ENABLED""#, r#""DISABLED""#), (r#""DISABLED""#, r#""ENABLED""#)] {
        let status = twice("status", first, second);
        cases.push((&["--disabled-for", "30d"], format!(r#"{status},"disabledDate":{old}"#)));
        cases.push((&["--unused-for", "90d"], format!(r#"{status},"lastUsedDate":{old}"#)));
    }
    let name = twice("displayName", r#""tmp""#, r#""production""#);
    cases.push((&["--name", "tmp"], format!("{enabled},{name}")));
    cases.push((&["--name", "production"], format!("{enabled},{name}")));
    parallel(8, &cases, |(selector, fields)| {
        let coveo = organization([ApiKey::new("k1")]);
        let key = format!(r#"{{"id":"k1",{fields}}}"#);
        show(&coveo, &key);
        let ran = tool(&coveo).args(*selector).arg("--yes").run();
        assert!(coveo.exists("k1"), "{} {}", ran.stdout, ran.stderr);
        assert_eq!(count(&coveo, "DELETE", ""), 0);
        assert_eq!(count(&coveo, "GET", "/apikeys"), 1, "{}", ran.stderr);
    });
}

/// The list is fine; in the look at the key a field stands twice.
#[test]
fn a_field_that_stands_twice_in_the_look_costs_no_key() {
    let old = r#""2020-01-01T00:00:00Z""#;
    let fine = format!(r#"{{"id":"k1","status":"ENABLED","enabled":true,"lastUsedDate":{old}}}"#);
    let new = rfc3339(days_ago(0));
    for (first, second) in [(old.to_owned(), format!("\"{new}\"")), (format!("\"{new}\""), old.to_owned())] {
        let coveo = organization([ApiKey::new("k1")]);
        let look = fine.replace("\"lastUsedDate\"", &format!("\"lastUsedDate\":{first},\"lastUsedDate\""));
        let look = look.replace(&format!("{old}}}"), &format!("{second}}}"));
        let list = format!("[{fine}]");
        coveo.plan(move |moment| match moment {
            Moment::Request(_, request) if is(request, "GET", "/apikeys") => json(&list),
            Moment::Request(_, request) if is(request, "GET", "/apikeys/k1") => json(&look),
            _ => Fault::None,
        });
        let ran = tool(&coveo).args(["--json", "--unused-for", "90d", "--yes"]).run();
        assert!(coveo.exists("k1"), "{} {}", ran.stdout, ran.stderr);
        assert_eq!(count(&coveo, "DELETE", "/k1"), 0);
        assert_eq!(count(&coveo, "GET", "/k1"), 1, "it was selected, and looked at");
    }
}

fn json(body: &str) -> Fault {
    Fault::Answer(Scripted::status(200).header("Content-Type", "application/json").body(body))
}

/// Has the list and the look show the key `k1` so.
fn show(coveo: &Coveo, key: &str) {
    let (list, key) = (format!("[{key}]"), key.to_owned());
    coveo.plan(move |moment| match moment {
        Moment::Request(_, request) if is(request, "GET", "/apikeys") => json(&list),
        Moment::Request(_, request) if is(request, "GET", "/apikeys/k1") => json(&key),
        _ => Fault::None,
    });
}

/// A date as Coveo writes it.
fn rfc3339(time: std::time::SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
