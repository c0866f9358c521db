//! An organization, a folder with the scripts of the recipes, and a shell.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::book;
use support::fake_coveo::{ApiKey, Coveo, Date, days_ago};
use support::harness::{Run, SECRETS, binary, cli};

/// An organization and a folder.
pub struct Scene {
    pub coveo: Coveo,
    folder: TempDir,
}

/// A key with this name, created `days` ago.
pub fn key(id: &str, name: &str, days: u64) -> ApiKey {
    let created = Date::Rfc3339(days_ago(days));
    ApiKey {
        display_name: name.to_owned(),
        created_date: created.clone(),
        activation_date: created,
        ..ApiKey::new(id)
    }
}

/// The same, used today.
pub fn used(id: &str, name: &str, days: u64) -> ApiKey {
    ApiKey { last_used_date: Date::Rfc3339(days_ago(0)), ..key(id, name, days) }
}

/// A key with this name, disabled `since` days ago.
pub fn disabled(id: &str, name: &str, since: u64) -> ApiKey {
    let disabled_date = Date::Rfc3339(days_ago(since));
    ApiKey { enabled: false, status: "DISABLED".to_owned(), disabled_date, ..key(id, name, 2 * since) }
}

impl Scene {
    /// An organization with these keys, over HTTP.
    pub fn new(keys: impl IntoIterator<Item = ApiKey>) -> Scene {
        let scene =
            Scene { coveo: Coveo::with(keys), folder: tempfile::tempdir().expect("a folder can be made") };
        for folder in ["ci", "programs"] {
            fs::create_dir(scene.path().join(folder)).expect("a folder can be made");
        }
        for (name, text) in book::scripts() {
            scene.write(name, &text);
            scene.write(&format!("ci/{name}"), &text);
        }
        scene
    }

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
        let mode = Permissions::from_mode(0o755);
        fs::set_permissions(self.path().join(name), mode).expect("its mode can be set");
    }

    /// Writes a program that lists its arguments in a file of the same name with `.log`.
    pub fn stub(&self, name: &str) {
        let log = self.path().join(format!("{name}.log"));
        self.program(&format!("programs/{name}"), &format!("#!/bin/sh\necho \"$*\" >>'{}'\n", log.display()));
    }

    /// The names of the keys that satisfy `is`.
    pub fn names_if(&self, is: fn(&ApiKey) -> bool) -> Vec<String> {
        let keys = self.coveo.ids().into_iter().filter_map(|id| self.coveo.key(&id));
        keys.filter(is).map(|key| key.display_name).collect()
    }

    /// The names of its keys.
    pub fn names(&self) -> Vec<String> {
        self.names_if(|_| true)
    }

    /// Runs a script in its folder. Variables without a value are unset.
    pub fn sh(&self, script: &str, variables: &[(&str, &str)]) -> Run {
        let programs = self.path().join("programs");
        let tool = binary().parent().expect("the binary is in a folder").to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = [programs, tool].into_iter().chain(env::split_paths(&path));
        let mut command = cli(&self.coveo).in_shell(script);
        command.current_dir(self.path()).env("PATH", env::join_paths(path).expect("folders can be joined"));
        for (name, value) in variables {
            match *value {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        let output = command.output().expect("there is a shell");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        let run = Run { status: output.status.code().unwrap_or(-1), stdout, stderr, took: Duration::ZERO };
        for secret in SECRETS {
            assert!(!format!("{run:?}").contains(secret), "a secret was printed: {run:?}");
        }
        run
    }
}
