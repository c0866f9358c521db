//! Signals during every wait, as an ordinary process and as process 1: the tool ends soon, by that signal, and reports only
//! what is certain.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::name_server::NameServer;
use crate::namespace::{Network, within as within_network};
use crate::stub::Dead;
use support::fake_coveo::{Break, CannedResponse, Certificate, Coveo, Fault, Hook, Point, always};
use support::harness::{Cli, cli, json_lines, needed, outcomes, parallel};

/// From the signal to the end.
const MOST: Duration = Duration::from_millis(3500);

/// The time that a sent request has for its response.
const GRACE: Duration = Duration::from_secs(2);

const SIGNALS: [(&str, i32); 3] = [("TERM", 15), ("INT", 2), ("HUP", 1)];

/// What the tool is waiting for when the signal arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    Lookup,
    Connection,
    Handshake,
    /// The response about a key, whether it was deleted or not.
    Response(bool),
    /// A response that arrives in time.
    LateResponse,
    BackOff,
}

#[derive(Debug)]
struct Case {
    wait: Wait,
    signal: &'static str,
    number: i32,
    as_first: bool,
}

impl Case {
    /// Every wait with every signal, as process 1 and not.
    fn all(waits: &[Wait]) -> Vec<Case> {
        let mut cases = Vec::new();
        for (number_of_wait, &wait) in waits.iter().enumerate() {
            for (index, (signal, number)) in SIGNALS.into_iter().enumerate() {
                cases.push(Case { wait, signal, number, as_first: (number_of_wait + index) % 2 == 0 });
            }
        }
        cases
    }

    fn check(&self) {
        let coveo = Coveo::builder().https(Certificate::Good).names(&["silent.test"]).start();
        let keys = coveo.add_keys(3);
        let wait = self.wait;
        coveo.plan(move |moment| match (wait, moment) {
            (Wait::Handshake, Hook::Connection(_)) => Fault::At(Point::Handshake, Break::Hang),
            (Wait::Response(false), Hook::Request(..)) => Fault::At(Point::BeforeActing, Break::Hang),
            (Wait::Response(true), Hook::Request(..)) => Fault::At(Point::AfterActing, Break::Hang),
            (Wait::LateResponse, Hook::Request(..)) => Fault::Slow(Duration::from_millis(1500)),
            (Wait::BackOff, Hook::Request(..)) => {
                Fault::Answer(CannedResponse::status(503).header("Retry-After", "9"))
            }
            _ => Fault::None,
        });
        let dead = Dead::at(Ipv4Addr::LOCALHOST, 0).expect("a free port");
        let endpoint = match wait {
            Wait::Lookup => format!("https://silent.test:{}", coveo.port()),
            Wait::Connection => format!("https://127.0.0.1:{}", dead.port),
            _ => coveo.endpoint().to_owned(),
        };
        let cli = cli(&coveo).env("COVEO_ENDPOINT", endpoint).args(["--json", "--timeout", "30s"]);
        let child = self.start(cli.args(&keys));
        let has_come = || match wait {
            Wait::Lookup | Wait::Connection => false,
            Wait::Handshake => coveo.connections() > 0,
            Wait::Response(_) | Wait::LateResponse | Wait::BackOff => !coveo.requests().is_empty(),
        };
        let started = Instant::now();
        while !has_come() && started.elapsed() < Duration::from_secs(1) {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        let sent = Instant::now();
        kill(self.signal, if self.as_first { child_of(child.id()) } else { child.id() });
        let output = child.wait_with_output().expect("the tool ends");
        let took = sent.elapsed();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // If no request has left, nothing is awaited; a connection attempt can't be interrupted.
        let most = match wait {
            Wait::Lookup | Wait::Handshake | Wait::BackOff => MOST - GRACE,
            Wait::Connection | Wait::Response(_) | Wait::LateResponse => MOST,
        };
        assert!(took < most, "{took:?}\n{stderr}");
        let by_signal = if self.as_first { None } else { Some(self.number) };
        assert_eq!(output.status.signal(), by_signal, "{:?}\n{stderr}", output.status);
        if self.as_first {
            assert_eq!(output.status.code(), Some(128 + self.number), "{stderr}");
        }
        let outcomes: Vec<String> = json_lines(&stdout)
            .iter()
            .map(|line| line["outcome"].as_str().unwrap_or_default().to_owned())
            .collect();
        let first = match wait {
            Wait::Lookup | Wait::Connection | Wait::Handshake => ["unavailable", "notTried"],
            Wait::Response(_) | Wait::BackOff => ["unknown", "unknown"],
            Wait::LateResponse => ["deleted", "deleted"],
        };
        assert!(first.contains(&&*outcomes[0]), "{outcomes:?}\n{stderr}");
        assert_eq!(outcomes[1..], ["notTried", "notTried"], "{stderr}");
        assert_eq!(coveo.exists(&keys[0]), !matches!(wait, Wait::Response(true) | Wait::LateResponse));
        assert!(coveo.exists(&keys[1]) && coveo.exists(&keys[2]));
        assert!(coveo.requests().len() <= 1, "nothing new is begun");
    }

    fn start(&self, cli: Cli) -> Child {
        let unshare: &[&str] =
            if self.as_first { &["unshare", "--pid", "--fork", "--kill-child"] } else { &[] };
        through(&[unshare, &["env"]].concat(), cli)
    }
}

/// Starts the tool by another program, with no signal ignored.
fn through(words: &[&str], cli: Cli) -> Child {
    let cli = cli.command();
    let mut command = Command::new("env");
    // The shell that started the tests may have ignored them.
    command.arg("--default-signal=INT,HUP,TERM").args(words).arg(cli.get_program()).args(cli.get_args());
    command.env_clear().envs(cli.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("an installed program starts")
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

#[test]
fn a_signal_ends_the_run_whatever_it_waits_for() {
    if needed("unshare", "util-linux").is_none() {
        return;
    }
    let waits = [
        Wait::Connection,
        Wait::Handshake,
        Wait::Response(false),
        Wait::Response(true),
        Wait::LateResponse,
        Wait::BackOff,
    ];
    parallel(18, &Case::all(&waits), Case::check);
}

#[test]
fn a_signal_ends_the_run_while_a_name_is_looked_up() {
    within_network(&Network::default(), || {
        let _server = NameServer::start();
        parallel(6, &Case::all(&[Wait::Lookup]), Case::check);
    });
}

/// The connection attempt can't be interrupted and succeeds after the signal. Without TLS, only the request would follow.
#[test]
fn connection_after_signal_sends_nothing() {
    let coveo = Coveo::http();
    let keys = coveo.add_keys(2);
    let dead = Dead::at(Ipv4Addr::LOCALHOST, 0).expect("a free port");
    let endpoint = format!("http://127.0.0.1:{}", dead.port);
    let child = through(&["env"], cli(&coveo).env("COVEO_ENDPOINT", endpoint).arg("--json").args(&keys));
    thread::sleep(Duration::from_millis(300));
    kill("TERM", child.id());
    dead.come_alive(coveo.port());
    let output = child.wait_with_output().expect("the tool ends");
    assert_eq!(output.status.signal(), Some(15), "{output:?}");
    assert!(coveo.connections() > 0, "it came about too late");
    assert_eq!(coveo.requests().len(), 0, "{output:?}");
    assert_eq!(outcomes(&String::from_utf8_lossy(&output.stdout)), ["notTried"; 2]);
}

#[test]
fn second_signal_ends_run_immediately() {
    for (more, first) in [(&[][..], Some("TERM")), (&["--dry-run"], None)] {
        parallel(3, &SIGNALS, |(signal, number)| {
            let coveo = Coveo::http();
            let keys = coveo.add_keys(2);
            coveo.plan(always(Fault::At(Point::BeforeActing, Break::Hang)));
            let child = through(&["env"], cli(&coveo).args(more).args(&keys));
            asked(&coveo);
            if let Some(first) = first {
                kill(first, child.id());
                thread::sleep(Duration::from_millis(200));
            }
            let sent = Instant::now();
            kill(signal, child.id());
            let output = child.wait_with_output().expect("the tool ends");
            assert_eq!(output.status.signal(), Some(*number), "{output:?}");
            assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
        });
    }
}

/// A terminal sends Ctrl-C to the shell and to the tool, and the shell looks at how the tool ended.
#[test]
fn a_loop_of_the_shell_around_it_ends_too() {
    let coveo = Coveo::http();
    let keys = coveo.add_keys(3);
    coveo.plan(always(Fault::Slow(Duration::from_millis(700))));
    let script = "for key; do \"$0\" \"$key\"; done; echo went on";
    let shell = through(&["bash", "-c", script], cli(&coveo).args(&keys));
    asked(&coveo);
    kill("INT", shell.id());
    kill("INT", child_of(shell.id()));
    let output = shell.wait_with_output().expect("the shell ends");
    assert_eq!(output.status.signal(), Some(2), "{output:?}");
    assert_eq!(coveo.requests().len(), 1, "{output:?}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.starts_with(&format!("deleted {} from ", keys[0])), "{stdout}");
    assert!(!stdout.contains("went on"), "{stdout}");
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    parallel(3, &SIGNALS, |(signal, _)| {
        let coveo = Coveo::http();
        let keys = coveo.add_keys(2);
        coveo.plan(always(Fault::Slow(Duration::from_millis(500))));
        let ignoring = format!("--ignore-signal={signal}");
        let child = through(&["env", &ignoring], cli(&coveo).args(&keys));
        asked(&coveo);
        kill(signal, child.id());
        let output = child.wait_with_output().expect("the tool ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
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
    let cli = cli(&coveo).args(&keys);
    let child = through(&["prlimit", "--fsize=90", "sh", "-c", &script, "sh"], cli);
    let output = child.wait_with_output().expect("the tool ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{:?} {stderr}", output.status);
    assert!(stderr.contains("file too large"), "{stderr}");
    let lines = fs::read_to_string(file.path()).expect("the file is there");
    for key in keys.iter().filter(|key| !coveo.exists(key)) {
        assert!(lines.contains(&**key) || stderr.contains(&**key), "{key}: {lines}{stderr}");
    }
    assert!(coveo.exists(&keys[2]), "{stderr}");
}
