//! Finds the programs and permissions that some tests need. Without them a test is skipped, reported and counted; on
//! Linux with `CI=true` it fails.

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::SystemTime;

/// The variable in which `make test` names the file that lists skipped tests.
const LIST: &str = "SKIPPED_TESTS";

/// Reports that the test, or a part of it, is skipped, and why.
///
/// # Panics
/// On Linux with `CI=true`, where `.ci/run` has installed everything.
#[track_caller]
pub fn skip(why: impl Display) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let complete = env::var("CI").is_ok_and(|ci| !["", "0", "false"].contains(&ci.as_str()));
    assert!(!(complete && cfg!(target_os = "linux")), "with CI set, no test may be skipped: {why}");
    let line = format!("skipped: {test}: {why}\n");
    // The output of `eprintln!` is hidden if the test passes.
    _ = io::stderr().write_all(line.as_bytes());
    if let Some(list) = env::var_os(LIST).filter(|list| !list.is_empty()) {
        let list = OpenOptions::new().create(true).append(true).open(list);
        list.and_then(|mut list| list.write_all(line.as_bytes())).expect("skipped tests can be listed");
    }
}

pub fn program(name: &str, package: &str) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("{name} is missing (Debian: apt-get install {package})"))
}

/// Finds an installed program. If it is missing, calls [`skip`] and returns `None`.
#[track_caller]
pub fn needed(name: &str, package: &str) -> Option<PathBuf> {
    program(name, package).map_err(skip).ok()
}

/// Checks that a file of a release was made, by the command `make`, after the last change to the sources.
///
/// # Errors
/// It is missing or outdated.
pub fn release_file(file: PathBuf, make: &str) -> Result<PathBuf, String> {
    let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src"));
    match modified(&file) {
        Err(_) => Err(format!("{} is missing ({make})", file.display())),
        Ok(made) if made < newest(sources) => Err(format!("{} is outdated ({make})", file.display())),
        Ok(_) => Ok(file),
    }
}

fn modified(file: &Path) -> io::Result<SystemTime> {
    file.metadata()?.modified()
}

/// The time of the last change to a file in this folder or below it.
fn newest(folder: &Path) -> SystemTime {
    let files = fs::read_dir(folder).expect("the folder of the sources").flatten().map(|entry| entry.path());
    let changed = |path: PathBuf| {
        if path.is_dir() { newest(&path) } else { modified(&path).expect("a file has a time") }
    };
    files.map(changed).max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A command that runs `words` as root with only these variables.
///
/// # Errors
/// Root would need a password.
pub fn as_root<T: AsRef<OsStr>>(
    variables: &[(&str, &str)],
    words: impl IntoIterator<Item = T>,
) -> Result<Command, String> {
    let mut command = match output("id", &["-u"]).as_deref() {
        Some("0") => Command::new("env"),
        _ if output("sudo", &["-n", "true"]).is_some() => {
            let mut command = Command::new("sudo");
            command.args(["-n", "env"]);
            command
        }
        _ => return Err("this needs root, or sudo without a password".into()),
    };
    command.arg("-i").args(variables.iter().map(|(name, value)| format!("{name}={value}"))).args(words);
    Ok(command)
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
