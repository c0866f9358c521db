//! The progress line: only on a terminal without results.

use std::fs;
use std::time::Duration;

use crate::file;
use support::fake_coveo::{Coveo, Fault, always};
use support::harness::{cli, parallel};
use support::pty::{Terminal, redirected};

const LINE: &str = " keys done";

/// Starts a run on this many keys, each of which takes this long; the 31st doesn't exist.
fn start(count: usize, millis: u64, arguments: &[&str], redirection: &str) -> (Coveo, Terminal) {
    let (coveo, ids) = Coveo::with_keys(count);
    if let Some(id) = ids.get(30) {
        coveo.remove(id);
    }
    coveo.plan(always(Fault::Slow(Duration::from_millis(millis))));
    let terminal = redirected(cli(&coveo).arg("--yes").args(arguments).args(ids), redirection);
    (coveo, terminal)
}

#[test]
fn progress_is_shown_after_two_seconds_until_the_end() {
    let cases: [(&[&str], &str); 4] = [(&[], ">"), (&["--json"], ">"), (&["--quiet"], ""), (&[], "| cat >")];
    parallel(cases.len(), &cases, |&(arguments, redirection)| {
        let (out, to_file) = file(redirection);
        let redirection = if redirection.is_empty() { "" } else { &to_file };
        let (_coveo, mut terminal) = start(40, 100, arguments, redirection);
        let since = terminal.shows(LINE);
        assert!((2000..4000).contains(&since.as_millis()), "{since:?}");
        terminal.shows(" s left");
        terminal.shows(" of 40 keys done, 1 failed, ");
        let ended = terminal.ends_drawn_over();
        let lines: Vec<&str> = ended.screen.lines().collect();
        assert!(lines[0].starts_with("coveo-delete-key: error: no such key "), "{}", ended.screen);
        assert!(lines[1].starts_with("coveo-delete-key: hint: "), "{}", ended.screen);
        assert_eq!(lines[2..], ["coveo-delete-key: 39 deleted, 1 not found"]);
        if !redirection.is_empty() {
            let out = fs::read_to_string(&out).unwrap();
            assert!(!out.contains(LINE) && !out.contains('\r'), "{out}");
            assert_eq!(out.matches('\n').count(), if arguments.is_empty() { 39 } else { 40 });
        }
    });
}

#[test]
fn progress_is_shown_during_one_long_request() {
    let (_coveo, mut terminal) = start(2, 2600, &[], ">/dev/null");
    terminal.shows("coveo-delete-key: 0 of 2 keys done");
    assert_eq!(terminal.ends_drawn_over().screen, "coveo-delete-key: 2 deleted\n");
}

#[test]
fn progress_never_mixes_with_results_or_logs() {
    let cases: [(&[&str], &str); 5] = [
        (&[], ""),
        (&["--quiet", "--json"], ""),
        (&[], "2>"),
        (&[], ">/dev/null 2>"),
        (&["-q"], "2>&1 | cat >"),
    ];
    parallel(cases.len(), &cases, |&(arguments, redirection)| {
        let (log, to_file) = file(redirection);
        let redirection = if redirection.is_empty() { "" } else { &to_file };
        let (coveo, terminal) = start(25, 100, arguments, redirection);
        // Also checks that there is no carriage return.
        let ended = terminal.ends();
        assert!(!ended.screen.contains(LINE), "{}", ended.screen);
        let log = fs::read_to_string(&log).unwrap();
        assert!(!log.contains(LINE) && !log.contains('\r'), "{log}");
        assert!(coveo.ids().is_empty());
    });
}

#[test]
fn short_run_shows_no_progress() {
    let (_coveo, terminal) = start(10, 100, &[], ">/dev/null");
    assert_eq!(terminal.ends().screen, "coveo-delete-key: 10 deleted\n");
}
