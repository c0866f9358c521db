//! The prompt is shown where a person sees it, even if streams are redirected; and not without a person.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::{ASKED, CANCELLED, NEW, PROMPT, answer_prompt, file, methods, question};
use support::fake_coveo::{ApiKey, Coveo, ORGANIZATION};
use support::harness::cli;
use support::pty::{in_new_session, on_terminal, redirected};

#[test]
fn prompt_uses_the_terminal_if_stderr_is_redirected() {
    for (answer, deletes) in [("yes\n", true), ("n\n", false), ("\x04", false)] {
        let (coveo, ids) = Coveo::with_keys(1);
        let (log, redirection) = file("2>");
        let logged = || fs::read_to_string(log.path()).unwrap();
        let mut terminal = redirected(cli(&coveo).args(&ids), &redirection);
        terminal.shows(ASKED);
        assert_eq!(logged(), "", "the question is not for the log");
        let ended = answer_prompt(&coveo, terminal, answer);
        let echo = if answer == "\x04" { "\n" } else { answer };
        let asked = format!("coveo-delete-key: {} \"Key 1\" {NEW}\n{}{echo}", ids[0], question("1 API key"));
        let deleted = format!("deleted {} from {ORGANIZATION}\n", ids[0]);
        let (result, error) = if deletes { (&*deleted, "") } else { ("", CANCELLED) };
        assert_eq!(ended.screen, asked + result, "{answer:?}");
        assert_eq!(ended.status, i32::from(!deletes), "{answer:?}");
        assert_eq!(logged(), error, "{answer:?}");
        assert_eq!(coveo.ids().is_empty(), deletes, "{answer:?}");
    }
}

#[test]
fn prompt_uses_the_terminal_if_both_are_redirected() {
    for redirection in ["2>&1 | cat", "2>&1 | cat >/dev/null", "| cat", ">/dev/null 2>&1", "2>&-"] {
        let (coveo, ids) = Coveo::with_keys(2);
        let ended = answer_prompt(&coveo, redirected(cli(&coveo).args(&ids), redirection), "yes\n");
        assert!(ended.screen.contains(&question("2 API keys")), "{redirection}: {}", ended.screen);
        assert_eq!(ended.status, 0, "{redirection}: {}", ended.screen);
        assert!(coveo.ids().is_empty(), "{redirection}");
    }
}

#[test]
fn selected_keys_are_shown_on_the_terminal_too() {
    let coveo =
        Coveo::with([ApiKey::expired("old", SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200))]);
    let (_log, redirection) = file("2>");
    let terminal = redirected(cli(&coveo).args(["--expired-for", "30d"]), &redirection);
    let ended = answer_prompt(&coveo, terminal, "yes\n");
    let shown = "coveo-delete-key: old \"Key old\" (expired 2024-01-01)\n";
    assert!(ended.screen.starts_with(shown), "{}", ended.screen);
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}

#[test]
fn nothing_is_asked_in_ci() {
    for (value, asks) in
        [("true", false), ("1", false), ("yes", false), ("false", true), ("0", true), ("", true)]
    {
        let (coveo, ids) = Coveo::with_keys(2);
        let terminal = on_terminal(cli(&coveo).env("CI", value).args(&ids));
        let ended = if asks { answer_prompt(&coveo, terminal, "yes\n") } else { terminal.ends() };
        assert_eq!(ended.screen.contains(PROMPT), asks, "CI={value}: {}", ended.screen);
        assert_eq!(ended.status, 0, "CI={value}: {}", ended.screen);
        assert!(coveo.ids().is_empty(), "CI={value}");
        assert_eq!(methods(&coveo).contains(&"GET".to_owned()), asks, "CI={value}");
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has setsid")]
fn nothing_is_sent_without_a_terminal_for_the_prompt() {
    let (coveo, ids) = Coveo::with_keys(2);
    let (log, redirection) = file("2>");
    let refused = "coveo-delete-key: error: the question before a change can't be shown: standard error is \
                   redirected, and /dev/tty can't be opened: no such device or address\n\
                   coveo-delete-key: hint: add --yes to continue without a question\n";
    for (more, status, left) in [(None, 2, 2), (Some("--dry-run"), 0, 2), (Some("--yes"), 0, 0)] {
        // The new session has no controlling terminal, though standard input still is a terminal.
        let ended = in_new_session(cli(&coveo).args(more).args(&ids), &redirection).ends();
        assert_eq!(ended.status, status, "{more:?}: {}", ended.screen);
        assert_eq!(coveo.ids().len(), left, "{more:?}");
        if more.is_none() {
            assert_eq!(fs::read_to_string(log.path()).unwrap(), refused);
            assert_eq!(coveo.connections(), 0);
        }
    }
}

/// A stray `y` and Enter must not delete anything.
#[test]
fn y_typed_before_the_prompt_does_not_delete() {
    let (coveo, ids) = Coveo::with_keys(1);
    coveo.on_request(|_, _| std::thread::sleep(Duration::from_millis(300)));
    for typed in ["y\n", "y"] {
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        terminal.types(typed);
        let ended = answer_prompt(&coveo, terminal, "\n");
        assert_eq!(ended.status, 1, "{typed:?}: {}", ended.screen);
        coveo.assert_only_reads();
    }
}
