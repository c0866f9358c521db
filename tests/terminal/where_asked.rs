//! The prompt is shown where a person sees it, even if streams are redirected; and not without a person.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::{ASKED, NEW, PROMPT, answer_prompt, assert_only_reads, methods, question};
use support::fake_coveo::{ApiKey, Coveo, Date, ORGANIZATION};
use support::harness::cli;
use support::pty::{in_new_session, on_terminal, redirected};

fn file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("log");
    (directory, file)
}

#[test]
fn prompt_uses_the_terminal_if_stderr_is_redirected() {
    for (answer, deletes) in [("yes\n", true), ("n\n", false), ("\x04", false)] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(1);
        let (_directory, log) = file();
        let mut terminal = redirected(cli(&coveo).args(&ids), &format!("2>'{}'", log.display()));
        terminal.shows(ASKED);
        assert_only_reads(&coveo);
        assert_eq!(fs::read_to_string(&log).unwrap(), "", "the question is not for the log");
        terminal.types(answer);
        let ended = terminal.ends();
        let echo = if answer == "\x04" { "\n" } else { answer };
        let asked = format!("coveo-delete-key: {} \"Key 1\" {NEW}\n{}{echo}", ids[0], question("1 API key"));
        let result =
            if deletes { format!("deleted {} from {ORGANIZATION}\n", ids[0]) } else { String::new() };
        assert_eq!(ended.screen, asked + &result, "{answer:?}");
        assert_eq!(ended.status, i32::from(!deletes), "{answer:?}");
        let logged = if deletes {
            ""
        } else {
            "coveo-delete-key: cancelled, because the answer wasn't yes; nothing was deleted\n"
        };
        assert_eq!(fs::read_to_string(&log).unwrap(), logged, "{answer:?}");
        assert_eq!(coveo.ids().is_empty(), deletes, "{answer:?}");
    }
}

#[test]
fn prompt_uses_the_terminal_if_both_are_redirected() {
    for redirection in ["2>&1 | cat", "2>&1 | cat >/dev/null", "| cat", ">/dev/null 2>&1", "2>&-"] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(2);
        let ended = answer_prompt(&coveo, redirected(cli(&coveo).args(&ids), redirection), "yes\n");
        assert!(ended.screen.contains(&question("2 API keys")), "{redirection}: {}", ended.screen);
        assert_eq!(ended.status, 0, "{redirection}: {}", ended.screen);
        assert!(coveo.ids().is_empty(), "{redirection}");
    }
}

#[test]
fn selected_keys_are_shown_on_the_terminal_too() {
    let coveo = Coveo::http();
    coveo.add(ApiKey {
        status: "EXPIRED".to_owned(),
        enabled: false,
        expiration_date: Date::Raw("2024-01-01T00:00:00Z".into()),
        ..ApiKey::new("old")
    });
    let (_directory, log) = file();
    let ended = answer_prompt(
        &coveo,
        redirected(cli(&coveo).args(["--expired-for", "30d"]), &format!("2>'{}'", log.display())),
        "yes\n",
    );
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
        let coveo = Coveo::http();
        let ids = coveo.add_keys(2);
        let mut terminal = on_terminal(cli(&coveo).env("CI", value).args(&ids));
        if asks {
            terminal.shows(ASKED);
            assert_only_reads(&coveo);
            terminal.types("yes\n");
        }
        let ended = terminal.ends();
        assert_eq!(ended.screen.contains(PROMPT), asks, "CI={value}: {}", ended.screen);
        assert_eq!(ended.status, 0, "CI={value}: {}", ended.screen);
        assert!(coveo.ids().is_empty(), "CI={value}");
        assert_eq!(methods(&coveo).contains(&"GET".to_owned()), asks, "CI={value}");
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has setsid")]
fn nothing_is_sent_without_a_terminal_for_the_prompt() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(2);
    let (_directory, log) = file();
    let refused = "coveo-delete-key: error: the question before a change can't be shown: standard error is \
                   redirected, and /dev/tty can't be opened: no such device or address\n\
                   coveo-delete-key: hint: add --yes to continue without a question\n";
    for (more, status, left) in [(None, 2, 2), (Some("--dry-run"), 0, 2), (Some("--yes"), 0, 0)] {
        // The new session has no controlling terminal, though standard input still is a terminal.
        let ended =
            in_new_session(cli(&coveo).args(more).args(&ids), &format!("2>'{}'", log.display())).ends();
        assert_eq!(ended.status, status, "{more:?}: {}", ended.screen);
        assert_eq!(coveo.ids().len(), left, "{more:?}");
        if more.is_none() {
            assert_eq!(fs::read_to_string(&log).unwrap(), refused);
            assert_eq!(coveo.connections(), 0);
        }
    }
}

/// A stray `y` and Enter must not delete anything.
#[test]
fn y_typed_before_the_prompt_does_not_delete() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(1);
    coveo.on_request(|_, _| std::thread::sleep(std::time::Duration::from_millis(300)));
    for typed in ["y\n", "y"] {
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        terminal.types(typed);
        terminal.shows(ASKED);
        terminal.types("\n");
        let ended = terminal.ends();
        assert_eq!(ended.status, 1, "{typed:?}: {}", ended.screen);
        assert_only_reads(&coveo);
        assert_eq!(coveo.ids(), ids);
    }
}
