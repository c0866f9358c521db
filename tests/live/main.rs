//! `scripts/live.sh`, which tries the binary on a real organization, against a fake one: its report, that it shows no
//! secret, and that it touches and leaves nothing but its own keys.
#![cfg(unix)]

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Certificate, Coveo, Fault, Hook, MissingKey, Point, Privilege, Unknowns,
};
use support::harness::{binary, cli, kill, needed, parallel};
use tempfile::TempDir;

/// The script's token.
const TOKEN: &str = "xx17171717-2727-4373-8474-575757575757";

/// An organization with its own keys, and another that doesn't know the token.
struct Setting {
    coveo: Coveo,
    /// The keys that existed before.
    before: Vec<ApiKey>,
    folder: TempDir,
    other: Coveo,
}

/// A finished run.
struct Run {
    /// The exit status, or minus the signal.
    status: i32,
    /// What it printed, and its report.
    text: String,
}

impl Run {
    #[track_caller]
    fn assert(&self, status: i32, expected: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text);
        for text in expected {
            assert!(self.text.contains(text), "{text} isn't in:\n{}", self.text);
        }
    }
}

impl Setting {
    /// `None` if a program is missing.
    fn new(coveo: Coveo) -> Option<Self> {
        needed("bash", "bash")?;
        let programs = [
            ("curl", needed("curl", "curl")?),
            ("jq", needed("jq", "jq")?),
            ("sleep", needed("true", "coreutils")?),
            ("tool", binary()),
        ];
        let before = coveo.add_keys(3).iter().filter_map(|id| coveo.key(id)).collect();
        coveo.grant(TOKEN, &["VIEW", "EDIT", "CREATE"].map(|kind| Privilege::new(kind, "*")));
        let folder = tempfile::tempdir().expect("a temporary directory");
        let setting = Self { coveo, before, folder, other: Coveo::http() };
        for (name, program) in programs {
            // Logs the arguments and the environment of the program.
            let log = setting.path("log");
            let spy = format!("{{ printf '%s\\n' \"$*\"; export -p; }} >>'{}'\n", log.display());
            setting.program(name, &format!("{spy}exec '{}' \"$@\"\n", program.display()));
        }
        Some(setting)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a program in shell that comes first on the PATH.
    fn program(&self, name: &str, script: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\n{script}")).expect("a file can be written");
        fs::set_permissions(self.path(name), Permissions::from_mode(0o755)).expect("its mode");
    }

    /// Starts the script with this command instead of the binary, in its own process group.
    fn start(&self, tool: &str, variables: &[(&str, &str)]) -> Child {
        // Programs in the background may inherit ignored signals. A shell can't undo it; GNU's `env` can.
        let with = "with='env --default-signal=INT,HUP,TERM'; $with true 2>/dev/null || with=";
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/live.sh");
        let mut command =
            cli(&self.coveo).arg(tool).in_shell(&format!("{with}; exec $with bash '{script}' \"$@\""));
        let path = env::var_os("PATH").unwrap_or_default();
        let path = [self.folder.path().to_owned()].into_iter().chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(path).expect("folders can be joined"));
        command.env("COVEO_ACCESS_TOKEN", TOKEN).env("LIVE_OTHER", self.other.endpoint());
        command.env("LIVE_YES", "1").env("LIVE_REPORT", self.path("report.md"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command.envs(variables.iter().copied()).spawn().expect("bash starts")
    }

    fn run(&self) -> Run {
        self.ends(self.start("tool", &[]))
    }

    /// Waits for the end. Checks that no secret was shown, or passed as an argument or variable.
    fn ends(&self, child: Child) -> Run {
        let output = child.wait_with_output().expect("the script ends");
        let status = output.status.code().or_else(|| output.status.signal().map(|signal| -signal));
        let printed = [output.stdout, output.stderr].concat();
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        let text = String::from_utf8(printed).expect("UTF-8") + &read("report.md");
        let seen = (text.clone() + &read("log")).to_lowercase();
        let values = self.created().into_iter().map(|id| ApiKey::new(&id).value());
        for secret in values.chain([TOKEN.to_owned()]) {
            assert!(!seen.contains(&secret), "a secret is shown:\n{seen}");
        }
        Run { status: status.expect("an end"), text }
    }

    /// The IDs of keys that are or were in the organization, except those that existed before.
    fn created(&self) -> Vec<String> {
        let requests = self.coveo.requests();
        let path = |path: &str| Some(path.split("/apikeys/").nth(1)?.split('/').next()?.to_owned());
        let requested = requests.iter().filter_map(|request| path(&request.path));
        let mut ids: Vec<String> = requested.chain(self.coveo.ids()).collect();
        ids.retain(|id| !self.before.iter().any(|key| key.id == *id) && id != "delete" && id != "disable");
        ids.sort();
        ids.dedup();
        ids
    }

    /// The methods of requests that change keys, except the ones that create a key.
    fn changes(&self) -> Vec<String> {
        let mut requests = self.coveo.requests();
        requests.retain(|request| request.method != "GET" && !request.is("POST", "/apikeys"));
        requests.into_iter().map(|request| request.method).collect()
    }

    /// Checks that only the keys that existed before are left, and that no request was about them.
    #[track_caller]
    fn assert_nothing_else_touched(&self) {
        let left: Vec<_> = self.coveo.ids().iter().filter_map(|id| self.coveo.key(id)).collect();
        assert_eq!(left, self.before);
        for request in self.coveo.requests().into_iter().chain(self.other.requests()) {
            let text = request.path + &String::from_utf8_lossy(&request.body);
            assert!(!self.before.iter().any(|key| text.contains(&key.id)), "{} {text}", request.method);
        }
        assert!(self.other.requests().iter().all(|request| !request.acted));
    }
}

#[test]
fn run_checks_and_reports_each_step() {
    let Some(setting) = Setting::new(Coveo::http()) else { return };
    setting.coveo.inject("DELETE", "", Fault::header("Retry-After", "7"));
    setting.run().assert(
        0,
        &[
            "\nlive: all as expected\n",
            "\n| dry run | 0 wouldDelete | 200 - | enabled, enabled | yes |\n",
            "\n| wrong token | 3 unauthorized | 401 INVALID_TOKEN | enabled, enabled | yes |\n",
            "\n| wrong organization | 2 organizationNotFound | 404 ORGANIZATION_NOT_FOUND | enabled, enabled | yes |\n",
            "\n| wrong region | 3 unauthorized | 401 INVALID_TOKEN | enabled, enabled | yes |\n",
            "\n| disable | 0 disabled | 204 - | disabled, enabled | yes |\n",
            "\n| activate | 0 activated | 204 - | enabled, enabled | yes |\n",
            "\n| delete | 0 deleted | 204 - | gone, enabled | yes |\n",
            "\n| delete again | 5 notFound | 404 API_KEY_NOT_FOUND | gone, enabled | yes |\n",
            "\n| bulk | 5 notFound deleted | 404 API_KEY_NOT_FOUND;204 - | gone, gone | yes |\n",
            "### GET with a wrong token\n\n    401 INVALID_TOKEN Token is invalid.",
            "### GET in another organization\n\n    404 ORGANIZATION_NOT_FOUND Organization '",
            "### DELETE of a missing key\n\n    404 API_KEY_NOT_FOUND The API key '",
            "### bulk request to delete two missing keys\n\n    412 PRECONDITION_FAILED",
            "    retry-after: 7\n",
            "    date: ",
        ],
    );
    assert_eq!(setting.created().len(), 2);
    setting.assert_nothing_else_touched();
}

/// Over HTTPS. Bulk requests are applied in part, and a missing key is 204; neither is a failure.
#[test]
fn repeated_tokens_and_values_are_masked() {
    let unknowns = Unknowns { missing_key: MissingKey::NoContent, ..Unknowns::default() };
    let coveo = Coveo::builder().https(Certificate::Good).unknowns(unknowns).start();
    let Some(setting) = Setting::new(coveo) else { return };
    setting.coveo.plan(move |hook| match hook {
        Hook::Request(_, request) if request.path.contains("nosuchorganization") => {
            let value = ApiKey::new(request.path.rsplit('/').next().unwrap_or_default()).value();
            let message = format!("{TOKEN} {} {value} {}", TOKEN.to_uppercase(), value.to_uppercase());
            let response = CannedResponse::error(404, "ORGANIZATION_NOT_FOUND", &message);
            Fault::Answer(response.header("Via", TOKEN).header("X-Request-ID", &value))
        }
        _ => Fault::None,
    });
    setting.run().assert(
        0,
        &[
            "404 ORGANIZATION_NOT_FOUND *** *** *** ***",
            "    via: ***\n",
            "| delete again | 0 deleted | 204 - | gone, enabled | yes |",
            "Afterwards the keys are: gone, disabled.",
            "### DELETE of a missing key\n\n    204 ",
        ],
    );
    setting.assert_nothing_else_touched();
}

#[test]
fn lying_tool_is_noticed() {
    let Some(setting) = Setting::new(Coveo::http()) else { return };
    let script = "case \"$*\" in\n*--json*--disable* | *--activate* | *nosuch* | *--dry-run*) ;;\n*--json*) cat >/dev/null; \
         echo '{\"outcome\":\"deleted\",\"httpStatus\":204,\"errorCode\":null}'; exit 0 ;;\nesac\nexec tool \"$@\"\n";
    setting.program("liar", script);
    setting.ends(setting.start("liar", &[])).assert(
        1,
        &[
            "| wrong token | 0 deleted | 204 - | enabled, enabled | no |",
            "| delete | 0 deleted | 204 - | enabled, enabled | no |",
        ],
    );
    setting.assert_nothing_else_touched();
}

#[test]
fn renamed_key_is_left_alone() {
    let Some(setting) = Setting::new(Coveo::http()) else { return };
    let own: Vec<String> = setting.coveo.ids();
    setting.coveo.on_request(move |request, coveo| {
        if request.is("PUT", "/disable") {
            for id in coveo.ids().iter().filter(|id| !own.contains(id)) {
                coveo.edit(id, |key| "Production".clone_into(&mut key.display_name));
            }
        }
    });
    let run = setting.run();
    for id in setting.created() {
        let left = format!("{id} \"coveo-delete-key live test ");
        run.assert(1, &["the keys are foreign, foreign instead of", &left]);
        assert!(setting.coveo.exists(&id), "{id} was deleted");
    }
    // The attempts in the wrong organization and with the wrong token, and disabling.
    assert_eq!(setting.changes(), ["DELETE", "DELETE", "PUT"], "{}", run.text);
}

#[test]
fn unanswered_creation_is_named() {
    let Some(setting) = Setting::new(Coveo::http()) else { return };
    setting.coveo.inject("POST", "", Fault::At(Point::AfterActing, Break::Close));
    let run = setting.run();
    let name = setting.coveo.key(&setting.created()[0]).unwrap().display_name;
    run.assert(1, &[&format!("\"{name}\" may have been created")]);
    assert!(setting.changes().is_empty());
}

#[test]
fn nothing_is_sent_without_consent_or_valid_variables() {
    let Some(setting) = Setting::new(Coveo::http()) else { return };
    for (name, value, printed) in [
        ("LIVE_YES", "", "live: standard input isn't a terminal, so nobody can be asked: set LIVE_YES=1\n"),
        ("COVEO_ORGANIZATION_ID", TOKEN, "another variable contains the access token"),
        ("LIVE_OTHER", &format!("https://{TOKEN}"), "another variable contains the access token"),
        ("COVEO_ENDPOINT", "http://192.0.2.1", "must be https://HOST"),
        ("COVEO_ENDPOINT", "http://127.0.0.1.example.com", "must be https://HOST"),
        ("COVEO_ENDPOINT", "https://user@127.0.0.1", "must be https://HOST"),
        ("COVEO_REGION", "eu", "are both set"),
        ("COVEO_ACCESS_TOKEN_FILE", "/dev/null", "are both set"),
        ("COVEO_ACCESS_TOKEN", "two words", "must contain an access token"),
    ] {
        setting.ends(setting.start("tool", &[(name, value)])).assert(2, &[printed]);
        assert!(setting.coveo.requests().is_empty(), "{name}={value}");
    }
    setting.coveo.grant(TOKEN, &["VIEW", "EDIT"].map(|kind| Privilege::new(kind, "*")));
    setting.run().assert(1, &["no key was created: 403 ACCESS_DENIED"]);
    assert!(setting.created().is_empty() && setting.changes().is_empty());
}

#[test]
fn created_keys_are_removed_after_a_signal() {
    // The request at which the signal comes, its number, whether all processes get it, as with Ctrl-C, and the number of
    // keys created by then.
    let cases = [
        ("POST", "/apikeys", 2, true, 1),
        ("POST", "/apikeys", 15, false, 1),
        ("PUT", "/disable", 2, false, 2),
        ("DELETE", "", 1, true, 2),
    ];
    parallel(2, &cases, |&(method, tail, signal, to_all, created)| {
        let Some(setting) = Setting::new(Coveo::http()) else { return };
        let (send, reached) = mpsc::channel();
        setting.coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.is(method, tail) => {
                _ = send.send(());
                Fault::Slow(Duration::from_millis(300))
            }
            _ => Fault::None,
        });
        let child = setting.start("tool", &[]);
        reached.recv_timeout(Duration::from_secs(120)).expect("the script sends this request");
        kill(signal, if to_all { format!("-{}", child.id()) } else { child.id().to_string() });
        let run = setting.ends(child);
        run.assert(-signal, &["The run was interrupted by SIG"]);
        assert_eq!(setting.created().len(), created, "{}", run.text);
        setting.assert_nothing_else_touched();
    });
}
