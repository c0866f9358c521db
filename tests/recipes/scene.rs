//! An organization, a folder with the scripts of the recipes, and a shell.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::book;
use support::fake_coveo::{ApiKey, Coveo, Date, FULL_TOKEN};
use support::harness::{SECRETS, binary};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An organization and a folder.
pub struct Scene {
    pub coveo: Coveo,
    folder: TempDir,
}

/// What a script did.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn assert_status(self, status: i32) -> Ran {
        assert_eq!(self.status, status, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// A key with this name, created `days` ago.
pub fn key(id: &str, name: &str, days: u32) -> ApiKey {
    let created = Date::Rfc3339(ago(days));
    ApiKey {
        display_name: name.to_owned(),
        created_date: created.clone(),
        activation_date: created,
        ..ApiKey::new(id)
    }
}

/// The same, used today.
pub fn used(id: &str, name: &str, days: u32) -> ApiKey {
    ApiKey { last_used_date: Date::Rfc3339(ago(0)), ..key(id, name, days) }
}

/// A key with this name, disabled `since` days ago.
pub fn disabled(id: &str, name: &str, since: u32) -> ApiKey {
    let disabled_date = Date::Rfc3339(ago(since));
    ApiKey { enabled: false, status: "DISABLED".to_owned(), disabled_date, ..key(id, name, 2 * since) }
}

fn ago(days: u32) -> SystemTime {
    SystemTime::now() - days * DAY
}

impl Scene {
    /// An organization with these keys over HTTP.
    pub fn new(keys: impl IntoIterator<Item = ApiKey>) -> Scene {
        Scene::of(Coveo::with(keys))
    }

    pub fn of(coveo: Coveo) -> Scene {
        let scene = Scene { coveo, folder: tempfile::tempdir().expect("a folder can be made") };
        for folder in ["ci", "programs"] {
            fs::create_dir(scene.path().join(folder)).expect("a folder can be made");
        }
        for (name, text) in book::scripts() {
            scene.write(name, &text);
            scene.write(&format!("ci/{name}"), &text);
        }
        scene
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a program; those in `programs` come first on the PATH.
    pub fn program(&self, name: &str, script: &str) {
        self.write(name, script);
        fs::set_permissions(self.path().join(name), Permissions::from_mode(0o755))
            .expect("its mode can be set");
    }

    /// Writes a program that lists its arguments in a file of the same name with `.log`.
    pub fn stub(&self, name: &str) {
        let log = self.path().join(format!("{name}.log"));
        self.program(&format!("programs/{name}"), &format!("#!/bin/sh\necho \"$*\" >>'{}'\n", log.display()));
    }

    /// The names of its keys, and whether they are enabled.
    pub fn keys(&self) -> Vec<(String, bool)> {
        let key = |id: &String| self.coveo.key(id).map(|key| (key.display_name, key.enabled));
        self.coveo.ids().iter().filter_map(key).collect()
    }

    /// Runs a script in its folder, with these variables too.
    pub fn sh(&self, script: &str, variables: &[(&str, &str)]) -> Ran {
        let programs = self.path().join("programs");
        let tool = binary().parent().expect("the binary is in a folder").to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = [programs, tool].into_iter().chain(env::split_paths(&path));
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .current_dir(self.path())
            .env_clear()
            .env("PATH", env::join_paths(path).expect("folders can be joined"))
            .env("COVEO_ENDPOINT", self.coveo.endpoint())
            .env("COVEO_ORGANIZATION_ID", self.coveo.id())
            .env("COVEO_ACCESS_TOKEN", FULL_TOKEN)
            .stdin(Stdio::null());
        if self.coveo.endpoint().starts_with("https") {
            command.env("SSL_CERT_FILE", self.coveo.authority_file());
        }
        for (name, value) in variables {
            match *value {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        let output = command.output().expect("there is a shell");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
        let ran = Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for secret in SECRETS {
            assert!(!format!("{ran:?}").contains(secret), "a secret was printed: {ran:?}");
        }
        ran
    }
}
