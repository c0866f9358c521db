//! Results are written immediately; full disks, closed pipes and closed streams.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use crate::{assert_named, in_shell, keys_of, redirected};
use support::fake_coveo::{CannedResponse, Coveo, Fault};
use support::harness::{Run, cli};

/// The longest wait for a line.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn each_line_is_written_before_the_next_response() {
    // The options, the number of keys, and the number of lines written when request n arrives.
    type Due = fn(usize) -> usize;
    let cases: [(&[&str], usize, Due); 6] = [
        (&[], 30, |number| number),
        (&["--json"], 30, |number| number),
        (&["--disable"], 30, |number| number),
        // The first request reads the token's privileges.
        (&["--dry-run"], 30, |number| number.saturating_sub(1)),
        // The first request reads the list.
        (&["--bulk"], 250, |number| number.saturating_sub(1) * 100),
        (&["--bulk", "--disable", "--json"], 250, |number| number.saturating_sub(1) * 100),
    ];
    for (arguments, count, due) in cases {
        let (coveo, ids) = Coveo::with_keys(count);
        let (seen, lines) = mpsc::channel();
        let progress = Mutex::new((lines, 0));
        coveo.on_request(move |request, _| {
            let (lines, received) = &mut *progress.lock().unwrap();
            while *received < due(request.number) {
                lines.recv_timeout(PATIENCE).expect("the line is written in time");
                *received += 1;
            }
        });
        let mut command = cli(&coveo).args(arguments).args(&ids).command();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut order = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            order.push(line.unwrap());
            // The receiver is gone after the last request.
            let _ = seen.send(());
        }
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
        assert_named(order.iter().map(String::as_str), &ids);
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has /dev/full")]
fn full_disk_stops_the_run_and_names_changed_keys() {
    // The options, the number of keys, the number changed by the first request, its method, and the word for each.
    let cases: [(&[&str], usize, usize, &str, &str); 6] = [
        (&[], 5, 1, "DELETE", "deleted"),
        (&["--json"], 5, 1, "DELETE", "\"outcome\":\"deleted\""),
        (&["--disable"], 5, 1, "PUT", "disabled"),
        (&["--bulk"], 150, 100, "POST", "deleted"),
        (&["--bulk", "--disable", "--json"], 150, 100, "PUT", "\"outcome\":\"disabled\""),
        (&[], 1, 1, "DELETE", "deleted"),
    ];
    for (arguments, count, done, method, word) in cases {
        let (coveo, ids) = Coveo::with_keys(count);
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let mut command = cli(&coveo).args(arguments).args(&ids).command();
        let run = Run::of(command.stdout(full)).assert_status(1);
        run.assert_stderr("error: results can't be written to standard output: no space left on device\n");

        // Exactly the changed keys are reported as changed, in order.
        let unwritten = "coveo-delete-key: the result that could not be written: ";
        let lines = run.stderr.lines().filter_map(|line| line.strip_prefix(unwritten));
        assert_named(lines.filter(|line| line.contains(word)), &ids[..done]);
        assert_eq!(keys_of(&coveo.requests(), method), ids[..done], "{arguments:?}");
        let lists = usize::from(arguments.contains(&"--bulk"));
        assert_eq!(coveo.requests().len(), 1 + lists, "{arguments:?}");
        let changed = ids.iter().filter(|id| coveo.is_enabled(id) != Some(true));
        assert!(changed.eq(&ids[..done]), "{arguments:?}");

        // So are the keys that weren't tried.
        let verb = if word.contains("disabled") { "disabled" } else { "deleted" };
        match count - done {
            0 => assert!(!run.stderr.contains("not tried"), "{}", run.stderr),
            rest => {
                run.assert_stderr(&format!("error: {rest} keys were not tried: {}", ids[done]));
                run.assert_stderr(&format!("coveo-delete-key: {done} {verb}, {rest} not tried\n"));
            }
        }
    }
}

#[test]
fn disk_that_fills_up_stops_the_run_there() {
    // A limit on the size of files has the same effect; its signal may be ignored or not.
    for (json, commands) in [
        (None, "ulimit -f 2;"),
        (Some("--json"), "ulimit -f 2;"),
        (None, "trap '' XFSZ; ulimit -f 2;"),
        (Some("--json"), "trap '' XFSZ; ulimit -f 2;"),
    ] {
        let (coveo, ids) = Coveo::with_keys(40);
        let file = tempfile::NamedTempFile::new().unwrap();
        let cli = cli(&coveo).args(json).args(&ids);
        let mut command = in_shell(cli, commands, &format!(">'{}'", file.path().display()));
        let run = Run::of(&mut command).assert_status(1);
        let out = fs::read_to_string(&file).unwrap();
        let whole = out.matches('\n').count();
        assert!((1..ids.len() - 1).contains(&whole), "full in the middle: {out}");
        assert!(!out.ends_with('\n'), "the last line is cut: {out}");

        let done = whole + 1;
        let rest = ids.len() - done;
        let last = out.lines().last().unwrap();
        run.assert_stderr("error: results can't be written to standard output: file too large\n");
        run.assert_stderr(&format!("the result that could not be written: {last}"));
        run.assert_stderr(&format!("{rest} keys were not tried: {}", ids[done]));
        run.assert_stderr(&format!("coveo-delete-key: {done} deleted, {rest} not tried\n"));
        assert_eq!(keys_of(&coveo.requests(), "DELETE"), ids[..done]);
        assert_eq!(coveo.ids(), ids[done..]);
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has /dev/full")]
fn full_disk_does_not_matter_without_output() {
    let (coveo, ids) = Coveo::with_keys(5);
    coveo.remove(&ids[2]);
    let cli = cli(&coveo).args(["--quiet", "--ignore-not-found"]).args(&ids);
    let run = redirected(cli, ">/dev/full").assert_status(0);
    assert_eq!(run.stderr, "");
    assert!(coveo.ids().is_empty());
}

#[test]
fn closed_pipe_does_not_stop_the_run() {
    // The options, a redirection, and the exit status if one key is missing.
    let cases: [(&[&str], &str, i32); 6] = [
        (&[], "", 5),
        (&["--json"], "", 5),
        (&["--json", "--ignore-not-found"], "", 0),
        (&["--verbose"], "2>&1", 5),
        (&["--verbose", "--json"], "2>&1 >/dev/null", 5),
        (&["--bulk"], "", 5),
    ];
    for (arguments, redirection, expected) in cases {
        let coveo = Coveo::http();
        // Under 50, or the hint at --bulk would come before the first line.
        let ids = coveo.add_keys(if arguments.contains(&"--bulk") { 120 } else { 40 });
        coveo.remove(&ids[ids.len() - 10]);
        // After the first key, nobody reads any more.
        let (close, closed) = mpsc::channel::<()>();
        let closed = Mutex::new(closed);
        let first = usize::from(arguments.contains(&"--bulk"));
        coveo.on_request(move |request, _| {
            if request.number > first {
                let _ = closed.lock().unwrap().recv_timeout(PATIENCE);
            }
        });
        let mut command = in_shell(cli(&coveo).args(arguments).args(&ids), "", redirection);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut head = Command::new("head");
        head.arg("-1").stdin(child.stdout.take().unwrap()).stdout(Stdio::piped());
        let line = head.output().expect("head runs").stdout;
        // Drops the pipe that `head` had read from.
        drop(head);
        drop(close);
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(expected), "{arguments:?}: {stderr}");
        let line = String::from_utf8(line).unwrap();
        assert!(line.contains(&ids[0]) && line.ends_with('\n'), "{arguments:?}: {line}");
        let is_calm = !stderr.contains("panicked") && !stderr.contains("can't be written");
        assert!(is_calm, "{arguments:?}: {stderr}");
        assert!(coveo.ids().is_empty(), "{arguments:?}");
    }
}

#[test]
fn closed_streams_do_not_stop_the_run() {
    for redirection in [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"] {
        for more in [&[][..], &["--json", "--verbose"], &["--bulk"]] {
            let (coveo, ids) = Coveo::with_keys(3);
            let cli = cli(&coveo).args(more).args(&ids);
            let run = redirected(cli, redirection).assert_status(0);
            assert!(coveo.ids().is_empty(), "{redirection}");
            let is_closed = redirection.split(' ').any(|one| one == ">&-");
            assert_eq!(run.stdout.is_empty(), is_closed, "{redirection}");
            assert_eq!(run.stderr.is_empty(), redirection.contains("2>&-"), "{redirection}: {}", run.stderr);
            // The next file that a program opens gets the number of a closed one. It must not be the connection.
            for word in ["deleted", "coveo-delete-key: ", "keyId"] {
                assert!(!coveo.saw_bytes(word.as_bytes()), "{redirection}: {word} was sent to the server");
            }
            let sent: usize = if more == ["--bulk"] { 2 } else { 3 };
            assert_eq!(coveo.requests().len(), sent, "{redirection}");
        }
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has /dev/full")]
fn exit_status_of_a_failure_does_not_need_streams() {
    for redirection in [">&- 2>&-", ">/dev/null 2>&1", ">/dev/null 2>/dev/full"] {
        let (coveo, ids) = Coveo::with_keys(3);
        coveo.inject_at(1..=1, Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no")));
        redirected(cli(&coveo).args(&ids), redirection).assert_status(4);
        assert_eq!(coveo.ids(), ids[1..2], "{redirection}");
    }
}
