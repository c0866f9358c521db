//! No prompt: with --yes, without a change, without a terminal, or if standard input is used otherwise.

use std::fs;

use crate::{ASKED, CANCELLED, PROMPT, answer_prompt, file, methods, question};
use support::fake_coveo::{Coveo, FULL_TOKEN};
use support::harness::{Cli, cli, json_lines, key_outcomes};
use support::pty::{Ended, on_terminal, redirected, without_echo};

/// A run without a prompt.
#[track_caller]
pub fn unasked(cli: Cli, redirection: &str, status: i32) -> Ended {
    let ended = redirected(cli, redirection).ends();
    assert!(!ended.screen.contains(PROMPT), "{}", ended.screen);
    assert_eq!(ended.status, status, "{}", ended.screen);
    ended
}

#[test]
fn yes_and_dry_run_ask_nothing() {
    let cases: [(&[&str], &[&str], usize, &str); 8] = [
        (&["--yes"], &["DELETE", "DELETE"], 0, "deleted"),
        (&["-y", "--bulk"], &["GET", "POST"], 0, "deleted"),
        (&["--disable", "--yes"], &["PUT", "PUT"], 2, "disabled"),
        (&["-y", "--disable", "--bulk"], &["GET", "PUT"], 2, "disabled"),
        (&["--activate"], &["PUT", "PUT"], 2, "activated"),
        (&["--dry-run"], &["GET", "GET", "GET"], 2, "would delete"),
        (&["-n", "--disable"], &["GET", "GET", "GET"], 2, "would disable"),
        (&["-n", "--yes"], &["GET", "GET", "GET"], 2, "would delete"),
    ];
    for (arguments, sent, left, done) in cases {
        let (coveo, ids) = Coveo::with_keys(2);
        let ended = unasked(cli(&coveo).args(arguments).args(&ids), "", 0);
        for id in &ids {
            assert!(ended.screen.contains(&format!("{done} {id}")), "{arguments:?}: {}", ended.screen);
            assert_eq!(coveo.is_enabled(id), (left > 0).then_some(done != "disabled"), "{arguments:?}");
        }
        assert_eq!(methods(&coveo), sent, "{arguments:?}");
        assert_eq!(coveo.ids().len(), left, "{arguments:?}");
    }
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    for redirection in ["</dev/null", "</dev/null 2>/dev/null", "<&-", "<&- 2>&-"] {
        let (coveo, ids) = Coveo::with_keys(2);
        let ended = unasked(cli(&coveo).args(&ids), redirection, 0);
        assert_eq!(ended.screen.matches("deleted ").count(), 2, "{redirection}");
        assert!(coveo.ids().is_empty(), "{redirection}");
        assert_eq!(methods(&coveo), ["DELETE", "DELETE"], "{redirection}");
    }
}

#[test]
fn output_options_and_bulk_ask_once() {
    let cases: [(&[&str], &str); 5] = [
        (&["--quiet"], "DELETE DELETE DELETE"),
        (&["--json"], "DELETE DELETE DELETE"),
        (&["--verbose"], "DELETE DELETE DELETE"),
        (&["--ignore-not-found", "--quiet"], "DELETE DELETE DELETE"),
        (&["--bulk"], "GET POST"),
    ];
    for (arguments, sent) in cases {
        let (coveo, ids) = Coveo::with_keys(3);
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(arguments).args(&ids)), "yes\n");
        assert_eq!(ended.screen.matches(&question("3 API keys")).count(), 1, "{}", ended.screen);
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert_eq!(methods(&coveo).split_off(3).join(" "), sent, "{arguments:?}");
        assert!(coveo.ids().is_empty(), "{arguments:?}");
    }
}

#[test]
fn json_stays_pure_next_to_the_prompt() {
    for (answer, outcome, status) in
        [("n\n", "cancelled", 1), ("\x04", "cancelled", 1), ("yes\n", "deleted", 0)]
    {
        let (coveo, ids) = Coveo::with_keys(12);
        let (file, redirection) = file(">");
        let written = || fs::read_to_string(file.path()).unwrap();
        let mut terminal = redirected(cli(&coveo).arg("--json").args(&ids), &redirection);
        terminal.shows(ASKED);
        assert_eq!(written(), "", "nothing is known yet");
        let ended = answer_prompt(&coveo, terminal, answer);
        assert_eq!(ended.status, status, "{}", ended.screen);
        let expected: Vec<_> = ids.iter().map(|id| (id.clone(), outcome.to_owned())).collect();
        assert_eq!(key_outcomes(&written()), expected);
        for line in json_lines(&written()) {
            assert_eq!((&line["action"], &line["attempts"]), (&"delete".into(), &(1 - status).into()));
        }
        assert_eq!(coveo.ids().is_empty(), status == 0);
        assert_eq!(ended.screen.contains(CANCELLED), status == 1, "{}", ended.screen);
    }
}

#[test]
fn standard_input_in_use_can_not_answer() {
    // The run, the keys, its end, and the option that uses standard input.
    let run = |token: bool, more: &[&str]| {
        let (coveo, ids) = Coveo::with_keys(2);
        let (cli, typed, taken) = if token {
            let cli = cli(&coveo).without("COVEO_ACCESS_TOKEN").args(["--token-file", "-"]).args(&ids);
            (cli, format!("{FULL_TOKEN}\n\x04"), "--token-file -")
        } else {
            (cli(&coveo).args(["--from", "-"]), format!("{}\n\x04", ids.join("\n")), "--from -")
        };
        let mut terminal = without_echo(cli.args(more));
        // The run ends before it reads anything, so no token is typed in vain.
        terminal.types(&typed);
        (coveo, ids, terminal.ends(), taken)
    };
    for token in [true, false] {
        for more in [&[][..], &["--bulk"], &["--json"], &["--quiet"]] {
            let (coveo, ids, ended, taken) = run(token, more);
            let refused = format!(
                "coveo-delete-key: error: {taken} uses standard input, so the question can't be answered\n\
                 coveo-delete-key: hint: use --yes if you are sure, or a file\n"
            );
            assert_eq!((ended.status, &ended.screen), (2, &refused), "{taken} {more:?}");
            assert_eq!(coveo.connections(), 0, "{taken} {more:?}");
            assert_eq!(coveo.ids(), ids);
        }
        for (more, left) in [(["--yes"], 0), (["--activate"], 2), (["--dry-run"], 2)] {
            let (coveo, _, ended, taken) = run(token, &more);
            assert!(!ended.screen.contains(PROMPT), "{}", ended.screen);
            assert_eq!(ended.status, 0, "{taken} {more:?}: {}", ended.screen);
            assert_eq!(coveo.ids().len(), left, "{taken} {more:?}");
        }
    }
}

#[test]
fn nothing_is_asked_if_standard_input_is_a_file() {
    let (coveo, ids) = Coveo::with_keys(2);
    let (list, redirection) = file("<");
    fs::write(&list, ids.join("\n")).unwrap();
    unasked(cli(&coveo).args(["--from", "-"]), &redirection, 0);
    assert!(coveo.ids().is_empty());
    assert_eq!(methods(&coveo), ["DELETE", "DELETE"]);
}
