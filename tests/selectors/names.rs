//! `--name`: only `*` and `?` are special.

use serde_json::{Value, json};

use crate::fixtures::{assert_only_reads, ids_after, showing};
use support::harness::{cli, parallel};

/// Whether `glob` matches the whole of `name`, by trying every possibility.
pub fn glob_matches(glob: &str, name: &str) -> bool {
    let mut rest = name.chars();
    match glob.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let glob = &glob[1..];
            (0..=name.len()).any(|at| name.is_char_boundary(at) && glob_matches(glob, &name[at..]))
        }
        Some(wanted) => {
            rest.next().is_some_and(|found| wanted == '?' || wanted == found)
                && glob_matches(&glob[wanted.len_utf8()..], rest.as_str())
        }
    }
}

/// A key with this name that matches `--disabled-for 30d`.
fn named(number: usize, name: &Value) -> Value {
    let mut key = json!({
        "id": format!("k{number}"),
        "displayName": name,
        "status": "DISABLED",
        "enabled": false,
        "disabledDate": "2022-01-01T00:00:00Z",
    });
    if name == &json!({"absent": true}) {
        key.as_object_mut().expect("an object").remove("displayName");
    }
    key
}

#[rustfmt::skip]
const NAMES: [&str; 14] = [
    "ci-1", "ci-22", "CI-1", "prod ci-1", "cci-1", "ci-", "ci-é", "ci-日", "[ci]-1", "ci.1", "ci\\*", "*", "?", "ci-1 ci-1",
];

#[test]
fn glob_matches_whole_names() {
    let mut names: Vec<Value> = NAMES.map(Value::from).to_vec();
    names.extend([Value::Null, json!(7), json!(["ci-1"]), json!({"absent": true})]);
    let keys: Vec<Value> = names.iter().enumerate().map(|(number, name)| named(number, name)).collect();
    let coveo = &showing(&keys);
    let cases: [(&str, &[&str]); 18] = [
        ("ci-1", &["ci-1"]),
        ("ci-*", &["ci-1", "ci-22", "ci-", "ci-é", "ci-日", "ci-1 ci-1"]),
        ("ci-?", &["ci-1", "ci-é", "ci-日"]),
        ("ci-??", &["ci-22"]),
        ("*ci-1", &["ci-1", "prod ci-1", "cci-1", "ci-1 ci-1"]),
        ("*-1", &["ci-1", "CI-1", "prod ci-1", "cci-1", "[ci]-1", "ci-1 ci-1"]),
        ("*c*1", &["ci-1", "prod ci-1", "cci-1", "[ci]-1", "ci.1", "ci-1 ci-1"]),
        ("[ci]-1", &["[ci]-1"]),
        ("ci.?", &["ci.1"]),
        ("ci\\*", &["ci\\*"]),
        ("?", &["*", "?"]),
        ("c", &[]),
        ("Ci-1", &[]),
        ("ci-{1,22}", &[]),
        ("(ci-1)", &[]),
        ("^ci-1$", &[]),
        ("ci-1*ci-1*ci-1", &[]),
        ("*", &NAMES),
    ];
    parallel(4, &cases, |&(glob, expected)| {
        let listed =
            cli(coveo).args(["--dry-run", "--disabled-for", "30d", "--name", glob]).run().assert_status(0);
        let name = |id: String| names[id[1..].parse::<usize>().expect("a number")].as_str().expect("a name");
        let found: Vec<&str> = ids_after("would delete ", &listed.stdout).into_iter().map(name).collect();
        assert_eq!(found, expected);
        let oracle = |name: &&Value| name.as_str().is_some_and(|name| glob_matches(glob, name));
        assert_eq!(json!(found), json!(names.iter().filter(oracle).collect::<Vec<_>>()));
    });
    assert_only_reads(coveo);
}

/// Names are sanitized only for display.
#[test]
fn glob_matches_the_name_before_it_is_sanitized() {
    let long = format!("{}-old", "x".repeat(400));
    let cases = [
        ("two  spaces", "two spaces", false),
        ("two  spaces", "two  spaces", true),
        (" edge ", "edge", false),
        ("te\u{200b}st", "test", false),
        ("te\nst", "te st", false),
        (long.as_str(), "*-old", true),
        (long.as_str(), "*…", false),
        ("", "*", true),
    ];
    let mut wrong = Vec::new();
    for (name, glob, expected) in cases {
        let coveo = showing(&[named(0, &json!(name))]);
        let listed =
            cli(&coveo).args(["--dry-run", "--disabled-for", "30d", "--name", glob]).run().assert_status(0);
        if listed.stdout.is_empty() == expected {
            wrong.push((name, glob, expected));
        }
        assert_eq!(glob_matches(glob, name), expected);
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
