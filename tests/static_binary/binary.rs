//! The static binaries, which `make static` and `make dist` build.

use std::env;
use std::path::PathBuf;

use support::harness::{binary, program, release_file, skip};

/// The largest allowed size of the binary for x86-64 in bytes: 1.90 MiB.
const MAX_SIZE: u64 = 1_992_294;

/// A static binary, and its emulator if it needs one here.
#[derive(Debug)]
pub struct Binary {
    pub file: PathBuf,
    /// A static program that runs it if this machine can't.
    pub emulator: Option<PathBuf>,
}

/// All static binaries that can be tested here. Reports the others as skipped.
pub fn all() -> Vec<Binary> {
    let binary = |machine: &str| {
        let file = for_linux(machine)?;
        let is_own = machine == env::consts::ARCH;
        let emulator = (!is_own).then(|| program(&format!("qemu-{machine}-static"), "qemu-user-static"));
        Ok(Binary { file, emulator: emulator.transpose()? })
    };
    let found = ["x86_64", "aarch64"].into_iter().map(binary);
    found.filter_map(|found: Result<Binary, String>| found.map_err(skip).ok()).collect()
}

/// The static binary for Linux: the one of `STATIC_BINARY` or `STATIC_BINARY_ARM64`, or the one that was built.
///
/// # Errors
/// It is missing or outdated.
pub fn for_linux(machine: &str) -> Result<PathBuf, String> {
    let variable = if machine == "x86_64" { "STATIC_BINARY" } else { "STATIC_BINARY_ARM64" };
    let built = || built(&format!("{machine}-unknown-linux-musl"));
    env::var_os(variable).map_or_else(built, |file| Ok(file.into()))
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
    release_file(file, &format!("make static TARGET={target}"))
}

#[test]
fn x86_64_binary_is_small() {
    let Ok(file) = built("x86_64-unknown-linux-musl").map_err(skip) else { return };
    let size = file.metadata().expect("the file").len();
    assert!(size <= MAX_SIZE, "{size} bytes; at most {MAX_SIZE} are allowed");
}
