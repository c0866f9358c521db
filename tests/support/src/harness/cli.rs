//! Runs the binary as a user would, in an environment that holds nothing but what a test puts there, and checks
//! on every run what must hold for all of them: no token is printed, and each line on standard error is signed.

use std::env;
use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fake_coveo::{
    Coveo, EDIT_TOKEN, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};

/// The binary under test: cargo names it to the tests that it runs; otherwise it is where cargo puts it, in the folder
/// above theirs.
pub fn binary() -> PathBuf {
    let named = env::var_os("CARGO_BIN_EXE_coveo-delete-key").map(PathBuf::from);
    named.unwrap_or_else(|| {
        let test = env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("tests are in a folder of their own");
        folder.join("coveo-delete-key").with_extension(env::consts::EXE_EXTENSION)
    })
}

/// The password of the proxy in tests with one; no run may print it.
pub const PROXY_PASSWORD: &str = "proxy-geheim";

/// What no run may print.
pub const SECRETS: [&str; 7] =
    [FULL_TOKEN, VIEW_TOKEN, EDIT_TOKEN, SINGLE_KEY_TOKEN, NONE_TOKEN, EXPIRED_TOKEN, PROXY_PASSWORD];

/// What a run may take beyond `--timeout`.
const GRACE: Duration = Duration::from_secs(1);

/// A command line that is being put together.
pub struct Cli {
    command: Command,
    input: Option<Vec<u8>>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

/// The binary with all that it needs to reach `coveo` with [`FULL_TOKEN`]: endpoint, authority, organization, token.
pub fn cli(coveo: &Coveo) -> Cli {
    let cli = Cli::without_environment()
        .env("COVEO_ENDPOINT", coveo.endpoint())
        .env("COVEO_ORGANIZATION_ID", coveo.id())
        .env("COVEO_ACCESS_TOKEN", FULL_TOKEN);
    if coveo.endpoint().starts_with("https") { cli.env("SSL_CERT_FILE", coveo.authority_file()) } else { cli }
}

impl Cli {
    /// The binary with an empty environment.
    pub fn without_environment() -> Self {
        let mut command = Command::new(binary());
        command.env_clear();
        // Without it, Windows does not find the libraries for the network.
        command.envs(env::var_os("SystemRoot").map(|folder| ("SystemRoot", folder)));
        Cli { command, input: None }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Unsets a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Gives it something to read on standard input, which is empty otherwise.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// The command itself, for what is not offered here.
    pub fn command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Run {
        let started = Instant::now();
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut self.command);
        if let Some(input) = self.input.take() {
            // It may end without reading all of it.
            let _ = child.stdin.take().expect("standard input is a pipe").write_all(&input);
        }
        let output = child.wait_with_output().expect("the binary ends");
        Run::check(output, started.elapsed())
    }

    /// Runs it, and checks that it ends within `limit` and the second that it may take beyond. If it does not, it is
    /// killed.
    #[track_caller]
    pub fn run_within(self, limit: Duration) -> Run {
        let mut command = self.command;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = spawn(&mut command);
        let mut took = Duration::ZERO;
        // What it says fits into a pipe, so it does not wait for its reader.
        while child.try_wait().expect("its end can be waited for").is_none() && took <= limit + GRACE {
            thread::sleep(Duration::from_millis(5));
            took = started.elapsed();
        }
        let in_time = took <= limit + GRACE;
        if !in_time {
            child.kill().expect("it can be killed");
        }
        let run = Run::check(child.wait_with_output().expect("it has ended"), took);
        assert!(in_time, "it has not ended {took:?} after its start; the limit is {limit:?}\n{}", run.stderr);
        run
    }
}

/// Starts the binary. Wine now and then has an internal error instead, before anything of the program runs.
pub fn spawn(command: &mut Command) -> Child {
    const WINES_INTERNAL_ERROR: i32 = 1359;
    let mut started = command.spawn();
    for _ in 0..3 {
        if started.as_ref().is_err_and(|error| error.raw_os_error() == Some(WINES_INTERNAL_ERROR)) {
            started = command.spawn();
        }
    }
    started.expect("the binary starts")
}

impl Run {
    /// Takes the output of a run, and checks what must hold for every one of them.
    pub fn check(output: Output, took: Duration) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what it prints is UTF-8 text");
        let run = Self {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            took,
        };
        for secret in SECRETS {
            for text in [&run.stdout, &run.stderr] {
                assert!(!text.contains(secret), "a secret was printed: {text}");
            }
        }
        for line in run.stderr.lines() {
            assert!(line.starts_with("coveo-delete-key: "), "a line without a signature: {line}");
            assert!(!line.ends_with('.') || line.ends_with("…"), "a full stop: {line}");
        }
        run
    }

    /// Checks the exit status, with all that was printed in the message if it is another one.
    #[track_caller]
    pub fn assert_status(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}
