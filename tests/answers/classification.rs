//! Every error body as the response to a change, to the read of a dry run, and to the read after a 404.

use support::fake_coveo::{Coveo, Fault, M1};
use support::harness::{cli, exit_status, outcomes, parallel};

use crate::bodies::{self, Body, Meaning};

/// The number of cases that run at a time.
const WIDTH: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Request {
    Change,
    DryRun,
    ReadAfterNotFound,
}

#[derive(Debug)]
struct Case {
    request: Request,
    body: Body,
}

/// The outcome of a key that doesn't exist, with `--ignore-not-found`.
fn expected(request: Request, meaning: Meaning) -> &'static str {
    match (request, meaning) {
        (_, Meaning::NoSuchKey) => "alreadyGone",
        // The token's privileges include editing the key, so a token that can't view it is enough.
        (Request::ReadAfterNotFound, Meaning::Forbidden) => "alreadyGone",
        (Request::ReadAfterNotFound, _) => "unknown",
        (_, Meaning::NoSuchOrganization) => "organizationNotFound",
        (_, Meaning::Unauthorized) => "unauthorized",
        (_, Meaning::Forbidden | Meaning::Blocked) => "forbidden",
        (_, Meaning::Refused) => "refused",
        (_, Meaning::Busy) => "unavailable",
        (Request::DryRun, Meaning::Failing) => "unavailable",
        (Request::Change, Meaning::Failing) => "unknown",
        (_, Meaning::Foreign) => "unexpected",
    }
}

fn check(Case { request, body }: &Case) {
    let coveo = Coveo::http();
    let method = if *request == Request::Change { "DELETE" } else { "GET" };
    coveo.inject(method, M1, Fault::Answer(body.response()));
    let cli = cli(&coveo).args(["--json", "--retries", "0", "--ignore-not-found", M1]);
    let run = if *request == Request::DryRun { cli.arg("--dry-run") } else { cli }.run();
    let reported = outcomes(&run.stdout);
    assert_eq!(reported, [expected(*request, body.meaning)], "{}", run.stderr);
    assert_eq!(run.status, exit_status(&reported), "{}", run.stderr);
    // Access needs a proof only when everything else says that the key doesn't exist.
    if *request != Request::DryRun {
        let needed = usize::from(reported == ["alreadyGone"]);
        assert_eq!(coveo.count("GET", "/privileges/token"), needed, "{}", run.stderr);
    }
}

#[test]
fn errors_mean_what_they_say() {
    let requests = [Request::Change, Request::DryRun, Request::ReadAfterNotFound];
    let case = |body: Body| requests.map(|request| Case { request, body: body.clone() });
    let cases: Vec<Case> = bodies::all().into_iter().flat_map(case).collect();
    assert!(cases.len() >= 600, "{} cases", cases.len());
    parallel(WIDTH, &cases, check);
}
