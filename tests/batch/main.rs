//! Many keys: order, immediate output, constant memory, and runs stopped by a signal, a full disk or repeated failures.
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod blocked;
mod bulk;
mod bulk_failing;
mod in_a_row;
mod killed;
#[cfg(target_os = "linux")]
mod late;
#[cfg(target_os = "linux")]
mod memory;
mod output;

use std::fs;
use std::process::Command;

use support::fake_coveo::{Coveo, Recorded};
use support::harness::{Cli, Run, cli, key_outcomes};
use tempfile::NamedTempFile;

/// The hint for many keys that are sent one by one.
const BULK_HINT: &str = "coveo-delete-key: hint: --bulk sends up to 100 keys with one request\n";

/// Writes these IDs to a temporary file for `--from`.
fn id_file(ids: &[String]) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    fs::write(&file, ids.join("\n") + "\n").expect("the file can be written");
    file
}

/// The keys in requests of this method, in order; for a bulk request, the ones in its body.
fn keys_of(requests: &[Recorded], method: &str) -> Vec<String> {
    let keys = |request: &Recorded| match serde_json::from_slice(&request.body) {
        Ok(several) => several,
        Err(_) => vec![request.path.split('/').nth(5).expect("a key is in the path").to_owned()],
    };
    requests.iter().filter(|request| request.method == method).flat_map(keys).collect()
}

/// Runs the binary from a shell with these redirections, after these commands.
fn in_shell(cli: Cli, commands: &str, redirections: &str) -> Command {
    cli.in_shell(&format!("{commands} exec \"$0\" \"$@\" {redirections}"))
}

/// Runs the binary to its end with these redirections, with the checks of every run.
fn redirected(cli: Cli, redirections: &str) -> Run {
    Run::of(&mut in_shell(cli, "", redirections))
}

/// Runs with `--json`, and checks the outcome of each key and the exit status.
#[track_caller]
fn check_outcomes(cli: Cli, ids: &[String], outcomes: &[&str], status: i32) -> Run {
    let run = cli.arg("--json").args(ids).run();
    assert_outcomes(&run.stdout, ids, outcomes);
    run.assert_status(status)
}

/// Checks the outcome of each key in lines of `--json`.
#[track_caller]
fn assert_outcomes(stdout: &str, ids: &[String], outcomes: &[&str]) {
    assert_eq!(ids.len(), outcomes.len());
    let expected: Vec<_> = ids.iter().cloned().zip(outcomes.iter().map(|&word| word.to_owned())).collect();
    assert_eq!(key_outcomes(stdout), expected);
}

/// Checks that there is one line for each of these keys, in order.
#[track_caller]
fn assert_named<'a>(lines: impl Iterator<Item = &'a str>, ids: &[String]) {
    let lines: Vec<&str> = lines.collect();
    let is_named = lines.iter().zip(ids).all(|(line, id)| line.contains(id.as_str()));
    assert!(lines.len() == ids.len() && is_named, "{lines:#?}\n{ids:#?}");
}

#[test]
fn standard_input_is_checked_before_the_first_request() {
    let (coveo, ids) = Coveo::with_keys(1000);
    let from_stdin = || cli(&coveo).args(["--from", "-"]);
    let bad = from_stdin().input(ids.join("\n") + "\n../x\n").run().assert_status(2);
    bad.assert_stderr("error: standard input, line 1001: KEY_ID \"../x\" contains");
    assert_eq!(coveo.connections(), 0);

    let run = from_stdin().input(ids.join("\r\n")).run().assert_status(0);
    assert_named(run.stdout.lines(), &ids);
    assert_eq!(run.stderr, format!("{BULK_HINT}coveo-delete-key: 1000 deleted\n"));
    assert_eq!(keys_of(&coveo.requests(), "DELETE"), ids);
    assert_eq!(coveo.connections(), 1);
    assert!(coveo.ids().is_empty());
}

#[test]
fn bulk_is_suggested_from_50_keys_on() {
    let cases: [(&[&str], usize, usize); 7] = [
        (&[], 49, 0),
        (&[], 50, 1),
        (&["--disable", "--json"], 50, 1),
        (&["--quiet"], 50, 0),
        (&["--bulk"], 50, 0),
        (&["--dry-run"], 50, 0),
        (&["--name", "Key *", "--max", "50", "--yes"], 50, 0),
    ];
    for (arguments, count, hints) in cases {
        let (coveo, ids) = Coveo::with_keys(count);
        let ids = if arguments.contains(&"--name") { &[] } else { &ids[..] };
        let run = cli(&coveo).args(arguments).args(ids).run().assert_status(0);
        assert_eq!(run.stderr.matches(BULK_HINT).count(), hints, "{arguments:?} {count}: {}", run.stderr);
    }
}

#[test]
fn closed_or_empty_standard_input_is_an_error() {
    let coveo = Coveo::http();
    let id = coveo.add_keys(1).remove(0);
    for redirection in ["<&-", "</dev/null"] {
        for (arguments, error) in [
            (["--from", "-", "--quiet"], "standard input contains no KEY_ID"),
            (["--token-file", "-", &id], "the access token in standard input is empty"),
        ] {
            let cli = cli(&coveo).args(arguments);
            let cli = if arguments[0] == "--from" { cli } else { cli.without("COVEO_ACCESS_TOKEN") };
            let run = redirected(cli, redirection).assert_status(2);
            run.assert_stderr(&format!("error: {error}\n"));
        }
    }
    assert_eq!(coveo.connections(), 0);
}
