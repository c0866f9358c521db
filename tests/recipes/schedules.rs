//! The recipes that run by the clock: cron, systemd and Kubernetes.

use std::process::Command;

use crate::book::Recipe;
use crate::scene::{Scene, disabled, key, used};
use crate::schemas::{accepts, validator, yaml};
use support::fake_coveo::FULL_TOKEN;
use support::harness::{Run, needed};

/// An organization with old and new keys of builds and of production.
fn scene() -> Scene {
    Scene::new([
        disabled("wduuqg3ip2c3i3gpopapxhcgxe", "CI old", 31),
        disabled("k3vqzmd5yhw2j7txc4rnb6aeua", "CI young", 29),
        disabled("b5tj2xwoq7e3rkzm4dvhcnyf6i", "prod old", 31),
        key("f7ncy4kdz2ovtq3whx5mjr6beq", "prod unused", 91),
        key("h2wgs6rqk4ubx7dyz3ptmcoj5e", "Unused", 91),
        used("m6xpe3ahv5yrz2kqtw7jdcnb4u", "In use", 5),
    ])
}

/// Runs a command with the token in a file.
fn run(scene: &Scene, command: &str) -> Run {
    scene.write("token", FULL_TOKEN);
    scene.sh(command, &[("COVEO_ACCESS_TOKEN", ""), ("COVEO_ACCESS_TOKEN_FILE", "token")])
}

#[track_caller]
fn assert_deleted(scene: &Scene, deleted: &[&str]) {
    let all = ["CI old", "CI young", "prod old", "prod unused", "Unused", "In use"];
    let left: Vec<&str> = all.into_iter().filter(|name| !deleted.contains(name)).collect();
    assert_eq!(scene.names(), left);
}

pub fn cron(recipe: &Recipe) {
    let [table] = recipe.blocks(["crontab"]);
    let scene = scene();
    let (settings, jobs): (Vec<&str>, Vec<&str>) =
        table.lines().partition(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    for name in ["PATH", "MAILTO", "COVEO_ORGANIZATION_ID", "COVEO_ACCESS_TOKEN_FILE"] {
        let is_set = settings.iter().any(|line| line.starts_with(&format!("{name}=")));
        assert!(is_set, "{name} is missing: {table}");
    }
    assert_eq!(jobs.len(), 2, "{table}");
    for job in jobs {
        let (time, command) = job.split_once("  ").expect("two spaces end the time");
        let fields: Vec<&str> = time.split(' ').collect();
        assert!(fields.len() == 5 && time.chars().all(|c| "0123456789* ".contains(c)), "{job}");
        // cron turns it into a line break.
        assert!(!command.contains('%'), "{job}");
        assert_eq!(run(&scene, command).assert_status(0).stdout.lines().count(), 1, "{job}");
        assert_eq!(run(&scene, command).assert_status(0).stdout, "", "{job}");
    }
    assert_deleted(&scene, &["CI old"]);
    assert_eq!(scene.names_if(|key| key.enabled), ["prod unused", "In use"]);
}

pub fn systemd(recipe: &Recipe) {
    let [service, timer, commands] = recipe.blocks(["ini", "ini", "sh"]);
    let scene = scene();
    scene.stub("systemctl");
    scene.sh(commands, &[]).assert_status(0);
    assert_eq!(scene.read("systemctl.log"), "daemon-reload\nenable --now coveo-disabled-keys.timer\n");

    let program = "/usr/local/bin/coveo-delete-key";
    let start = format!("ExecStart={program} ");
    let arguments =
        service.lines().find_map(|line| line.strip_prefix(&start)).expect("it starts the program");
    run(&scene, &format!("coveo-delete-key {arguments}")).assert_status(0);
    assert_deleted(&scene, &["CI old"]);

    let Some(analyze) = needed("systemd-analyze", "systemd") else { return };
    // It must exist.
    scene.write("coveo-disabled-keys.service", &service.replace(program, "/bin/true"));
    scene.write("coveo-disabled-keys.timer", timer);
    let mut verify = Command::new(analyze);
    verify.args(["verify", "--man=no"]);
    verify.args(["service", "timer"].map(|kind| scene.path().join(format!("coveo-disabled-keys.{kind}"))));
    let output = verify.output().expect("systemd-analyze starts");
    // An unknown setting is a warning.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

pub fn kubernetes(recipe: &Recipe) {
    let [manifest, command] = recipe.blocks(["yaml", "sh"]);
    let scene = scene();
    scene.stub("kubectl");
    scene.sh(command, &[]).assert_status(0);
    let job = "create job --from=cronjob/coveo-disabled-keys coveo-disabled-keys-now\n";
    assert_eq!(scene.read("kubectl.log"), job);

    scene.write("cronjob.yaml", manifest);
    let file = scene.path().join("cronjob.yaml");
    let Some(validator) = validator("kubernetes-validate") else { return };
    accepts(Command::new(validator).arg("--strict").arg(&file));
    let Some(manifest) = yaml(&file) else { return };
    let container = &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
    let words = container["args"].as_array().expect("it has arguments").iter();
    let words: String = words.map(|word| format!(" '{}'", word.as_str().expect("they are texts"))).collect();
    run(&scene, &format!("coveo-delete-key{words}")).assert_status(0);
    assert_deleted(&scene, &["CI old"]);
}
