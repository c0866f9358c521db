//! Many keys: all of them in their order, each told as soon as it is known, in memory that does not grow, and a run
//! that is cut short by a signal, a full disk or failures of others' making.
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod blocked;
mod bulk;
mod bulk_failing;
mod in_a_row;
mod killed;
mod late;
#[cfg(target_os = "linux")]
mod memory;
mod output;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use support::fake_coveo::{Coveo, ORGANIZATION, Recorded};
use support::harness::{Cli, Run, cli};
use tempfile::TempDir;

/// What is said of many keys that go out one by one.
const BULK_HINT: &str = "coveo-delete-key: hint: --bulk sends up to 100 keys with one request\n";

/// A file for `--from` with these IDs, which goes with the directory.
fn list(ids: &[String]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("ids");
    fs::write(&file, ids.join("\n") + "\n").expect("the list can be written");
    (directory, file)
}

/// The keys that requests of this method were about, in their order; for a bulk request, those of its body.
fn keys_of(requests: &[Recorded], method: &str) -> Vec<String> {
    let of = |request: &Recorded| match serde_json::from_slice(&request.body) {
        Ok(several) => several,
        Err(_) => vec![request.path.split('/').nth(5).expect("a key is in the path").to_owned()],
    };
    requests.iter().filter(|request| request.method == method).flat_map(of).collect()
}

/// The same tool, started by a shell with these redirections, after these commands.
fn in_shell(cli: Cli, commands: &str, redirections: &str) -> Command {
    let cli = cli.command();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{commands} exec \"$0\" \"$@\" {redirections}"));
    shell.arg(cli.get_program()).args(cli.get_args()).env_clear();
    shell.envs(cli.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// Runs it to its end, and checks what must hold for every run.
fn run_to_end(command: &mut Command) -> Run {
    let started = Instant::now();
    Run::check(command.output().expect("the shell starts"), started.elapsed())
}

/// These keys with these outcomes.
fn outcomes(ids: &[String], outcomes: &[&str]) -> Vec<(String, String)> {
    assert_eq!(ids.len(), outcomes.len());
    ids.iter().cloned().zip(outcomes.iter().map(|&outcome| outcome.to_owned())).collect()
}

/// The lines on standard output for keys that were deleted.
fn deleted(ids: &[String]) -> String {
    ids.iter().map(|id| format!("deleted {id} from {ORGANIZATION}\n")).collect()
}

#[test]
fn standard_input_is_read_whole_and_checked_before_the_first_request() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(1000);
    let from_stdin = || cli(&coveo).args(["--from", "-"]);
    let bad = from_stdin().input(ids.join("\n") + "\n../x\n").run().assert_status(2);
    assert!(
        bad.stderr.contains("error: standard input, line 1001: KEY_ID \"../x\" contains"),
        "{}",
        bad.stderr
    );
    assert_eq!(coveo.connections(), 0);

    let run = from_stdin().input(ids.join("\r\n")).run().assert_status(0);
    assert_eq!(run.stdout, deleted(&ids));
    assert_eq!(run.stderr, format!("{BULK_HINT}coveo-delete-key: 1000 deleted\n"));
    assert_eq!(keys_of(&coveo.requests(), "DELETE"), ids);
    assert_eq!(coveo.connections(), 1);
    assert!(coveo.ids().is_empty());
}

#[test]
fn from_50_keys_on_a_hint_names_bulk_where_it_would_help() {
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
        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        let ids = if arguments.contains(&"--name") { &[] } else { &ids[..] };
        let run = cli(&coveo).args(arguments).args(ids).run().assert_status(0);
        assert_eq!(run.stderr.matches(BULK_HINT).count(), hints, "{arguments:?} {count}: {}", run.stderr);
    }
}

#[test]
fn standard_input_that_is_closed_or_empty_is_an_error() {
    let coveo = Coveo::http();
    let id = coveo.add_keys(1).remove(0);
    for redirection in ["<&-", "</dev/null"] {
        let from =
            run_to_end(&mut in_shell(cli(&coveo).args(["--from", "-"]), "", redirection)).assert_status(2);
        assert!(from.stderr.contains("error: there is no KEY_ID in standard input\n"), "{}", from.stderr);
        let cli = cli(&coveo).without("COVEO_ACCESS_TOKEN").args(["--token-file", "-", &id]);
        let token = run_to_end(&mut in_shell(cli, "", redirection)).assert_status(2);
        assert!(
            token.stderr.contains("error: the access token in standard input is empty\n"),
            "{}",
            token.stderr
        );
    }
    assert_eq!(coveo.connections(), 0);
}
