//! Cached responses and repeated fields must not cost a key.

use std::thread;
use std::time::Duration;

use support::fake_coveo::{ApiKey, Coveo, Fault, Hook, K1, K2, M1, days_ago};
use support::harness::{check, cli, parallel};

fn disabled(id: &str) -> ApiKey {
    ApiKey::disabled(id, days_ago(400))
}

fn unused(id: &str) -> ApiKey {
    ApiKey::unused(id, days_ago(400))
}

#[test]
fn reads_bypass_caches() {
    let runs: [&[&str]; 5] = [
        &["--disabled-for", "30d", "--yes"],
        &["--dry-run", K1, M1],
        &["--bulk", K1, K2],
        &[M1],
        &["--disable", "--unused-for", "30d", "--yes"],
    ];
    let mut paths = Vec::new();
    for run in runs {
        let coveo = Coveo::with([disabled(K1), disabled(K2), unused("k3")]);
        cli(&coveo).args(run).run();
        for request in coveo.requests().into_iter().filter(|request| request.method == "GET") {
            assert_eq!(request.header("Cache-Control"), Some("no-cache"), "{run:?} {}", request.path);
            paths.push(request.path);
        }
    }
    for tail in ["/apikeys", K1, M1, "/privileges/token"] {
        assert!(paths.iter().any(|path| path.ends_with(tail)), "{tail} was never read");
    }
}

/// A cache remembers the key as disabled; it was re-enabled since.
#[test]
fn cached_read_never_deletes_reenabled_key() {
    for (age, options) in [(60, &[][..]), (86_400, &[]), (60, &["--ignore-not-found"])] {
        let coveo = Coveo::with([disabled(K1), disabled(K2)]);
        cli(&coveo).args(["--dry-run", K1]).run().assert_status(0);
        coveo.on_request(|request, organization| {
            if request.is("GET", K1) {
                organization.enable(K1);
            }
        });
        coveo.inject("GET", K1, Fault::Cached(Some(Duration::from_secs(age))));
        let run = cli(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).args(options).run();
        check(&run, &[(K1, "unexpected"), (K2, "deleted")], 1);
        assert_eq!(coveo.is_enabled(K1), Some(true));
        assert!(run.stderr.contains("cache"), "{}", run.stderr);
    }
}

/// A proxy without a cache may send `Age: 0`, or the duration of the request.
#[test]
fn age_of_the_request_itself_is_no_cache() {
    for (age, took) in [("0", 0), ("1", 0), ("2", 1300)] {
        let coveo = Coveo::with([disabled(K1)]);
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.method == "GET" => Fault::header("Age", age),
            _ => Fault::None,
        });
        coveo.on_request(move |request, _| {
            if request.method == "GET" {
                thread::sleep(Duration::from_millis(took));
            }
        });
        let run = cli(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).run();
        check(&run, &[(K1, "deleted")], 0);
    }
}

/// A condition, the fields of a key that it matches, and a second value of one of them: either one may be wrong.
#[test]
fn repeated_field_never_matches() {
    const OLD: &str = "2020-01-01T00:00:00Z";
    let new = humantime::format_rfc3339_seconds(days_ago(0));
    let [enabled, disabled, expired] = ["ENABLED", "DISABLED", "EXPIRED"]
        .map(|status| format!(r#""status":"{status}","enabled":{}"#, status == "ENABLED"));
    let used = format!(r#"{enabled},"lastUsedDate":"{OLD}""#);
    let disabled = format!(r#"{disabled},"disabledDate":"{OLD}""#);
    let created = format!(r#"{disabled},"createdDate":"{OLD}""#);
    let expired = format!(r#"{expired},"expirationDate":"{OLD}""#);
    let named = format!(r#"{enabled},"displayName":"tmp""#);
    let cases: [(&[&str], &str, String); 9] = [
        (&["--unused-for=90d"], &used, format!(r#""lastUsedDate":"{new}""#)),
        (&["--unused-for=90d"], &used, format!(r#""lastUsedDate":"{OLD}""#)),
        (&["--unused-for=90d"], &used, r#""lastUsedDate":null"#.to_owned()),
        (&["--unused-for=90d"], &used, r#""status":"DISABLED""#.to_owned()),
        (&["--disabled-for=30d"], &disabled, format!(r#""disabledDate":"{new}""#)),
        (&["--disabled-for=30d"], &disabled, r#""status":"ENABLED""#.to_owned()),
        (&["--disabled-for=30d", "--older-than=90d"], &created, format!(r#""createdDate":"{new}""#)),
        (&["--expired-for=30d"], &expired, format!(r#""expirationDate":"{new}""#)),
        (&["--name=tmp"], &named, r#""displayName":"production""#.to_owned()),
    ];
    parallel(8, &cases, |(condition, fields, second)| {
        let fine = format!(r#"{{"id":"{K1}",{fields}}}"#);
        let odd = [
            format!(r#"{{"id":"{K1}",{fields},{second}}}"#),
            format!(r#"{{"id":"{K1}",{second},{fields}}}"#),
        ];
        let shown = odd.iter().flat_map(|odd| [(odd, odd, 0), (&fine, odd, 1)]).chain([(&fine, &fine, 1)]);
        for (list, read, reads) in shown {
            let coveo = Coveo::with([ApiKey::new(K1)]);
            let (in_list, in_read) = (Fault::json(format!("[{list}]")), Fault::json(read.as_str()));
            coveo.plan(move |hook| match hook {
                Hook::Request(_, request) if request.is("GET", "/apikeys") => in_list.clone(),
                Hook::Request(_, request) if request.is("GET", K1) => in_read.clone(),
                _ => Fault::None,
            });
            let run = cli(&coveo).args(*condition).arg("--yes").run();
            assert_eq!(coveo.exists(K1), *read != fine, "{list} {read}\n{} {}", run.stdout, run.stderr);
            assert_eq!(coveo.count("GET", K1), reads, "{list} {read}\n{}", run.stderr);
        }
    });
}
