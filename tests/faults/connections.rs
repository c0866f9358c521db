//! Bytes that a response leaves on its connection are never taken for the response about the next key: a whole response
//! after an odd one or after one that fills every buffer, or the first bytes of one whose rest comes later. And a server that
//! closes idle connections does no harm.

use std::fmt;

use crate::case::{WIDTH, check_outcomes, organization};
use support::fake_coveo::{Break, CannedResponse, Fault, Hook, Leftover, Point, always, first};
use support::harness::{cli, parallel};

/// After a response, this would be the next one if it were read.
const LIE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// The response about the first of three keys, after which the connection stays open. The second key is refused and the
/// third deleted.
struct Case {
    https: bool,
    name: String,
    answer: CannedResponse,
    outcome: &'static str,
    /// Whether the tool must not use the connection again.
    spoilt: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({})", self.name, if self.https { "HTTPS" } else { "HTTP" })
    }
}

impl Case {
    fn check(&self) {
        let (coveo, ids) = organization(self.https, 3);
        let acts = self.outcome == "deleted";
        let first = if acts { self.answer.clone().acting() } else { self.answer.clone() };
        let [k1, k2] = [0, 1].map(|key| format!("/{}", ids[key]));
        let error = |status, code| Fault::Answer(CannedResponse::error(status, code, "no"));
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.is("GET", &k1) => error(404, "KEY_NOT_FOUND"),
            Hook::Request(_, request) if request.path.ends_with(&k1) => Fault::Answer(first.clone()),
            Hook::Request(_, request) if request.path.ends_with(&k2) => error(403, "ACCESS_DENIED"),
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--json", "--timeout", "5s", "--retries", "0"]).args(&ids).run();
        check_outcomes(&run, &ids, &[self.outcome, "forbidden", "deleted"]);
        assert_eq!([0, 1, 2].map(|key| coveo.exists(&ids[key])), [!acts, true, false]);
        // After a 404, the key is read, and so are the token's privileges, as a proof of access.
        let proofs = if self.outcome == "notFound" { 2 } else { 0 };
        assert_eq!(coveo.requests().len(), 3 + proofs, "{}", run.stderr);
        let connections = if self.spoilt { 2 } else { 1 };
        assert_eq!(coveo.connections(), connections, "connections\n{}", run.stderr);
    }
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let error = r#"{"message":"m","errorCode":"C"}"#;
    let full = format!("Content-Length: {}\r\n\r\n{error}", error.len());
    let lie_length = LIE.len();
    let rows: Vec<(&'static str, String, &'static str, bool)> = vec![
        ("204", LIE.into(), "deleted", false),
        ("204 with a length of 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n".into(), "deleted", false),
        ("204 with a body that is announced", "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n<html>".into(), "deleted", true),
        ("204 with a body that is announced and never comes", "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n".into(), "deleted", true),
        ("204 with another answer in its body", format!("HTTP/1.1 204 No Content\r\nContent-Length: {lie_length}\r\n\r\n{LIE}"), "deleted", true),
        ("204 with another answer after it", format!("{LIE}{LIE}"), "deleted", true),
        ("204 with a line feed after it", format!("{LIE}\n"), "deleted", true),
        ("204 with chunks", format!("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n{lie_length:x}\r\n{LIE}\r\n0\r\n\r\n"), "deleted", true),
        ("204 with chunks that never come", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n".into(), "deleted", true),
        ("204 that says close, and another", format!("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n{LIE}"), "deleted", true),
        ("204 of HTTP/1.0", "HTTP/1.0 204 No Content\r\n\r\n".into(), "deleted", true),
        ("204 of HTTP/1.0 that says keep-alive", "HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n".into(), "deleted", false),
        ("103 and 204", format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{LIE}"), "deleted", false),
        ("100 and 204", format!("HTTP/1.1 100 Continue\r\n\r\n{LIE}"), "deleted", false),
        ("103, 204, and another", format!("HTTP/1.1 103 Early Hints\r\n\r\n{LIE}{LIE}"), "deleted", true),
        ("101 and 204", format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n{LIE}"), "unexpected", true),
        ("401", format!("HTTP/1.1 401 No\r\n{full}"), "unauthorized", false),
        ("401 with another answer after it", format!("HTTP/1.1 401 No\r\n{full}{LIE}"), "unauthorized", true),
        ("404 that is longer than it says", format!("HTTP/1.1 404 Not Found\r\n{full}   {LIE}"), "notFound", true),
        ("404 of length 0 with a body", format!("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n{LIE}"), "unexpected", true),
        ("404 in chunks", format!("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{error}\r\n0\r\n\r\n", error.len()), "notFound", false),
        ("404 in chunks with another answer after it", format!("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{error}\r\n0\r\n\r\n{LIE}", error.len()), "notFound", true),
        ("302 with a body", format!("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: {lie_length}\r\n\r\n{LIE}"), "unexpected", false),
        ("304 with a body", format!("HTTP/1.1 304 Not Modified\r\nContent-Length: {lie_length}\r\n\r\n{LIE}"), "unexpected", true),
        ("304 with another answer after it", format!("HTTP/1.1 304 Not Modified\r\n\r\n{LIE}"), "unexpected", true),
        ("200 with another answer in its body", format!("HTTP/1.1 200 OK\r\nContent-Length: {lie_length}\r\n\r\n{LIE}"), "unexpected", false),
        ("200 with a page of more than 64 KiB and another answer", format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}{LIE}", 70_000 + lie_length, "a".repeat(70_000)), "unexpected", true),
        ("not HTTP, and an answer", format!("220 mail.example\r\n{LIE}"), "unknown", true),
        ("a length and chunks", format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{LIE}"), "unexpected", true),
        ("two lengths", format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: {lie_length}\r\n\r\n{LIE}"), "unknown", true),
    ];
    let both = |(name, bytes, outcome, spoilt): (&str, String, _, _)| {
        let case = |https| Case { https, name: name.into(), answer: CannedResponse::raw(bytes.clone()), outcome, spoilt };
        [false, true].map(case)
    };
    rows.into_iter().flat_map(both).collect()
}

#[test]
fn odd_response_is_not_about_next_key() {
    parallel(WIDTH, &cases(), Case::check);
}

/// A 404 in Coveo's form that is `length` bytes long.
fn response(length: usize) -> String {
    let response = |message: usize| {
        let body = format!(r#"{{"message":"{}","errorCode":"KEY_NOT_FOUND"}}"#, "m".repeat(message));
        format!("HTTP/1.1 404 Not Found\r\nContent-Length: {:05}\r\n\r\n{body}", body.len())
    };
    response(length - response(0).len())
}

#[test]
fn leftover_is_not_about_next_key() {
    let mut cases = Vec::new();
    for https in [false, true] {
        // 16 KiB fill a buffer and are the most that a TLS record holds.
        for length in [200, 4096 - 22, 4096, 16 * 1024 - 1, 16 * 1024] {
            // A TLS record begins with a header of 5 bytes.
            for at_once in [1, 4, 5, 6, LIE.len() - 1, usize::MAX] {
                let leftover = Leftover { bytes: LIE.into(), at_once };
                let answer = CannedResponse::raw(response(length)).leaving(leftover);
                let name = format!("{at_once} bytes after a response of {length}");
                cases.push(Case { https, name, answer, outcome: "notFound", spoilt: true });
            }
        }
    }
    parallel(WIDTH, &cases, Case::check);
}

#[test]
fn late_body_is_not_about_next_key() {
    for head in [
        format!("HTTP/1.1 204 No Content\r\nContent-Length: {}\r\n\r\n", LIE.len()),
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
    ] {
        let (coveo, ids) = organization(false, 2);
        let first = CannedResponse::raw(head.clone()).acting();
        // The body that the first response has announced, and then the response to the second request.
        let late = CannedResponse::raw(format!("{LIE}HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
        coveo.plan(move |hook| match hook {
            Hook::Request(0, _) => Fault::Answer(first.clone()),
            Hook::Request(_, request) if request.connection == 0 => Fault::Answer(late.clone()),
            Hook::Request(..) => Fault::Answer(CannedResponse::status(401)),
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--json", "--timeout", "5s", "--retries", "0"]).args(&ids).run();
        assert!(coveo.exists(&ids[1]));
        check_outcomes(&run, &ids, &["deleted", "unauthorized"]);
    }
}

/// A server that speaks before the first request has not responded to it. Over plain HTTP, where nothing comes before the
/// request, that can't be tested without a race.
#[test]
fn speaking_first_is_not_a_response() {
    let (coveo, ids) = organization(true, 2);
    coveo.plan(first(1, Fault::SpeakFirst(LIE.into())));
    let run = cli(&coveo).arg("--json").args(&ids).run();
    let lines = check_outcomes(&run, &ids, &["deleted", "deleted"]);
    assert_eq!([&lines[0]["attempts"], &lines[1]["attempts"]], [2, 1], "{}", run.stderr);
    assert_eq!(coveo.connections(), 2, "{}", run.stderr);

    let (coveo, ids) = organization(true, 1);
    coveo.plan(always(Fault::SpeakFirst(LIE.into())));
    let run = cli(&coveo).args(["--json", "--retries", "1"]).args(&ids).run();
    check_outcomes(&run, &ids, &["unavailable"]);
    run.assert_stderr("it came before the request (2 attempts)");
    assert!(coveo.exists(&ids[0]) && coveo.requests().is_empty());
}

/// A server that closes its connections after some responses, announced or not.
#[test]
fn closed_idle_connection_costs_nothing() {
    let (closing, keys) = (CannedResponse::status(204).acting().closing(), 120);
    let faults = [(Fault::CloseAfter, "unannounced"), (Fault::Answer(closing), "announced")];
    let cases = faults.iter().flat_map(|fault| {
        [(false, 1), (false, 7), (true, 1), (true, 7)].map(|(https, every)| (https, every, fault))
    });
    parallel(WIDTH, &cases.collect::<Vec<_>>(), |&(https, every, (fault, name))| {
        let (coveo, ids) = organization(https, keys);
        let fault = fault.clone();
        coveo.plan(move |hook| match hook {
            Hook::Request(number, _) if number % every == every - 1 => fault.clone(),
            _ => Fault::None,
        });
        let run = cli(&coveo).arg("--json").args(&ids).run();
        let lines = check_outcomes(&run, &ids, &vec!["deleted"; keys]);
        // An attempt is lost if the connection is closed between the probe and the request. Mostly it is closed before, and
        // an announced end is known.
        let lost = lines.iter().filter(|line| line["attempts"] != 1).count();
        let most = if *name == "announced" { 0 } else { keys / every / 2 };
        assert!(lost <= most, "{lost} attempts were lost\n{}", run.stderr);
        let requests = coveo.requests();
        assert_eq!(requests.len(), keys, "a request that was read is not sent twice");
        assert!(requests.iter().all(|request| request.acted && request.status == Some(204)));
        assert_eq!(coveo.connections(), keys.div_ceil(every), "connections");
    });
}

#[test]
fn doubt_of_first_attempt_is_reported() {
    let (coveo, ids) = organization(true, 1);
    coveo.plan(|hook| match hook {
        Hook::Request(..) => Fault::At(Point::BeforeActing, Break::Close),
        Hook::Connection(number) if number > 0 => Fault::At(Point::Handshake, Break::Close),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--json", "--retries", "1"]).args(&ids).run();
    check_outcomes(&run, &ids, &["unknown"]);
    let why = "no response on attempt 1; then TLS handshake with localhost:";
    run.assert_stderr(why);
    assert!(run.stdout.contains(why), "{}", run.stdout);
}
