//! Incomplete or invalid lists select nothing, and nothing but `GET` is sent.

use std::time::Duration;

use crate::fixtures::{ANY_NUMBER, DAY, NOW, disabled, ids_after, organization};
use support::fake_coveo::{Break, CannedResponse, Fault, ORGANIZATION, Point};
use support::harness::{cli, parallel};

const KEY: &str = r#"{"id":"k0","status":"DISABLED","enabled":false,"disabledDate":"2020-01-01T00:00:00Z"}"#;
const DATE: &str = "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n";
const MIB: usize = 1 << 20;

fn raw(head: &str, body: &str) -> Fault {
    Fault::Answer(CannedResponse::raw(format!("HTTP/1.1 200 OK\r\n{DATE}{head}\r\n{body}")).closing())
}

/// A body of this length: `beginning`, white space and `end`.
fn padded(beginning: &str, end: &str, length: usize) -> Fault {
    let mut list = beginning.as_bytes().to_vec();
    list.resize(length - end.len(), b' ');
    list.extend(end.bytes());
    Fault::json(list)
}

/// Bodies that aren't a list of keys, or not a whole one, separated by blanks.
const BODIES: &str = r#"null "[]" KEY [KEY [KEY,] [KEY]x [KEY][KEY] [KEY,null] [1,KEY] [KEY,"k0"] [[KEY]]
    {"items":[KEY],"totalPages":1} [KEY,{"id":"k0" [{'id':'k0'}] <html>Hello</html>"#;

/// Faults of the list, and the exit status.
fn cases() -> Vec<(String, Fault, i32)> {
    let more = KEY.len() + 100;
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let whole = chunk(&format!("[{KEY}]"));
    let error = |status, code| Fault::Answer(CannedResponse::error(status, code, "m"));
    let redirect = CannedResponse::status(302).header("Location", "/");
    let cases = [
        ("closed within the body", Fault::At(Point::Body, Break::Close), 6),
        ("reset within the body", Fault::At(Point::Body, Break::Reset), 6),
        ("hangs within the body", Fault::At(Point::Body, Break::Hang), 6),
        ("drips the body", Fault::At(Point::Body, Break::Drip), 6),
        ("garbage within the body", Fault::At(Point::Body, Break::Garbage), 6),
        ("closed within the header", Fault::At(Point::Header, Break::Close), 6),
        ("shorter than announced", raw(&format!("Content-Length: {more}\r\n"), &format!("[{KEY}]")), 6),
        ("a chunk is cut", raw(chunked, &whole[..whole.len() / 2]), 6),
        ("the last chunk is missing", raw(chunked, &whole), 6),
        ("a chunk has no length", raw(chunked, &format!("{whole}zz\r\n")), 6),
        ("no length, and cut", raw("", &format!("[{KEY},{KEY}")), 1),
        ("nothing", Fault::json(""), 1),
        ("no UTF-8", Fault::json([b"[", KEY.replace("k0", "").as_bytes(), b",\"\xff\"]"].concat()), 1),
        ("letters beyond the bound", Fault::Answer(CannedResponse::status(200).body_of(64 * MIB as u64)), 1),
        ("a list beyond the bound", padded(&format!("[{KEY}"), "]", 40 * MIB), 1),
        ("a list, and more beyond the bound", padded(&format!("[{KEY}]"), "x", 40 * MIB), 1),
        ("204", Fault::Answer(CannedResponse::status(204)), 1),
        ("302", Fault::Answer(redirect), 1),
        ("404 of a route", error(404, "NOT_FOUND"), 1),
        ("404", error(404, "ORGANIZATION_NOT_FOUND"), 2),
        ("409", error(409, "C"), 1),
    ];
    let statuses = [(201, 1), (203, 1), (206, 1), (400, 1), (500, 6), (429, 6)].map(|(status, exit)| {
        let response = CannedResponse::status(status).body(format!("[{KEY}]"));
        (status.to_string(), Fault::Answer(response), exit)
    });
    let bodies =
        BODIES.split_whitespace().map(|body| (body.to_owned(), Fault::json(body.replace("KEY", KEY)), 1));
    let cases = cases.into_iter().map(|(what, fault, exit)| (what.to_owned(), fault, exit));
    cases.chain(statuses).chain(bodies).collect()
}

#[test]
fn incomplete_list_selects_nothing() {
    parallel(40, &cases(), |(what, fault, status)| {
        let coveo = organization([disabled("k0", NOW - 400 * DAY), disabled("k1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", fault.clone());
        for mode in ["--yes", "--dry-run"] {
            // Only cases that are expected to time out get a short time-out.
            let timeout = if *status == 6 { "--timeout=1s" } else { "--timeout=60s" };
            let limits = [ANY_NUMBER, "--retries=1", timeout];
            let done = cli(&coveo).args(["--disabled-for", "30d", mode]).args(limits).run();
            let done = done.assert_status(*status);
            let words =
                format!("error: the keys of {ORGANIZATION} could not be listed, so nothing was changed: ");
            assert_eq!(done.assert_stderr(&words).stdout, "");
            assert!(*status != 6 || done.took < Duration::from_secs(10), "{:?}", done.took);
        }
        coveo.assert_only_reads();
        if *what == "500" {
            assert_eq!(coveo.requests().len(), 4, "one retry in each mode");
        }
    });
}

/// The counterpart: the same lists, but complete.
#[test]
fn complete_list_is_accepted_in_any_encoding() {
    let list = format!("[{KEY}]");
    let (first, second) = list.split_at(30);
    let chunks = format!("{:x}\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    for (what, fault) in [
        ("as it is", Fault::json(list.as_bytes())),
        ("in chunks", raw("Transfer-Encoding: chunked\r\n", &chunks)),
        ("up to the end of the connection", raw("", &list)),
        ("among white space", Fault::json(format!("\r\n\t [ {KEY}\n]\n\n"))),
        ("long", padded(&format!("[{KEY}"), "]", 24 * MIB)),
        ("slowly", Fault::Slow(Duration::from_millis(300))),
    ] {
        let coveo = organization([disabled("k0", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", fault);
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
        assert_eq!(ids_after("deleted ", &done.stdout), ["k0"], "{what}");
        assert!(coveo.ids().is_empty(), "{what}");
    }
}
