//! The keys above the prompt: by ID and, if it can be read soon, by sanitized name.

use std::time::Duration;

use serde_json::json;

use crate::unasked::unasked;
use crate::{ASKED, CANCELLED, NEW, answer_prompt, methods, question};
use support::fake_coveo::{
    ApiKey, Break, Coveo, EXPIRED_TOKEN, FULL_TOKEN, Fault, K1, K2, M1, M2, ORGANIZATION, Point,
    SINGLE_KEY_TOKEN,
};
use support::harness::{cli, parallel};
use support::pty::on_terminal;

#[test]
fn display_names_are_sanitized() {
    let long = "é".repeat(5000);
    let cut = format!(" \"{}…\"", "é".repeat(300));
    let torn = format!("{}\u{200b}{}", &FULL_TOKEN[..9], &FULL_TOKEN[9..]);
    let forged = format!("x\r\ncoveo-delete-key: {ORGANIZATION} is safe\n\n[y/N] y");
    let names = [
        ("\x1b[2J\x1b[1;31mred\x1b]0;title\x07\x1b[8m", " \"[2J [1;31mred ]0;title [8m\""),
        ("\u{9b}31mred\u{9d}0;title\u{9c}\u{85}x\x7f\x08\x08\0", " \"31mred 0;title x\""),
        ("a\u{202e}gnp.exe\u{202c}\u{2066}b\u{2069}\u{200f}\u{feff}", " \"agnp.exeb\""),
        (&*forged, &*format!(" \"x coveo-delete-key: {ORGANIZATION} is safe [y/N] y\"")),
        ("a\u{2028}b\u{2029}c\td", " \"a b c d\""),
        (FULL_TOKEN, " \"(the access token)\""),
        (&*torn, " \"(the access token)\""),
        (&*long, &*cut),
        (r#"a" (disabled since 2020-01-01) \"#, r#" "a\" (disabled since 2020-01-01) \\""#),
        ("\x1b\n \u{3164}\u{115f}\u{1160}\u{180e}\u{2800}\u{ffa0}", ""),
    ];
    let (coveo, ids) = Coveo::with_keys(names.len());
    for (id, (name, _)) in ids.iter().zip(names) {
        coveo.edit(id, |key| key.display_name = name.to_owned());
    }
    let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "n\n");
    let keys = ids.iter().zip(names);
    let lines = keys.map(|(id, (_, shown))| format!("coveo-delete-key: {id}{shown} {NEW}\n"));
    assert_eq!(ended.screen, lines.collect::<String>() + &question("10 API keys") + "n\n" + CANCELLED);
    coveo.assert_only_reads();
}

#[test]
fn only_a_name_of_this_very_key_is_shown() {
    let (coveo, ids) = Coveo::with_keys(4);
    for (id, field, value) in [(&ids[0], "displayName", json!(["\u{1b}[31m"])), (&ids[2], "id", json!(7))] {
        coveo.edit(id, |key| _ = key.extra.insert(field.to_owned(), value));
    }
    coveo.remove(&ids[1]);
    let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "yes\n");
    // Nothing is looked up after a failure.
    let lines = [&*format!(" {NEW}"), " (no such key)", " (not looked up: 200)", ""];
    let lines = ids.iter().zip(lines).map(|(id, line)| format!("coveo-delete-key: {id}{line}\n"));
    assert!(ended.screen.starts_with(&lines.collect::<String>()), "{}", ended.screen);
    assert_eq!(ended.status, 5, "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}

#[test]
fn token_without_view_shows_ids_after_one_read() {
    let (coveo, ids) = Coveo::with_keys(3);
    coveo.set_single_key(&ids[0]);
    let terminal = on_terminal(cli(&coveo).env("COVEO_ACCESS_TOKEN", SINGLE_KEY_TOKEN).args(&ids));
    let ended = answer_prompt(&coveo, terminal, "yes\n");
    let [first, second, third] = &ids[..] else { unreachable!() };
    let shown = format!(
        "coveo-delete-key: {first} (not looked up: 403)\ncoveo-delete-key: {second}\ncoveo-delete-key: {third}\n"
    );
    assert!(ended.screen.starts_with(&(shown + &question("3 API keys"))), "{}", ended.screen);
    assert_eq!(ended.status, 4, "{}", ended.screen);
    assert_eq!(coveo.ids(), ids[1..]);
}

/// A lookup that shows that nothing can be done ends the run.
#[test]
fn hopeless_run_does_not_ask() {
    let cases: [(&str, &[&str], i32, &str); 5] = [
        (EXPIRED_TOKEN, &[K1, K2], 3, "was refused (401"),
        (EXPIRED_TOKEN, &["--disable", K1, K2], 3, "was refused (401"),
        (FULL_TOKEN, &["--org", "another", K1, K2], 2, "has no organization another"),
        (FULL_TOKEN, &[M1, M2], 5, "2 not found"),
        (FULL_TOKEN, &["--disabled-for", "30d", K1, K2], 0, "kept"),
    ];
    for (token, arguments, status, printed) in cases {
        let coveo = Coveo::with([K1, K2].map(ApiKey::new));
        let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", token).args(arguments);
        let ended = unasked(cli, "", status);
        assert!(ended.screen.contains(printed), "{arguments:?}: {}", ended.screen);
        coveo.assert_only_reads();
    }
}

#[test]
fn ten_keys_are_looked_up_and_a_hundred_shown() {
    for count in [10, 11, 100, 101] {
        let (coveo, ids) = Coveo::with_keys(count);
        let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "yes\n");
        assert_eq!(methods(&coveo)[..11].join(" "), "GET ".repeat(10) + "DELETE", "{count}");
        let line = |(at, id)| match at {
            0..10 => format!("coveo-delete-key: {id} \"Key {}\" {NEW}\n", at + 1),
            _ => format!("coveo-delete-key: {id}\n"),
        };
        let mut lines: String = ids.iter().take(100).enumerate().map(line).collect();
        if count > 100 {
            lines += &format!("coveo-delete-key: and {} more\n", count - 100);
        }
        lines += &question(&format!("{count} API keys"));
        assert!(ended.screen.starts_with(&lines), "{}", ended.screen);
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(coveo.ids().is_empty());
    }
}

#[test]
fn slow_lookups_delay_the_prompt_by_five_seconds() {
    let faults = [
        Fault::At(Point::BeforeActing, Break::Hang),
        Fault::At(Point::Body, Break::Hang),
        Fault::At(Point::Body, Break::Drip),
        // All lookups share the limit.
        Fault::Slow(Duration::from_secs(1)),
    ];
    parallel(faults.len(), &faults, |fault| {
        let is_slow = matches!(fault, Fault::Slow(_));
        let (coveo, ids) = Coveo::with_keys(10);
        coveo.inject("GET", "", fault.clone());
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        let waited = terminal.shows(ASKED);
        assert!((Duration::from_millis(4500)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
        assert_eq!(methods(&coveo) == ["GET"], !is_slow);
        let ended = answer_prompt(&coveo, terminal, "yes\n");
        assert!(ended.screen.contains(&question("10 API keys")), "{}", ended.screen);
        assert_eq!(ended.screen.contains("\"Key 1\""), is_slow, "{}", ended.screen);
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(coveo.ids().is_empty());
    });
}
