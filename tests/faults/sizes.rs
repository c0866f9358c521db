//! Responses that are too large are read only in part, within bounds of time and memory. And responses are never compressed.

use std::time::Duration;

use crate::case::{WIDTH, check_outcomes, organization};
use support::fake_coveo::{CannedResponse, Fault, Hook, M1};
use support::harness::{Cli, Run, cli, parallel};

/// 100 MiB.
const LONG: u64 = 100 * 1024 * 1024;

/// The memory that the tool may have, in KiB.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 40 * 1024;

/// The name of cases with too long headers, and a part of the message about them.
const TOO_LONG: &str = "response headers are longer than 16 KiB";

fn many_headers(count: usize) -> CannedResponse {
    let headers: String = (0..count).map(|number| format!("X-Header-{number}: v\r\n")).collect();
    CannedResponse::raw(format!("HTTP/1.1 204 No Content\r\n{headers}\r\n")).acting()
}

/// Responses to the change of a key, and its outcome.
fn cases() -> Vec<(String, CannedResponse, &'static str)> {
    let status = CannedResponse::status;
    let large = |kib: usize| status(204).header("X-Large", &"h".repeat(kib * 1024));
    let length = LONG.to_string();
    let mut cases = vec![
        ("503 with 100 MiB".to_owned(), status(503).body_of(LONG), "unknown"),
        ("429 with 100 MiB".to_owned(), status(429).body_of(LONG), "unavailable"),
        // A 204 has no body, so what is sent as one stays unread.
        (
            "204 with 100 MiB".to_owned(),
            status(204).acting().header("Content-Length", &length).body_of(LONG),
            "deleted",
        ),
        ("a header of 8 KiB".to_owned(), large(8).acting(), "deleted"),
        (TOO_LONG.to_owned(), large(16).acting(), "unknown"),
        (TOO_LONG.to_owned(), large(1024).acting(), "unknown"),
        (TOO_LONG.to_owned(), large(1024), "unknown"),
        ("60 headers".to_owned(), many_headers(60), "deleted"),
        ("10,000 headers".to_owned(), many_headers(10_000), "unknown"),
        (
            "a status line of 1 MiB".to_owned(),
            CannedResponse::raw(format!("HTTP/1.1 204 {}", "h".repeat(1024 * 1024))),
            "unknown",
        ),
    ];
    for number in [200, 302, 401, 404] {
        cases.push((format!("{number} with 100 MiB"), status(number).body_of(LONG), "unexpected"));
        let endless = status(number)
            .header("Connection", "close")
            .header("Transfer-Encoding", "identity")
            .body_of(LONG);
        cases.push((format!("{number} with 100 MiB and no length"), endless, "unexpected"));
    }
    cases
}

/// The same tool with limited memory. It ends with an error if it wants more.
#[cfg(target_os = "linux")]
fn bounded(cli: Cli) -> std::process::Command {
    cli.in_shell(&format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""))
}

#[cfg(not(target_os = "linux"))]
fn bounded(cli: Cli) -> std::process::Command {
    cli.command()
}

#[test]
fn large_response_is_left_unread() {
    parallel(WIDTH, &cases(), |(name, response, outcome)| {
        // Over TLS, `ureq` has its own buffer.
        let (coveo, ids) = organization(name == TOO_LONG, 2);
        coveo.inject_at(..1, Fault::Answer(response.clone()));
        let run = Run::of(&mut bounded(cli(&coveo).args(["--json", "--retries", "0"]).args(&ids)));
        check_outcomes(&run, &ids, &[outcome, "deleted"]);
        assert!(name != TOO_LONG || run.stderr.contains(TOO_LONG), "{}", run.stderr);
        assert!(run.took < Duration::from_secs(5), "it took {:?}", run.took);
        assert!(!coveo.exists(&ids[1]));
    });
}

/// A gateway that compresses unless asked not to, as it may.
#[test]
fn identity_encoding_is_requested() {
    let (coveo, ids) = organization(false, 1);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.header("Accept-Encoding") != Some("identity") => {
            let gzip = CannedResponse::status(404).header("Content-Encoding", "gzip").body(*b"\x1f\x8b\x08");
            Fault::Answer(gzip)
        }
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--json", "--dry-run", M1]).args(&ids).run().assert_status(5);
    run.assert_stderr("no such key m1");
}
