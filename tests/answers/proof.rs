//! The proof that a 404 is about a key: when the token's privileges are asked for, how often, for how long, and what in
//! them counts.

use std::time::Duration;

use support::fake_coveo::{ApiKey, Break, CannedResponse, Fault, Hook, Point};
use support::harness::{check, cli, json_lines, parallel};

use crate::fixtures::organization;

const PRIVILEGES: &str = "/privileges/token";

#[test]
fn the_privileges_are_asked_for_once_after_a_404_that_nothing_else_proves() {
    let (deleted, missing, unexpected) = ("deleted", "notFound", "unexpected");
    type Told<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Told, &[&str], usize, i32); 5] = [
        (&[("k1", deleted), ("k2", deleted)], &[], 0, 0),
        (&[("m1", missing), ("m2", missing), ("m3", missing), ("m4", missing)], &[], 1, 5),
        // A key that was deleted is proof, and so is a list with a key.
        (&[("k1", deleted), ("m1", missing), ("m2", missing)], &[], 0, 5),
        (&[("m1", missing), ("m2", missing)], &["--bulk"], 0, 5),
        // It is a web server's 404.
        (&[("page", unexpected)], &[], 0, 1),
    ];
    for (json_lines, options, times, status) in cases {
        let coveo = organization(["k1", "k2", "page"].map(ApiKey::new));
        coveo.inject("DELETE", "/page", Fault::Answer(CannedResponse::status(404).body("<html>404</html>")));
        let run = cli(&coveo).arg("--json").args(options).args(json_lines.iter().map(|(id, _)| id)).run();
        check(&run, json_lines, status);
        assert_eq!(coveo.count("GET", PRIVILEGES), times, "{:?}", coveo.journal());
    }
    // No privileges are an answer too, and a list without a key is no proof.
    for options in [&[][..], &["--bulk"]] {
        let coveo = organization([]);
        coveo.inject("GET", PRIVILEGES, Fault::Answer(CannedResponse::status(200).body("[]")));
        let run = cli(&coveo).arg("--json").args(options).args(["m1", "m2"]).run();
        check(&run, &[("m1", unexpected), ("m2", unexpected)], 1);
        assert_eq!(coveo.count("GET", PRIVILEGES), 1, "{:?}", coveo.journal());
    }
}

#[test]
fn a_hiccup_is_no_proof_and_the_next_404_asks_again() {
    let hiccups = [
        Fault::Answer(CannedResponse::status(503)),
        Fault::Answer(CannedResponse::status(500).body("<html>")),
        Fault::Answer(CannedResponse::status(429)),
        Fault::At(Point::BeforeActing, Break::Close),
        Fault::At(Point::AfterActing, Break::Reset),
        Fault::At(Point::Body, Break::Close),
    ];
    parallel(6, &hiccups, |hiccup| {
        let coveo = organization([]);
        let fault = hiccup.clone();
        // The second request is the first one for the privileges.
        coveo.plan(move |moment| match moment {
            Hook::Request(1, _) => fault.clone(),
            _ => Fault::None,
        });
        let arguments = ["--json", "--retries", "0", "--ignore-not-found", "m1", "m2", "m3"];
        let run = cli(&coveo).args(arguments).run();
        check(&run, &[("m1", "unknown"), ("m2", "alreadyGone"), ("m3", "alreadyGone")], 6);
        assert_eq!(coveo.count("GET", PRIVILEGES), 2, "{:?}", coveo.journal());
    });
}

/// A proxy may have repeated the request, of whose first answer nobody knows.
#[test]
fn a_first_404_without_proof_does_not_say_that_nothing_was_changed() {
    let coveo = organization([ApiKey::new("k1")]);
    coveo.plan(|moment| match moment {
        Hook::Request(0, _) => Fault::Answer(CannedResponse::error(404, "API_KEY_NOT_FOUND", "m").acting()),
        Hook::Request(..) => Fault::Answer(CannedResponse::status(503)),
        _ => Fault::None,
    });
    check(&cli(&coveo).args(["--json", "--retries", "0", "k1"]).run(), &[("k1", "unknown")], 6);
    assert!(!coveo.exists("k1"));
}

#[test]
fn the_time_that_the_proof_takes_is_the_keys() {
    // The deletion has used up most of it in the last of them.
    let cases: [(&[&str], u64); 4] =
        [(&["--ignore-not-found"], 0), (&[], 0), (&["--disable"], 0), (&["--retries", "0"], 1500)];
    parallel(cases.len(), &cases, |&(options, slow)| {
        let coveo = organization([]);
        coveo.plan(move |moment| match moment {
            Hook::Request(_, request) if request.is("GET", PRIVILEGES) => {
                Fault::At(Point::BeforeActing, Break::Hang)
            }
            Hook::Request(..) => Fault::Slow(Duration::from_millis(slow)),
            _ => Fault::None,
        });
        let limit = Duration::from_secs(2);
        let run = cli(&coveo).args(["--json", "--timeout", "2s", "m1"]).args(options).run_within(limit);
        check(&run, &[("m1", "unknown")], 6);
    });
}

fn privilege(owner: &str, domain: &str, kind: &str, target: &str) -> String {
    format!(r#"{{"owner":"{owner}","targetDomain":"{domain}","type":"{kind}","targetId":"{target}"}}"#)
}

#[test]
fn a_privilege_on_api_keys_is_the_proof_and_nothing_else() {
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
    let mut answers: Vec<(CannedResponse, Option<bool>)> =
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
    answers.extend(no_proofs.iter().map(|body| (ok(body), Some(false))));
    let proof = &proofs[0];
    let with = |status| CannedResponse::status(status).body(proof.as_str());
    answers.extend([201, 203, 204, 302, 400].map(|status| (with(status), Some(false))));
    // For these there may be a better word than `unexpected`, but no success.
    for (status, code) in [(401, "INVALID_TOKEN"), (403, "ACCESS_DENIED"), (404, "NOT_FOUND")] {
        answers.push((CannedResponse::error(status, code, "m"), None));
    }
    answers.push((CannedResponse::error(404, "ORGANIZATION_NOT_FOUND", "m"), None));
    answers.push((with(501), None));
    parallel(8, &answers, |(answer, proven)| {
        let coveo = organization([]);
        coveo.inject("GET", PRIVILEGES, Fault::Answer(answer.clone()));
        let run = cli(&coveo).args(["--json", "--retries", "0", "--ignore-not-found", "m1"]).run();
        match proven {
            Some(true) => check(&run, &[("m1", "alreadyGone")], 0),
            Some(false) => check(&run, &[("m1", "unexpected")], 1),
            None => assert_ne!(run.status, 0, "{} {}", run.stdout, run.stderr),
        }
    });
}

#[test]
fn a_privilege_that_can_not_be_read_may_be_the_one_in_question() {
    let on = |target| privilege("PLATFORM", "API_KEY", "EDIT", target);
    let (another, other) = (on("another"), privilege("SEARCH_API", "EXECUTE_QUERY", "ENABLE", "*"));
    let unchecked = Some("the token's privilege is not checked");
    let cases = [
        (format!("[{another},{other}]"), "forbidden", Some("the access token has no privilege to edit it")),
        (format!("[{another},{}]", on("k1")), "wouldDelete", None),
        (format!(r#"[{another},{{"owner":"PLATFORM"}}]"#), "wouldDelete", unchecked),
        (format!(r#"[{{"targetDomain":7,"type":"EDIT"}},{another}]"#), "wouldDelete", unchecked),
        (format!("[{another},{}]", another.replace("\"another\"", "null")), "wouldDelete", unchecked),
        (format!("[{another},[]]"), "wouldDelete", unchecked),
    ];
    for (body, outcome, message) in cases {
        let coveo = organization([ApiKey::new("k1")]);
        coveo.inject("GET", PRIVILEGES, Fault::Answer(CannedResponse::status(200).body(&*body)));
        let run = cli(&coveo).args(["--json", "--dry-run", "k1"]).run();
        check(&run, &[("k1", outcome)], if outcome == "forbidden" { 4 } else { 0 });
        assert_eq!(json_lines(&run.stdout)[0]["message"].as_str(), message, "{body}");
    }
}

#[test]
fn a_first_404_says_no_more_than_that_there_is_no_such_key() {
    let coveo = organization([]);
    let run = cli(&coveo).arg("m1").run().assert_status(5);
    assert!(run.stderr.contains(&format!("no such key m1 in {}", coveo.id())), "{}", run.stderr);
    assert!(!run.stderr.contains("was not deleted"), "{}", run.stderr);
}
