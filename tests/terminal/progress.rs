//! The progress line: only on a terminal without results.

use std::fs;
use std::thread;
use std::time::Duration;

use support::fake_coveo::{Coveo, Fault, always};
use support::harness::{Cli, cli};
use support::pty::{Terminal, redirected};

const LINE: &str = " keys done";

/// Starts an organization with this many keys, each of which takes 100 ms.
fn slow(count: usize) -> (Coveo, Vec<String>) {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(count);
    coveo.plan(always(Fault::Slow(Duration::from_millis(100))));
    (coveo, ids)
}

fn start(coveo: &Coveo, arguments: &[&str], ids: &[String], redirection: &str) -> Terminal {
    let cli: Cli = cli(coveo).arg("--yes").args(arguments).args(ids);
    redirected(cli, redirection)
}

#[test]
fn progress_is_shown_after_two_seconds_until_the_end() {
    let cases: [(&[&str], &str); 4] =
        [(&[], ">out"), (&["--json"], ">out"), (&["--quiet"], ""), (&[], "| cat >out")];
    thread::scope(|scope| {
        for (arguments, redirection) in cases {
            scope.spawn(move || {
                let (coveo, ids) = slow(40);
                coveo.remove(&ids[30]);
                let directory = tempfile::tempdir().unwrap();
                let out = directory.path().join("out");
                let redirection = redirection.replace("out", &out.display().to_string());
                let mut terminal = start(&coveo, arguments, &ids, &redirection);
                let since = terminal.shows(LINE);
                assert!((2000..4000).contains(&since.as_millis()), "{since:?}");
                terminal.shows(" s left");
                terminal.shows(" of 40 keys done, 1 failed, ");
                let ended = terminal.ends_drawn_over();
                let lines: Vec<&str> = ended.screen.lines().collect();
                let is_error =
                    lines[0].starts_with("coveo-delete-key: error: ") && lines[0].contains(&ids[30]);
                assert!(is_error, "{arguments:?}: {}", ended.screen);
                assert!(lines[1].starts_with("coveo-delete-key: hint: "), "{arguments:?}: {}", ended.screen);
                assert_eq!(lines[2..], ["coveo-delete-key: 39 deleted, 1 not found"], "{arguments:?}");
                if !redirection.is_empty() {
                    let out = fs::read_to_string(&out).unwrap();
                    assert!(!out.contains(LINE) && !out.contains('\r'), "{out}");
                    assert_eq!(out.matches('\n').count(), if arguments.is_empty() { 39 } else { 40 });
                }
            });
        }
    });
}

#[test]
fn progress_is_shown_during_one_long_request() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    coveo.plan(always(Fault::Slow(Duration::from_millis(2600))));
    let mut terminal = start(&coveo, &[], &ids, ">/dev/null");
    terminal.shows("coveo-delete-key: 0 of 2 keys done");
    let ended = terminal.ends_drawn_over();
    assert_eq!(ended.screen, "coveo-delete-key: 2 deleted\n");
}

#[test]
fn progress_never_mixes_with_results_or_logs() {
    let cases: [(&[&str], &str); 5] = [
        (&[], ""),
        (&["--quiet", "--json"], ""),
        (&[], "2>log"),
        (&[], ">/dev/null 2>log"),
        (&["-q"], "2>&1 | cat"),
    ];
    thread::scope(|scope| {
        for (arguments, redirection) in cases {
            scope.spawn(move || {
                let (coveo, ids) = slow(25);
                let directory = tempfile::tempdir().unwrap();
                let log = directory.path().join("log");
                let redirection = redirection.replace("log", &log.display().to_string());
                // Also checks that there is no carriage return.
                let ended = start(&coveo, arguments, &ids, &redirection).ends();
                assert!(!ended.screen.contains(LINE), "{redirection}: {}", ended.screen);
                let log = fs::read_to_string(&log).unwrap_or_default();
                assert!(!log.contains(LINE) && !log.contains('\r'), "{redirection}: {log}");
                assert!(coveo.ids().is_empty());
            });
        }
    });
}

#[test]
fn short_run_shows_no_progress() {
    let (coveo, ids) = slow(10);
    let ended = start(&coveo, &[], &ids, ">/dev/null").ends();
    assert_eq!(ended.screen, "coveo-delete-key: 10 deleted\n");
}
