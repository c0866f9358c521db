//! The list of crates in each released binary, for vulnerability scanners.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use auditable_info::{Limits, json_from_file};
use serde_json::Value;

use super::binary::built;
use support::harness::skip;

const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-pc-windows-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

/// Name and version of each crate that the binary lists, without build dependencies.
fn listed(file: &Path) -> BTreeSet<String> {
    let list = json_from_file(file, Limits::default()).expect("a list of crates");
    let list: Value = serde_json::from_str(&list).expect("the list is JSON");
    let packages = list["packages"].as_array().expect("an array");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let runtime = packages.iter().filter(|package| package["kind"] != "build");
    runtime.map(|package| format!("{} v{}", text(&package["name"]), text(&package["version"]))).collect()
}

/// The same crates according to cargo.
fn known_to_cargo(target: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .args(["--target", target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    // The crate's folder may follow the version.
    lines.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn binaries_list_exactly_their_crates() {
    for target in TARGETS {
        let Ok(file) = built(target).map_err(skip) else { continue };
        let listed = listed(&file);
        assert!(listed.iter().any(|package| package.starts_with("rustls v")), "{target}: {listed:?}");
        assert_eq!(listed, known_to_cargo(target), "{target}");
    }
}
