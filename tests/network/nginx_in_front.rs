//! nginx in front of Coveo: Coveo's responses count, and nginx's own don't.

use crate::nginx::{requests, start};
use support::daemon::Daemon;
use support::fake_coveo::{ApiKey, Break, Coveo, FULL_TOKEN, Fault, Point, first};
use support::harness::{Cli, cli, parallel};

/// Starts nginx in front of `coveo`, with more `directives` for its location.
#[track_caller]
fn in_front_of(coveo: &Coveo, directives: &str) -> Option<Daemon> {
    start(None, "", &format!("location / {{ proxy_pass {}; {directives} }}", coveo.endpoint()))
}

fn through(server: &Daemon, coveo: &Coveo, retries: &str) -> Cli {
    cli(coveo).env("COVEO_ENDPOINT", server.url()).args(["--json", "--retries", retries])
}

/// A bulk request that is too large for nginx says nothing about its keys, which are then deleted one by one.
#[test]
fn too_large_bulk_falls_back_to_single_keys() {
    let coveo = Coveo::http();
    let Some(server) = in_front_of(&coveo, "client_max_body_size 20;") else { return };
    let run = through(&server, &coveo, "1").arg("--bulk").args(coveo.add_keys(5)).run();
    run.assert_status(0).assert_outcomes(&["deleted"; 5]);
    let lines = requests(&server, 7);
    let starts = ["200 GET", "413 POST"].into_iter().chain(["204 DELETE"; 5]);
    assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{lines:?}");
    assert!(coveo.ids().is_empty());
}

#[test]
fn responses_through_nginx_count() {
    let coveo = Coveo::with([ApiKey::new("k1")]);
    let Some(server) = in_front_of(&coveo, "") else { return };
    let run = |arguments: &[&str]| through(&server, &coveo, "1").args(arguments).run();
    run(&["--disable", "k1"]).assert_status(0).assert_outcomes(&["disabled"]);
    run(&["k1", "k2"]).assert_status(5).assert_outcomes(&["deleted", "notFound"]);
    coveo.expire(FULL_TOKEN);
    run(&["k2"]).assert_status(3).assert_outcomes(&["unauthorized"]);
}

/// Coveo acts and closes the connection, so nginx answers 502. The next attempt resolves the doubt, or it is reported.
#[test]
fn response_lost_behind_nginx_is_in_doubt() {
    let cases = [
        (Fault::At(Point::AfterActing, Break::Close), "1", "gone", true),
        (Fault::At(Point::AfterActing, Break::Close), "0", "unknown", true),
        (Fault::At(Point::AfterActing, Break::Hang), "1", "gone", true),
        (Fault::At(Point::BeforeActing, Break::Hang), "0", "unknown", false),
        (Fault::At(Point::BeforeActing, Break::Close), "1", "deleted", true),
    ];
    parallel(cases.len(), &cases, |(fault, retries, expected, gone)| {
        let coveo = Coveo::http();
        coveo.plan(first(1, fault.clone()));
        let Some(server) = in_front_of(&coveo, "proxy_read_timeout 200ms;") else { return };
        through(&server, &coveo, retries).args(coveo.add_keys(1)).run().assert_outcomes(&[expected]);
        assert_eq!(coveo.ids().is_empty(), *gone);
    });
}

/// nginx allows one request a minute. 429 says that it rejected the second; its usual 503 says nothing.
#[test]
fn request_limit_says_nothing_about_the_key() {
    for (setting, outcome) in [("limit_req_status 429;", "unavailable"), ("", "unknown")] {
        let (coveo, keys) = Coveo::with_keys(2);
        let Some(server) = in_front_of(&coveo, &format!("limit_req zone=few; {setting}")) else { return };
        let run = through(&server, &coveo, "1").args(&keys).run().assert_status(6);
        run.assert_outcomes(&["deleted", outcome]);
        assert_eq!((coveo.ids(), coveo.requests().len()), (keys[1..].to_vec(), 1));
    }
}
