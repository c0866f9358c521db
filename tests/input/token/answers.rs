//! Every status of a response, in every mode: the token isn't shown.

use super::{SECRET, assert_hidden, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{Break, CannedResponse, Fault, Point, first};
use support::harness::parallel;

const MODES: [&[&str]; 6] = [
    &["-v", "k1"],
    &["-v", "--dry-run", "k1"],
    &["-v", "--disable", "--json", "k1"],
    &["-v", "--bulk", "k1", "k2"],
    &["-v", "--expired-for", "30d"],
    &["--json", "--yes", "--expired-for", "30d"],
];

/// Some statuses of each kind; 204 would be a success.
const STATUSES: [u16; 23] = [
    200, 202, 299, 301, 304, 399, 400, 401, 403, 404, 405, 407, 408, 410, 412, 429, 499, 500, 501, 503, 511,
    600, 999,
];

#[test]
fn responses_never_show_the_token() {
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
        assert_hidden(SECRET, &run);
        assert!(matches!(run.status, 0..=6), "{run:?}");
    });
}
