//! Compares files with their schemas, with the validators that `make tools` installs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use support::harness::{program, skip};

/// Finds a validator on the PATH or where `make tools` puts it. If it is missing, the test is skipped.
#[track_caller]
pub fn validator(name: &str) -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let tools = env::var_os("TOOLS").map(PathBuf::from);
    let tools = tools.or_else(|| Some(cache?.join("coveo-delete-key/tools")));
    let installed = tools.map(|tools| tools.join("python/bin").join(name)).filter(|file| file.is_file());
    let found = installed.map_or_else(|| program(name, name), Ok);
    found.map_err(|_| skip(format_args!("{name} is missing (make tools)"))).ok()
}

/// Checks that a program accepts the file, and has nothing to add.
#[track_caller]
pub fn accepts(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&printed));
}

/// Checks a file against a built-in schema of `check-jsonschema`.
#[track_caller]
pub fn check(file: &Path, schema: &str) {
    let Some(validator) = validator("check-jsonschema") else { return };
    let mut command = Command::new(validator);
    command.args(["--builtin-schema", &format!("vendor.{schema}")]);
    if ["azure-pipelines", "gitlab-ci"].contains(&schema) {
        command.args(["--data-transform", schema]);
    }
    if schema == "azure-pipelines" {
        // One of its patterns isn't valid in Unicode mode.
        command.args(["--regex-variant", "nonunicode"]);
    }
    accepts(command.arg(file));
}

/// Reads a YAML file, with the Python of the validators.
#[track_caller]
pub fn yaml(file: &Path) -> Option<Value> {
    let python = validator("kubernetes-validate")?.with_file_name("python");
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let output = Command::new(python).args(["-c", script]).arg(file).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

#[test]
fn own_workflows_match_schema() {
    for name in ["ci.yml", "release.yml"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
        check(&folder.join(name), "github-workflows");
    }
}
