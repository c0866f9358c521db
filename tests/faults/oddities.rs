//! Unusual forms of HTTP, and bytes that aren't HTTP.

use crate::answers::{Case, PAGE, retried, settles};
use support::fake_coveo::CannedResponse;

/// Unusual HTTP, and bytes that aren't HTTP.
pub fn oddities() -> Vec<Case> {
    let error = r#"{"message":"m","errorCode":"C"}"#;
    let deleted =
        |name, head: &str| settles(name, CannedResponse::raw(head).acting().closing(), "deleted", 204);
    let settled = |name: &str, head: &str, body: &str, outcome, status| {
        settles(name, CannedResponse::raw(format!("{head}\r\n\r\n{body}")).closing(), outcome, status)
    };
    let mut cases = vec![
        deleted("HTTP/1.0", "HTTP/1.0 204 No Content\r\n\r\n"),
        deleted("no reason", "HTTP/1.1 204\r\n\r\n"),
        deleted("line feeds alone", "HTTP/1.1 204 No Content\nServer: s\n\n"),
        deleted("100 before it", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
        deleted("102 before it", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
        deleted(
            "103 twice before it",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        ),
        settled("HTTP/1.0 without a length", "HTTP/1.0 404 Not Found", error, "notFound", 404),
        settled("HTTP/1.0 with a page", "HTTP/1.0 404 Not Found", PAGE, "unexpected", 404),
        settled("HTTP/1.0, 200", "HTTP/1.0 200 OK", PAGE, "unexpected", 200),
        settled("no length", "HTTP/1.1 404 Not Found", error, "notFound", 404),
        settled("no length, half a body", "HTTP/1.1 404 Not Found", &error[..20], "unexpected", 404),
        settled(
            "chunks",
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked",
            &format!("5\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", &error[..5], error.len() - 5, &error[5..]),
            "notFound",
            404,
        ),
        settled("status 999", "HTTP/1.1 999 Request denied", PAGE, "unexpected", 999),
        settled(
            "103 before a refusal",
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 401 No",
            "",
            "unauthorized",
            401,
        ),
    ];
    for (name, bytes) in [
        ("status 099", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"),
        ("status 20", "HTTP/1.1 20 OK\r\n\r\n"),
        ("status 2040", "HTTP/1.1 2040 No Content\r\n\r\n"),
        ("HTTP/2", "HTTP/2 204 No Content\r\n\r\n"),
        ("HTTP/9.9", "HTTP/9.9 204 No Content\r\n\r\n"),
        ("HTTP/0.9", "<html>204 No Content</html>"),
        ("ICY", "ICY 204 OK\r\n\r\n"),
        ("a mail server", "220 mail.example ESMTP\r\n"),
        ("an SSH server", "SSH-2.0-OpenSSH_9.6\r\n"),
        ("an alert of TLS", "\x15\x03\x01\x00\x02\x02\x0a"),
        ("only JSON", r#"{"errorCode":"API_KEY_NOT_FOUND"}"#),
        ("only empty lines", "\r\n\r\n\r\n"),
        ("a header without a colon", "HTTP/1.1 204 No Content\r\nServer s\r\n\r\n"),
        ("a header that does not end", "HTTP/1.1 204 No Content\r\nServer: s\r\n"),
        ("100 and no more", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("103 and no more", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (
            "a body that is too short",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n{\"errorCode\":\"C\"}",
        ),
        ("chunks that end early", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err"),
        ("a chunk without a length", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        ("an invalid length", "HTTP/1.1 404 Not Found\r\nContent-Length: many\r\n\r\n"),
    ] {
        cases.extend(retried(name, &CannedResponse::raw(bytes).closing(), None));
    }
    cases
}
