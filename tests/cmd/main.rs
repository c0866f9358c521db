//! Transcripts: each page of `tests/cmd` is run against its own organization, and its output must be the one on the page.
//! `TRANSCRIPTS=overwrite cargo test --test cmd` updates the pages. Also the JSON schema, and checks of documents.

#![cfg(unix)]

mod documents;
mod json;
mod page;
mod stage;
mod validator;

use std::path::{Path, PathBuf};
use std::{env, fs};

use page::{commands, difference, missing, run};
use support::harness::help::{HelpOption, help, help_section, options};
use support::harness::{SECRETS, parallel, skip};

/// The pages and their content, without the README.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of pages")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md") && !path.ends_with("README.md"))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("a page is UTF-8"))).collect()
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a page has a name")
}

#[test]
fn pages_show_the_real_output() {
    let overwrite = env::var("TRANSCRIPTS").is_ok_and(|value| value == "overwrite");
    let pages = pages();
    assert!(pages.len() >= 20, "there are {} pages", pages.len());
    let paths: Vec<&Path> = pages.iter().map(|(path, _)| path.as_path()).collect();
    parallel(paths.len(), &paths, |path| {
        let page = &fs::read_to_string(path).expect("a page is UTF-8");
        if let Some(why) = missing(page) {
            return skip(format_args!("{}: {why}", name(path)));
        }
        let actual = run(page);
        if overwrite {
            fs::write(path, &actual).expect("a page is writable");
        } else if let Some(difference) = difference(page, &actual) {
            panic!("{}{difference}\nTRANSCRIPTS=overwrite updates the page", path.display());
        }
    });
}

#[test]
fn help_is_covered_by_pages() {
    let (help, options) = (help(), options());
    let pages = pages();
    let typed: Vec<&str> = pages
        .iter()
        .flat_map(|(_, page)| commands(page))
        .flat_map(|command| command.split([' ', '=']))
        .collect();
    let variable = |word: &str| {
        word.contains('_') && word != "KEY_ID" && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    let variables = help.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| variable(word));
    let all: Vec<&str> = options.iter().flat_map(HelpOption::names).chain(variables).collect();
    for known in ["-o", "--org", "--from", "--unused-for", "--version", "SSL_CERT_FILE", "NO_PROXY"] {
        assert!(all.contains(&known), "{known} isn't found in the help: {all:?}");
    }
    assert!(all.len() >= 40, "{all:?}");
    for option in all {
        assert!(typed.contains(&option), "no page has a command with {option}");
    }
    let statuses = help_section("Exit status").into_iter().map(|(status, _)| status);
    // `tests/input` interrupts runs.
    let failures = statuses.filter(|status| !["0", "128+n"].contains(&&**status));
    let failures: Vec<String> = failures.map(|status| format!("\n? {status}\n")).collect();
    assert_eq!(failures.len(), 6, "{failures:?}");
    for status in failures {
        assert!(pages.iter().any(|(_, page)| page.contains(&status)), "no page ends with{status}");
    }
}

#[test]
fn pages_are_listed_in_the_readme() {
    let list = include_str!("README.md");
    for (path, page) in pages() {
        let name = name(&path);
        let title = page.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a page has a title");
        assert!(list.contains(&format!("[{title}]({name})")), "{name}, {title}");
        assert!(SECRETS.iter().all(|secret| !page.contains(secret)), "{name} contains a token");
        let setting = page.find("\n```organization\n").expect("an organization");
        let first = page.find("\n```console\n").expect("a page has commands");
        assert!(setting < first, "{name} has a command before its organization");
    }
}

#[test]
fn changed_page_is_noticed() {
    let original = include_str!("by-name.md");
    let changes = [
        ("last used 2026-11-02)", "last used 2026-11-03)"),
        ("\n? 2", ""),
        ("\n? 2", "\n? 4"),
        ("coveo-delete-key: 2 deleted\n", "coveo-delete-key: 2 deleted\n? 1\n"),
        ("coveo-delete-key: 2 deleted\n", "coveo-delete-key: 2 deleted\ndeleted\n"),
        ("coveo-delete-key: hint: is a variable", "coveo-delete-key: hint: a variable"),
        (", used 2026-11-02\n", ", used 2026-11-03\n"),
        ("DISABLED,", "ENABLED,"),
        (" --dry-run\n", "\n"),
        ("DELETE apikeys/k4ey7wmzq5hbn2rtdsv3ofxc6u\n", ""),
        ("```keys\n", "```keys\nk4ey7wmzq5hbn2rtdsv3ofxc6u \"tmp-4711\" ENABLED\n"),
    ];
    parallel(changes.len(), &changes, |(old, new)| {
        let page = original.replacen(old, new, 1);
        assert_ne!(page, original);
        let difference = difference(&page, &run(&page)).unwrap_or_else(|| panic!("{old} → {new}"));
        assert!(difference.contains("\n- ") || difference.contains("\n+ "), "{difference}");
    });
}

#[test]
#[should_panic = "faults were never used"]
fn unused_fault_is_noticed() {
    run("```organization\nnext: 503\n```\n");
}

#[test]
#[should_panic = "a secret was printed"]
fn printed_token_is_noticed() {
    run("```console\n$ echo \"$VIEW_TOKEN\"\n```\n");
}
