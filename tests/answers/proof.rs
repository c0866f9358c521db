//! Proof of access: when the token's privileges are requested, how often, for how long, and what counts in them.

use std::time::Duration;

use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, M1, M2, Point};
use support::harness::{check, cli, exit_status, json_lines, parallel};

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
        coveo.inject("GET", PRIVILEGES, Fault::json("[]"));
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
        // After the change and the read of the key.
        coveo.inject_at(2..3, fault.clone());
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
    let edit = on_keys("EDIT", "*");
    let mut cases = vec![
        (200, format!("[{edit}]"), "alreadyGone"),
        (200, format!("[{}]", on_keys("EDIT", "another")), "alreadyGone"),
        (200, format!("[{}]", on_keys("CREATE", "")), "alreadyGone"),
        (200, format!("[{other},{},{other}]", on_keys("VIEW", "*")), "alreadyGone"),
        (200, format!(r#"[{{"level":"GLOBAL","more":[1,{{}}],{}]"#, &edit[1..]), "alreadyGone"),
        (200, format!(r#"[{{"owner":"PLATFORM"}},{edit}]"#), "alreadyGone"),
        (401, r#"{"errorCode":"INVALID_TOKEN"}"#.to_owned(), "unexpected"),
        (403, r#"{"errorCode":"ACCESS_DENIED"}"#.to_owned(), "unexpected"),
        (404, r#"{"errorCode":"NOT_FOUND"}"#.to_owned(), "unexpected"),
        (404, r#"{"errorCode":"ORGANIZATION_NOT_FOUND"}"#.to_owned(), "unexpected"),
    ];
    for no_proof in [
        "[]".to_owned(),
        format!("[{other}]"),
        format!("[{}]", privilege("PLATFORM", "ORGANIZATION", "EDIT", "*")),
        format!("[{}]", privilege("SEARCH_API", "API_KEY", "EDIT", "*")),
        edit.clone(),
        format!("[[{edit}]]"),
        format!(r#"{{"privileges":[{edit}]}}"#),
        format!("[{edit}"),
        "null".to_owned(),
        "<html>Log in</html>".to_owned(),
        String::new(),
        r#"[{"owner":"PLATFORM"},{"targetDomain":"API_KEY"}]"#.to_owned(),
    ] {
        cases.push((200, no_proof, "unexpected"));
    }
    cases.extend([201, 203, 204, 302, 400, 501].map(|status| (status, format!("[{edit}]"), "unexpected")));
    parallel(8, &cases, |&(status, ref body, outcome)| {
        let coveo = Coveo::http();
        coveo.inject("GET", PRIVILEGES, Fault::Answer(CannedResponse::status(status).body(&**body)));
        let run = cli(&coveo).args(["--json", "--retries", "0", "--ignore-not-found", M1]).run();
        check(&run, &[(M1, outcome)], exit_status(&[outcome]));
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
        coveo.inject("GET", PRIVILEGES, Fault::json(body.clone()));
        let run = cli(&coveo).args(["--json", "--dry-run", "k1"]).run();
        check(&run, &[("k1", outcome)], if outcome == "forbidden" { 4 } else { 0 });
        assert_eq!(json_lines(&run.stdout)[0]["message"].as_str(), message, "{body}");
    }
}

#[test]
fn key_of_another_organization_proves_nothing() {
    let foreign = Fault::json(format!(r#"[{{"id":"{K1}","organizationId":"another"}}]"#));
    let coveo = Coveo::http();
    coveo.plan(move |hook| match hook {
        Hook::Request(_, request) if request.is("GET", "/apikeys") => foreign.clone(),
        Hook::Request(_, request) if request.is("GET", PRIVILEGES) => Fault::json("[]"),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--json", "--bulk", "--ignore-not-found", M1, M2]).run();
    check(&run, &[(M1, "unexpected"), (M2, "unexpected")], 1);
}
