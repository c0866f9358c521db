//! The line that shows how far long work is: on a terminal to which no results go, and nowhere else.

use std::fs;
use std::thread;
use std::time::Duration;

use support::fake_coveo::{Coveo, Fault, always};
use support::harness::{Cli, cli};
use support::pty::{Terminal, redirected};

const LINE: &str = " keys done";

/// An organization in which each of so many keys takes 100 ms.
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
fn from_two_seconds_on_the_line_is_there_and_in_the_end_it_is_gone() {
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
fn while_a_single_request_takes_long_the_line_is_there_too() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    coveo.plan(always(Fault::Slow(Duration::from_millis(2600))));
    let mut terminal = start(&coveo, &[], &ids, ">/dev/null");
    terminal.shows("coveo-delete-key: 0 of 2 keys done");
    let ended = terminal.ends_drawn_over();
    assert_eq!(ended.screen, "coveo-delete-key: 2 deleted\n");
}

#[test]
fn where_results_go_to_the_terminal_or_standard_error_does_not_there_is_no_line() {
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
                // It also checks that there is no carriage return.
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
fn work_that_is_short_has_no_line() {
    let (coveo, ids) = slow(10);
    let ended = start(&coveo, &[], &ids, ">/dev/null").ends();
    assert_eq!(ended.screen, "coveo-delete-key: 10 deleted\n");
}
