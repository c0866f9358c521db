//! Answers that are not fresh, and answers in which a field stands twice: neither may cost a key.

use std::thread;
use std::time::Duration;

use support::fake_coveo::{ApiKey, CannedResponse, Coveo, Fault, Hook};
use support::harness::{check, cli, parallel};

use crate::fixtures::{days_ago, organization};

fn disabled(id: &str) -> ApiKey {
    ApiKey::disabled(id, days_ago(400))
}

fn unused(id: &str) -> ApiKey {
    ApiKey::unused(id, days_ago(400))
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
        let coveo = organization([disabled("k1"), disabled("k2"), unused("k3")]);
        cli(&coveo).args(run).run();
        for request in coveo.requests().into_iter().filter(|request| request.method == "GET") {
            assert_eq!(request.header("Cache-Control"), Some("no-cache"), "{run:?} {}", request.path);
            paths.push(request.path);
        }
    }
    for tail in ["/apikeys", "/apikeys/k1", "/privileges/token"] {
        assert!(paths.iter().any(|path| path.ends_with(tail)), "{tail} was never read");
    }
}

/// Somebody looks at a key, and a cache keeps what was seen. The key is enabled again. Then comes the run.
#[test]
fn a_key_that_was_enabled_again_is_not_deleted_because_a_cache_remembers_otherwise() {
    for (age, options) in [(60, &[][..]), (86_400, &[]), (60, &["--ignore-not-found"])] {
        let coveo = organization([disabled("k1"), disabled("k2")]);
        cli(&coveo).args(["--dry-run", "k1"]).run().assert_status(0);
        coveo.on_request(|request, organization| {
            if request.is("GET", "/apikeys/k1") {
                organization.enable("k1");
            }
        });
        coveo.inject("GET", "/apikeys/k1", Fault::Cached(Some(Duration::from_secs(age))));
        let run = cli(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).args(options).run();
        check(&run, &[("k1", "unexpected"), ("k2", "deleted")], 1);
        assert_eq!(coveo.is_enabled("k1"), Some(true));
        assert!(run.stderr.contains("cache"), "{}", run.stderr);
    }
}

#[test]
fn a_list_from_a_cache_selects_nothing() {
    let selectors: [&[&str]; 4] = [
        &["--disabled-for", "30d"],
        &["--expired-for", "30d"],
        &["--unused-for", "90d"],
        &["--name", "Key k*"],
    ];
    for selector in selectors {
        for age in ["2", "60", "99999999999999999999999"] {
            for act in ["--yes", "--dry-run"] {
                let coveo = organization([disabled("k1"), unused("k2")]);
                coveo.inject("GET", "/apikeys", Fault::header("Age", age));
                let run = cli(&coveo).args(selector).arg(act).run().assert_status(1);
                assert!(run.stdout.is_empty(), "{}", run.stdout);
                assert!(run.stderr.contains("cache"), "{}", run.stderr);
                assert_eq!(coveo.ids(), ["k1", "k2"]);
                assert!(coveo.journal().iter().all(|line| line.starts_with("GET ")));
            }
        }
    }
}

/// A proxy that forwards without keeping anything may say `Age: 0`, or the time that the request took.
#[test]
fn an_age_that_the_request_itself_took_is_no_cache() {
    for (age, took) in [("0", 0), ("1", 0), ("2", 1300)] {
        let coveo = organization([disabled("k1")]);
        coveo.plan(move |moment| match moment {
            Hook::Request(_, request) if request.method == "GET" => Fault::header("Age", age),
            _ => Fault::None,
        });
        coveo.on_request(move |request, _| {
            if request.method == "GET" {
                thread::sleep(Duration::from_millis(took));
            }
        });
        let run = cli(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).run();
        check(&run, &[("k1", "deleted")], 0);
    }
}

/// The fields of a key that a selector takes, and one of them that stands there a second time.
#[derive(Debug)]
struct Twice {
    selector: &'static [&'static str],
    fields: String,
    second: String,
}

const OLD: &str = r#""2020-01-01T00:00:00Z""#;

fn twice() -> Vec<Twice> {
    let new = format!("\"{}\"", humantime::format_rfc3339_seconds(days_ago(0)));
    let disabled = r#""status":"DISABLED","enabled":false"#;
    let enabled = r#""status":"ENABLED","enabled":true"#;
    let expired = r#""status":"EXPIRED","enabled":false"#;
    let mut cases = Vec::new();
    for second in [new.as_str(), OLD, "null"] {
        let mut case = |selector: &'static [&str], status: &str, field: &str| {
            let fields = format!(r#"{status},"{field}":{OLD}"#);
            cases.push(Twice { selector, fields, second: format!(r#""{field}":{second}"#) });
        };
        case(&["--unused-for", "90d"], enabled, "lastUsedDate");
        case(&["--unused-for", "90d"], &format!(r#"{enabled},"createdDate":{OLD}"#), "lastUsedDate");
        case(&["--unused-for", "90d"], enabled, "createdDate");
        case(&["--disabled-for", "30d"], disabled, "disabledDate");
        case(&["--expired-for", "30d"], expired, "expirationDate");
        let dated = format!(r#"{disabled},"disabledDate":{OLD}"#);
        case(&["--disabled-for", "30d", "--older-than", "90d"], &dated, "createdDate");
    }
    for (selector, fields, second) in [
        (&["--disabled-for", "30d"], format!(r#"{disabled},"disabledDate":{OLD}"#), r#""status":"ENABLED""#),
        (&["--unused-for", "90d"], format!(r#"{enabled},"lastUsedDate":{OLD}"#), r#""status":"DISABLED""#),
        (&["--name", "tmp"], format!(r#"{enabled},"displayName":"tmp""#), r#""displayName":"production""#),
    ] {
        cases.push(Twice { selector, fields, second: second.to_owned() });
    }
    cases
}

/// Whichever of the two a reader takes, it may be the wrong one, in the list as in the look at the key.
#[test]
fn a_field_that_stands_there_twice_takes_no_key() {
    let json = |body: String| {
        Fault::Answer(CannedResponse::status(200).header("Content-Type", "application/json").body(body))
    };
    parallel(8, &twice(), |Twice { selector, fields, second }| {
        let fine = format!(r#"{{"id":"k1",{fields}}}"#);
        let odd =
            [format!(r#"{{"id":"k1",{fields},{second}}}"#), format!(r#"{{"id":"k1",{second},{fields}}}"#)];
        let shown = odd.iter().flat_map(|odd| [(odd, odd, 0), (&fine, odd, 1)]).chain([(&fine, &fine, 1)]);
        for (list, look, looks) in shown {
            let coveo: Coveo = organization([ApiKey::new("k1")]);
            let (in_list, in_look) = (json(format!("[{list}]")), json(look.clone()));
            coveo.plan(move |moment| match moment {
                Hook::Request(_, request) if request.is("GET", "/apikeys") => in_list.clone(),
                Hook::Request(_, request) if request.is("GET", "/apikeys/k1") => in_look.clone(),
                _ => Fault::None,
            });
            let run = cli(&coveo).args(*selector).arg("--yes").run();
            assert_eq!(coveo.exists("k1"), *look != fine, "{list} {look}\n{} {}", run.stdout, run.stderr);
            assert_eq!(coveo.count("GET", "/apikeys/k1"), looks, "{list} {look}\n{}", run.stderr);
        }
    });
}
