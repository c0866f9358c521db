//! The question before a deletion, asked on a real terminal: who is asked, what is shown, what each answer does, and
//! that nothing but GET is sent before a yes.
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

/// What the question ends with.
const ASKED: &str = "[y/N] ";

/// What is shown of a key that nothing was changed about.
const NEW: &str = "(enabled, never used, created 2023-10-01)";

/// The methods of all requests so far, in their order.
fn methods(coveo: &Coveo) -> Vec<String> {
    coveo.requests().into_iter().map(|request| request.method).collect()
}

/// Checks that nothing has been sent but what reads.
#[track_caller]
fn only_reads(coveo: &Coveo) {
    assert!(methods(coveo).iter().all(|method| method == "GET"), "{:?}", methods(coveo));
}

/// Answers once the question is asked, until when nothing may have been sent but what reads.
#[track_caller]
fn answered(coveo: &Coveo, mut terminal: Terminal, answer: &str) -> Ended {
    terminal.shows(ASKED);
    only_reads(coveo);
    terminal.types(answer);
    terminal.ends()
}

/// The question on so many keys.
fn question(keys: &str) -> String {
    format!(
        "coveo-delete-key: nothing is deleted yet; delete {keys} from {ORGANIZATION}? this can't be undone [y/N] "
    )
}

#[test]
fn y_and_yes_delete_and_every_other_answer_cancels() {
    let answers = [
        ("y\n", true),
        ("yes\n", true),
        ("Y\n", true),
        ("YES\n", true),
        (" yes \n", true),
        ("n\n", false),
        ("no\n", false),
        ("\n", false),
        (" \n", false),
        ("nonsense\n", false),
        ("yy\n", false),
        ("y y\n", false),
        ("yes, all\n", false),
        ("n\ny\n", false),
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
        // At the end of input, the terminal has echoed no line break.
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
            let lines = "coveo-delete-key: cancelled; nothing was deleted\n";
            assert_eq!((ended.status, rest), (1, lines), "{answer:?}");
            assert_eq!(coveo.ids(), ids, "{answer:?}");
            assert_eq!(methods(&coveo), ["GET", "GET"], "{answer:?}");
        }
        assert_eq!(coveo.connections(), 1, "{answer:?}");
    }
}

#[test]
fn ctrl_c_ends_the_run_and_the_last_line_says_that_nothing_is_deleted() {
    for typed in ["\x03", "y\x03", "yes \x03"] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(1);
        let ended = answered(&coveo, on_terminal(cli(&coveo).args(&ids)), typed);
        assert_eq!(ended.signal, Some(Signal::SIGINT), "{typed:?}: {}", ended.screen);
        // Whether the terminal still echoes what was typed before it is a matter of luck.
        let last = ended.screen.lines().last().unwrap();
        assert!(last.starts_with(&question("1 API key")), "{typed:?}: {last}");
        assert_eq!(methods(&coveo), ["GET"], "{typed:?}");
        assert_eq!(coveo.ids(), ids, "{typed:?}");
    }
}

#[test]
fn a_connection_that_was_closed_while_somebody_thinks_does_no_harm() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    coveo.plan(|moment| match moment {
        Hook::Request(_, request) if request.method == "GET" => Fault::CloseAfter,
        _ => Fault::None,
    });
    let ended = answered(&coveo, on_terminal(cli(&coveo).args(&ids)), "y\n");
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.ends_with("coveo-delete-key: 2 deleted\n"), "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}
