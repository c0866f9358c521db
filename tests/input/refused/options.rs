//! Options that are unknown, repeated, incomplete, or contradict one another.

use super::*;
use support::harness::help::options;

const NO_KEY: &str =
    "give key IDs, --from FILE, or a condition such as --disabled-for 30d; --list shows all keys";
const CHECKED: &str =
    "selected keys are changed one by one, because each is read again right before its change";
const DISABLED: &str = "--disabled-for selects keys that are already disabled";
const MAX: &str = "--max applies only to keys that you don't name";
const LIST: &str = "--list shows all keys, or all that match, and changes nothing";
const ADD: &str = "add --disabled-for, --expired-for, --unused-for, --exposed or --name";
const ACTIVATE: &str = "--activate needs KEY_IDs or --from";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    no(&["--token"], "unknown option {name}: {shows}").hint(WHERE).or(&[
        &["k1", "--token={token}"], &["k1", "--api-key={token}"], &["k1", "--secret={token}"],
    ]),
    no(&["k1", "--token", "{token}"], "unknown option {before}: {shows}").hint(WHERE).or(&[
        &["k1", "-t", "{token}"], &["k1", "--access-token", "{token}"], &["k1", "--bearer", "{token}"], &["k1", "--password", "{token}"],
    ]),
    no(&["k1"], "unknown option {hidden}").hint(HELP).each(&["--{value}", "-{value}"]),
    no(&["k1"], r#"unknown option that begins with "-t""#).hint(HELP)
        .each(&["-tS3cretTokenValue", "-tonlylettersinthistokenvalue"]),
    no(&["k1", "--tokenS3cretTokenValue"], r#"unknown option that begins with "--token""#).hint(HELP),
    no(&["k1", "--\u{1b}[2J"], r#"unknown option that begins with "--""#).hint(HELP),
    // In other forms than `options_are_given_once_and_with_their_value` has.
    no(&["k1", "-nqn"], "--dry-run is given twice").or(&[&["k1", "--dry-run", "-n"]]),
    no(&["k1", "-q", "-q", "-q"], "--quiet is given twice"),
    no(&["k1", "-y", "--yes"], "--yes is given twice"),
    no(&["k1", "--org", "a", "-o", "b"], "--org is given twice").or(&[
        &["k1", "--org=a", "--org=b"], &["k1", "--org=a", "--org=a"], &["k1", "--org=a", "--org", "b"],
    ]),
    no(&["--org", "--", "k1"], "--org needs a value").hint(UNSET),
    no(&["k1", "--endpoint", "--org", "o"], "--endpoint needs a value").hint(UNSET),
    no(&[], "no KEY_ID is given").hint(NO_KEY).or(&[&["--yes"], &["--"], &["--activate"], &["--disable", "--bulk"]]),
    no(&["k1", "--from", "good-ids"], "KEY_ID and --from can't be used together").hint(ONE_FILE)
        .or(&[&["--from", "good-ids", "--", "k1"], &["--from", "good-ids", "ids.txt"]]),
    no(&["--disabled-for", "30d", "--expired-for", "30d"], "--disabled-for and --expired-for can't be used together"),
    no(&["--unused-for", "30d", "--disabled-for", "30d", "k1"], "--disabled-for and --unused-for can't be used together"),
    no(&["--disable", "--activate", "k1"], "--disable and --activate can't be used together"),
    no(&["--list", "--activate", "k1"], "--activate and --list can't be used together"),
    no(&["k1", "--max", "5"], "--max and KEY_ID can't be used together").hint(MAX),
    no(&["--from", "good-ids", "--exposed", "--max", "5"], "--max and --from can't be used together").hint(MAX),
    no(&["--list", "--max", "1000"], "--list and --max can't be used together").hint(LIST),
    no(&["--list", "k1", "--bulk"], "--list and --bulk can't be used together").hint(LIST),
    no(&["--list", "k1", "--ignore-not-found"], "--list and --ignore-not-found can't be used together").hint(LIST),
    no(&["--max", "5"], "--max needs a condition that selects keys").hint(ADD),
    no(&["--older-than", "5d", "--yes"], "--older-than needs a condition that selects keys").hint(ADD),
    no(&["--exclude", "prod *", "--yes"], "--exclude needs a condition that selects keys").hint(ADD),
    no(&["--exclude", "prod *", "--older-than", "1d", "--dry-run"], "--older-than needs a condition that selects keys").hint(ADD),
    no(&["--disabled-for", "30d", "--disable"], "--disable and --disabled-for can't be used together").hint(DISABLED),
    no(&["--disabled-for", "30d", "--bulk"], "--bulk and --disabled-for can't be used together").hint(CHECKED),
    no(&["--exposed", "--bulk", "--disable"], "--bulk and --exposed can't be used together").hint(CHECKED),
    no(&["k1", "--exclude", "a*", "--bulk"], "--bulk and --exclude can't be used together").hint(CHECKED),
    no(&["--activate", "--exposed", "--yes"], "--activate and --exposed can't be used together").hint(ACTIVATE),
    no(&["--activate", "k1", "--older-than", "1d"], "--activate and --older-than can't be used together").hint(ACTIVATE),
    no(&["k{ff}"], "argument 1 is not UTF-8 text"),
    no(&["k1"], "argument 2 is not UTF-8 text").each(&["--org=o{ff}", "--{ff}", "--token={token}{ff}"]),
    no(&["--help", "{ff}"], "argument 2 is not UTF-8 text"),
    no(&["k1", "--org", "o{ff}"], "argument 3 is not UTF-8 text").or(&[&["--", "k1", "k{ff}"]]),
];

#[test]
fn options_are_given_once_and_with_their_value() {
    let coveo = Coveo::http();
    let is_refused = |words: &[&str], error: String| {
        let run = cli(&coveo).args(words).run().assert_status(2);
        let hint = match error.split_once(' ') {
            Some(("--from", "needs a value")) => Some(FROM_STDIN),
            Some((_, "needs a value")) => Some(UNSET),
            Some((_, "doesn't accept a value")) => Some(NO_VALUE),
            _ => None,
        };
        let hint = hint.map_or(String::new(), |hint| format!("coveo-delete-key: hint: {hint}\n"));
        assert_eq!(run.stderr, format!("coveo-delete-key: error: {error}\n{hint}"), "{words:?}");
    };
    let options = options();
    assert!(options.len() >= 28, "{}", options.len());
    for option in &options {
        for name in option.names() {
            if option.value.is_empty() {
                is_refused(&["k1", &format!("{name}=true")], format!("{name} doesn't accept a value"));
                if !["--help", "--version"].contains(&&*option.long) {
                    is_refused(&["k1", name, name], format!("{} is given twice", option.long));
                }
            } else {
                for words in [&["k1", name][..], &["k1", name, "--yes"], &[name, "-q", "k1"]] {
                    is_refused(words, format!("{name} needs a value"));
                }
                is_refused(&["k1", &format!("{name}=")], format!("{} needs a value", option.long));
                if !["--name", "--exclude"].contains(&&*option.long) {
                    is_refused(&["k1", name, "1", name, "1"], format!("{} is given twice", option.long));
                }
            }
        }
    }
    assert_eq!(coveo.connections(), 0);
}
