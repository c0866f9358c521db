//! Streams that block for a while or forever: pipes with a slow reader or none, and files not open for writing. Every
//! changed key is named where anything can be written.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::{assert_named, assert_outcomes, keys_of, redirected};
use support::fake_coveo::{CannedResponse, Coveo, Fault, ORGANIZATION};
use support::harness::{Cli, Run, cli, kill};

/// A pipe that holds 4 KiB.
pub fn small_pipe(nonblocking: bool) -> (PipeReader, File) {
    let (reader, writer) = pipe().expect("a pipe");
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).expect("a small pipe");
    if nonblocking {
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a nonblocking pipe");
    }
    (reader, File::from(OwnedFd::from(writer)))
}

fn start(cli: Cli, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Child {
    // The command is dropped here: its copies of the streams would keep the pipes open.
    cli.command().stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().expect("the binary starts")
}

fn run(cli: Cli, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Run {
    let started = Instant::now();
    let output = start(cli, stdout, stderr).wait_with_output().expect("the binary ends");
    Run::check(output, started.elapsed())
}

#[test]
fn slow_reader_of_both_streams_gets_whole_lines_in_order() {
    let (coveo, ids) = Coveo::with_keys(100);
    coveo.remove(&ids[50]);
    let (mut reader, stdout) = small_pipe(true);
    let reading = thread::spawn(move || {
        let (mut all, mut chunk) = (Vec::new(), [0; 1000]);
        thread::sleep(Duration::from_millis(500));
        while let Ok(length @ 1..) = reader.read(&mut chunk) {
            all.extend_from_slice(&chunk[..length]);
            thread::sleep(Duration::from_millis(5));
        }
        String::from_utf8(all).expect("UTF-8")
    });
    let stderr = stdout.try_clone().unwrap();
    run(cli(&coveo).arg("-v").args(&ids), stdout, stderr).assert_status(5);
    let all = reading.join().unwrap();
    assert_named(all.lines().filter(|line| line.starts_with("deleted ") || line.contains("error: ")), &ids);
    assert_eq!(all.lines().filter(|line| line.contains(" 204 in ")).count(), 99, "{all}");
    let starts = ["deleted ", "coveo-delete-key: "];
    assert!(all.lines().all(|line| starts.iter().any(|start| line.starts_with(start))), "{all}");
    assert!(all.ends_with("coveo-delete-key: 99 deleted, 1 not found\n"), "{all}");
}

#[test]
fn reader_that_never_reads_ends_the_run_after_30_s() {
    thread::scope(|scope| {
        for both in [false, true] {
            scope.spawn(move || {
                let (coveo, ids) = Coveo::with_keys(100);
                let (_reader, writer) = small_pipe(true);
                let stderr = if both { writer.try_clone().unwrap().into() } else { Stdio::piped() };
                let run = run(cli(&coveo).arg("--json").args(&ids), writer, stderr).assert_status(1);
                let took = run.took.as_secs();
                assert!((30..45).contains(&took), "one wait for both streams: {took} s");
                let deleted = keys_of(&coveo.requests(), "DELETE");
                assert!((10..30).contains(&deleted.len()), "{}", deleted.len());
                assert_eq!(coveo.ids(), ids[deleted.len()..]);
                if !both {
                    let reason = "can't be written to standard output: timed out: its reader is too slow\n";
                    assert_unwritten(&run.assert_stderr(reason).stderr, deleted.last().unwrap());
                }
            });
        }
    });
}

/// Checks that standard error names the JSON line that was lost.
#[track_caller]
fn assert_unwritten(stderr: &str, id: &str) {
    let lost = format!("the result that could not be written: {{\"keyId\":\"{id}\",");
    assert!(stderr.contains(&lost), "{stderr}");
}

#[test]
fn standard_output_open_only_for_reading_is_an_error() {
    for arguments in [&[][..], &["--json"], &["--dry-run"]] {
        let (coveo, ids) = Coveo::with_keys(3);
        let cli = cli(&coveo).args(arguments).args(&ids);
        let run = redirected(cli, "1</dev/null").assert_status(1);
        run.assert_stderr("error: results can't be written to standard output: bad file descriptor\n");
        run.assert_stderr(&format!("2 keys were not tried: {}", ids[1]));
        let lost = run.stderr.lines().find(|line| line.contains("the result that could not be written: "));
        assert!(lost.is_some_and(|line| line.contains(&ids[0])), "{arguments:?}: {}", run.stderr);
        assert_eq!(coveo.ids().len(), if arguments == ["--dry-run"] { 3 } else { 2 }, "{arguments:?}");
    }
    for page in ["--help", "--version"] {
        let cli = Cli::without_environment().arg(page);
        let run = redirected(cli, "1</dev/null").assert_status(1);
        run.assert_stderr("standard output can't be written: bad file descriptor");
    }
}

#[test]
fn failure_goes_to_standard_output_if_standard_error_fails() {
    for redirection in ["2>/dev/full", "2</dev/null"] {
        for more in [&[][..], &["--json"], &["--quiet"]] {
            let (coveo, ids) = Coveo::with_keys(3);
            coveo.inject_at(1..=1, Fault::Answer(CannedResponse::status(200)));
            let cli = cli(&coveo).args(more).args(&ids);
            let run = redirected(cli, redirection).assert_status(1);
            let line = run.stdout.lines().find(|line| line.contains(&ids[1]));
            let line = line.unwrap_or_else(|| panic!("{redirection} {more:?}: {}", run.stdout));
            if more != ["--json"] {
                let unknown = format!("it is not known whether {} was deleted from {ORGANIZATION}", ids[1]);
                assert!(line.starts_with(&unknown), "{line}");
            }
            assert_eq!(coveo.ids(), ids[1..2], "{redirection} {more:?}");
        }
    }
}

/// As with `… | less`: the pipe blocks while nobody reads it.
#[test]
fn signal_ends_a_blocked_write_and_names_the_lost_result() {
    // Another program may have filled the pipe before.
    for (before, deletions) in [(0, 10..30), (4096, 1..2)] {
        let (coveo, ids) = Coveo::with_keys(100);
        let (_reader, mut writer) = small_pipe(false);
        writer.write_all(&vec![b'x'; before]).unwrap();
        let child = start(cli(&coveo).arg("--json").args(&ids), writer, Stdio::piped());
        let mut sent = 0;
        // Once the pipe is full, no further request comes.
        while sent == 0 || sent < coveo.requests().len() {
            sent = coveo.requests().len();
            thread::sleep(Duration::from_millis(500));
        }
        let started = Instant::now();
        kill(15, child.id());
        let output = child.wait_with_output().unwrap();
        assert!(started.elapsed() < Duration::from_millis(3500), "{:?}", started.elapsed());
        assert_eq!(output.status.signal(), Some(15));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let deleted = keys_of(&coveo.requests(), "DELETE");
        assert!(deletions.contains(&deleted.len()), "{}", deleted.len());
        assert_unwritten(&stderr, deleted.last().unwrap());
        let rest = &ids[deleted.len()..];
        assert!(stderr.contains(&format!("{} keys were not tried: {}", rest.len(), rest[0])), "{stderr}");
        assert_eq!(coveo.ids(), rest);
    }
}

#[test]
fn blocking_pipe_is_waited_for() {
    let (coveo, ids) = Coveo::with_keys(60);
    let (mut reader, writer) = small_pipe(false);
    let reading = thread::spawn(move || {
        thread::sleep(Duration::from_secs(3));
        let mut all = String::new();
        reader.read_to_string(&mut all).map(|_| all)
    });
    let run = run(cli(&coveo).arg("--json").args(&ids), writer, Stdio::piped()).assert_status(0);
    assert!(run.took > Duration::from_secs(2), "{:?}", run.took);
    assert_outcomes(&reading.join().unwrap().unwrap(), &ids, &["deleted"; 60]);
}

#[test]
fn socket_gets_one_message_per_line() {
    let (coveo, ids) = Coveo::with_keys(3);
    let (reader, writer) = UnixDatagram::pair().unwrap();
    run(cli(&coveo).args(&ids), OwnedFd::from(writer), Stdio::piped()).assert_status(0);
    reader.set_nonblocking(true).unwrap();
    let mut message = [0; 1000];
    for id in &ids {
        let length = reader.recv(&mut message).unwrap();
        let line = format!("deleted {id} from {ORGANIZATION}\n");
        assert_eq!(str::from_utf8(&message[..length]).unwrap(), line);
    }
    assert_eq!(reader.recv(&mut message).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
}
