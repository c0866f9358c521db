//! The prompt before a change, on a real terminal: who is asked, what is shown, what each answer does, and that only GET is
//! sent before.
#![cfg(unix)]

mod progress;
mod selected;
mod shown;
mod unasked;
mod where_asked;

use rexpect::process::Signal;
use support::fake_coveo::{Coveo, Fault, Hook, ORGANIZATION};
use support::harness::cli;
use support::pty::{Ended, Terminal, on_terminal};

/// The end of the prompt before a deletion.
const ASKED: &str = "type yes to delete: ";

/// A part of every prompt.
const PROMPT: &str = " yet; ";

/// The description of a new key.
const NEW: &str = "(enabled, never used, created 2023-10-01)";

/// The methods of all requests so far, in order.
fn methods(coveo: &Coveo) -> Vec<String> {
    coveo.requests().into_iter().map(|request| request.method).collect()
}

/// Checks that only GET was sent.
#[track_caller]
fn assert_only_reads(coveo: &Coveo) {
    assert!(methods(coveo).iter().all(|method| method == "GET"), "{:?}", methods(coveo));
}

/// Waits for the prompt, checks that only GET was sent, and answers.
#[track_caller]
fn answer_prompt(coveo: &Coveo, mut terminal: Terminal, typed: &str) -> Ended {
    terminal.shows(ASKED);
    assert_only_reads(coveo);
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
    let answers = [
        ("yes\n", true),
        (" yes \n", true),
        ("y\n", false),
        ("Y\n", false),
        ("yyes\n", false),
        ("no\n", false),
        ("\n", false),
        ("yes, all\n", false),
        ("n\nyes\n", false),
        ("\x04", false),
    ];
    for (answer, deletes) in answers {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(2);
        let [first, second] = &ids[..] else { unreachable!() };
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        terminal.shows(ASKED);
        assert_eq!(methods(&coveo), ["GET", "GET"], "{answer:?}");
        assert_eq!(coveo.ids(), ids, "{answer:?}");
        terminal.types(answer);
        let ended = terminal.ends();
        // At the end of input, the terminal echoes no line break.
        let echo = if answer == "\x04" { "\n" } else { answer };
        let asked = format!(
            "coveo-delete-key: {first} \"Key 1\" {NEW}\ncoveo-delete-key: {second} \"Key 2\" {NEW}\n{}{echo}",
            question("2 API keys")
        );
        let rest =
            ended.screen.strip_prefix(&asked).unwrap_or_else(|| panic!("{answer:?}: {}", ended.screen));
        if deletes {
            let lines = format!(
                "deleted {first} from {ORGANIZATION}\ndeleted {second} from {ORGANIZATION}\ncoveo-delete-key: 2 deleted\n"
            );
            assert_eq!((ended.status, rest), (0, &*lines), "{answer:?}");
            assert!(coveo.ids().is_empty(), "{answer:?}");
            assert_eq!(methods(&coveo), ["GET", "GET", "DELETE", "DELETE"], "{answer:?}");
        } else {
            let lines = "coveo-delete-key: cancelled, because the answer wasn't yes; nothing was deleted\n";
            assert_eq!((ended.status, rest), (1, lines), "{answer:?}");
            assert_eq!(coveo.ids(), ids, "{answer:?}");
            assert_eq!(methods(&coveo), ["GET", "GET"], "{answer:?}");
        }
        assert_eq!(coveo.connections(), 1, "{answer:?}");
    }
}

#[test]
fn ctrl_c_at_the_prompt_deletes_nothing() {
    for typed in ["\x03", "y\x03", "yes \x03"] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(1);
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), typed);
        assert_eq!(ended.signal, Some(Signal::SIGINT), "{typed:?}: {}", ended.screen);
        // The terminal may echo what was typed before, or not.
        let last = ended.screen.lines().last().unwrap();
        assert!(last.starts_with(&question("1 API key")), "{typed:?}: {last}");
        assert_eq!(methods(&coveo), ["GET"], "{typed:?}");
        assert_eq!(coveo.ids(), ids, "{typed:?}");
    }
}

#[test]
fn connection_closed_during_the_prompt_does_no_harm() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.method == "GET" => Fault::CloseAfter,
        _ => Fault::None,
    });
    let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "yes\n");
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.ends_with("coveo-delete-key: 2 deleted\n"), "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}

/// Disabling a key in use is an outage, but it can be undone, so `y` is enough.
#[test]
fn disabling_named_keys_asks() {
    for (typed, disables) in [("y\n", true), ("yes\n", true), ("\n", false), ("n\n", false)] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(1);
        let mut terminal = on_terminal(cli(&coveo).arg("--disable").args(&ids));
        terminal.shows("; disable 1 API key in mycoveocloudv2organizationg8tp8wu3? [y/N] ");
        assert_only_reads(&coveo);
        terminal.types(typed);
        let ended = terminal.ends();
        assert_eq!(ended.status, i32::from(!disables), "{typed:?}: {}", ended.screen);
        assert_eq!(coveo.is_enabled(&ids[0]), Some(!disables), "{typed:?}");
    }
}
