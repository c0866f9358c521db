//! The man page agrees with `--help`: the same exit statuses, variables, usage, examples and version. Its options are
//! generated: see `src/cli/help.rs`.

use std::collections::BTreeSet;
use std::process::Command;

use support::fake_coveo::{ApiKey, Coveo};
use support::harness::help::{help, help_section, help_sections};
use support::harness::{Cli, cli, json_lines, skip, source_outcomes};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/doc/coveo-delete-key.1");

/// Returns the lines of the page, macros included, without changes of the font.
fn page() -> Vec<String> {
    let page = std::fs::read_to_string(FILE).expect("there is a man page");
    let plain = |line: &str| {
        let line = line.replace("\\-", "-").replace("\\(aq", "'");
        ["\\fB", "\\fI", "\\fR"].iter().fold(line, |line, font| line.replace(font, ""))
    };
    page.lines().map(plain).collect()
}

/// Returns the lines of the page below a heading.
fn section(title: &str) -> Vec<String> {
    let lines = page().into_iter().skip_while(|line| *line != format!(".SH {title}")).skip(1);
    lines.take_while(|line| !line.starts_with(".SH ")).collect()
}

/// Returns the terms that `.TP` sets off in these lines, and the text of each.
fn tagged(lines: &[String]) -> Vec<(String, String)> {
    let mut tagged: Vec<(String, String)> = Vec::new();
    let mut lines = lines.iter();
    while let Some(line) = lines.next() {
        if line == ".TP" {
            let tag = lines.next().expect("something is set off");
            let tag = tag.trim_start_matches(".BR ").trim_start_matches(".B ").replace("\", \"", ",");
            tagged.push((tag, String::new()));
        } else if let Some((_, text)) = tagged.last_mut() {
            text.push_str(line);
            text.push(' ');
        }
    }
    tagged
}

/// Returns whether the first sentence of the page's text is the help's, in any case.
fn begins_with(text: &str, help: &str) -> bool {
    let rest = text.to_lowercase().strip_prefix(&help.to_lowercase()).map(str::to_owned);
    rest.is_some_and(|rest| rest.starts_with(['.', ',']))
}

#[test]
fn exit_statuses_match_the_help() {
    let (page, help) = (tagged(&section("EXIT STATUS")), help_section("Exit status"));
    assert_eq!(help.len(), 8, "{help:?}");
    assert_eq!(page.len(), help.len(), "{page:?}");
    for ((status, text), (help_status, help)) in page.iter().zip(&help) {
        assert_eq!(status, help_status);
        assert!(begins_with(text, help), "{status}: {text:?} in the page, {help:?} in the help");
    }
}

#[test]
fn variables_match_the_help() {
    let variables = |text: &str| -> BTreeSet<String> {
        text.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'))
            .filter(|word| word.contains('_') && *word != "KEY_ID")
            .map(str::to_owned)
            .collect()
    };
    let page = tagged(&section("ENVIRONMENT"));
    let of_page = variables(&page.iter().map(|(word, _)| format!("{word} ")).collect::<String>());
    let of_help = variables(&help());
    assert!(of_help.contains("COVEO_ACCESS_TOKEN") && of_help.contains("NO_PROXY"), "{of_help:?}");
    assert_eq!(of_page, of_help);

    let mut pairs = 0;
    for (option, text) in help_sections().into_iter().flat_map(|(_, lines)| lines) {
        let (Some((_, brackets)), true) = (text.split_once('['), option.starts_with('-')) else { continue };
        let variable = brackets.split([']', ';']).next().unwrap_or_default();
        let long =
            option.split(' ').find(|word| word.starts_with("--")).expect("each option has a long form");
        let said = page.iter().find(|(word, _)| word == variable).map(|(_, text)| text.as_str());
        assert_eq!(said, Some(format!("The same as .BR {long} . ").as_str()), "{variable}");
        pairs += 1;
    }
    assert_eq!(pairs, 5);
}

#[test]
fn usage_and_examples_match_the_help() {
    let usage: Vec<_> = help_section("Usage").into_iter().map(|(line, _)| line).collect();
    let lines = section("SYNOPSIS");
    let of_page: Vec<_> = lines.iter().filter(|line| *line != ".ad l").cloned().collect();
    let of_page: Vec<_> = of_page.split(|line| line == ".br").map(|lines| lines.join(" ")).collect();
    assert_eq!(of_page, usage);

    let examples: Vec<_> = help_section("Examples").into_iter().map(|(line, _)| line).collect();
    assert!(!examples.is_empty());
    let lines = section("EXAMPLES");
    let of_page: Vec<_> = lines.iter().filter(|line| line.contains("--org")).cloned().collect();
    assert_eq!(of_page, examples);
}

#[test]
fn version_matches_the_program() {
    let version = Cli::without_environment().arg("--version").run().assert_status(0).stdout;
    let heading = page().into_iter().find(|line| line.starts_with(".TH ")).expect("the page has a heading");
    assert!(heading.contains(&format!("\"{}\"", version.trim())), "{heading}");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the man is that of Debian")]
fn man_shows_the_page_without_warnings() {
    let shown = Command::new("man").args(["--warnings", "--local-file", FILE]).env("MANWIDTH", "80").output();
    let Ok(shown) = shown else {
        return skip("man is missing (Debian: apt-get install man-db)");
    };
    let (text, warnings) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
    assert!(shown.status.success(), "{warnings}");
    assert_eq!(warnings, "");
    assert!(text.contains("EXIT STATUS") && text.contains("COVEO_ACCESS_TOKEN"), "{text}");
}

#[test]
fn outcomes_match_the_source() {
    let mut of_page = BTreeSet::new();
    for (names, text) in tagged(&section("OUTCOMES")) {
        let status = text.rsplit('(').next().and_then(|end| end.split(')').next()).map(str::parse);
        for name in names.split(',').map(str::trim) {
            of_page.insert((name.to_owned(), status.clone().expect("a status").expect("a number")));
        }
    }
    assert_eq!(of_page, source_outcomes());
}

#[test]
fn json_fields_match_the_output() {
    let coveo = Coveo::with([ApiKey::new("k1")]);
    let run = cli(&coveo).args(["--json", "k1"]).run().assert_status(0);
    let line = json_lines(&run.stdout).remove(0);
    let fields: BTreeSet<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
    let page = tagged(&section("JSON"));
    let of_page: BTreeSet<&str> =
        page.iter().flat_map(|(names, _)| names.split(',').map(str::trim)).collect();
    assert_eq!(of_page, fields);
}
