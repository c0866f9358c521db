//! Signals during every wait, as an ordinary process and as process 1: the tool ends soon, by that signal, and reports only
//! what is certain.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::stub::Dead;
use support::fake_coveo::{Break, CannedResponse, Certificate, Coveo, Fault, Point, always};
use support::harness::{Cli, Run, cli, needed, outcomes, parallel};
use support::name_server::NameServer;
use support::namespace::{Network, within};

const SIGNALS: [(&str, i32); 3] = [("TERM", 15), ("INT", 2), ("HUP", 1)];

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

#[derive(Debug)]
struct Case {
    wait: Wait,
    signal: &'static str,
    number: i32,
    /// Whether the tool is process 1.
    as_first: bool,
}

impl Case {
    fn check(&self) {
        let Case { wait, signal, number, as_first } = self;
        let coveo = Coveo::builder().https(Certificate::Good).names(&["silent.test"]).start();
        let keys = coveo.add_keys(3);
        coveo.plan(always(wait.fault.clone()));
        let dead = Dead::start();
        let ports = [("COVEO", coveo.port()), ("DEAD", dead.port)];
        let address = ports
            .iter()
            .fold(wait.address.to_owned(), |address, (name, port)| address.replace(name, &port.to_string()));
        let cli = cli(&coveo).env("COVEO_ENDPOINT", format!("https://{address}"));
        let unshare: &[&str] = if *as_first { &["unshare", "--pid", "--fork", "--kill-child"] } else { &[] };
        let words = [unshare, &["env"]].concat();
        let child = start(&words, cli.args(["--json", "--timeout", "30s"]).args(&keys));
        let has_come = || match wait.fault {
            Fault::At(Point::Handshake, _) => coveo.connections() > 0,
            _ => !coveo.requests().is_empty(),
        };
        let started = Instant::now();
        while !has_come() && started.elapsed() < Duration::from_secs(1) {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        let process = if *as_first { child_of(child.id()) } else { child.id() };
        let (status, run) = end_by(signal, process, child);
        assert!(run.took < Duration::from_millis(wait.most), "{run:?}");
        let expected = if *as_first { (None, Some(128 + number)) } else { (Some(*number), None) };
        assert_eq!((status.signal(), status.code()), expected, "{run:?}");
        let outcomes = outcomes(&run.stdout);
        assert!(wait.outcomes.contains(&&*outcomes[0]), "{run:?}");
        assert_eq!(outcomes[1..], ["notTried", "notTried"], "{run:?}");
        assert_eq!(coveo.exists(&keys[0]), !wait.deleted);
        assert!(coveo.exists(&keys[1]) && coveo.exists(&keys[2]));
        assert!(coveo.requests().len() <= 1, "nothing new is begun");
    }
}

/// Starts the tool by another program, with no signal ignored.
fn start(words: &[&str], cli: Cli) -> Child {
    let cli = cli.command();
    let mut command = Command::new("env");
    // The shell that started the tests may have ignored them.
    command.arg("--default-signal=INT,HUP,TERM").args(words).arg(cli.get_program()).args(cli.get_args());
    command.env_clear().envs(cli.get_envs().filter_map(|(name, value)| Some((name, value?))));
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

/// Sends a signal to a process, and waits for the end of the child.
fn end_by(signal: &str, process: u32, child: Child) -> (ExitStatus, Run) {
    kill(signal, process);
    end(child)
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

fn kill(signal: &str, process: u32) {
    let status = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(status.expect("an installed program starts").success());
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
            for (column, (signal, number)) in SIGNALS.into_iter().enumerate() {
                cases.push(Case { wait: wait.clone(), signal, number, as_first: (row + column) % 2 == 0 });
            }
        }
        parallel(cases.len(), &cases, Case::check);
    });
}

/// The connection attempt can't be interrupted and succeeds after the signal. Without TLS, only the request would follow.
#[test]
fn connection_after_signal_sends_nothing() {
    let coveo = Coveo::http();
    let dead = Dead::start();
    let endpoint = format!("http://127.0.0.1:{}", dead.port);
    let cli = cli(&coveo).env("COVEO_ENDPOINT", endpoint).arg("--json").args(coveo.add_keys(2));
    let child = start(&["env"], cli);
    thread::sleep(Duration::from_millis(300));
    kill("TERM", child.id());
    dead.come_alive(coveo.port());
    let (status, run) = end(child);
    assert_eq!(status.signal(), Some(15), "{run:?}");
    assert!(coveo.connections() > 0, "it came about too late");
    assert_eq!(coveo.requests().len(), 0, "{run:?}");
    run.assert_outcomes(&["notTried"; 2]);
}

#[test]
fn second_signal_ends_run_immediately() {
    for (more, first) in [(&[][..], Some("TERM")), (&["--dry-run"], None)] {
        parallel(3, &SIGNALS, |(signal, number)| {
            let coveo = Coveo::http();
            coveo.plan(always(Fault::At(Point::BeforeActing, Break::Hang)));
            let child = start(&["env"], cli(&coveo).args(more).args(coveo.add_keys(2)));
            asked(&coveo);
            if let Some(first) = first {
                kill(first, child.id());
                thread::sleep(Duration::from_millis(200));
            }
            let (status, run) = end_by(signal, child.id(), child);
            assert_eq!(status.signal(), Some(*number), "{run:?}");
            assert!(run.took < Duration::from_secs(1), "{run:?}");
        });
    }
}

/// A terminal sends Ctrl-C to the shell and to the tool, and the shell looks at how the tool ended.
#[test]
fn loop_of_the_shell_around_it_ends_too() {
    let coveo = Coveo::http();
    let keys = coveo.add_keys(3);
    coveo.plan(always(Fault::Slow(Duration::from_millis(700))));
    let script = "for key; do \"$0\" \"$key\"; done; echo went on";
    let shell = start(&["bash", "-c", script], cli(&coveo).args(&keys));
    asked(&coveo);
    kill("INT", shell.id());
    let (status, run) = end_by("INT", child_of(shell.id()), shell);
    assert_eq!(status.signal(), Some(2), "{run:?}");
    assert_eq!(coveo.requests().len(), 1, "{run:?}");
    assert_eq!(run.stdout, format!("deleted {} from {}\n", keys[0], coveo.id()));
}

#[test]
fn ignored_signal_stays_ignored() {
    parallel(3, &SIGNALS, |(signal, _)| {
        let coveo = Coveo::http();
        coveo.plan(always(Fault::Slow(Duration::from_millis(500))));
        let ignoring = format!("--ignore-signal={signal}");
        let child = start(&["env", &ignoring], cli(&coveo).args(coveo.add_keys(2)));
        asked(&coveo);
        end_by(signal, child.id(), child).1.assert_status(0);
        assert!(coveo.ids().is_empty());
    });
}

/// One line fits into the file, and two don't.
#[test]
fn file_size_limit_is_a_write_error() {
    let Some(_) = needed("prlimit", "util-linux") else { return };
    let coveo = Coveo::http();
    let keys = coveo.add_keys(3);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let script = format!("exec \"$@\" > {}", file.path().display());
    let child = start(&["prlimit", "--fsize=90", "sh", "-c", &script, "sh"], cli(&coveo).args(&keys));
    let run = end(child).1.assert_status(1);
    run.assert_stderr("file too large");
    let lines = fs::read_to_string(file.path()).expect("the file is there");
    for key in keys.iter().filter(|key| !coveo.exists(key)) {
        assert!(lines.contains(&**key) || run.stderr.contains(&**key), "{key}: {lines}{run:?}");
    }
    assert!(coveo.exists(&keys[2]), "{run:?}");
}
