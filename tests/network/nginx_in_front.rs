//! nginx in front of Coveo: Coveo's responses count, and nginx's own don't.

use crate::nginx::{installed, requests, start};
use support::fake_coveo::{ApiKey, Break, Coveo, FULL_TOKEN, Fault, Point, first};
use support::harness::{cli, outcomes};

/// A bulk request that is too large for nginx says nothing about its keys, which are then deleted one by one.
#[test]
fn too_large_bulk_falls_back_to_single_keys() {
    let Some(nginx) = installed() else { return };
    let coveo = Coveo::http();
    let keys = coveo.add_keys(5);
    let pass = format!("client_max_body_size 20; location / {{ proxy_pass {}; }}", coveo.endpoint());
    let server = start(&nginx, None, &pass);
    let run = cli(&coveo)
        .env("COVEO_ENDPOINT", server.url())
        .args(["--json", "--bulk"])
        .args(&keys)
        .run()
        .assert_status(0);
    assert_eq!(outcomes(&run.stdout), ["deleted"; 5]);
    let lines = requests(&server, 7);
    assert!(
        lines[0].starts_with("200 GET")
            && lines[1].starts_with("413 POST")
            && lines[2..].iter().all(|line| line.starts_with("204 DELETE")),
        "{lines:?}"
    );
    assert!(coveo.ids().is_empty());
}

#[test]
fn responses_through_nginx_count() {
    let Some(nginx) = installed() else { return };
    let coveo = Coveo::http();
    coveo.add(ApiKey::new("k1"));
    let server = start(&nginx, None, &format!("location / {{ proxy_pass {}; }}", coveo.endpoint()));
    let run = |arguments: &[&str], status| {
        let cli = cli(&coveo).env("COVEO_ENDPOINT", server.url()).args(["--json", "--retries", "1"]);
        outcomes(&cli.args(arguments).run().assert_status(status).stdout)
    };
    assert_eq!(run(&["--disable", "k1"], 0), ["disabled"]);
    assert_eq!(run(&["k1", "k2"], 5), ["deleted", "notFound"]);
    coveo.expire(FULL_TOKEN);
    assert_eq!(run(&["k2"], 3), ["unauthorized"]);
}

/// Coveo acts and closes the connection, so nginx answers 502. The next attempt resolves the doubt, or it is reported.
#[test]
fn response_lost_behind_nginx_is_in_doubt() {
    let Some(nginx) = installed() else { return };
    for (fault, retries, expected, gone) in [
        (Fault::At(Point::AfterActing, Break::Close), "1", "gone", true),
        (Fault::At(Point::AfterActing, Break::Close), "0", "unknown", true),
        (Fault::At(Point::AfterActing, Break::Hang), "1", "gone", true),
        (Fault::At(Point::BeforeActing, Break::Hang), "0", "unknown", false),
        (Fault::At(Point::BeforeActing, Break::Close), "1", "deleted", true),
    ] {
        let coveo = Coveo::http();
        let key = coveo.add_keys(1).remove(0);
        coveo.plan(first(1, fault));
        let pass = format!("location / {{ proxy_pass {}; proxy_read_timeout 200ms; }}", coveo.endpoint());
        let server = start(&nginx, None, &pass);
        let run = cli(&coveo)
            .env("COVEO_ENDPOINT", server.url())
            .args(["--json", "--retries", retries, &key])
            .run();
        assert_eq!(outcomes(&run.stdout), [expected], "{}", run.stderr);
        assert_eq!(!coveo.exists(&key), gone);
    }
}

/// nginx allows one request a minute. 429 says that it rejected the second; its usual 503 says nothing.
#[test]
fn request_limit_says_nothing_about_the_key() {
    let Some(nginx) = installed() else { return };
    for (setting, outcome) in [("limit_req_status 429;", "unavailable"), ("", "unknown")] {
        let coveo = Coveo::http();
        let keys = coveo.add_keys(2);
        let pass = format!("location / {{ limit_req zone=few; {setting} proxy_pass {}; }}", coveo.endpoint());
        let server = start(&nginx, None, &pass);
        let cli = cli(&coveo).env("COVEO_ENDPOINT", server.url()).args(["--json", "--retries", "1"]);
        let run = cli.args(&keys).run().assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["deleted", outcome], "{}", run.stderr);
        assert_eq!((coveo.ids(), coveo.requests().len()), (keys[1..].to_vec(), 1));
    }
}
