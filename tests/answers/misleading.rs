//! Servers and data that mislead, one test for each: none of them may lead to a false success.

use std::time::Duration;

use support::fake_coveo::{
    ApiKey, CannedResponse, Certificate, Coveo, Date, Fault, Hook, K1, K2, NONE_TOKEN, Unknowns, VIEW_TOKEN,
    days_ago,
};
use support::harness::{check, cli, parallel};

fn disabled(id: &str) -> ApiKey {
    ApiKey::disabled(id, days_ago(100))
}

/// A gateway that forwards only reads, or a retired route.
#[test]
fn refused_changes_are_never_a_success() {
    let ways: [&[&str]; 6] = [
        &["--bulk", K1, K2],
        &["--bulk", "--ignore-not-found", K1, K2],
        &["--ignore-not-found", K1, K2],
        &["--disabled-for", "30d", "--yes"],
        &["--disabled-for", "30d", "--yes", "--ignore-not-found"],
        &["--disable", "--ignore-not-found", K1, K2],
    ];
    for way in ways {
        for first_fails in [false, true] {
            let unknowns =
                Unknowns { refused_changes: Some((404, "API_KEY_NOT_FOUND")), ..Unknowns::default() };
            let coveo = Coveo::with_unknowns(unknowns, [K1, K2].map(disabled));
            coveo.plan(move |hook| match hook {
                Hook::Request(number, request) if first_fails && number < 4 && request.method == "DELETE" => {
                    Fault::Answer(CannedResponse::status(503))
                }
                _ => Fault::None,
            });
            let run = cli(&coveo).arg("--json").args(way).run();
            check(&run, &[(K1, "unexpected"), (K2, "unexpected")], 1);
            assert!(run.stderr.contains("still exists"), "{}", run.stderr);
        }
    }
}

#[test]
fn view_only_token_is_never_a_success() {
    for options in [&["--ignore-not-found"][..], &["--bulk", "--ignore-not-found"], &["--disable"]] {
        let unknowns = Unknowns { hides_keys: true, ..Unknowns::default() };
        let coveo = Coveo::with_unknowns(unknowns, [K1, K2].map(disabled));
        let run = cli(&coveo).env("COVEO_ACCESS_TOKEN", VIEW_TOKEN).arg("--json").args(options);
        check(&run.args([K1, K2]).run(), &[(K1, "unexpected"), (K2, "unexpected")], 1);
    }
}

/// The handshake for the change takes so long that somebody re-enables the key meanwhile.
#[test]
fn stalled_handshake_never_deletes_reenabled_key() {
    let coveo = Coveo::builder().https(Certificate::Good).start_with([disabled(K1)]);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.is("GET", K1) => Fault::header("Connection", "close"),
        // The list and the first read share a connection.
        Hook::Connection(1) => Fault::Stall(Duration::from_millis(10_500)),
        _ => Fault::None,
    });
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            cli(&coveo).args(["--json", "--timeout", "40s", "--disabled-for", "30d", "--yes"]).run()
        });
        while coveo.connections() < 2 && !running.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        coveo.enable(K1);
        check(&running.join().expect("the run ends"), &[(K1, "kept")], 0);
    });
    assert_eq!(coveo.is_enabled(K1), Some(true));
    assert_eq!(coveo.count("DELETE", K1), 0);
}

#[test]
fn key_used_after_its_end_is_left_alone() {
    let used = |key: ApiKey| ApiKey { last_used_date: Date::Rfc3339(days_ago(0)), ..key };
    for (condition, key) in
        [("--disabled-for", used(disabled(K1))), ("--expired-for", used(ApiKey::expired(K1, days_ago(100))))]
    {
        let coveo = Coveo::with([key]);
        let run = cli(&coveo).args([condition, "30d", "--yes"]).run();
        assert!(coveo.exists(K1), "{condition}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(K1), "{}", run.stderr);
    }
    // The dates are approximate, so a use within a day after that doesn't count.
    let key = ApiKey { last_used_date: Date::Rfc3339(days_ago(100)), ..disabled(K1) };
    let coveo = Coveo::with([key]);
    check(&cli(&coveo).args(["--json", "--disabled-for", "30d", "--yes"]).run(), &[(K1, "deleted")], 0);
}

/// The field may have been renamed, so it doesn't say that the keys were never used.
#[test]
fn list_without_any_last_use_selects_nothing() {
    let coveo = Coveo::with([K1, K2].map(ApiKey::new));
    let run = cli(&coveo).args(["--unused-for", "90d", "--yes"]).run();
    assert_eq!(coveo.ids(), [K1, K2], "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(K1) && run.stderr.contains(K2), "{}", run.stderr);
    // A key with the field shows that it still exists.
    coveo.add(ApiKey::unused(K2, days_ago(3)));
    check(&cli(&coveo).args(["--json", "--unused-for", "90d", "--yes"]).run(), &[(K1, "deleted")], 0);
}

#[test]
fn empty_list_without_privilege_is_an_error() {
    let coveo = Coveo::http();
    for (token, proven) in [(VIEW_TOKEN, true), (NONE_TOKEN, false)] {
        coveo.inject("GET", "/apikeys", Fault::Answer(CannedResponse::status(200).body("[]")));
        let run = cli(&coveo).env("COVEO_ACCESS_TOKEN", token);
        let run = run.args(["--quiet", "--disabled-for", "30d", "--yes"]).run();
        assert_eq!(run.status, if proven { 0 } else { 1 }, "{}", run.stderr);
    }
}

/// Over plain HTTP the bytes race with the request, so the certain case is TLS.
#[test]
fn server_that_speaks_first_is_never_believed() {
    parallel(4, &[false, true], |&acts_later| {
        let coveo = Coveo::builder().https(Certificate::Good).start_with([ApiKey::new(K1)]);
        coveo.plan(move |hook| match hook {
            Hook::Connection(number) if number == 0 || !acts_later => {
                Fault::SpeakFirst(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())
            }
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--json", "--retries", "1", K1]).run();
        let expected = if acts_later { ("deleted", 0) } else { ("unavailable", 6) };
        check(&run, &[(K1, expected.0)], expected.1);
        assert_eq!(coveo.exists(K1), !acts_later);
    });
}
