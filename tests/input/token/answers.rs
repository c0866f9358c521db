//! Every status that a server can answer with, in every mode: the token stays where it is.

use super::{SECRET, is_kept, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{Break, CannedResponse, Fault, Hook, Point, first};
use support::harness::parallel;

const MODES: [&[&str]; 6] = [
    &["-v", "k1"],
    &["-v", "--dry-run", "k1"],
    &["-v", "--disable", "--json", "k1"],
    &["-v", "--bulk", "k1", "k2"],
    &["-v", "--expired-for", "30d"],
    &["--json", "--yes", "--expired-for", "30d"],
];

/// Of each kind of answer some; 204 means that it is done.
const STATUSES: [u16; 23] = [
    200, 202, 299, 301, 304, 399, 400, 401, 403, 404, 405, 407, 408, 410, 412, 429, 499, 500, 501, 503, 511,
    600, 999,
];

#[test]
fn no_answer_brings_the_token_out() {
    let mut faults = Vec::new();
    for status in STATUSES {
        let text = format!("Full authentication is required, not Authorization: Bearer {SECRET}");
        let scripted = CannedResponse::error(status, SECRET, &text).header("X-Request-ID", SECRET);
        faults.push(Fault::Answer(scripted));
    }
    for how in [Break::Close, Break::Reset, Break::Garbage] {
        let points = [Point::Accept, Point::Reading, Point::BeforeActing, Point::StatusLine, Point::Header];
        faults.extend(points.map(|point| Fault::At(point, how)));
        faults.push(Fault::At(Point::Body, how));
    }
    let cases: Vec<_> = faults.iter().flat_map(|fault| MODES.map(|mode| (fault, mode))).collect();
    parallel(WIDTH, &cases, |(fault, mode)| {
        let coveo = organization();
        coveo.plan(first(9, (*fault).clone()));
        let run = with_secret(&coveo).args(*mode).run();
        is_kept(SECRET, &run);
        assert!(matches!(run.status, 0..=6), "{run:?}");
    });
}

#[test]
fn trying_again_sends_the_token_to_the_same_place_and_shows_it_no_more_than_once_does() {
    let coveo = organization();
    coveo.plan(|moment| match moment {
        Hook::Request(0, _) => Fault::Answer(CannedResponse::error(503, SECRET, SECRET)),
        Hook::Request(1, _) => Fault::At(Point::AfterActing, Break::Close),
        _ => Fault::None,
    });
    let cli = support::harness::cli(&coveo).env("COVEO_ACCESS_TOKEN", SECRET);
    let run = cli.args(["k1", "-v"]).run().assert_status(0);
    is_kept(SECRET, &run);
    let requests = coveo.requests();
    // The third is answered by 404, which needs a proof of the organization.
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.header("Authorization"), Some(&*format!("Bearer {SECRET}")));
        assert!(!request.path.contains(SECRET) && !request.query.contains(SECRET));
    }
}
