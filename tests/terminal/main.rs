//! The prompt before a change, on a real terminal: who is asked, what is shown, what each answer does, and that only GET is
//! sent before.
#![cfg(unix)]

mod progress;
mod selected;
mod shown;
mod unasked;
mod where_asked;

use rexpect::process::Signal;
use support::fake_coveo::{Coveo, Fault, ORGANIZATION};
use support::harness::cli;
use support::pty::{Ended, Terminal, on_terminal};
use tempfile::NamedTempFile;

/// The end of the prompt before a deletion.
const ASKED: &str = "type yes to delete: ";

/// A part of every prompt.
const PROMPT: &str = " yet; ";

/// The line after any other answer.
const CANCELLED: &str = "coveo-delete-key: cancelled, because the answer wasn't yes; nothing was deleted\n";

/// The description of a new key.
const NEW: &str = "(enabled, never used, created 2023-10-01)";

/// The methods of all requests so far, in order.
fn methods(coveo: &Coveo) -> Vec<String> {
    coveo.requests().into_iter().map(|request| request.method).collect()
}

/// An empty file, and a redirection such as `2>` from or to it.
fn file(redirection: &str) -> (NamedTempFile, String) {
    let file = NamedTempFile::new().expect("a temporary file");
    let redirection = format!("{redirection}'{}'", file.path().display());
    (file, redirection)
}

/// Waits for the prompt before a deletion, checks that only GET was sent, and answers.
#[track_caller]
fn answer_prompt(coveo: &Coveo, terminal: Terminal, typed: &str) -> Ended {
    answer(coveo, terminal, ASKED, typed)
}

/// The same for the prompt before another change.
#[track_caller]
fn answer(coveo: &Coveo, mut terminal: Terminal, asked: &str, typed: &str) -> Ended {
    terminal.shows(asked);
    coveo.assert_only_reads();
    terminal.types(typed);
    terminal.ends()
}

/// The prompt for this many keys.
fn question(keys: &str) -> String {
    format!(
        "coveo-delete-key: nothing has been deleted yet; delete {keys} from {ORGANIZATION}? this can't be undone; {ASKED}"
    )
}

#[test]
fn only_yes_deletes() {
    let yes = ["yes\n", " yes \n"];
    let no = ["y\n", "Y\n", "yyes\n", "no\n", "\n", "yes, all\n", "n\nyes\n", "\x04"];
    for answer in [&yes[..], &no].concat() {
        let (coveo, ids) = Coveo::with_keys(2);
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), answer);
        // At the end of input, the terminal echoes no line break.
        let echo = if answer == "\x04" { "\n" } else { answer };
        let key = |at: usize| format!("coveo-delete-key: {} \"Key {}\" {NEW}\n", ids[at], at + 1);
        let asked = key(0) + &key(1) + &question("2 API keys") + echo;
        let rest =
            ended.screen.strip_prefix(&asked).unwrap_or_else(|| panic!("{answer:?}: {}", ended.screen));
        if yes.contains(&answer) {
            let lines: String = ids.iter().map(|id| format!("deleted {id} from {ORGANIZATION}\n")).collect();
            assert_eq!((ended.status, rest), (0, &*(lines + "coveo-delete-key: 2 deleted\n")), "{answer:?}");
            assert!(coveo.ids().is_empty(), "{answer:?}");
            assert_eq!(methods(&coveo), ["GET", "GET", "DELETE", "DELETE"], "{answer:?}");
        } else {
            assert_eq!((ended.status, rest), (1, CANCELLED), "{answer:?}");
            assert_eq!(methods(&coveo), ["GET", "GET"], "{answer:?}");
        }
        assert_eq!(coveo.connections(), 1, "{answer:?}");
    }
}

#[test]
fn ctrl_c_at_the_prompt_deletes_nothing() {
    for typed in ["\x03", "y\x03", "yes \x03"] {
        let (coveo, ids) = Coveo::with_keys(1);
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), typed);
        assert_eq!(ended.signal, Some(Signal::SIGINT), "{typed:?}: {}", ended.screen);
        // The terminal may echo what was typed before, or not.
        let last = ended.screen.lines().last().unwrap();
        assert!(last.starts_with(&question("1 API key")), "{typed:?}: {last}");
        assert_eq!(methods(&coveo), ["GET"], "{typed:?}");
    }
}

#[test]
fn connection_closed_during_the_prompt_does_no_harm() {
    let (coveo, ids) = Coveo::with_keys(2);
    coveo.inject("GET", "", Fault::CloseAfter);
    let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "yes\n");
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.ends_with("coveo-delete-key: 2 deleted\n"), "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}

/// Disabling a key in use is an outage, but it can be undone, so `y` is enough.
#[test]
fn disabling_named_keys_asks() {
    for (typed, disables) in [("y\n", true), ("yes\n", true), ("\n", false), ("n\n", false)] {
        let (coveo, ids) = Coveo::with_keys(1);
        let asked = format!("; disable 1 API key in {ORGANIZATION}? [y/N] ");
        let ended = answer(&coveo, on_terminal(cli(&coveo).arg("--disable").args(&ids)), &asked, typed);
        assert_eq!(ended.status, i32::from(!disables), "{typed:?}: {}", ended.screen);
        assert_eq!(coveo.is_enabled(&ids[0]), Some(!disables), "{typed:?}");
    }
}
