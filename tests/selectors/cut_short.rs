//! Incomplete or invalid lists select nothing, and nothing but `GET` is sent.

use std::time::Duration;

use crate::fixtures::{ANY_NUMBER, DAY, NOW, assert_only_reads, disabled, ids_after, organization};
use support::fake_coveo::{Break, CannedResponse, Fault, ORGANIZATION, Point};
use support::harness::{cli, parallel};

const KEY: &str = r#"{"id":"k0","status":"DISABLED","enabled":false,"disabledDate":"2020-01-01T00:00:00Z"}"#;
const DATE: &str = "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n";
const MIB: usize = 1 << 20;

fn body(body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer(CannedResponse::status(200).header("Content-Type", "application/json").body(body))
}

fn raw(head: &str, body: &str) -> Fault {
    Fault::Answer(CannedResponse::raw(format!("HTTP/1.1 200 OK\r\n{DATE}{head}\r\n{body}")).closing())
}

/// A body of this length: `beginning`, white space and `end`.
fn padded(beginning: &str, end: &str, length: usize) -> Fault {
    let mut list = beginning.as_bytes().to_vec();
    list.resize(length - end.len(), b' ');
    list.extend(end.bytes());
    body(list)
}

/// Faults of the list, and the exit status.
fn cases() -> Vec<(&'static str, Fault, i32)> {
    let more = KEY.len() + 100;
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let whole = chunk(&format!("[{KEY}]"));
    let status = |status: u16| Fault::Answer(CannedResponse::status(status).body(format!("[{KEY}]")));
    vec![
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
        ("no end", body(format!("[{KEY}")), 1),
        ("a comma at the end", body(format!("[{KEY},]")), 1),
        ("half a key at the end", body(format!("[{KEY},{}]", &KEY[..40])), 1),
        ("text after the end", body(format!("[{KEY}]x")), 1),
        ("two lists", body(format!("[{KEY}][{KEY}]")), 1),
        ("no JSON", body(format!("[{}]", KEY.replace('"', "'"))), 1),
        ("no UTF-8", body([b"[", &KEY.as_bytes()[..10], b"\xff", &KEY.as_bytes()[10..], b"]"].concat()), 1),
        ("null in the list", body(format!("[{KEY},null]")), 1),
        ("a number in the list", body(format!("[1,{KEY}]")), 1),
        ("text in the list", body(format!("[{KEY},\"k0\"]")), 1),
        ("a list in the list", body(format!("[[{KEY}]]")), 1),
        ("an object", body(KEY), 1),
        ("a page of a list", body(format!("{{\"items\":[{KEY}],\"totalPages\":1}}")), 1),
        ("null", body("null"), 1),
        ("text", body("\"[]\""), 1),
        ("nothing", body(""), 1),
        ("a page", body("<html>Sign in</html>"), 1),
        ("letters beyond the bound", Fault::Answer(CannedResponse::status(200).body_of(64 * MIB as u64)), 1),
        ("a list beyond the bound", padded(&format!("[{KEY}"), "]", 40 * MIB), 1),
        ("a list, and more beyond the bound", padded(&format!("[{KEY}]"), "x", 40 * MIB), 1),
        ("201", status(201), 1),
        ("203", status(203), 1),
        ("206", status(206), 1),
        ("204", Fault::Answer(CannedResponse::status(204)), 1),
        ("302", Fault::Answer(CannedResponse::status(302).header("Location", "/")), 1),
        ("400", status(400), 1),
        ("404 of a route", Fault::Answer(CannedResponse::error(404, "NOT_FOUND", "No such endpoint.")), 1),
        ("404", Fault::Answer(CannedResponse::error(404, "ORGANIZATION_NOT_FOUND", "No such one.")), 2),
        ("409", Fault::Answer(CannedResponse::error(409, "C", "m")), 1),
        ("500", status(500), 6),
        ("429", status(429), 6),
    ]
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
            let done =
                cli(&coveo).args(["--disabled-for", "30d", mode]).args(limits).run().assert_status(*status);
            assert_eq!(done.stdout, "");
            let words =
                format!("error: the keys of {ORGANIZATION} could not be listed, so nothing was changed: ");
            assert!(done.stderr.contains(&words), "{}", done.stderr);
            assert!(*status != 6 || done.took < Duration::from_secs(10), "{:?}", done.took);
        }
        assert_only_reads(&coveo);
        if *what == "500" {
            assert_eq!(coveo.requests().len(), 4, "one retry in each mode");
        }
        assert_eq!(coveo.ids(), ["k0", "k1"]);
    });
}

/// The counterpart: the same lists, but complete.
#[test]
fn complete_list_is_accepted_in_any_encoding() {
    let list = format!("[{KEY}]");
    let (first, second) = list.split_at(30);
    let chunks = format!("{:x}\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    for (what, fault) in [
        ("as it is", body(list.as_bytes())),
        ("in chunks", raw("Transfer-Encoding: chunked\r\n", &chunks)),
        ("up to the end of the connection", raw("", &list)),
        ("among white space", body(format!("\r\n\t [ {KEY}\n]\n\n"))),
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
