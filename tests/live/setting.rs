//! An organization with keys of its own, another one that does not know the token, and a run of the script on them.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use support::fake_coveo::{ApiKey, Builder, Coveo, Privilege, Recorded};
use support::harness::{binary, needed, program};

/// The script's token.
pub const TOKEN: &str = "xx17171717-2727-4373-8474-575757575757";

/// The binary, as the script finds it.
const TOOL: &str = "coveo-delete-key";

/// All programs that the script finds beside it.
const PROGRAMS: [&str; 16] = [
    "awk", "cat", "curl", "cut", "date", "dirname", "grep", "head", "jq", "mkdir", "mktemp", "rm", "sed",
    "sh", "sleep", "tr",
];

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
pub struct Run {
    /// The exit status, if no signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Both streams.
    pub said: String,
    /// The report; empty if there is none.
    pub report: String,
}

impl Run {
    /// Checks that all of this is in the report.
    #[track_caller]
    pub fn reports(&self, texts: &[impl AsRef<str>]) {
        for text in texts.iter().map(AsRef::as_ref) {
            assert!(self.report.contains(text), "{text} is not in:\n{}", self.report);
        }
    }
}

impl Setting {
    /// An organization with these settings; none where a program is missing.
    pub fn new(set: impl Fn(Builder) -> Builder) -> Option<Self> {
        for program in ["bash", "curl", "jq"] {
            needed(program, program)?;
        }
        let coveo = set(Coveo::builder()).start();
        let own = coveo.add_keys(3);
        let before = own.iter().map(|id| coveo.key(id).expect("it was added")).collect();
        coveo.grant(TOKEN, &["VIEW", "EDIT", "CREATE"].map(|kind| Privilege::new(kind, "*")));
        let other = Coveo::http();
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let setting = Self { coveo, own, folder, other, before };
        setting.set_spies();
        Some(setting)
    }

    fn report(&self) -> PathBuf {
        self.folder.path().join("report.md")
    }

    /// The script with this command in the place of the binary, in a process group of its own.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        // Programs in the background, or behind `nohup`, may have signals ignored, and pass that on. A shell can't undo it; GNU's `env` can.
        let with = "with='env --default-signal=INT,HUP,TERM'; $with true 2>/dev/null || with=env; exec $with \"$0\" \"$@\"";
        let path = format!("PATH={}", self.spies().display());
        let bash = program("bash", "bash").expect("it was there a moment ago");
        command.args(["-c", with, &path]).arg(bash);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/live.sh")).args(words);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
        command.env("COVEO_ENDPOINT", self.coveo.endpoint()).env("COVEO_ORGANIZATION_ID", self.coveo.id());
        command.env("COVEO_ACCESS_TOKEN", TOKEN).env("LIVE_YES", "1").env("LIVE_REPORT", self.report());
        command.env("LIVE_OTHER", self.other.endpoint());
        if self.coveo.endpoint().starts_with("https") {
            command.env("SSL_CERT_FILE", self.coveo.authority_file());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    fn spies(&self) -> PathBuf {
        self.folder.path().join("spies")
    }

    /// Puts a script in the place of each program, which writes down what the program gets, and runs it.
    fn set_spies(&self) {
        fs::create_dir(self.spies()).expect("there is room for a folder");
        let of_system = PROGRAMS.map(|name| (name, program(name, name).expect("each system has it")));
        for (name, program) in of_system.into_iter().chain([(TOOL, binary())]) {
            let heard = self.folder.path().join("heard");
            // Nothing is gained here by waiting as long as a real organization may need.
            let arguments = if name == "sleep" { "0.1" } else { "\"$@\"" };
            let spy = format!(
                "#!/bin/sh\n{{ printf '%s\\n' \"{name} $*\"; export -p; }} >>'{}'\nexec '{}' {arguments}\n",
                heard.display(),
                program.display()
            );
            let file = self.spies().join(name);
            fs::write(&file, spy).expect("there is room for a file");
            fs::set_permissions(file, Permissions::from_mode(0o755)).expect("its mode can be set");
        }
    }

    /// Starts the script.
    pub fn start(&self) -> Child {
        self.command(&[TOOL]).spawn().expect("bash starts")
    }

    /// Runs the script to its end.
    pub fn run(&self) -> Run {
        self.ends(self.start())
    }

    /// The same with another command in the place of the binary.
    pub fn run_with(&self, words: &[&str]) -> Run {
        self.ends(self.command(words).spawn().expect("bash starts"))
    }

    /// The same with other variables.
    pub fn run_in(&self, variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(&[TOOL]);
        self.ends(command.envs(variables.iter().copied()).spawn().expect("bash starts"))
    }

    /// Waits for the end, and checks that no secret was shown, in whatever case, or given to a program as an argument or
    /// in its environment.
    pub fn ends(&self, child: Child) -> Run {
        let output = child.wait_with_output().expect("the script ends");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("what it says is text");
        let said = text(&output.stdout) + &text(&output.stderr);
        let report = fs::read_to_string(self.report()).unwrap_or_default();
        let heard = fs::read_to_string(self.folder.path().join("heard")).unwrap_or_default();
        for secret in self.secrets() {
            for text in [&said, &report, &heard] {
                assert!(!text.to_lowercase().contains(&secret), "a secret is shown:\n{text}");
            }
        }
        Run { status: output.status.code(), signal: output.status.signal(), said, report }
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
