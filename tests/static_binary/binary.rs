//! The static binaries, which `make static` and `make dist` build.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use support::harness::{binary, program, skip};

/// The largest allowed size of the binary for x86-64 in bytes: 1.90 MiB.
const MAX_SIZE: u64 = 1_992_294;

/// A static binary, and its emulator if it needs one here.
#[derive(Debug)]
pub struct Binary {
    /// The file.
    pub file: PathBuf,
    /// A static program that runs it if this machine can't.
    pub emulator: Option<PathBuf>,
}

/// All static binaries that can be tested here. Reports the others as skipped.
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

/// The static binary for x86-64.
///
/// # Errors
/// It wasn't built.
pub fn for_x86_64() -> Result<PathBuf, String> {
    file("x86_64-unknown-linux-musl", "STATIC_BINARY")
}

/// The output of `make static`, unless the sources have changed since.
///
/// # Errors
/// It is missing or outdated.
pub fn built(target: &str) -> Result<PathBuf, String> {
    let binary = binary();
    let folder = binary.ancestors().nth(2).expect("the target folder");
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

/// The time of the last change to a file in this folder or below.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).expect("the folder of the sources");
    let changed = |path: PathBuf| match path.is_dir() {
        true => newest(&path),
        false => path.metadata().and_then(|data| data.modified()).ok(),
    };
    entries.filter_map(|entry| changed(entry.ok()?.path())).max()
}

#[test]
fn x86_64_binary_is_small() {
    match built("x86_64-unknown-linux-musl") {
        Ok(file) => {
            let size = file.metadata().expect("the file").len();
            assert!(size <= MAX_SIZE, "{size} bytes; at most {MAX_SIZE} are allowed");
        }
        Err(why) => skip(why),
    }
}
