//! The documents beside the pages name files, tests, outcomes and crates: those that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks, within a line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The sources below a folder, as one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder can be listed");
    let text = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).expect("a source is text"),
        _ => String::new(),
    };
    entries.map(|entry| text(entry.expect("a folder can be listed").path())).collect()
}

/// The lines of a section, without its title.
#[track_caller]
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let (_, rest) =
        page.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

#[test]
fn links_and_paths_in_documents_lead_to_files() {
    let mut seen = 0;
    for page in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "doc/architecture.md", "tests/README.md"] {
        let text = read(page);
        let folder = root().join(page).parent().expect("a file is in a folder").to_owned();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            assert!(folder.join(link).exists(), "{page} links to {link}");
            seen += 1;
        }
        let path =
            |word: &&str| ["src/", "tests/", "scripts/", "doc/"].iter().any(|start| word.starts_with(start));
        for path in quoted(&text).filter(path).filter(|path| !path.contains(['*', ' '])) {
            assert!(root().join(path).exists(), "{page} names {path}");
            seen += 1;
        }
    }
    assert!(seen >= 40, "{seen}");
}

#[test]
fn each_invariant_is_held_by_tests_that_there_are() {
    let page = read("doc/architecture.md");
    let tests = sources(&root().join("tests"));
    let rows: Vec<&str> =
        section(&page, "Five invariants").lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let named: Vec<&str> = quoted(row.rsplit('|').nth(1).expect("a row has cells")).collect();
        assert!(!named.is_empty(), "{row}");
        for test in named {
            assert!(tests.contains(&format!("\nfn {test}() {{")), "there is no test {test}");
        }
    }
}

#[test]
fn each_outcome_stands_in_the_glossary_with_its_exit_status_and_in_the_readme() {
    // `    Deleted "deleted" "deleted" 0`
    let source = read("src/outcome.rs");
    let rows = source.lines().filter_map(|line| {
        let mut words = line.split('"');
        let (_, name, _, _, status) =
            (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
        Some((name.to_owned(), status.trim().parse::<u8>().ok()?))
    });
    let outcomes: BTreeSet<(String, u8)> = rows.collect();
    let page = read("doc/architecture.md");
    let glossary =
        section(&page, "Outcomes").lines().filter(|line| line.starts_with("| `")).flat_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let status = cells[2].parse::<u8>().unwrap_or_else(|_| panic!("{line}"));
            quoted(cells[0]).map(move |name| (name.to_owned(), status)).collect::<Vec<_>>()
        });
    assert_eq!(glossary.collect::<BTreeSet<_>>(), outcomes);

    let schema: Value = serde_json::from_str(&read("doc/result.schema.json")).expect("the schema is JSON");
    let listed = schema["properties"]["outcome"]["anyOf"].as_array().expect("outcomes are listed");
    let listed: BTreeSet<&str> = listed.iter().filter_map(|outcome| outcome["const"].as_str()).collect();
    let readme = read("README.md");
    let rows = section(&readme, "Use").lines().filter(|line| line.starts_with("| "));
    for (name, status) in &outcomes {
        assert!(listed.contains(name.as_str()), "{name} is not in the schema");
        let row = format!("| {status} |");
        let found = rows.clone().any(|line| line.starts_with(&row) && quoted(line).any(|word| word == name));
        assert!(found, "{name} is not in the README's row of {status}");
    }
}

#[test]
fn each_crate_in_the_binary_has_its_row() {
    let manifest = read("Cargo.toml");
    let sections = manifest.split("\n[").filter(|section| {
        section.starts_with("dependencies]") || section.starts_with("target.'cfg(unix)'.dependencies]")
    });
    let crates =
        sections.flat_map(str::lines).filter_map(|line| line.split_once(" = ").map(|(name, _)| name));
    let page = read("doc/architecture.md");
    let rows = section(&page, "Crates in the binary").lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<&str> = rows.filter_map(|line| quoted(line).next()).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), crates.collect());
    // Those that everything is built on lead.
    assert_eq!(rows[..3], ["ureq", "pico-args", "serde_json"]);
}
