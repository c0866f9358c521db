//! The static binary on old processors and kernels.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::binary;
use support::fake_coveo::Coveo;
use support::harness::{Run, cli, needed, skip};

/// Checks that the binary in `file`, started by `program`, deletes a key over HTTPS.
fn assert_deletes<T: AsRef<OsStr>>(program: &Path, words: &[T], file: &Path) {
    let coveo = Coveo::https();
    let key = coveo.add_keys(1).remove(0);
    let cli = cli(&coveo).arg(&key).command();
    let mut command = Command::new(program);
    command.args(words).arg(file).args(cli.get_args()).env_clear().stdin(Stdio::null());
    command.envs(cli.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let started = Instant::now();
    let run = Run::check(command.output().expect("it starts"), started.elapsed()).assert_status(0);
    assert_eq!(run.stdout, format!("deleted {key} from {}\n", coveo.id()));
    assert!(!coveo.exists(&key), "the key still exists");
}

#[test]
fn avx_is_not_needed() {
    let Some(emulator) = needed("qemu-x86_64-static", "qemu-user-static") else { return };
    match binary::for_linux("x86_64") {
        // QEMU's model of the first x86-64 processors.
        Ok(file) => assert_deletes(&emulator, &["-cpu", "qemu64"], &file),
        Err(why) => skip(why),
    }
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
        let refuse = format!("inject=getrandom:error={error}");
        let words = ["-f".as_ref(), "-o".as_ref(), log.as_os_str(), "-e".as_ref(), refuse.as_ref()];
        assert_deletes(&strace, &words, &binary.file);
        let calls = fs::read_to_string(&log).expect("the log of strace");
        assert!(calls.contains("(INJECTED)"), "it never called getrandom: {calls}");
    }
}
