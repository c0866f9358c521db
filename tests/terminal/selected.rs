//! Conditions on a terminal: the selected keys are shown, and disabling them is confirmed too.

use std::time::{Duration, SystemTime};

use crate::unasked::unasked;
use crate::{ASKED, CANCELLED, answer, answer_prompt, methods, question};
use support::fake_coveo::{ApiKey, Coveo, Date, ORGANIZATION};
use support::harness::cli;
use support::pty::on_terminal;

/// 2026-11-20, noon.
const NOW: Duration = Duration::from_secs(1_795_176_000);
const DAY: Duration = Duration::from_secs(86400);

/// Starts an organization with two keys disabled 40 days ago, one in use, and two unused for 40 days. The first of each
/// pair has a name full of escape sequences.
fn organization() -> Coveo {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let named = |name: &str, key: ApiKey| ApiKey { display_name: name.to_owned(), ..key };
    let disabled = |id| ApiKey { activation_date: Date::Absent, ..ApiKey::disabled(id, now - 40 * DAY) };
    let coveo = Coveo::with([
        named("\x1b[2Jone\u{202e}\n", disabled("off1")),
        named("two", disabled("off2")),
        ApiKey::unused("busy", now - DAY),
        named("\u{9b}31mthree\x07", ApiKey::unused("idle1", now - 40 * DAY)),
        named("four", ApiKey::unused("idle2", now - 40 * DAY)),
    ]);
    coveo.set_now(now);
    coveo
}

#[test]
fn selected_keys_are_shown_and_deleted_only_after_yes() {
    for (answer, deletes) in [("yes\n", true), ("n\n", false), ("\n", false), ("\x04", false)] {
        let coveo = organization();
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(["--disabled-for", "30d"])), answer);
        let shown = format!(
            "coveo-delete-key: off1 \"[2Jone\" (disabled since 2026-10-11)\n\
             coveo-delete-key: off2 \"two\" (disabled since 2026-10-11)\n{}",
            question("2 API keys")
        );
        assert!(ended.screen.starts_with(&shown), "{answer:?}: {}", ended.screen);
        assert_eq!(ended.status, i32::from(!deletes), "{answer:?}");
        if deletes {
            let done = format!(
                "deleted off1 \"[2Jone\" from {ORGANIZATION}\ndeleted off2 \"two\" from {ORGANIZATION}\ncoveo-delete-key: 2 deleted\n"
            );
            assert!(ended.screen.ends_with(&done), "{}", ended.screen);
            assert_eq!(coveo.ids(), ["busy", "idle1", "idle2"]);
        } else {
            assert!(ended.screen.ends_with(&format!("\n{CANCELLED}")), "{answer:?}");
            coveo.assert_only_reads();
        }
    }
}

#[test]
fn disabling_selected_keys_asks() {
    for (typed, disables) in [("yes\n", true), ("y\n", true), ("n\n", false), ("\n", false)] {
        let coveo = organization();
        let terminal = on_terminal(cli(&coveo).args(["--disable", "--unused-for", "30d"]));
        let ended = answer(&coveo, terminal, "[y/N] ", typed);
        let shown = format!(
            "coveo-delete-key: idle1 \"31mthree\" (enabled, last used 2026-10-11)\n\
             coveo-delete-key: idle2 \"four\" (enabled, last used 2026-10-11)\n\
             coveo-delete-key: nothing has been disabled yet; disable 2 API keys in {ORGANIZATION}? [y/N] {typed}"
        );
        assert!(ended.screen.starts_with(&shown), "{}", ended.screen);
        let last = if disables {
            "2 disabled"
        } else {
            assert_eq!(methods(&coveo), ["GET"]);
            "cancelled, because the answer wasn't y or yes; nothing was disabled"
        };
        assert!(ended.screen.ends_with(&format!("coveo-delete-key: {last}\n")), "{}", ended.screen);
        assert_eq!(ended.status, i32::from(!disables));
        let enabled = ["off1", "off2", "busy", "idle1", "idle2"].map(|id| coveo.is_enabled(id).unwrap());
        assert_eq!(enabled, [false, false, true, !disables, !disables]);
    }
}

#[test]
fn key_activated_during_the_prompt_is_kept() {
    let coveo = organization();
    let mut terminal = on_terminal(cli(&coveo).args(["--disabled-for", "30d"]));
    terminal.shows(ASKED);
    coveo.enable("off1");
    terminal.types("yes\n");
    let ended = terminal.ends();
    assert!(ended.screen.contains("kept off1"), "{}", ended.screen);
    assert_eq!(ended.status, 0);
    assert_eq!(coveo.ids(), ["off1", "busy", "idle1", "idle2"]);
}

#[test]
fn run_that_changes_nothing_does_not_ask() {
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--disabled-for", "30d", "--dry-run"], 0, "would delete off2"),
        (&["--disable", "--unused-for", "30d", "--dry-run"], 0, "would disable idle2"),
        (&["--disabled-for", "30d", "--max", "1"], 2, "2 keys match, but --max allows 1"),
        (&["--disabled-for", "90d"], 0, "nothing was deleted"),
        (&["--disabled-for", "30d", "--yes"], 0, "deleted off2"),
    ];
    for (arguments, status, said) in cases {
        let coveo = organization();
        let ended = unasked(cli(&coveo).args(arguments), "", status);
        assert!(ended.screen.contains(said), "{arguments:?}: {}", ended.screen);
        if arguments.contains(&"--yes") {
            assert_eq!(coveo.ids(), ["busy", "idle1", "idle2"]);
        } else {
            coveo.assert_only_reads();
        }
    }
}
