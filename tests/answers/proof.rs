//! Proof of access: when the token's privileges are requested, how often, for how long, and what counts in them.

use std::time::Duration;

use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, M1, M2, Point};
use support::harness::{check, cli, json_lines, parallel};

const PRIVILEGES: &str = "/privileges/token";

#[test]
fn privileges_are_requested_only_if_needed_and_once() {
    type Results<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Results, &[&str], usize, i32); 5] = [
        (&[(K1, "deleted"), (K2, "deleted")], &[], 0, 0),
        (
            &[
                (M1, "notFound"),
                (M2, "notFound"),
                ("m3aaaaaaaaaaaaaaaaaaaaaaaa", "notFound"),
                ("m4aaaaaaaaaaaaaaaaaaaaaaaa", "notFound"),
            ],
            &[],
            1,
            5,
        ),
        // A deleted key is proof, and so is a list with a key.
        (&[(K1, "deleted"), (M1, "notFound"), (M2, "notFound")], &[], 0, 5),
        (&[(M1, "notFound"), (M2, "notFound")], &["--bulk"], 0, 5),
        // The 404 of a web server.
        (&[("page", "unexpected")], &[], 0, 1),
    ];
    for (results, options, times, status) in cases {
        let coveo = Coveo::with([K1, K2, "page"].map(ApiKey::new));
        coveo.inject("DELETE", "/page", Fault::Answer(CannedResponse::status(404).body("<html>404</html>")));
        let run = cli(&coveo).arg("--json").args(options).args(results.iter().map(|(id, _)| id)).run();
        check(&run, results, status);
        assert_eq!(coveo.count("GET", PRIVILEGES), times, "{:?}", coveo.journal());
    }
    // No privileges are a response too, and a list without a key isn't proof.
    for options in [&[][..], &["--bulk"]] {
        let coveo = Coveo::http();
        coveo.inject("GET", PRIVILEGES, Fault::Answer(CannedResponse::status(200).body("[]")));
        let run = cli(&coveo).arg("--json").args(options).args([M1, M2]).run();
        check(&run, &[(M1, "unexpected"), (M2, "unexpected")], 1);
        assert_eq!(coveo.count("GET", PRIVILEGES), 1, "{:?}", coveo.journal());
    }
}

/// A 404 costs one read, and the first one perhaps a request for the privileges. Nothing else costs a read.
#[test]
fn not_found_costs_one_read() {
    let coveo = Coveo::with([ApiKey::new(K1)]);
    cli(&coveo).args([M1, K1, M2]).run().assert_status(5);
    let about = |id: &str| format!("apikeys/{id}");
    let expected = [
        format!("DELETE {}", about(M1)),
        format!("GET {}", about(M1)),
        "GET privileges/token".to_owned(),
        format!("DELETE {}", about(K1)),
        format!("DELETE {}", about(M2)),
        format!("GET {}", about(M2)),
    ];
    assert_eq!(coveo.journal(), expected);
}

#[test]
fn unanswered_privileges_are_requested_again() {
    let faults = [
        Fault::Answer(CannedResponse::status(503)),
        Fault::Answer(CannedResponse::status(500).body("<html>")),
        Fault::Answer(CannedResponse::status(429)),
        Fault::At(Point::BeforeActing, Break::Close),
        Fault::At(Point::AfterActing, Break::Reset),
        Fault::At(Point::Body, Break::Close),
    ];
    parallel(6, &faults, |fault| {
        let coveo = Coveo::http();
        let fault = fault.clone();
        // After the change and the read of the key.
        coveo.plan(move |hook| match hook {
            Hook::Request(2, _) => fault.clone(),
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--json", "--retries", "0", "--ignore-not-found", M1, M2]).run();
        check(&run, &[(M1, "unknown"), (M2, "alreadyGone")], 6);
        assert_eq!(coveo.count("GET", PRIVILEGES), 2, "{:?}", coveo.journal());
    });
}

#[test]
fn proof_counts_towards_the_time_of_the_key() {
    // In the last case, the deletion takes most of the time.
    let cases: [(&[&str], u64); 4] =
        [(&["--ignore-not-found"], 0), (&[], 0), (&["--disable"], 0), (&["--retries", "0"], 1500)];
    parallel(cases.len(), &cases, |&(options, slow)| {
        let coveo = Coveo::http();
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.is("GET", PRIVILEGES) => {
                Fault::At(Point::BeforeActing, Break::Hang)
            }
            Hook::Request(..) => Fault::Slow(Duration::from_millis(slow)),
            _ => Fault::None,
        });
        let limit = Duration::from_secs(2);
        let run = cli(&coveo).args(["--json", "--timeout", "2s", M1]).args(options).run_within(limit);
        check(&run, &[(M1, "unknown")], 6);
    });
}

fn privilege(owner: &str, domain: &str, kind: &str, target: &str) -> String {
    format!(r#"{{"owner":"{owner}","targetDomain":"{domain}","type":"{kind}","targetId":"{target}"}}"#)
}

#[test]
fn only_a_privilege_on_api_keys_is_proof() {
    let on_keys = |kind, target| privilege("PLATFORM", "API_KEY", kind, target);
    let other = privilege("SEARCH_API", "EXECUTE_QUERY", "ENABLE", "*");
    let proofs = [
        format!("[{}]", on_keys("EDIT", "*")),
        format!("[{}]", on_keys("VIEW", "*")),
        format!("[{}]", on_keys("EDIT", "another")),
        format!("[{}]", on_keys("CREATE", "")),
        format!("[{other},{},{other}]", on_keys("VIEW", "*")),
        format!(r#"[{{"level":"GLOBAL","more":[1,{{}}],{}]"#, &on_keys("EDIT", "*")[1..]),
        format!(r#"[{{"owner":"PLATFORM"}},{}]"#, on_keys("EDIT", "*")),
    ];
    let ok = |body: &str| CannedResponse::status(200).body(body);
    let mut responses: Vec<(CannedResponse, Option<bool>)> =
        proofs.iter().map(|body| (ok(body), Some(true))).collect();
    let no_proofs = [
        "[]".to_owned(),
        format!("[{other}]"),
        format!("[{}]", privilege("PLATFORM", "ORGANIZATION", "EDIT", "*")),
        format!("[{}]", privilege("SEARCH_API", "API_KEY", "EDIT", "*")),
        on_keys("EDIT", "*"),
        format!("[[{}]]", on_keys("EDIT", "*")),
        format!(r#"{{"privileges":[{}]}}"#, on_keys("EDIT", "*")),
        format!("[{}", on_keys("EDIT", "*")),
        "{}".to_owned(),
        "null".to_owned(),
        "<html>Log in</html>".to_owned(),
        String::new(),
        r#"[{"owner":"PLATFORM"},{"targetDomain":"API_KEY"}]"#.to_owned(),
    ];
    responses.extend(no_proofs.iter().map(|body| (ok(body), Some(false))));
    let proof = &proofs[0];
    let with = |status| CannedResponse::status(status).body(proof.as_str());
    responses.extend([201, 203, 204, 302, 400].map(|status| (with(status), Some(false))));
    // These may have a better outcome than `unexpected`, but no success.
    for (status, code) in [(401, "INVALID_TOKEN"), (403, "ACCESS_DENIED"), (404, "NOT_FOUND")] {
        responses.push((CannedResponse::error(status, code, "m"), None));
    }
    responses.push((CannedResponse::error(404, "ORGANIZATION_NOT_FOUND", "m"), None));
    responses.push((with(501), None));
    parallel(8, &responses, |(response, proven)| {
        let coveo = Coveo::http();
        coveo.inject("GET", PRIVILEGES, Fault::Answer(response.clone()));
        let run = cli(&coveo).args(["--json", "--retries", "0", "--ignore-not-found", M1]).run();
        match proven {
            Some(true) => check(&run, &[(M1, "alreadyGone")], 0),
            Some(false) => check(&run, &[(M1, "unexpected")], 1),
            None => assert_ne!(run.status, 0, "{} {}", run.stdout, run.stderr),
        }
    });
}

#[test]
fn unreadable_privilege_may_be_the_needed_one() {
    let on = |target| privilege("PLATFORM", "API_KEY", "EDIT", target);
    let (another, other) = (on("another"), privilege("SEARCH_API", "EXECUTE_QUERY", "ENABLE", "*"));
    let unchecked = Some("the token's privilege was not checked");
    let cases = [
        (format!("[{another},{other}]"), "forbidden", Some("the access token has no privilege to edit it")),
        (format!("[{another},{}]", on("k1")), "wouldDelete", None),
        (format!(r#"[{another},{{"owner":"PLATFORM"}}]"#), "wouldDelete", unchecked),
        (format!(r#"[{{"targetDomain":7,"type":"EDIT"}},{another}]"#), "wouldDelete", unchecked),
        (format!("[{another},{}]", another.replace("\"another\"", "null")), "wouldDelete", unchecked),
        (format!("[{another},[]]"), "wouldDelete", unchecked),
    ];
    for (body, outcome, message) in cases {
        let coveo = Coveo::with([ApiKey::new("k1")]);
        coveo.inject("GET", PRIVILEGES, Fault::Answer(CannedResponse::status(200).body(&*body)));
        let run = cli(&coveo).args(["--json", "--dry-run", "k1"]).run();
        check(&run, &[("k1", outcome)], if outcome == "forbidden" { 4 } else { 0 });
        assert_eq!(json_lines(&run.stdout)[0]["message"].as_str(), message, "{body}");
    }
}

#[test]
fn not_found_never_says_was_not_deleted() {
    let coveo = Coveo::http();
    let run = cli(&coveo).arg("m1").run().assert_status(5);
    assert!(run.stderr.contains(&format!("no such key m1 in {}", coveo.id())), "{}", run.stderr);
    assert!(!run.stderr.contains("was not deleted"), "{}", run.stderr);
}

#[test]
fn key_of_another_organization_proves_nothing() {
    let foreign = format!(r#"[{{"id":"{K1}","organizationId":"another"}}]"#);
    let coveo = Coveo::http();
    coveo.plan(move |hook| match hook {
        Hook::Request(_, request) if request.is("GET", "/apikeys") => {
            Fault::Answer(CannedResponse::status(200).body(foreign.as_bytes()))
        }
        Hook::Request(_, request) if request.is("GET", PRIVILEGES) => {
            Fault::Answer(CannedResponse::status(200).body("[]"))
        }
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--json", "--bulk", "--ignore-not-found", M1, M2]).run();
    check(&run, &[(M1, "unexpected"), (M2, "unexpected")], 1);
}
