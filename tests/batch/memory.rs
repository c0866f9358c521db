//! The memory for 10,000 keys, as Linux counts it, and a file too large for the memory.

use std::fs;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};

use crate::{id_file, in_shell, keys_of, run_to_end};
use support::fake_coveo::Coveo;
use support::harness::cli;

/// The memory of a process in bytes: its peak (`VmHWM`) or its current size (`VmRSS`).
fn memory(process: u32, field: &str) -> i64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
    let kilobytes = line.trim_matches([':', ' ', '\t', 'k', 'B']);
    kilobytes.parse::<i64>().expect("a number") * 1024
}

/// Deletes this many keys of a file. Returns the growth of memory after the first tenth, and its peak.
fn memory_over(count: usize) -> (i64, i64) {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(count);
    let (_directory, file) = id_file(&ids);
    // The process is measured while it waits for a response.
    let (sender, arrivals) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    coveo.on_request(move |request, _| {
        if request.number == count / 10 || request.number == count - 1 {
            sender.send(request.number).expect("the test goes on");
            wait.lock().unwrap().recv().expect("the test goes on");
        }
    });
    let mut command = cli(&coveo).arg("--from").arg(&file).command();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("the binary starts");
    assert_eq!(arrivals.recv(), Ok(count / 10));
    let early = memory(child.id(), "VmRSS");
    go.send(()).unwrap();
    assert_eq!(arrivals.recv(), Ok(count - 1));
    let (late, most) = (memory(child.id(), "VmRSS"), memory(child.id(), "VmHWM"));
    go.send(()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(keys_of(&coveo.requests(), "DELETE"), ids);
    assert!(coveo.ids().is_empty());
    assert_eq!(coveo.connections(), 1);
    eprintln!("{count} keys: {early} bytes early, {late} late, {most} at most");
    (late - early, most)
}

#[test]
fn memory_of_10000_keys_is_little_more_than_their_ids() {
    let (_, few) = memory_over(1_000);
    let (growth, many) = memory_over(10_000);
    // The kernel counts in large steps. One small allocation kept per key would be more.
    assert!(growth <= 256 * 1024, "{growth} bytes more in memory after 9,000 keys");
    assert!((many - few) / 9_000 <= 100, "{few} bytes for 1,000 keys, {many} for 10,000");
}

#[test]
fn file_too_large_for_memory_is_refused() {
    let coveo = Coveo::http();
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(60 << 20).unwrap();
    let cli = cli(&coveo).arg("--from").arg(file.path());
    let run = run_to_end(&mut in_shell(cli, "ulimit -v 60000;", "")).assert_status(2);
    assert!(run.stderr.ends_with(" can't be read: out of memory\n"), "{}", run.stderr);
    assert!(coveo.requests().is_empty());
}
