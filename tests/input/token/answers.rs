//! Every status that a server can answer with, in every mode: the token stays where it is.

use super::{SECRET, is_kept, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{Fault, How, Moment, Point, Scripted, first};
use support::harness::parallel;

const MODES: [&[&str]; 6] = [
    &["-v"],
    &["--json"],
    &["-v", "--dry-run"],
    &["-v", "--disable", "--json"],
    &["-v", "--bulk", "k2"],
    &["-v", "--ignore-not-found"],
];

/// Statuses that are documented, and others. 204 means that it is done, and 404 has forms of its own.
const STATUSES: [&[u16]; 5] = [
    &[200, 201, 202, 203, 205, 206, 207, 226, 299],
    &[300, 301, 302, 303, 304, 305, 307, 308, 399],
    &[
        400, 401, 402, 403, 405, 406, 407, 408, 409, 410, 411, 412, 413, 415, 418, 421, 422, 428, 429, 431,
        451, 499,
    ],
    &[500, 501, 502, 503, 504, 505, 507, 511, 520, 530, 599],
    &[600, 700, 999],
];

#[derive(Debug)]
struct Case {
    fault: Fault,
    mode: &'static [&'static str],
    status: Option<i32>,
}

#[test]
fn no_answer_brings_the_token_out() {
    let mut cases = Vec::new();
    for mode in MODES {
        for status in STATUSES.into_iter().flatten().copied() {
            let exit = match status {
                401 => 3,
                403 => 4,
                429 | 500 | 502..=504 => 6,
                _ => 1,
            };
            let text = format!("Full authentication is required, not Authorization: Bearer {SECRET}");
            let scripted = Scripted::error(status, SECRET, &text).header("X-Request-ID", SECRET);
            // What bulk and a dry run make of an answer is another matter.
            let simple = !mode.contains(&"--bulk") && !mode.contains(&"--dry-run");
            cases.push(Case { fault: Fault::Answer(scripted), mode, status: simple.then_some(exit) });
        }
        for point in [Point::Reading, Point::BeforeActing, Point::StatusLine, Point::Header, Point::Body] {
            for how in [How::Close, How::Reset, How::Garbage] {
                cases.push(Case { fault: Fault::At(point, how), mode, status: None });
            }
        }
        for how in [How::Close, How::Reset, How::Garbage] {
            cases.push(Case { fault: Fault::At(Point::Accept, how), mode, status: None });
        }
    }
    assert!(cases.len() >= 400, "{} cases", cases.len());
    parallel(WIDTH, &cases, |case| {
        let coveo = organization();
        coveo.plan(first(9, case.fault.clone()));
        let ran = with_secret(&coveo).arg("k1").args(case.mode).run();
        is_kept(SECRET, &ran);
        assert!(matches!(ran.status, 0..=6), "{ran:?}");
        if let Some(status) = case.status {
            ran.ends_with(status);
        }
    });
}

#[test]
fn a_404_brings_the_token_out_in_none_of_its_forms() {
    let forms = [
        (Scripted::error(404, SECRET, SECRET), 5),
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
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.header("Authorization"), Some(&*format!("Bearer {SECRET}")));
        assert!(!request.path.contains(SECRET) && !request.query.contains(SECRET));
    }
}
