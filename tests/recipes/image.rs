//! The container image: what is in it, and what it does in podman.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::book::Recipe;
use crate::scene::Scene;
use support::fake_coveo::{Coveo, FULL_TOKEN};
use support::harness::{Run, needed, release_file, skip};

/// The image's name, without a registry.
const NAME: &str = concat!("coveo-delete-key:", env!("CARGO_PKG_VERSION"));

/// The user that `nobody` has in most places.
const USER: &str = "65534";

/// The words that start a container on this machine's network.
const RUN: &str = "run --rm --read-only --network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024";

/// The archive, unless the sources have changed since it was made.
#[track_caller]
fn archive() -> Option<PathBuf> {
    let name = format!("dist/coveo-delete-key-{}-oci.tar", env!("CARGO_PKG_VERSION"));
    release_file(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), "make image").map_err(skip).ok()
}

/// Podman with the image in a storage of its own.
struct Podman {
    program: PathBuf,
    /// The words before a subcommand.
    words: String,
    _storage: TempDir,
}

impl Podman {
    #[track_caller]
    fn new() -> Option<Podman> {
        let (archive, program) = (archive()?, needed("podman", "podman")?);
        needed("runc", "runc")?;
        let storage = tempfile::tempdir().expect("a folder can be made");
        let path = storage.path().display();
        // This works in a container and with both versions of cgroups.
        let runtime = "--storage-driver vfs --runtime runc --cgroup-manager cgroupfs";
        let words = format!("--root {path}/root --runroot {path}/run {runtime}");
        let podman = Podman { program, words, _storage: storage };
        podman.output(&["load", "--quiet", "--input", &archive.display().to_string()]);
        Some(podman)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.words.split(' '));
        command
    }

    #[track_caller]
    fn output(&self, words: &[&str]) -> String {
        let output = self.command().args(words).output().expect("podman starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("its output is UTF-8").trim().to_owned()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        _ = self.command().args(["rmi", "--all", "--force"]).stdout(Stdio::null()).status();
    }
}

pub fn recipe(recipe: &Recipe) {
    let [script] = recipe.blocks(["sh"]);
    let Some(podman) = Podman::new() else { return };
    let scene = Scene::new([]);
    let key = scene.coveo.add_keys(1).remove(0);
    let published = format!("ghcr.io/OWNER/{NAME}");
    let words = format!("'{}' {} {RUN} --env COVEO_ENDPOINT", podman.program.display(), podman.words);
    let docker = format!("#!/bin/sh\n[ \"$1\" = run ]\nshift\nexec {words} \"$@\"\n");
    scene.program("programs/docker", &docker);
    assert!(script.contains(&published), "{script}");
    let ran = scene.sh(&script.replace(&published, NAME), &[("KEY_ID", &key)]).assert_status(0);
    assert_eq!(ran.stdout, format!("deleted {key} from {}\n", scene.coveo.id()));
    assert!(!scene.coveo.exists(&key));
}

/// Over HTTPS, with SIGTERM while the first of two keys is being deleted.
#[test]
fn image_reports_key_on_sigterm() {
    let Some(podman) = Podman::new() else { return };
    let coveo = Coveo::https();
    let keys = coveo.add_keys(2);
    let ((sender, deleting), (respond, response)) = (mpsc::channel(), mpsc::channel());
    let response = Mutex::new(response);
    coveo.on_request(move |_, _| {
        _ = sender.send(());
        _ = response.lock().expect("no panic holds the lock").recv();
    });
    let authority = format!("{}:/authority.pem:ro", coveo.authority_file().display());
    let mut command = podman.command();
    command.args(RUN.split(' ')).args(["--name", "sigterm", "--volume", &authority]);
    for (name, value) in [
        ("COVEO_ENDPOINT", coveo.endpoint()),
        ("COVEO_ORGANIZATION_ID", coveo.id()),
        ("COVEO_ACCESS_TOKEN", FULL_TOKEN),
        ("SSL_CERT_FILE", "/authority.pem"),
    ] {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    command.arg(NAME).args(&keys).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let child = command.spawn().expect("podman starts");
    deleting.recv_timeout(Duration::from_secs(60)).expect("it deletes the first key");

    let pid = podman.output(&["inspect", "--format", "{{.State.Pid}}", "sigterm"]);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is running");
    podman.output(&["kill", "--signal", "TERM", "sigterm"]);
    respond.send(()).expect("the response is awaited");
    let run =
        Run::check(child.wait_with_output().expect("podman ends"), started.elapsed()).assert_status(143);
    assert_eq!(run.stdout, format!("deleted {} from {}\n", keys[0], coveo.id()));
    assert!(run.stderr.contains(&keys[1]), "{}", run.stderr);
    assert_eq!(keys.iter().map(|key| coveo.exists(key)).collect::<Vec<_>>(), [false, true]);

    let line = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel has this line");
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line("Uid:"), [USER; 4]);
    assert_eq!(line("Gid:"), [USER; 4]);
    assert_eq!(line("CapEff:"), ["0000000000000000"]);
    assert_eq!(line("NSpid:").last().map(String::as_str), Some("1"), "it isn't process 1");
}

#[test]
fn image_holds_only_the_static_files() {
    let Some(archive) = archive() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let unpack = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()).status();
    assert!(unpack.is_ok_and(|status| status.success()), "the archive can't be unpacked");
    let blob = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().expect("it has a digest").replace(':', "/");
        folder.path().join("blobs").join(digest)
    };
    let json = |file: PathBuf| -> Value {
        serde_json::from_slice(&fs::read(file).expect("a blob can be read")).expect("it's JSON")
    };
    let index = json(folder.path().join("index.json"));
    assert_eq!(index["manifests"].as_array().map(Vec::len), Some(1));
    let manifests = json(blob(&index["manifests"][0]))["manifests"].take();
    let mut architectures = Vec::new();
    for descriptor in manifests.as_array().expect("it's a list") {
        let manifest = json(blob(descriptor));
        let config = json(blob(&manifest["config"]));
        architectures.push(config["architecture"].as_str().expect("it has one").to_owned());
        assert_eq!(descriptor["platform"]["architecture"], config["architecture"]);
        check_config(&config["config"]);
        assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
        check_layer(&blob(&manifest["layers"][0]), architectures.last().expect("it was pushed"));
    }
    assert_eq!(architectures, ["amd64", "arm64"]);
}

fn check_config(config: &Value) {
    assert_eq!(config["User"], "65534:65534");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/coveo-delete-key"]));
    assert_eq!(config.get("Cmd"), None);
    let labels = config["Labels"].as_object().expect("it has labels");
    for (name, value) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
        ("title", env!("CARGO_PKG_NAME")),
        ("description", env!("CARGO_PKG_DESCRIPTION")),
    ] {
        assert_eq!(labels[&format!("org.opencontainers.image.{name}")], value);
    }
    assert_eq!(labels["org.opencontainers.image.revision"].as_str().map(str::len), Some(40));
    assert_eq!(labels.len(), 6, "{labels:?}");
}

/// The layer has one file: the static one of this architecture.
fn check_layer(layer: &Path, architecture: &str) {
    let tar = |words: &[&str]| {
        let output = Command::new("tar").args(words).arg(layer).output().expect("tar starts");
        assert!(output.status.success(), "{layer:?}");
        output.stdout
    };
    let listed = String::from_utf8(tar(&["--numeric-owner", "-tvzf"])).expect("the list is UTF-8");
    assert!(listed.starts_with("-rwxr-xr-x 0/0 ") && listed.ends_with(" coveo-delete-key\n"), "{listed}");
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let machine = if architecture == "amd64" { 62 } else { 183 };
    let file = tar(&["-xzOf"]);
    // An ELF file of this machine, as in the header's e_machine.
    assert_eq!((&file[..4], file[18]), (&b"\x7fELF"[..], machine));
}
