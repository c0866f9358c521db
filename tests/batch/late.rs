//! Tests that wait for the limits of the tool. They run next to the slowest test of all, so they cost no time.
//!
//! A selected key is read again before an attempt if the last read is more than 10 s old by then. A key that may have been
//! changed is never reported as kept.

use std::fs::File;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
use std::{fmt, thread};

use crate::blocked::small_pipe;
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Organization, Point};
use support::harness::{check, cli, key_outcomes, parallel};

const DAY: Duration = Duration::from_secs(86_400);

type Change = fn(&Organization);

fn use_again(organization: &Organization) {
    organization.add(ApiKey::unused("k1", SystemTime::now()));
}

fn disable(organization: &Organization) {
    organization.add(ApiKey::disabled("k1", SystemTime::now()));
}

fn disable_elsewhere(organization: &Organization) {
    let mut key = ApiKey::disabled("k1", SystemTime::now());
    key.extra.insert("organizationId".to_owned(), "another".into());
    organization.add(key);
}

fn remove(organization: &Organization) {
    organization.remove("k1");
}

/// An organization whose key `k1` has long been unused, and is changed before it is read a second time.
fn organization(change: Option<Change>) -> Coveo {
    organization_at(false, change)
}

fn organization_at(https: bool, change: Option<Change>) -> Coveo {
    let coveo = if https { Coveo::https() } else { Coveo::http() };
    coveo.add(ApiKey::unused("k1", SystemTime::now() - 400 * DAY));
    let reads = AtomicUsize::new(0);
    coveo.on_request(move |request, organization| {
        if request.is("GET", "/apikeys/k1")
            && reads.fetch_add(1, Ordering::SeqCst) == 1
            && let Some(change) = change
        {
            change(organization);
        }
    });
    coveo
}

#[test]
fn recent_read_is_not_repeated() {
    for status in [429, 503] {
        let coveo = organization(Some(use_again));
        coveo.plan(move |hook| match hook {
            Hook::Request(2, _) => Fault::Answer(CannedResponse::status(status)),
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json"]).run();
        check(&run, &[("k1", "deleted")], 0);
        assert_eq!(coveo.count("GET", "/k1"), 1, "{:?}", coveo.journal());
    }
}

/// A first attempt whose response asks to wait for 11 s, and a change of the key in the meantime.
struct Wait {
    status: u16,
    applied: bool,
    disables: bool,
    change: Option<(&'static str, Change)>,
    outcome: &'static str,
    exit: i32,
    /// The number of requests for the change.
    changes: usize,
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let action = if self.disables { "disable" } else { "delete" };
        let applied = if self.applied { ", applied" } else { "" };
        let change = self.change.map_or("nothing happens", |(name, _)| name);
        write!(f, "{action}: {}{applied}, then {change}: {}", self.status, self.outcome)
    }
}

fn waits() -> Vec<Wait> {
    let wait = |status, disables, change, outcome, exit, changes| Wait {
        status,
        applied: false,
        disables,
        change,
        outcome,
        exit,
        changes,
    };
    let used: Option<(&'static str, Change)> = Some(("it is used", use_again));
    let gone: Option<(&'static str, Change)> = Some(("it is deleted", remove));
    let disabled: Option<(&'static str, Change)> = Some(("it is disabled", disable));
    let elsewhere: Option<(&'static str, Change)> = Some(("another is disabled", disable_elsewhere));
    vec![
        // 429 was certainly not applied, so the read decides as the first one does.
        wait(429, false, None, "deleted", 0, 2),
        wait(429, false, used, "kept", 0, 1),
        wait(429, false, gone, "gone", 0, 1),
        wait(429, true, None, "disabled", 0, 2),
        wait(429, true, used, "kept", 0, 1),
        wait(429, true, disabled, "kept", 0, 1),
        // 503 may have been applied.
        wait(503, false, None, "deleted", 0, 2),
        wait(503, false, used, "unknown", 6, 1),
        wait(503, false, gone, "gone", 0, 1),
        wait(503, true, None, "disabled", 0, 2),
        wait(503, true, used, "unknown", 6, 1),
        wait(503, true, disabled, "disabled", 0, 1),
        wait(503, true, elsewhere, "unknown", 6, 1),
        Wait { applied: true, ..wait(503, false, None, "gone", 0, 1) },
        Wait { applied: true, ..wait(503, true, None, "disabled", 0, 1) },
    ]
}

impl Wait {
    fn check(&self) {
        let coveo = organization(self.change.map(|(_, change)| change));
        let response = CannedResponse::status(self.status).header("Retry-After", "11");
        let response = if self.applied { response.acting() } else { response };
        coveo.plan(move |hook| match hook {
            Hook::Request(2, _) => Fault::Answer(response.clone()),
            _ => Fault::None,
        });
        let cli = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "40s"]);
        let run = if self.disables { cli.arg("--disable") } else { cli }.run();
        let method = if self.disables { "PUT" } else { "DELETE" };
        check(&run, &[("k1", self.outcome)], self.exit);
        assert_eq!(coveo.count(method, ""), self.changes, "{:?}", coveo.journal());
        assert_eq!(coveo.count("GET", "/k1"), 2, "{:?}", coveo.journal());
        assert!(run.took >= Duration::from_secs(11), "{:?}", run.took);
        match self.outcome {
            "kept" => assert!(coveo.exists("k1")),
            "disabled" => assert_eq!(coveo.is_enabled("k1"), Some(false)),
            "deleted" | "gone" => assert!(!coveo.exists("k1")),
            _ => {}
        }
    }
}

#[test]
fn late_attempt_reads_the_key_again() {
    let waits = waits();
    parallel(waits.len(), &waits, Wait::check);
}

#[test]
fn late_read_that_hangs_ends_at_the_timeout() {
    let coveo = organization(None);
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

const STALL: Duration = Duration::from_millis(10_500);

/// Sends a signal to the process `id`.
fn signal(id: u32, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(kill.expect("kill runs").success());
}

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
                    Stall::Handshake => return Fault::CloseAfter,
                    Stall::StoppedProcess => signal(*id.wait(), "STOP"),
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
            signal(child.id(), "CONT");
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
        let https = *stall == Stall::Handshake;
        let coveo = organization_at(https, is_used.then_some(use_again as Change));
        let outcome = if is_used { "kept" } else { "deleted" };
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
        let coveo = organization(None);
        coveo.inject("DELETE", "/k1", Fault::At(Point::BeforeActing, Break::Hang));
        let cli = cli(&coveo).args(["--json", "--retries=0", &format!("--timeout={millis}ms"), "k1"]);
        check(&cli.run_within(Duration::from_millis(millis)), &[("k1", "unknown")], 6);
    });
}
