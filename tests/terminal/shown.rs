//! The keys above the prompt: by ID and, if it can be read soon, by sanitized name.

use std::time::Duration;

use serde_json::json;

use crate::{ASKED, NEW, PROMPT, answer_prompt, assert_only_reads, methods, question};
use support::fake_coveo::{
    ApiKey, Break, Coveo, EXPIRED_TOKEN, FULL_TOKEN, Fault, Hook, ORGANIZATION, Point, SINGLE_KEY_TOKEN,
};
use support::harness::{Cli, cli};
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
    let coveo = Coveo::http();
    let ids = coveo.add_keys(names.len());
    for (id, (name, _)) in ids.iter().zip(names) {
        coveo.add(ApiKey { display_name: name.to_owned(), ..ApiKey::new(id) });
    }
    let mut terminal = on_terminal(cli(&coveo).args(&ids));
    terminal.shows(&question("10 API keys"));
    terminal.types("n\n");
    let ended = terminal.ends();
    let mut lines: Vec<String> = ids
        .iter()
        .zip(names)
        .map(|(id, (_, shown))| format!("coveo-delete-key: {id}{shown} {NEW}"))
        .collect();
    lines.push(question("10 API keys") + "n");
    lines.push("coveo-delete-key: cancelled, because the answer wasn't yes; nothing was deleted".to_owned());
    assert_eq!(ended.screen.lines().collect::<Vec<_>>(), lines);
    assert_eq!(coveo.ids().len(), ids.len());
    assert_only_reads(&coveo);
}

#[test]
fn wrong_name_or_key_is_not_shown() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(3);
    for (id, field, value) in [
        (&ids[0], "displayName", json!(["\u{1b}[31m"])),
        (&ids[1], "id", json!(ids[2])),
        (&ids[2], "id", json!(7)),
    ] {
        let mut key = ApiKey::new(id);
        key.extra.insert(field.to_owned(), value);
        coveo.add(key);
    }
    let ended = answer_prompt(&coveo, on_terminal(cli(&coveo).args(&ids)), "n\n");
    let shown: Vec<&str> = ended.screen.lines().take(3).collect();
    let lines = [&*format!(" {NEW}"), " (not looked up: 200)", ""];
    assert_eq!(shown, [0, 1, 2].map(|at| format!("coveo-delete-key: {}{}", ids[at], lines[at])));
    assert_eq!(ended.status, 1);
    assert_only_reads(&coveo);
}

#[test]
fn token_without_view_shows_ids_after_one_read() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(3);
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
    type Setting = fn(&Coveo, Cli, &[String]) -> Cli;
    let cases: [(&[&str], i32, &str, Setting); 5] = [
        (&[], 3, "was refused (401", |_, cli, ids| cli.env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).args(ids)),
        (&["--disable"], 3, "was refused (401", |_, cli, ids| {
            cli.env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).args(ids)
        }),
        (&[], 2, "has no organization another", |_, cli, ids| cli.args(["--org", "another"]).args(ids)),
        (&[], 5, "2 not found", |coveo, cli, ids| {
            ids.iter().for_each(|id| coveo.remove(id));
            cli.args(ids)
        }),
        (&["--disabled-for", "30d"], 0, "kept", |_, cli, ids| cli.args(ids)),
    ];
    for (arguments, status, printed, setting) in cases {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(2);
        let ended = on_terminal(setting(&coveo, cli(&coveo).args(arguments), &ids)).ends();
        assert!(!ended.screen.contains(PROMPT), "{arguments:?}: {}", ended.screen);
        assert!(ended.screen.contains(printed), "{arguments:?}: {}", ended.screen);
        assert_eq!(ended.status, status, "{arguments:?}: {}", ended.screen);
        assert_only_reads(&coveo);
    }
}

#[test]
fn missing_key_is_shown_as_missing() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(3);
    coveo.remove(&ids[1]);
    let mut terminal = on_terminal(cli(&coveo).args(&ids));
    terminal.shows(ASKED);
    assert_eq!(methods(&coveo), ["GET"; 3]);
    terminal.types("yes\n");
    let ended = terminal.ends();
    let shown: Vec<&str> = ended.screen.lines().take(3).collect();
    let line = |id: &String, name: &str| format!("coveo-delete-key: {id}{name}");
    let named = |number| format!(" \"Key {number}\" {NEW}");
    assert_eq!(shown, [line(&ids[0], &named(1)), line(&ids[1], " (no such key)"), line(&ids[2], &named(3))]);
    assert_eq!(ended.status, 5, "{}", ended.screen);
    assert!(coveo.ids().is_empty());
}

#[test]
fn ten_keys_are_looked_up_and_a_hundred_shown() {
    for count in [10, 11, 100, 101] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        terminal.shows(ASKED);
        assert_eq!(methods(&coveo), ["GET"; 10], "{count}");
        terminal.types("yes\n");
        let ended = terminal.ends();
        let mut lines: Vec<String> = ids[..10]
            .iter()
            .enumerate()
            .map(|(at, id)| format!("coveo-delete-key: {id} \"Key {}\" {NEW}", at + 1))
            .collect();
        lines.extend(ids[10..count.min(100)].iter().map(|id| format!("coveo-delete-key: {id}")));
        if count > 100 {
            lines.push(format!("coveo-delete-key: and {} more", count - 100));
        }
        lines.push(question(&format!("{count} API keys")) + "yes");
        let shown: Vec<&str> = ended.screen.lines().take(lines.len()).collect();
        assert_eq!(shown, lines);
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(coveo.ids().is_empty());
    }
}

#[test]
fn hanging_lookup_delays_the_prompt_by_five_seconds() {
    let run = |point, how| {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(3);
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.method == "GET" => Fault::At(point, how),
            _ => Fault::None,
        });
        let mut terminal = on_terminal(cli(&coveo).args(&ids));
        let waited = terminal.shows(ASKED);
        assert!((Duration::from_millis(4500)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
        assert_eq!(methods(&coveo), ["GET"]);
        terminal.types("yes\n");
        let ended = terminal.ends();
        assert!(ended.screen.contains(&question("3 API keys")), "{}", ended.screen);
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(coveo.ids().is_empty());
        assert_eq!(methods(&coveo), ["GET", "DELETE", "DELETE", "DELETE"]);
    };
    std::thread::scope(|scope| {
        for (point, how) in
            [(Point::BeforeActing, Break::Hang), (Point::Body, Break::Hang), (Point::Body, Break::Drip)]
        {
            scope.spawn(move || run(point, how));
        }
    });
}

#[test]
fn slow_lookups_share_the_limit_of_five_seconds() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(10);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.method == "GET" => Fault::Slow(Duration::from_secs(1)),
        _ => Fault::None,
    });
    let mut terminal = on_terminal(cli(&coveo).args(&ids));
    let waited = terminal.shows(ASKED);
    terminal.types("n\n");
    let ended = terminal.ends();
    assert_eq!(ended.status, 1);
    assert!(ended.screen.contains(&format!("{} \"Key 1\" {NEW}\n", ids[0])), "{}", ended.screen);
    assert!(waited < Duration::from_secs(9), "{waited:?}");
    assert_eq!(coveo.ids(), ids);
    assert_only_reads(&coveo);
}
