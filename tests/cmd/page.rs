//! A page: prose, and blocks that are run. Running a page returns it with the real output.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::stage::Stage;
use support::harness::{SECRETS, program};

/// The longest run of a command.
const PATIENCE: Duration = Duration::from_secs(50);

/// Runs a page from its first line to its last.
pub fn run(page: &str) -> String {
    let mut stage = Stage::new(page.lines().any(|line| line == "over HTTPS"));
    let mut actual = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        actual += &format!("{line}\n");
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let unchanged = || block.iter().map(|line| format!("{line}\n")).collect::<String>();
        actual += &match kind.split_once(' ').unwrap_or((kind, "")) {
            ("console", "") => {
                let runs: Vec<String> =
                    commands_in(&block).map(|command| run_command(&stage, command)).collect();
                runs.join("\n")
            }
            ("organization", "") => {
                stage.assert_done();
                block.iter().for_each(|line| stage.set(line));
                unchanged()
            }
            ("keys", "") => stage.keys(),
            ("requests", "") => stage.requests(),
            ("file", name) => {
                stage.write(name, &unchanged());
                unchanged()
            }
            ("text", "") => unchanged(),
            _ => panic!("unknown kind of block: {line}"),
        };
        actual += "```\n";
    }
    stage.assert_done();
    actual
}

/// Runs a command, and returns it with its output and exit status.
fn run_command(stage: &Stage, command: &str) -> String {
    // One pipe for both streams keeps their order, as on a terminal.
    let (mut output, stdout) = io::pipe().expect("a pipe");
    let stderr = stdout.try_clone().expect("a copy of the pipe");
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(stage.directory())
        .env_clear()
        .envs(stage.variables())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("sh starts");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut shown = String::new();
        sender.send(output.read_to_string(&mut shown).map(|_| shown))
    });
    let shown = receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{command} doesn't end"));
    let shown = shown.expect("UTF-8");
    let status = child.wait().expect("a command ends").code().expect("no signal ends it");
    assert!(SECRETS.iter().all(|secret| !shown.contains(secret)), "a secret was printed by {command}");
    let shown = stage.mask(&shown);
    assert!(!shown.lines().any(|line| line.starts_with("$ ") || line.starts_with("```")), "{shown}");
    let end = if shown.is_empty() || shown.ends_with('\n') { "" } else { "\n" };
    let status = if status == 0 { String::new() } else { format!("? {status}\n") };
    format!("$ {command}\n{shown}{end}{status}")
}

fn commands_in<'a>(block: &[&'a str]) -> impl Iterator<Item = &'a str> {
    block.iter().filter_map(|line| line.strip_prefix("$ "))
}

/// The commands of a page.
pub fn commands(page: &str) -> Vec<&str> {
    commands_in(&page.lines().collect::<Vec<_>>()).collect()
}

/// Why a page can't run here: it needs a missing program or device, as in `<!-- needs jq -->` or `<!-- needs /dev/full -->`.
pub fn missing(page: &str) -> Option<String> {
    let needed = page.split_once("<!-- needs ")?.1.split_once(" -->")?.0;
    if needed.starts_with('/') {
        (!Path::new(needed).exists()).then(|| format!("{needed} is missing"))
    } else {
        program(needed, needed).err()
    }
}

/// The lines from the first difference of two texts to the last, and the number of the first line.
pub fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let before = expected.iter().zip(&actual).take_while(same).count();
    let (expected, actual) = (&expected[before..], &actual[before..]);
    let after = expected.iter().rev().zip(actual.iter().rev()).take_while(same).count();
    let lines = |sign: &str, lines: &[&str]| {
        lines[..lines.len() - after].iter().map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    Some(format!(":{}\n{}{}", before + 1, lines("-", expected), lines("+", actual)))
}
