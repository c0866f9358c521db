//! The static binary on old processors and kernels.

use std::fs;
use std::path::Path;

use super::binary;
use support::fake_coveo::Coveo;
use support::harness::{Run, cli, needed, skip};

/// Checks that the binary in `file`, started by this command, deletes a key over HTTPS.
fn assert_deletes(command: &str, file: &Path) {
    let coveo = Coveo::https();
    let key = coveo.add_keys(1).remove(0);
    let script = format!("exec {command} '{}' \"$@\"", file.display());
    let run = Run::of(&mut cli(&coveo).arg(&key).in_shell(&script)).assert_status(0);
    assert_eq!(run.stdout, format!("deleted {key} from {}\n", coveo.id()));
    assert!(!coveo.exists(&key), "the key still exists");
}

#[test]
fn avx_is_not_needed() {
    let Some(emulator) = needed("qemu-x86_64-static", "qemu-user-static") else { return };
    let Ok(file) = binary::for_linux("x86_64").map_err(skip) else { return };
    // QEMU's model of the first x86-64 processors.
    assert_deletes(&format!("'{}' -cpu qemu64", emulator.display()), &file);
}

#[test]
fn getrandom_is_not_needed() {
    let Some(strace) = needed("strace", "strace") else { return };
    let Some(binary) = binary::all().into_iter().find(|binary| binary.emulator.is_none()) else {
        return skip("no static binary runs here without an emulator");
    };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let log = folder.path().join("log");
    // Kernels before 3.17 lack it; some sandboxes forbid unknown calls.
    for error in ["ENOSYS", "EPERM"] {
        let traced = format!("'{}' -f -o '{}'", strace.display(), log.display());
        assert_deletes(&format!("{traced} -e inject=getrandom:error={error}"), &binary.file);
        let calls = fs::read_to_string(&log).expect("the log of strace");
        assert!(calls.contains("(INJECTED)"), "it never called getrandom: {calls}");
    }
}
