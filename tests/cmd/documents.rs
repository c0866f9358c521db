//! The documents name files, sections, tests, outcomes and crates that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::harness::source_outcomes;

const DOCUMENTS: [&str; 9] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "doc/architecture.md",
    "doc/install.md",
    "doc/outcomes.md",
    "doc/recipes.md",
    "tests/README.md",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words between backticks, within a line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// All Rust sources below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be listed");
    let files = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => files(&path),
        Some(extension) if extension == "rs" => vec![path],
        _ => Vec::new(),
    };
    entries.flat_map(|entry| files(entry.expect("a folder can be listed").path())).collect()
}

/// All Rust sources below a folder, as one text.
fn sources(folder: &Path) -> String {
    files(folder).into_iter().map(read).collect()
}

/// The text below a heading, up to the next one of the same level.
#[track_caller]
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let (_, rest) =
        page.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// The cells of the rows of a table whose first cell starts with a word in backticks.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// The names by which links lead to the headings of a page, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings =
        page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    headings
        .map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn links_and_paths_exist() {
    let mut seen = 0;
    for page in DOCUMENTS {
        let text = read(page);
        let folder = root().join(page).parent().expect("a file is in a folder").to_owned();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(page) } else { folder.join(file) };
            assert!(target.exists(), "{page} links to {link}");
            assert!(anchor.is_empty() || anchors(&read(target)).contains(anchor), "{page} links to {link}");
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

/// `Cargo.toml` is the place to change; this test then names the documents.
#[test]
fn documents_name_repository_and_version() {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let path = repository.strip_prefix("https://github.com/").expect("it's on GitHub");
    let mut seen = 0;
    for page in DOCUMENTS {
        let text = read(page);
        let places = text.match_indices("/coveo-delete-key").filter(|(at, _)| {
            ["github.com/", "ghcr.io/", "--repo "].iter().any(|host| {
                text[..*at].rsplit_once(host).is_some_and(|(_, owner)| !owner.contains(['/', ' ', '\n']))
            })
        });
        for (at, name) in places {
            let named = &text[..at + name.len()];
            assert!(named.ends_with(path), "{page}: {}", named.lines().next_back().unwrap_or_default());
            seen += 1;
        }
        for (at, name) in text.match_indices("coveo-delete-key-") {
            let version = &text[at + name.len()..];
            if version.starts_with(|first: char| first.is_ascii_digit()) {
                assert!(version.starts_with(env!("CARGO_PKG_VERSION")), "{page}: {name}{:.10}", version);
            }
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 200, "{lines} lines");
}

#[test]
fn invariants_name_their_tests() {
    let page = read("doc/architecture.md");
    let tests = sources(&root().join("tests"));
    let rows: Vec<&str> =
        section(&page, "Five invariants").lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let named: Vec<&str> = quoted(row.rsplit('|').nth(1).expect("a row has cells")).collect();
        assert!(!named.is_empty(), "{row}");
        for test in named {
            assert!(tests.contains(&format!("\nfn {test}() {{")), "no test is called {test}");
        }
    }
}

#[test]
fn outcomes_are_documented() {
    let outcomes = source_outcomes();
    let page = read("doc/outcomes.md");
    let (table, _) = page.split_once("\n## ").expect("the table is in front of the first section");
    let documented = rows(table).flat_map(|cells| {
        let status = cells[2].parse::<u8>().unwrap_or_else(|_| panic!("{cells:?}"));
        quoted(cells[0]).map(|name| (name.to_owned(), status)).collect::<Vec<_>>()
    });
    assert_eq!(documented.collect::<BTreeSet<_>>(), outcomes);

    let schema: Value = serde_json::from_str(&read("doc/result.schema.json")).expect("the schema is JSON");
    let listed = schema["properties"]["outcome"]["anyOf"].as_array().expect("outcomes are listed");
    let listed: BTreeSet<&str> = listed.iter().filter_map(|outcome| outcome["const"].as_str()).collect();
    let readme = read("README.md");
    for (name, status) in &outcomes {
        assert!(listed.contains(name.as_str()), "{name} isn't in the schema");
        assert!(readme.contains(&format!("\n| {status} | ")), "{status} isn't in README.md");
    }
}

#[test]
fn types_and_functions_exist() {
    let page = read("doc/architecture.md");
    let sources = sources(&root().join("src"));
    let types = rows(section(&page, "Types")).flat_map(|cells| quoted(cells[0]).collect::<Vec<_>>());
    let mut seen = 0;
    for name in types {
        let declared = ["struct", "enum"].iter().any(|kind| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
            sources.split(&format!("pub {kind} {name}")).skip(1).any(ends)
        });
        assert!(declared, "no type is called {name}");
        seen += 1;
    }
    for name in quoted(&page).filter_map(|word| word.strip_suffix("()")) {
        assert!(sources.contains(&format!("fn {name}(")), "no function is called {name}");
        seen += 1;
    }
    assert!(seen >= 30, "{seen}");
}

#[test]
fn layers_import_only_from_below() {
    let page = read("doc/architecture.md");
    let drawing = section(&page, "Layers").split("```").nth(1).expect("the layers are drawn");
    // A line between two groups starts with a space.
    let groups = drawing.split("\n ").enumerate();
    let layers = groups.flat_map(|(depth, group)| {
        let lines = group.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        lines.filter_map(move |line| Some((line.split_whitespace().next()?, depth)))
    });
    let layers: BTreeMap<&str, usize> = layers.collect();
    let depth = |name: &str, path: &Path| {
        *layers.get(name).unwrap_or_else(|| panic!("{}: {name} isn't a layer of the drawing", path.display()))
    };
    let src = root().join("src");
    let mut seen = BTreeSet::new();
    for path in files(&src) {
        let own = path.strip_prefix(&src).expect("a file is in src").iter().next().and_then(OsStr::to_str);
        let own = own.expect("a name is UTF-8").trim_end_matches(".rs");
        let text = read(&path);
        for rest in text.split("crate::").skip(1) {
            let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            let is_below = depth(name, &path) > depth(own, &path);
            assert!(name == own || is_below, "{}: {own} imports {name}", path.display());
            seen.insert((own.to_owned(), name.to_owned()));
        }
    }
    assert!(seen.len() >= 30, "{seen:?}");
}

#[test]
fn crates_are_documented() {
    let manifest = read("Cargo.toml");
    let sections = manifest.split("\n[").filter(|section| {
        section.starts_with("dependencies]") || section.starts_with("target.'cfg(unix)'.dependencies]")
    });
    let crates =
        sections.flat_map(str::lines).filter_map(|line| line.split_once(" = ").map(|(name, _)| name));
    let page = read("doc/architecture.md");
    let rows: Vec<&str> =
        rows(section(&page, "Crates in the binary")).filter_map(|cells| quoted(cells[0]).next()).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), crates.collect());
    // The ones that everything is built on come first.
    assert_eq!(rows[..3], ["ureq", "pico-args", "serde_json"]);
}
