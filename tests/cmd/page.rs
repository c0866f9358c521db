//! A page: prose, and blocks that are run. Running a page gives it back as it really is.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::stage::Stage;
use support::harness::{SECRETS, program};

/// No command of a page may take longer.
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
        let as_it_stands = || block.iter().map(|line| format!("{line}\n")).collect::<String>();
        actual += &match kind.split_once(' ').unwrap_or((kind, "")) {
            ("console", "") => {
                let runs: Vec<String> =
                    commands_in(&block).map(|command| run_command(&stage, command)).collect();
                runs.join("\n")
            }
            ("organization", "") => {
                stage.is_done();
                block.iter().for_each(|line| stage.set(line));
                as_it_stands()
            }
            ("keys", "") => stage.keys(),
            ("requests", "") => stage.requests(),
            ("file", name) => {
                stage.write(name, &as_it_stands());
                as_it_stands()
            }
            ("text", "") => as_it_stands(),
            _ => panic!("there is no block of this kind: {line}"),
        };
        actual += "```\n";
    }
    stage.is_done();
    actual
}

/// Types a command and shows what comes of it.
fn run_command(stage: &Stage, command: &str) -> String {
    // One pipe for both streams, as on a terminal, so that the order is the true one.
    let (mut output, stdout) = io::pipe().expect("there is a pipe");
    let stderr = stdout.try_clone().expect("a pipe can have two ends");
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(stage.directory())
        .env_clear()
        .envs(stage.variables())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("there is a shell");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut shown = String::new();
        sender.send(output.read_to_string(&mut shown).map(|_| shown))
    });
    let shown = receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("there is no end to {command}"));
    let shown = shown.expect("what is shown is UTF-8 text");
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

/// What is typed in a page.
pub fn commands(page: &str) -> Vec<&str> {
    commands_in(&page.lines().collect::<Vec<_>>()).collect()
}

/// The program or device that a page needs, `<!-- needs jq -->` or `<!-- needs /dev/full -->`, if this machine does not
/// have it.
pub fn missing(page: &str) -> Option<String> {
    let needed = page.split_once("<!-- needs ")?.1.split_once(" -->")?.0;
    if needed.starts_with('/') {
        (!Path::new(needed).exists()).then(|| format!("{needed} is missing"))
    } else {
        program(needed, needed).err()
    }
}

/// Where two texts differ: the lines from the first difference to the last, and the number of the first.
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
