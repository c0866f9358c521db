//! Runs the binary with exactly the environment that a test sets. Checks after every run that no token was printed and
//! that every line on standard error has the program's name.

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fake_coveo::{
    Coveo, EDIT_TOKEN, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};

use super::outcomes;

/// The binary under test: the one named by cargo, or else the one in the folder above the tests.
pub fn binary() -> PathBuf {
    let named = env::var_os("CARGO_BIN_EXE_coveo-delete-key").map(PathBuf::from);
    named.unwrap_or_else(|| {
        let test = env::current_exe().expect("the path of the test");
        let folder = test.ancestors().nth(2).expect("the folder of the tests has a parent");
        folder.join("coveo-delete-key").with_extension(env::consts::EXE_EXTENSION)
    })
}

/// The user and the password of a proxy.
pub const PROXY_USER: &str = "proxy-user";
pub const PROXY_PASSWORD: &str = "proxy-geheim";

/// [`PROXY_PASSWORD`], partly percent-encoded.
pub const ENCODED_PASSWORD: &str = "%70roxy%2Dgeheim";

/// [`PROXY_USER`] and [`PROXY_PASSWORD`] as sent to the proxy: `proxy-user:proxy-geheim` in base64.
pub const PROXY_BASIC: &str = "cHJveHktdXNlcjpwcm94eS1nZWhlaW0=";

/// The texts that no run may print.
pub const SECRETS: [&str; 10] = [
    FULL_TOKEN,
    VIEW_TOKEN,
    EDIT_TOKEN,
    SINGLE_KEY_TOKEN,
    NONE_TOKEN,
    EXPIRED_TOKEN,
    PROXY_USER,
    PROXY_PASSWORD,
    ENCODED_PASSWORD,
    PROXY_BASIC,
];

/// The time allowed in addition to `--timeout`.
const GRACE: Duration = Duration::from_secs(1);

pub struct Cli {
    command: Command,
    input: Option<Vec<u8>>,
}

#[derive(Debug)]
pub struct Run {
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

/// The binary with endpoint, authority, organization and [`FULL_TOKEN`] for `coveo`.
pub fn cli(coveo: &Coveo) -> Cli {
    let cli = Cli::at(coveo.endpoint()).env("COVEO_ORGANIZATION_ID", coveo.id());
    if coveo.endpoint().starts_with("https") { cli.env("SSL_CERT_FILE", coveo.authority_file()) } else { cli }
}

impl Cli {
    /// The binary with an empty environment.
    pub fn without_environment() -> Self {
        let mut command = Command::new(binary());
        command.env_clear();
        // Windows needs it to find its network libraries.
        command.envs(env::var_os("SystemRoot").map(|folder| ("SystemRoot", folder)));
        Cli { command, input: None }
    }

    /// The binary with this endpoint, the organization `o` and [`FULL_TOKEN`].
    pub fn at(endpoint: &str) -> Self {
        let cli = Cli::without_environment().env("COVEO_ENDPOINT", endpoint);
        cli.env("COVEO_ORGANIZATION_ID", "o").env("COVEO_ACCESS_TOKEN", FULL_TOKEN)
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Sets its standard input, which is empty by default.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    pub fn command(self) -> Command {
        self.command
    }

    /// A shell in the same environment that runs `script`, in which `"$0" "$@"` is the binary with its arguments.
    pub fn in_shell(self, script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(self.command.get_program()).args(self.command.get_args());
        let variables = self.command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        shell.env_clear().envs(variables);
        shell
    }

    pub fn run(self) -> Run {
        let started = Instant::now();
        let output = self.start().wait_with_output().expect("the binary ends");
        Run::check(output, started.elapsed())
    }

    fn start(mut self) -> Child {
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = spawn(self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()));
        if let Some(input) = self.input {
            // It may exit before reading everything.
            let _ = child.stdin.take().expect("standard input is a pipe").write_all(&input);
        }
        child
    }

    /// Runs it, and checks that it ends within `limit` plus a second. Kills it otherwise.
    #[track_caller]
    pub fn run_within(self, limit: Duration) -> Run {
        let started = Instant::now();
        let mut child = self.start();
        let mut took = Duration::ZERO;
        // Its output fits into a pipe, so it never waits for the reader.
        while child.try_wait().expect("the binary can be waited for").is_none() && took <= limit + GRACE {
            thread::sleep(Duration::from_millis(5));
            took = started.elapsed();
        }
        let in_time = took <= limit + GRACE;
        if !in_time {
            child.kill().expect("the binary can be killed");
        }
        let run = Run::check(child.wait_with_output().expect("the binary has ended"), took);
        assert!(in_time, "still running after {took:?}; the limit is {limit:?}\n{}", run.stderr);
        run
    }
}

/// Starts the binary. Retries if Wine has an internal error before it runs.
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

/// Sends a signal to a process, or to a group if its ID has a minus sign.
pub fn kill(signal: i32, process: impl Display) {
    let status = Command::new("kill").args(["-s", &signal.to_string(), "--", &process.to_string()]).status();
    assert!(status.expect("kill starts").success());
}

impl Run {
    /// Runs a command to its end, with the checks of every run.
    pub fn of(command: &mut Command) -> Self {
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().expect("the command starts");
        Run::check(output, started.elapsed())
    }

    /// Checks the output of a run, as for every run.
    pub fn check(output: Output, took: Duration) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
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
            assert!(line.starts_with("coveo-delete-key: "), "a line without the name of the program: {line}");
            assert!(!line.ends_with('.') || line.ends_with("…"), "a full stop: {line}");
        }
        run
    }

    #[track_caller]
    pub fn assert_status(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Checks the outcomes in the lines of `--json`.
    #[track_caller]
    pub fn assert_outcomes(self, expected: &[impl AsRef<str>]) -> Self {
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        assert_eq!(outcomes(&self.stdout), expected, "{}", self.stderr);
        self
    }

    /// Checks that standard error contains `text`.
    #[track_caller]
    pub fn assert_stderr(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?}\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}
