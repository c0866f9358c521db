//! Runs the binary on a pseudo-terminal: types for the person, reads the screen.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal, WaitStatus};

use crate::harness::{Cli, SECRETS};

/// The longest wait for the screen.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Terminal {
    process: PtyProcess,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    screen: Vec<u8>,
    started: Instant,
}

#[derive(Debug)]
pub struct Ended {
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
    pub signal: Option<Signal>,
    /// Everything shown, including echoed input.
    pub screen: String,
}

/// Starts the binary on a terminal, as a shell does.
pub fn on_terminal(cli: Cli) -> Terminal {
    start(cli, "stty echo", "", "")
}

/// The same with a redirection, such as `2>FILE`.
pub fn redirected(cli: Cli, redirection: &str) -> Terminal {
    start(cli, "stty echo", "", redirection)
}

/// The same in a new session: standard input is the terminal, but `/dev/tty` doesn't exist.
pub fn in_new_session(cli: Cli, redirection: &str) -> Terminal {
    start(cli, "stty echo", "setsid --wait", redirection)
}

/// The same on a terminal that doesn't echo.
pub fn without_echo(cli: Cli) -> Terminal {
    start(cli, "stty -echo", "", "")
}

fn start(cli: Cli, stty: &str, before: &str, redirection: &str) -> Terminal {
    // `exec` makes signals and the exit status those of the binary. The prompt shows that the terminal is set up: input
    // typed before it would be echoed anyway.
    // Programs in the background may inherit that Ctrl-C is ignored. A shell can't undo it; GNU's `env` can.
    let with = "with='env --default-signal=INT'; $with true 2>/dev/null || with=";
    let run = format!("exec {before} $with \"$0\" \"$@\" {redirection}");
    let mut shell = cli.in_shell(&format!("{with}; {stty}; printf '$ '; {run}"));
    shell.env("PATH", "/usr/bin:/bin");

    let started = Instant::now();
    let mut process = PtyProcess::new(shell).expect("a pseudo-terminal");
    process.set_kill_timeout(Some(2000));
    let keyboard = process.get_file_handle().expect("the terminal can be written");
    let mut display = process.get_file_handle().expect("the terminal can be read");
    let (sender, output) = mpsc::channel();
    // The thread ends when the terminal is closed: reading fails then.
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = display.read(&mut chunk) {
            if sender.send(chunk[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut terminal = Terminal { process, keyboard, output, screen: Vec::new(), started };
    terminal.shows("$ ");
    terminal.screen.drain(..2);
    terminal
}

impl Terminal {
    /// Waits until the screen shows `text`. Returns the time since the start.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> Duration {
        while !self.screen().contains(text) {
            assert!(self.reads(), "the run has ended, and {text:?} was never shown:\n{}", self.screen());
        }
        self.started.elapsed()
    }

    /// Types `text`; `\x03` is Ctrl-C, `\x04` is Ctrl-D.
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("the terminal accepts input");
    }

    /// Waits for the run to end. Checks that the screen shows no secret and no control character except line breaks.
    #[track_caller]
    pub fn ends(self) -> Ended {
        self.ends_as(str::to_owned)
    }

    /// The same for lines that may be overwritten: the final screen, without blanks at the ends of lines.
    #[track_caller]
    pub fn ends_drawn_over(self) -> Ended {
        self.ends_as(draw)
    }

    #[track_caller]
    fn ends_as(mut self, draw: fn(&str) -> String) -> Ended {
        while self.reads() {}
        let (status, signal) = match self.process.wait().expect("the run has ended") {
            WaitStatus::Exited(_, status) => (status, None),
            WaitStatus::Signaled(_, signal, _) => (-1, Some(signal)),
            other => panic!("the run hasn't ended: {other:?}"),
        };
        let screen = draw(&self.screen());
        for secret in SECRETS {
            assert!(!screen.contains(secret), "a secret was shown:\n{screen}");
        }
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
        Ended { status, signal, screen }
    }

    /// Reads more output; false at the end.
    #[track_caller]
    fn reads(&mut self) -> bool {
        match self.output.recv_timeout(PATIENCE) {
            Ok(chunk) => self.screen.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => panic!("no output for {PATIENCE:?}:\n{}", self.screen()),
        }
        true
    }

    /// The screen as text. Terminals turn each line break into `\r\n`.
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen).replace("\r\n", "\n")
    }
}

/// Renders `text` as a terminal does: a carriage return goes back to the start of the line.
fn draw(text: &str) -> String {
    let line = |line: &str| {
        let mut cells: Vec<char> = Vec::new();
        for part in line.split('\r') {
            let part: Vec<char> = part.chars().collect();
            let kept = cells.split_off(part.len().min(cells.len()));
            cells = part;
            cells.extend(kept);
        }
        String::from_iter(cells).trim_end().to_owned()
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
