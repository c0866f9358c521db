//! An organization with keys of its own, another one that does not know the token, and a run of the script on them.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use support::fake_coveo::{ApiKey, Builder, Certificate, Coveo, Privilege, Recorded};
use support::harness::{binary, needed};

/// The script's token, which no other suite uses: it must be in no argument list of this machine.
pub const TOKEN: &str = "xx17171717-2727-4373-8474-575757575757";

/// Where the script runs.
pub struct Setting {
    /// The organization.
    pub coveo: Coveo,
    /// The keys that it had before.
    pub own: Vec<String>,
    /// Where the report goes.
    pub folder: TempDir,
    other: Coveo,
    before: Vec<ApiKey>,
}

/// A run that has ended.
pub struct Ran {
    /// The exit status, if no signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Both streams.
    pub said: String,
    /// The report; empty if there is none.
    pub report: String,
}

impl Setting {
    /// An organization that answers as documented; none where a program is missing.
    pub fn new(https: bool) -> Option<Self> {
        Self::with(https, |builder| builder)
    }

    /// An organization with other settings.
    pub fn with(https: bool, set: impl Fn(Builder) -> Builder) -> Option<Self> {
        for program in ["bash", "curl", "jq"] {
            needed(program, program)?;
        }
        let builder = if https { Coveo::builder().https(Certificate::Good) } else { Coveo::builder() };
        let coveo = set(builder).start();
        let own = coveo.add_keys(3);
        let before = own.iter().map(|id| coveo.key(id).expect("it was added")).collect();
        coveo.grant(TOKEN, &["VIEW", "EDIT", "CREATE"].map(|kind| Privilege::new(kind, "*")));
        let other = Coveo::http();
        let folder = tempfile::tempdir().expect("there is room for a folder");
        Some(Self { coveo, own, folder, other, before })
    }

    fn report(&self) -> PathBuf {
        self.folder.path().join("report.md")
    }

    /// The script with the binary under test, in a process group of its own.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        // Programs in the background, or behind `nohup`, may have signals ignored, and pass that on. A shell can't undo it; GNU's `env` can.
        let with = "with='env --default-signal=INT,HUP,TERM'; $with true 2>/dev/null || with=; exec $with \"$0\" \"$@\"";
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/live.sh");
        command.args(["-c", with, "bash", script, program]).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("COVEO_ENDPOINT", self.coveo.endpoint()).env("COVEO_ORGANIZATION_ID", self.coveo.id());
        command.env("COVEO_ACCESS_TOKEN", TOKEN).env("LIVE_YES", "1").env("LIVE_REPORT", self.report());
        command.env("LIVE_OTHER", self.other.endpoint());
        if self.coveo.endpoint().starts_with("https") {
            command.env("SSL_CERT_FILE", self.coveo.authority_file());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    /// Starts the script.
    pub fn start(&self) -> Child {
        self.command(binary().to_str().expect("its path is text"), &[]).spawn().expect("bash starts")
    }

    /// Runs the script to its end.
    pub fn run(&self) -> Ran {
        self.watched(self.start())
    }

    /// The same with another program in the place of the binary.
    pub fn run_with(&self, program: &str, arguments: &[&str]) -> Ran {
        self.watched(self.command(program, arguments).spawn().expect("bash starts"))
    }

    /// The same with other variables.
    pub fn run_in(&self, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(binary().to_str().expect("its path is text"), &[]);
        self.watched(command.envs(variables.iter().copied()).spawn().expect("bash starts"))
    }

    /// The same without the variable that answers its question.
    pub fn run_without_yes(&self) -> Ran {
        let mut command = self.command(binary().to_str().expect("its path is text"), &[]);
        self.watched(command.env_remove("LIVE_YES").spawn().expect("bash starts"))
    }

    /// Waits for the end, and checks that no secret was shown, in whatever case, or in the list of processes.
    pub fn watched(&self, child: Child) -> Ran {
        let ended = AtomicBool::new(false);
        let (output, shown) = thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut shown = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    shown.extend(in_argument_lists(&self.secrets()));
                    thread::sleep(Duration::from_millis(5));
                }
                shown
            });
            let output = child.wait_with_output().expect("the script ends");
            ended.store(true, Ordering::Relaxed);
            (output, watcher.join().expect("processes can be listed"))
        });
        assert_eq!(shown, Vec::<String>::new());

        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("what it says is text");
        let said = text(&output.stdout) + &text(&output.stderr);
        let report = fs::read_to_string(self.report()).unwrap_or_default();
        for secret in self.secrets() {
            for text in [&said, &report] {
                assert!(!text.to_lowercase().contains(&secret), "a secret is shown:\n{text}");
            }
        }
        Ran { status: output.status.code(), signal: output.status.signal(), said, report }
    }

    /// What must not be shown: the token, and the values of the keys that were created.
    fn secrets(&self) -> Vec<String> {
        let values = self.created().into_iter().map(|id| ApiKey::new(&id).value());
        values.chain([TOKEN.to_owned()]).collect()
    }

    /// The IDs of the keys that were created through the API: those that are left, and those that
    /// something was asked about.
    pub fn created(&self) -> Vec<String> {
        let asked = self.coveo.requests();
        let asked =
            asked.iter().filter_map(|request| request.path.split("/apikeys/").nth(1)?.split('/').next());
        let mut ids: Vec<String> = asked.map(str::to_owned).chain(self.coveo.ids()).collect();
        ids.retain(|id| !self.own.contains(id) && id != "delete" && id != "disable");
        ids.sort();
        ids.dedup();
        ids
    }

    /// The requests that were to change keys, but for those that create one.
    pub fn changes(&self) -> Vec<Recorded> {
        let creates = |request: &Recorded| request.method == "POST" && request.path.ends_with("/apikeys");
        let requests = self.coveo.requests().into_iter();
        requests.filter(|request| request.method != "GET" && !creates(request)).collect()
    }

    /// Checks that the organization has the keys that it had, as they were, and that nothing was asked about them.
    #[track_caller]
    pub fn nothing_else_was_touched(&self) {
        assert_eq!(self.coveo.ids(), self.own);
        for key in &self.before {
            assert_eq!(self.coveo.key(&key.id).as_ref(), Some(key));
        }
        let theirs = |text: &str| self.own.iter().any(|id| text.contains(id.as_str()));
        for request in self.coveo.requests().into_iter().chain(self.other.requests()) {
            let body = String::from_utf8_lossy(&request.body);
            assert!(!theirs(&request.path) && !theirs(&body), "{} {} {body}", request.method, request.path);
        }
        assert!(self.other.requests().iter().all(|request| !request.acted));
    }
}

/// The command lines that have a secret in them, of all processes, as far as this system shows them.
fn in_argument_lists(secrets: &[String]) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let lines = processes.filter_map(|process| fs::read(process.ok()?.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| secrets.iter().any(|secret| line.contains(secret))).collect()
}
