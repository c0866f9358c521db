//! Every status that a server can answer with, in every mode: the token stays where it is.

use super::{SECRET, is_kept, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{Fault, How, Moment, Point, Scripted, first};
use support::harness::parallel;

const MODES: [&[&str]; 4] =
    [&["-v"], &["-v", "--dry-run"], &["-v", "--disable", "--json"], &["-v", "--bulk", "k2"]];

/// Of each kind of answer some; 204 means that it is done, and 404 has forms of its own.
const STATUSES: [u16; 22] = [
    200, 202, 299, 301, 304, 399, 400, 401, 403, 405, 407, 408, 410, 412, 429, 499, 500, 501, 503, 511, 600,
    999,
];

#[test]
fn no_answer_brings_the_token_out() {
    let mut faults = Vec::new();
    for status in STATUSES {
        let text = format!("Full authentication is required, not Authorization: Bearer {SECRET}");
        let scripted = Scripted::error(status, SECRET, &text).header("X-Request-ID", SECRET);
        faults.push(Fault::Answer(scripted));
    }
    for how in [How::Close, How::Reset, How::Garbage] {
        let points = [Point::Accept, Point::Reading, Point::BeforeActing, Point::StatusLine, Point::Header];
        faults.extend(points.map(|point| Fault::At(point, how)));
        faults.push(Fault::At(Point::Body, how));
    }
    let cases: Vec<_> = faults.iter().flat_map(|fault| MODES.map(|mode| (fault, mode))).collect();
    parallel(WIDTH, &cases, |(fault, mode)| {
        let coveo = organization();
        coveo.plan(first(9, (*fault).clone()));
        let ran = with_secret(&coveo).arg("k1").args(*mode).run();
        is_kept(SECRET, &ran);
        assert!(matches!(ran.status, 0..=6), "{ran:?}");
    });
}

#[test]
fn a_404_brings_the_token_out_in_none_of_its_forms() {
    // A code is in capitals, without a sign between.
    let code = SECRET.to_uppercase().replace('-', "_");
    let forms = [
        (Scripted::error(404, &code, SECRET), 5),
        (Scripted::error(404, SECRET, SECRET), 1),
        (Scripted::error(404, "KEY_NOT_FOUND", &format!("no key {SECRET}")), 5),
        (Scripted::status(404), 1),
        (Scripted::status(404).body(format!("<h1>{SECRET}</h1>")), 1),
        (Scripted::status(404).body(format!(r#"{{"message":"{SECRET}"}}"#)), 1),
        (Scripted::status(404).body(SECRET), 1),
    ];
    for mode in [&["-v"][..], &["--json"], &["-v", "--disable"]] {
        parallel(WIDTH, &forms, |(answer, status)| {
            let coveo = organization();
            coveo.plan(first(1, Fault::Answer(answer.clone())));
            let ran = with_secret(&coveo).arg("k1").args(mode).run().ends_with(*status);
            is_kept(SECRET, &ran);
        });
    }
}

#[test]
fn trying_again_sends_the_token_to_the_same_place_and_shows_it_no_more_than_once_does() {
    let coveo = organization();
    coveo.plan(|moment| match moment {
        Moment::Request(0, _) => Fault::Answer(Scripted::error(503, SECRET, SECRET)),
        Moment::Request(1, _) => Fault::At(Point::AfterActing, How::Close),
        _ => Fault::None,
    });
    let tool = support::harness::tool(&coveo).env("COVEO_ACCESS_TOKEN", SECRET);
    let ran = tool.args(["k1", "-v"]).run().ends_with(0);
    is_kept(SECRET, &ran);
    let requests = coveo.requests();
    // The third is answered by 404, which needs a proof of the organization.
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.header("Authorization"), Some(&*format!("Bearer {SECRET}")));
        assert!(!request.path.contains(SECRET) && !request.query.contains(SECRET));
    }
}
