//! Responses that are too large are read only in part, within bounds of time and memory. And responses are never compressed.

use std::fmt;
use std::time::Duration;

use crate::answers::script;
use crate::case::{WIDTH, organization, results};
use support::fake_coveo::{CannedResponse, Fault, Hook};
use support::harness::{Cli, cli, parallel};

/// 100 MiB.
const LONG: u64 = 100 * 1024 * 1024;

/// The memory that the tool may have, in KiB.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 40 * 1024;

struct Case {
    name: String,
    answer: CannedResponse,
    outcome: &'static str,
    exit: i32,
    /// What standard error says.
    says: &'static str,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn case(name: impl Into<String>, answer: CannedResponse, outcome: &'static str, exit: i32) -> Case {
    Case { name: name.into(), answer, outcome, exit, says: "" }
}

fn many_headers(count: usize) -> CannedResponse {
    let headers: String = (0..count).map(|number| format!("X-Header-{number}: v\r\n")).collect();
    CannedResponse::raw(format!("HTTP/1.1 204 No Content\r\n{headers}\r\n")).acting()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for status in [200, 302, 401, 404] {
        let answer = CannedResponse::status(status).body_of(LONG);
        cases.push(case(format!("{status} with 100 MiB"), answer, "unexpected", 1));
        let endless = CannedResponse::status(status)
            .header("Connection", "close")
            .header("Transfer-Encoding", "identity");
        let name = format!("{status} with 100 MiB and no length");
        cases.push(case(name, endless.body_of(LONG), "unexpected", 1));
    }
    let failing = CannedResponse::status(503).body_of(LONG);
    cases.push(case("503 with 100 MiB", failing, "unknown", 6));
    let busy = CannedResponse::status(429).body_of(LONG);
    cases.push(case("429 with 100 MiB", busy, "unavailable", 6));
    // A 204 has no body, so what is sent as one stays unread.
    let length = LONG.to_string();
    let announced = CannedResponse::status(204).acting().header("Content-Length", &length).body_of(LONG);
    cases.push(case("204 with 100 MiB", announced, "deleted", 0));
    let large = "h".repeat(1024 * 1024);
    for (size, acting) in [(16, true), (1024, true), (1024, false)] {
        let header = CannedResponse::status(204).header("X-Large", &large[..size * 1024]);
        let header = if acting { header.acting() } else { header };
        let too_long = case(format!("a header of {size} KiB, acting: {acting}"), header, "unknown", 6);
        cases.push(Case { says: "response headers are longer than 16 KiB", ..too_long });
    }
    cases.push(case(
        "a status line of 1 MiB",
        CannedResponse::raw(format!("HTTP/1.1 204 {large}")),
        "unknown",
        6,
    ));
    cases.push(case("10,000 headers", many_headers(10_000), "unknown", 6));
    cases.push(case("60 headers", many_headers(60), "deleted", 0));
    let header = CannedResponse::status(204).acting().header("X-Large", &large[..8 * 1024]);
    cases.push(case("a header of 8 KiB", header, "deleted", 0));
    cases
}

/// The same tool with limited memory. It ends with an error if it wants more.
#[cfg(target_os = "linux")]
fn bounded(cli: Cli) -> std::process::Command {
    let command = cli.command();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")]).arg(support::harness::binary());
    shell.args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

#[cfg(not(target_os = "linux"))]
fn bounded(cli: Cli) -> std::process::Command {
    cli.command()
}

impl Case {
    fn check(&self) {
        // Over TLS, `ureq` has its own buffer.
        let (coveo, ids) = organization(!self.says.is_empty(), 2);
        script(&coveo, self.answer.clone(), 1);
        let cli = cli(&coveo).args(["--json", "--retries", "0"]).args(&ids);
        let started = std::time::Instant::now();
        let output = bounded(cli).output().expect("the binary starts");
        let run = support::harness::Run::check(output, started.elapsed());
        let outcomes: Vec<String> =
            results(&run, &ids).into_iter().map(|json_lines| json_lines.outcome).collect();
        assert_eq!(outcomes, [self.outcome, "deleted"], "{}", run.stderr);
        assert!(run.stderr.contains(self.says), "{}", run.stderr);
        assert!(run.took < Duration::from_secs(5), "it took {:?}", run.took);
        run.assert_status(self.exit);
        assert!(!coveo.exists(&ids[1]));
    }
}

#[test]
fn large_response_is_left_unread() {
    parallel(WIDTH, &cases(), Case::check);
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
    let run = cli(&coveo).args(["--json", "--dry-run", "missing"]).args(&ids).run().assert_status(5);
    assert!(run.stderr.contains("no such key missing"), "{}", run.stderr);
}
