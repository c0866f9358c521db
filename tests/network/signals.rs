//! Signals during every wait, as an ordinary process and as process 1: the tool ends soon, by that signal, and reports only
//! what is certain.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::stub::Dead;
use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Certificate, Coveo, Fault, K1, K2, Point, always, days_ago,
};
use support::harness::{Cli, Run, cli, kill, outcomes, parallel};
use support::name_server::NameServer;
use support::namespace::{Network, within};

/// SIGTERM, SIGINT and SIGHUP.
const SIGNALS: [i32; 3] = [15, 2, 1];

/// What the tool is waiting for when the signal arrives.
#[derive(Clone, Debug)]
struct Wait {
    /// The endpoint's host and port; `DEAD` and `COVEO` stand for ports.
    address: &'static str,
    fault: Fault,
    /// The allowed outcomes of the first key, and whether it is deleted.
    outcomes: &'static [&'static str],
    deleted: bool,
    /// How long the tool may take from the signal to the end, in milliseconds. A request that was sent has 2 s for its
    /// response, and a connection attempt can't be interrupted.
    most: u64,
}

fn waits() -> Vec<Wait> {
    let not_sent = Wait {
        address: "localhost:COVEO",
        fault: Fault::None,
        outcomes: &["unavailable", "notTried"],
        deleted: false,
        most: 1500,
    };
    let sent = Wait { outcomes: &["unknown"], most: 3500, ..not_sent.clone() };
    let busy = CannedResponse::status(503).header("Retry-After", "9");
    let late = Fault::Slow(Duration::from_millis(1500));
    vec![
        Wait { address: "silent.test:COVEO", ..not_sent.clone() },
        Wait { address: "127.0.0.1:DEAD", most: 3500, ..not_sent.clone() },
        Wait { fault: Fault::At(Point::Handshake, Break::Hang), ..not_sent },
        Wait { fault: Fault::At(Point::BeforeActing, Break::Hang), ..sent.clone() },
        Wait { fault: Fault::At(Point::AfterActing, Break::Hang), deleted: true, ..sent.clone() },
        Wait { fault: late, outcomes: &["deleted"], deleted: true, ..sent.clone() },
        Wait { fault: Fault::Answer(busy), most: 1500, ..sent },
    ]
}

impl Wait {
    /// Sends this signal during the wait to the tool, which is process 1 if it is `first`.
    fn check(&self, signal: i32, first: bool) {
        let coveo = Coveo::builder().https(Certificate::Good).names(&["silent.test"]).start();
        let keys = coveo.add_keys(3);
        coveo.plan(always(self.fault.clone()));
        let dead = Dead::start();
        let address = self.address.replace("COVEO", &coveo.port().to_string());
        let address = address.replace("DEAD", &dead.port.to_string());
        let cli = cli(&coveo).env("COVEO_ENDPOINT", format!("https://{address}"));
        let by = if first { "unshare --pid --fork --kill-child" } else { "" };
        let child = start(by, cli.args(["--json", "--timeout", "30s"]).args(&keys));
        let has_come = || match self.fault {
            Fault::At(Point::Handshake, _) => coveo.connections() > 0,
            _ => !coveo.requests().is_empty(),
        };
        let started = Instant::now();
        while !has_come() && started.elapsed() < Duration::from_secs(1) {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        kill(signal, if first { child_of(child.id()) } else { child.id() });
        let (status, run) = end(child);
        assert!(run.took < Duration::from_millis(self.most), "{run:?}");
        let expected = if first { (None, Some(128 + signal)) } else { (Some(signal), None) };
        assert_eq!((status.signal(), status.code()), expected, "{run:?}");
        let outcomes = outcomes(&run.stdout);
        assert!(self.outcomes.contains(&&*outcomes[0]), "{run:?}");
        assert_eq!(outcomes[1..], ["notTried", "notTried"], "{run:?}");
        assert_eq!(coveo.exists(&keys[0]), !self.deleted);
        assert!(coveo.exists(&keys[1]) && coveo.exists(&keys[2]));
        assert!(coveo.requests().len() <= 1, "nothing new is begun");
    }
}

/// Starts the tool `by` another program if any, with no signal ignored.
fn start(by: &str, cli: Cli) -> Child {
    // The shell that started the tests may have ignored them.
    let script = format!("exec env --default-signal=INT,HUP,TERM {by} \"$0\" \"$@\"");
    let mut command = cli.in_shell(&script);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("an installed program starts")
}

/// Waits for the end. The time is the one since now.
fn end(child: Child) -> (ExitStatus, Run) {
    let started = Instant::now();
    let output = child.wait_with_output().expect("the tool ends");
    (output.status, Run::check(output, started.elapsed()))
}

/// Waits until the organization has received a request.
fn asked(coveo: &Coveo) {
    let started = Instant::now();
    while coveo.requests().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10), "nothing was asked");
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(100));
}

/// The only child of a process.
fn child_of(process: u32) -> u32 {
    let children =
        fs::read_to_string(format!("/proc/{process}/task/{process}/children")).expect("it is there");
    children.trim().parse().expect("one child")
}

/// Every wait with every signal, as process 1 or not.
#[test]
fn signal_ends_every_wait() {
    within(&Network::default(), || {
        let _server = NameServer::start();
        let mut cases = Vec::new();
        for (row, wait) in waits().into_iter().enumerate() {
            for (column, signal) in SIGNALS.into_iter().enumerate() {
                cases.push((wait.clone(), signal, (row + column) % 2 == 0));
            }
        }
        parallel(cases.len(), &cases, |(wait, signal, first)| wait.check(*signal, *first));
    });
}

/// With conditions, the next key isn't even read.
#[test]
fn interrupted_run_reads_no_further_key() {
    let coveo = Coveo::with([K1, K2].map(|id| ApiKey::disabled(id, days_ago(400))));
    coveo.inject("DELETE", K1, Fault::Slow(Duration::from_millis(700)));
    let child = start("", cli(&coveo).args(["--json", "--yes", "--disabled-for", "30d"]));
    let started = Instant::now();
    while coveo.count("DELETE", K1) == 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "nothing was deleted");
        thread::sleep(Duration::from_millis(10));
    }
    kill(15, child.id());
    let (status, run) = end(child);
    assert_eq!(
        (status.signal(), outcomes(&run.stdout)),
        (Some(15), vec!["deleted".into(), "notTried".into()])
    );
    assert_eq!((coveo.count("GET", K2), coveo.ids()), (0, vec![K2.into()]));
}

/// The connection attempt can't be interrupted and succeeds after the signal. Without TLS, only the request would follow.
#[test]
fn connection_after_signal_sends_nothing() {
    let (coveo, keys) = Coveo::with_keys(2);
    let dead = Dead::start();
    let endpoint = format!("http://127.0.0.1:{}", dead.port);
    let child = start("", cli(&coveo).env("COVEO_ENDPOINT", endpoint).arg("--json").args(keys));
    thread::sleep(Duration::from_millis(300));
    kill(15, child.id());
    dead.come_alive(coveo.port());
    let (status, run) = end(child);
    assert_eq!(status.signal(), Some(15), "{run:?}");
    assert!(coveo.connections() > 0, "it came about too late");
    assert_eq!(coveo.requests().len(), 0, "{run:?}");
    run.assert_outcomes(&["notTried"; 2]);
}

#[test]
fn second_signal_ends_run_immediately() {
    for (more, first) in [(None, Some(15)), (Some("--dry-run"), None)] {
        parallel(3, &SIGNALS, |&signal| {
            let (coveo, keys) = Coveo::with_keys(2);
            coveo.plan(always(Fault::At(Point::BeforeActing, Break::Hang)));
            let child = start("", cli(&coveo).args(more).args(keys));
            asked(&coveo);
            if let Some(first) = first {
                kill(first, child.id());
                thread::sleep(Duration::from_millis(200));
            }
            kill(signal, child.id());
            let (status, run) = end(child);
            assert_eq!(status.signal(), Some(signal), "{run:?}");
            assert!(run.took < Duration::from_secs(1), "{run:?}");
        });
    }
}

/// A terminal sends Ctrl-C to the shell and to the tool, and the shell looks at how the tool ended.
#[test]
fn loop_of_the_shell_around_it_ends_too() {
    let (coveo, keys) = Coveo::with_keys(3);
    coveo.plan(always(Fault::Slow(Duration::from_millis(700))));
    let shell = start("bash -c 'for key; do \"$0\" \"$key\"; done; echo went on'", cli(&coveo).args(&keys));
    asked(&coveo);
    kill(2, shell.id());
    kill(2, child_of(shell.id()));
    let (status, run) = end(shell);
    assert_eq!(status.signal(), Some(2), "{run:?}");
    assert_eq!(coveo.requests().len(), 1, "{run:?}");
    assert_eq!(run.stdout, format!("deleted {} from {}\n", keys[0], coveo.id()));
}

#[test]
fn ignored_signal_stays_ignored() {
    parallel(3, &SIGNALS, |&signal| {
        let (coveo, keys) = Coveo::with_keys(2);
        coveo.plan(always(Fault::Slow(Duration::from_millis(500))));
        let child = start(&format!("env --ignore-signal={signal}"), cli(&coveo).args(keys));
        asked(&coveo);
        kill(signal, child.id());
        end(child).1.assert_status(0);
        assert!(coveo.ids().is_empty());
    });
}
