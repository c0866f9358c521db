//! What 10,000 keys take in memory, as Linux counts it, and a list for which there is none.

use std::fs;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};

use crate::{in_shell, keys_of, list, run_to_end};
use support::fake_coveo::Coveo;
use support::harness::cli;

/// What Linux says of a process's memory, in bytes: the most it had (`VmHWM`), or what it has (`VmRSS`).
fn memory(process: u32, field: &str) -> i64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("it has the field");
    let kilobytes = line.trim_matches([':', ' ', '\t', 'k', 'B']);
    kilobytes.parse::<i64>().expect("it is a number") * 1024
}

/// Deletes so many keys of a file. Returns what is in memory after a tenth of them, and the most that was there
/// at the last.
fn memory_over(count: usize) -> (i64, i64) {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(count);
    let (_directory, file) = list(&ids);
    // The process is looked at while it waits for an answer.
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
fn ten_thousand_keys_go_over_one_connection_and_memory_holds_little_more_than_their_ids() {
    let (_, few) = memory_over(1_000);
    let (growth, many) = memory_over(10_000);
    // The kernel counts in large steps. A single small allocation that is kept for each key would be more.
    assert!(growth <= 256 * 1024, "{growth} bytes more in memory after 9,000 keys");
    assert!((many - few) / 9_000 <= 100, "{few} bytes for 1,000 keys, {many} for 10,000");
}

#[test]
fn a_list_for_which_there_is_no_memory_is_refused() {
    let coveo = Coveo::http();
    let list = tempfile::NamedTempFile::new().unwrap();
    list.as_file().set_len(60 << 20).unwrap();
    let cli = cli(&coveo).arg("--from").arg(list.path());
    let run = run_to_end(&mut in_shell(cli, "ulimit -v 60000;", "")).assert_status(2);
    assert!(run.stderr.ends_with(" can't be read: out of memory\n"), "{}", run.stderr);
    assert!(coveo.requests().is_empty());
}
