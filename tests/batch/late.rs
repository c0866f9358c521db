//! Tests that wait for the limits of the tool. They run next to the slowest test of all, so they cost no time.
//!
//! A selected key is read again before an attempt if the last read is more than 10 s old by then. A key that may have been
//! changed is never reported as kept.

use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::blocked::small_pipe;
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Organization, Point, days_ago};
use support::harness::{check, cli, key_outcomes, kill, parallel};

/// What somebody else does before the key is read a second time.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    Used,
    Deleted,
    Disabled,
    /// Another key with this ID is disabled.
    AnotherDisabled,
}

impl Event {
    fn apply(self, organization: &Organization) {
        let now = SystemTime::now();
        match self {
            Event::Nothing => {}
            Event::Used => organization.add(ApiKey::unused("k1", now)),
            Event::Deleted => organization.remove("k1"),
            Event::Disabled => organization.add(ApiKey::disabled("k1", now)),
            Event::AnotherDisabled => {
                let mut key = ApiKey::disabled("k1", now);
                key.extra.insert("organizationId".to_owned(), "another".into());
                organization.add(key);
            }
        }
    }
}

/// Adds a key `k1` that has long been unused. The event happens when it is read a second time.
fn unused_key(coveo: Coveo, event: Event) -> Coveo {
    coveo.add(ApiKey::unused("k1", days_ago(400)));
    let reads = AtomicUsize::new(0);
    coveo.on_request(move |request, organization| {
        if request.is("GET", "/apikeys/k1") && reads.fetch_add(1, Ordering::SeqCst) == 1 {
            event.apply(organization);
        }
    });
    coveo
}

#[test]
fn recent_read_is_not_repeated() {
    for status in [429, 503] {
        let coveo = unused_key(Coveo::http(), Event::Used);
        coveo.inject_at(2..=2, Fault::Answer(CannedResponse::status(status)));
        let run = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json"]).run();
        check(&run, &[("k1", "deleted")], 0);
        assert_eq!(coveo.count("GET", "/k1"), 1, "{:?}", coveo.journal());
    }
}

/// The first response to the change asks to wait for 11 s, and something happens in the meantime.
#[test]
fn late_attempt_reads_the_key_again() {
    use Event::{AnotherDisabled, Deleted, Disabled, Nothing, Used};
    const DELETE: &str = "DELETE";
    const DISABLE: &str = "PUT";
    // The method of the change, the first response, whether it was applied, the event, the outcome, and the number of changes.
    let cases = [
        // 429 was certainly not applied, so the read decides as the first one does.
        (DELETE, 429, false, Nothing, "deleted", 2),
        (DELETE, 429, false, Used, "kept", 1),
        (DELETE, 429, false, Deleted, "gone", 1),
        (DISABLE, 429, false, Nothing, "disabled", 2),
        (DISABLE, 429, false, Used, "kept", 1),
        (DISABLE, 429, false, Disabled, "kept", 1),
        // 503 may have been applied.
        (DELETE, 503, false, Nothing, "deleted", 2),
        (DELETE, 503, false, Used, "unknown", 1),
        (DELETE, 503, false, Deleted, "gone", 1),
        (DELETE, 503, true, Nothing, "gone", 1),
        (DISABLE, 503, false, Nothing, "disabled", 2),
        (DISABLE, 503, false, Used, "unknown", 1),
        (DISABLE, 503, false, Disabled, "disabled", 1),
        (DISABLE, 503, false, AnotherDisabled, "unknown", 1),
        (DISABLE, 503, true, Nothing, "disabled", 1),
    ];
    parallel(cases.len(), &cases, |&(method, status, applied, event, outcome, changes)| {
        let coveo = unused_key(Coveo::http(), event);
        let response = CannedResponse::status(status).header("Retry-After", "11");
        coveo.inject_at(2..=2, Fault::Answer(if applied { response.acting() } else { response }));
        let cli = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "40s"]);
        let run = cli.args((method == DISABLE).then_some("--disable")).run();
        check(&run, &[("k1", outcome)], if outcome == "unknown" { 6 } else { 0 });
        assert_eq!(coveo.count(method, ""), changes, "{:?}", coveo.journal());
        assert_eq!(coveo.count("GET", "/k1"), 2, "{:?}", coveo.journal());
        assert!(run.took >= Duration::from_secs(11), "{:?}", run.took);
        match outcome {
            "kept" => assert!(coveo.exists("k1")),
            "disabled" => assert_eq!(coveo.is_enabled("k1"), Some(false)),
            "deleted" | "gone" => assert!(!coveo.exists("k1")),
            _ => {}
        }
    });
}

#[test]
fn late_read_that_hangs_ends_at_the_timeout() {
    let coveo = unused_key(Coveo::http(), Event::Nothing);
    let reads = AtomicUsize::new(0);
    coveo.plan(move |hook| match hook {
        Hook::Request(2, _) => Fault::Answer(CannedResponse::status(503).header("Retry-After", "11")),
        Hook::Request(_, request) if request.is("GET", "/k1") && reads.fetch_add(1, Ordering::SeqCst) > 0 => {
            Fault::At(Point::BeforeActing, Break::Hang)
        }
        _ => Fault::None,
    });
    let cli = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "14s"]);
    let run = cli.run_within(Duration::from_secs(14));
    check(&run, &[("k1", "unknown")], 6);
}

/// What delays the change of a key after it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stall {
    Handshake,
    StoppedProcess,
    BlockedLog,
}

const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const STALL: Duration = Duration::from_millis(10_500);

/// Fills a pipe that doesn't block.
fn fill(mut pipe: &File) {
    while pipe.write(&[b'x'; 64]).is_ok() {}
    while pipe.write(b"x").is_ok() {}
}

impl Stall {
    /// Runs the binary, and stalls it when the key is first read. Returns the lines of `--json`.
    fn run(self, coveo: &Coveo) -> String {
        let (mut reader, stderr) = small_pipe(self == Stall::BlockedLog);
        let (log, process) = (stderr.try_clone().expect("a copy"), Arc::new(OnceLock::new()));
        let (read, id) = (AtomicUsize::new(0), Arc::clone(&process));
        coveo.plan(move |hook| match hook {
            Hook::Connection(1) if self == Stall::Handshake => Fault::Stall(STALL),
            Hook::Request(_, request)
                if request.is("GET", "/apikeys/k1") && read.fetch_add(1, Ordering::SeqCst) == 0 =>
            {
                match self {
                    Stall::Handshake => return Fault::header("Connection", "close"),
                    Stall::StoppedProcess => kill(SIGSTOP, *id.wait()),
                    Stall::BlockedLog => fill(&log),
                }
                Fault::None
            }
            _ => Fault::None,
        });
        let cli = cli(coveo).args(["--unused-for", "90d", "--yes", "--json", "-v"]);
        let mut command = cli.command();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        drop(command);
        process.set(child.id()).expect("one process");
        while coveo.count("GET", "/apikeys/k1") == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(STALL);
        if self == Stall::StoppedProcess {
            kill(SIGCONT, child.id());
        }
        // The server keeps a copy of the pipe, so its end never comes.
        thread::spawn(move || io::copy(&mut reader, &mut io::sink()));
        let output = child.wait_with_output().expect("the binary ends");
        assert!(output.status.success(), "{:?}", output.status);
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// No byte of the change leaves more than 10 s after the read.
#[test]
fn stalled_change_reads_the_key_again() {
    let stalls = [Stall::Handshake, Stall::StoppedProcess, Stall::BlockedLog];
    let cases: Vec<_> = stalls.iter().flat_map(|stall| [(stall, true), (stall, false)]).collect();
    parallel(cases.len(), &cases, |&(stall, is_used)| {
        let coveo = if *stall == Stall::Handshake { Coveo::https() } else { Coveo::http() };
        let (event, outcome) = if is_used { (Event::Used, "kept") } else { (Event::Nothing, "deleted") };
        let coveo = unused_key(coveo, event);
        assert_eq!(key_outcomes(&stall.run(&coveo)), [("k1".to_owned(), outcome.to_owned())]);
        assert_eq!(coveo.exists("k1"), is_used);
        assert_eq!(coveo.count("GET", "/k1"), 2, "{:?}", coveo.journal());
        assert_eq!(coveo.count("DELETE", "/k1"), usize::from(!is_used), "{:?}", coveo.journal());
    });
}

/// Linux may end a socket's time-out late by an eighth: by 2 s above 16 s.
#[test]
fn long_timeouts_end_in_time() {
    let timeouts = [17_000, 17_500, 18_000, 18_500, 19_000];
    parallel(timeouts.len(), &timeouts, |&millis| {
        let coveo = unused_key(Coveo::http(), Event::Nothing);
        coveo.inject("DELETE", "/k1", Fault::At(Point::BeforeActing, Break::Hang));
        let cli = cli(&coveo).args(["--json", "--retries=0", &format!("--timeout={millis}ms"), "k1"]);
        check(&cli.run_within(Duration::from_millis(millis)), &[("k1", "unknown")], 6);
    });
}
