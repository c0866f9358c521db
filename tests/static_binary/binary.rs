//! The static binaries, which `make static` and `make dist` build.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use support::harness::{binary, program, skip};

/// The most that the binary for x86-64 may take, in bytes: 1.75 MiB.
const LARGEST: u64 = 1_835_008;

/// A static binary, and what runs it here.
#[derive(Debug)]
pub struct Binary {
    /// The file.
    pub file: PathBuf,
    /// A static program that runs it where this machine can't.
    pub emulator: Option<PathBuf>,
}

/// All of those that can be tested here. A word on standard error says which of them are left out, and why.
pub fn all() -> Vec<Binary> {
    let mut all = Vec::new();
    for (target, machine, variable) in [
        ("x86_64-unknown-linux-musl", "x86_64", "STATIC_BINARY"),
        ("aarch64-unknown-linux-musl", "aarch64", "STATIC_BINARY_ARM64"),
    ] {
        match find(target, machine, variable) {
            Ok(binary) => all.push(binary),
            Err(why) => skip(format_args!("{target}: {why}")),
        }
    }
    all
}

fn find(target: &str, machine: &str, variable: &str) -> Result<Binary, String> {
    let file = file(target, variable)?;
    let emulator = match machine == std::env::consts::ARCH {
        true => None,
        false => Some(program(&format!("qemu-{machine}-static"), "qemu-user-static")?),
    };
    Ok(Binary { file, emulator })
}

fn file(target: &str, variable: &str) -> Result<PathBuf, String> {
    std::env::var_os(variable).map_or_else(|| built(target), |file| Ok(file.into()))
}

/// The one for x86-64.
///
/// # Errors
/// Why there is none.
pub fn for_x86_64() -> Result<PathBuf, String> {
    file("x86_64-unknown-linux-musl", "STATIC_BINARY")
}

/// What `make static` has left, unless the sources have changed since.
///
/// # Errors
/// That there is none, or an old one.
pub fn built(target: &str) -> Result<PathBuf, String> {
    let binary = binary();
    let folder = binary.ancestors().nth(2).expect("the binary is in a folder of the target folder");
    let extension = if target.contains("windows") { "exe" } else { "" };
    let file = folder.join(target).join("release/coveo-delete-key").with_extension(extension);
    let age = |path: &Path| path.metadata().and_then(|data| data.modified());
    let built = age(&file).map_err(|_| format!("not built (make static TARGET={target})"))?;
    let newest = newest(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    if newest.unwrap_or_else(SystemTime::now) > built {
        return Err(format!("older than its sources (make static TARGET={target})"));
    }
    Ok(file)
}

/// When one of the files in this folder, or below it, was last changed.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).expect("the sources are here");
    let changed = |path: PathBuf| match path.is_dir() {
        true => newest(&path),
        false => path.metadata().and_then(|data| data.modified()).ok(),
    };
    entries.filter_map(|entry| changed(entry.ok()?.path())).max()
}

#[test]
fn the_file_for_x86_64_is_small() {
    match built("x86_64-unknown-linux-musl") {
        Ok(file) => {
            let size = file.metadata().expect("it is there").len();
            assert!(size <= LARGEST, "{size} bytes, where {LARGEST} are the most");
        }
        Err(why) => skip(why),
    }
}
