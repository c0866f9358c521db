//! Streams that take nothing for a while, or never: pipes in non-blocking mode with a slow reader or none, and files that
//! are not open for writing. Whatever happens, a key that was acted on is named where anything can be written.

use std::fs::File;
use std::io::{ErrorKind, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::{in_shell, keys_of, outcomes, run_to_end};
use support::fake_coveo::{CannedResponse, Coveo, Fault, Hook, ORGANIZATION};
use support::harness::{Cli, Run, cli, key_outcomes};

/// The writing end of a small pipe in non-blocking mode, and all that its slow reader gets.
fn slow_pipe() -> (File, JoinHandle<String>) {
    let (mut reader, writer) = pipe().expect("a pipe");
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).expect("a pipe can be small");
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("it need not block");
    let read = thread::spawn(move || {
        let (mut all, mut chunk) = (Vec::new(), [0; 1000]);
        thread::sleep(Duration::from_millis(500));
        while let Ok(length @ 1..) = reader.read(&mut chunk) {
            all.extend_from_slice(&chunk[..length]);
            thread::sleep(Duration::from_millis(5));
        }
        String::from_utf8(all).expect("it is UTF-8")
    });
    (File::from(OwnedFd::from(writer)), read)
}

/// Runs it with these streams.
fn run(cli: Cli, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Run {
    let started = Instant::now();
    let mut command = cli.command();
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().expect("it starts");
    // It has copies of the streams, which would keep the pipes open.
    drop(command);
    Run::check(child.wait_with_output().expect("it ends"), started.elapsed())
}

#[test]
fn a_slow_reader_gets_every_result() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(100);
    let (stdout, read) = slow_pipe();
    let run = run(cli(&coveo).arg("--json").args(&ids), stdout, Stdio::piped()).assert_status(0);
    assert!(run.stderr.ends_with("coveo-delete-key: 100 deleted\n"), "{}", run.stderr);
    assert_eq!(key_outcomes(&read.join().unwrap()), outcomes(&ids, &["deleted"; 100]));
    assert!(coveo.ids().is_empty());
}

#[test]
fn a_slow_reader_gets_every_line_of_standard_error() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(100);
    let (stderr, read) = slow_pipe();
    let run = run(cli(&coveo).arg("-v").args(&ids), Stdio::piped(), stderr).assert_status(0);
    assert_eq!(run.stdout.lines().count(), 100);
    let stderr = read.join().unwrap();
    assert_eq!(stderr.lines().filter(|line| line.contains(" 204 in ")).count(), 100, "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("coveo-delete-key: ")), "{stderr}");
    assert!(stderr.ends_with("coveo-delete-key: 100 deleted\n"), "{stderr}");
}

#[test]
fn a_slow_reader_of_both_streams_gets_whole_lines_in_their_order() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(100);
    coveo.remove(&ids[50]);
    let (stdout, read) = slow_pipe();
    let stderr = stdout.try_clone().unwrap();
    run(cli(&coveo).arg("-v").args(&ids), stdout, stderr).assert_status(5);
    let all = read.join().unwrap();
    let named: Vec<&str> =
        all.lines().filter(|line| line.starts_with("deleted ") || line.contains("error: ")).collect();
    assert_eq!(named.len(), ids.len(), "{all}");
    for (line, id) in named.iter().zip(&ids) {
        assert!(line.contains(id.as_str()), "{line} is not about {id}");
    }
    let starts = ["deleted ", "coveo-delete-key: "];
    assert!(all.lines().all(|line| starts.iter().any(|start| line.starts_with(start))), "{all}");
}

#[test]
fn a_reader_that_never_reads_is_waited_for_half_a_minute_and_the_lost_result_is_told() {
    thread::scope(|scope| {
        for both in [false, true] {
            scope.spawn(move || {
                let coveo = Coveo::http();
                let ids = coveo.add_keys(100);
                let (_reader, writer) = pipe().unwrap();
                fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
                fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
                let stderr = if both { writer.try_clone().unwrap().into() } else { Stdio::piped() };
                let run = run(cli(&coveo).arg("--json").args(&ids), writer, stderr).assert_status(1);
                let took = run.took.as_secs();
                assert!((30..45).contains(&took), "both streams together are waited for: {took} s");
                let deleted = keys_of(&coveo.requests(), "DELETE");
                assert!((10..30).contains(&deleted.len()), "{}", deleted.len());
                assert_eq!(coveo.ids(), ids[deleted.len()..]);
                if !both {
                    let reason =
                        "results can't be written to standard output: timed out: its reader is too slow\n";
                    assert!(run.stderr.contains(reason), "{}", run.stderr);
                    let lost = "coveo-delete-key: the result that could not be written: {\"keyId\":";
                    let lost = format!("{lost}\"{}\",", deleted.last().unwrap());
                    assert!(run.stderr.contains(&lost), "{}", run.stderr);
                }
            });
        }
    });
}

#[test]
fn standard_output_that_is_not_open_for_writing_is_an_error() {
    for arguments in [&[][..], &["--json"], &["--dry-run"]] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(3);
        let cli = cli(&coveo).args(arguments).args(&ids);
        let run = run_to_end(&mut in_shell(cli, "", "1</dev/null")).assert_status(1);
        let reason = "error: results can't be written to standard output: bad file descriptor\n";
        assert!(run.stderr.contains(reason), "{arguments:?}: {}", run.stderr);
        let lost = run.stderr.lines().find(|line| line.contains("the result that could not be written: "));
        assert!(lost.is_some_and(|line| line.contains(&ids[0])), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("2 keys were not tried: {}", ids[1])), "{}", run.stderr);
        assert_eq!(coveo.ids().len(), if arguments == ["--dry-run"] { 3 } else { 2 }, "{arguments:?}");
    }
    for page in ["--help", "--version"] {
        let run = run_to_end(&mut in_shell(Cli::without_environment().arg(page), "", "1</dev/null"))
            .assert_status(1);
        assert!(
            run.stderr.contains("standard output can't be written: bad file descriptor"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_failure_that_standard_error_can_not_take_is_told_on_standard_output() {
    for redirection in ["2>/dev/full", "2</dev/null"] {
        for more in [&[][..], &["--json"], &["--quiet"]] {
            let coveo = Coveo::http();
            let ids = coveo.add_keys(3);
            coveo.plan(|moment| match moment {
                Hook::Request(1, _) => Fault::Answer(CannedResponse::status(200)),
                _ => Fault::None,
            });
            let cli = cli(&coveo).args(more).args(&ids);
            let run = run_to_end(&mut in_shell(cli, "", redirection)).assert_status(1);
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

/// As `… | less` does: the pipe blocks, and nobody reads it for the moment.
#[test]
fn a_signal_ends_a_write_that_blocks_and_the_lost_result_is_told() {
    // Another program may have filled the pipe before.
    for (before, deletions) in [(0, 10..30), (4096, 1..2)] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(100);
        let (_reader, mut writer) = pipe().unwrap();
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
        writer.write_all(&vec![b'x'; before]).unwrap();
        let mut command = cli(&coveo).arg("--json").args(&ids).command();
        let child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        let mut sent = 0;
        // Once the pipe is full, no further request comes.
        while sent == 0 || sent < coveo.requests().len() {
            sent = coveo.requests().len();
            thread::sleep(Duration::from_millis(500));
        }
        let started = Instant::now();
        let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(started.elapsed() < Duration::from_millis(3500), "{:?}", started.elapsed());
        assert_eq!(output.status.signal(), Some(15));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let deleted = keys_of(&coveo.requests(), "DELETE");
        assert!(deletions.contains(&deleted.len()), "{}", deleted.len());
        let lost =
            format!("the result that could not be written: {{\"keyId\":\"{}\",", deleted.last().unwrap());
        assert!(stderr.contains(&lost), "{stderr}");
        let rest = &ids[deleted.len()..];
        assert!(stderr.contains(&format!("{} keys were not tried: {}", rest.len(), rest[0])), "{stderr}");
        assert_eq!(coveo.ids(), rest);
    }
}

#[test]
fn a_pipe_that_blocks_is_waited_for_as_long_as_its_reader_likes() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(60);
    let (mut reader, writer) = pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    let read = thread::spawn(move || {
        thread::sleep(Duration::from_secs(3));
        let mut all = String::new();
        reader.read_to_string(&mut all).map(|_| all)
    });
    let run = run(cli(&coveo).arg("--json").args(&ids), writer, Stdio::piped()).assert_status(0);
    assert!(run.took > Duration::from_secs(2), "{:?}", run.took);
    assert_eq!(key_outcomes(&read.join().unwrap().unwrap()), outcomes(&ids, &["deleted"; 60]));
}

#[test]
fn a_socket_gets_each_line_as_a_message_and_nothing_else() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(3);
    let (reader, writer) = UnixDatagram::pair().unwrap();
    run(cli(&coveo).args(&ids), OwnedFd::from(writer), Stdio::piped()).assert_status(0);
    reader.set_nonblocking(true).unwrap();
    let mut message = [0; 1000];
    for id in &ids {
        let length = reader.recv(&mut message).unwrap();
        assert_eq!(
            str::from_utf8(&message[..length]).unwrap(),
            format!("deleted {id} from {ORGANIZATION}\n")
        );
    }
    assert_eq!(reader.recv(&mut message).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
}
