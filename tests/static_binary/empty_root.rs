//! A root folder that holds a static binary and hardly anything else, as a container `FROM scratch` does.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tempfile::TempDir;

use super::binary::Binary;
use support::fake_coveo::{Coveo, FULL_TOKEN};
use support::harness::{Run, as_root, program};

/// An unprivileged user that no file names: `nobody` in most places.
const USER: &str = "65534";

/// The folder, which nobody but root may write to.
pub struct EmptyRoot {
    folder: TempDir,
    /// What to run in it, with `/` for the folder.
    words: Vec<String>,
}

impl EmptyRoot {
    /// A folder with the binary, and with what runs it if something has to.
    pub fn new(binary: &Binary) -> Self {
        let mut root = Self { folder: tempfile::tempdir().expect("a folder can be made"), words: Vec::new() };
        let words = binary
            .emulator
            .iter()
            .map(|emulator| root.program("/emulator", emulator))
            .chain([root.program("/coveo-delete-key", &binary.file)])
            .collect();
        root.words = words;
        root
    }

    fn program(&self, path: &str, from: &Path) -> String {
        let file = self.folder.path().join(&path[1..]);
        fs::copy(from, &file).expect("the binary can be copied");
        fs::set_permissions(file, Permissions::from_mode(0o555)).expect("its mode can be set");
        path.to_owned()
    }

    /// Adds a file that everybody may read.
    pub fn file(self, path: &str, content: &str) -> Self {
        let file = self.folder.path().join(path.trim_start_matches('/'));
        let folder = file.parent().expect("it is in a folder");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("its mode can be set");
        fs::write(&file, content).expect("it can be written");
        fs::set_permissions(file, Permissions::from_mode(0o444)).expect("its mode can be set");
        self
    }

    /// Has the binary delete a key of `coveo` at `host`, with a few more `variables` and `arguments`.
    ///
    /// # Errors
    /// The reason why nothing can be run in another root folder here.
    pub fn delete(
        &self,
        coveo: &Coveo,
        host: &str,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<Deleted, String> {
        let key = coveo.add_keys(1).remove(0);
        let endpoint = format!("https://{host}:{}", coveo.port());
        let mut all = vec![("COVEO_ENDPOINT", endpoint.as_str()), ("COVEO_ORGANIZATION_ID", coveo.id())];
        all.extend(variables);
        if !variables.iter().any(|(name, _)| name.starts_with("COVEO_ACCESS_TOKEN")) {
            all.push(("COVEO_ACCESS_TOKEN", FULL_TOKEN));
        }
        let chroot = program("chroot", "coreutils")?.to_string_lossy().into_owned();
        let user = format!("--userspec={USER}:{USER}");
        let folder = self.folder.path().to_string_lossy().into_owned();
        let words = [chroot, user, folder].into_iter().chain(self.words.iter().cloned());
        let words = words.chain(arguments.iter().map(|&word| word.to_owned())).chain([key.clone()]);
        let mut command = as_root(&all, words)?;

        // While it waits for the answer, it can be looked at.
        let seen = Arc::new(Mutex::new(None));
        let (note, wanted) = (Arc::clone(&seen), key.clone());
        coveo.on_request(move |_, _| *note.lock().expect("nothing panics with it") = status_of(&wanted));
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o555)).expect("its mode can be set");
        let before = self.files();
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let run = Run::check(output, started.elapsed());
        assert_eq!(self.files(), before, "it leaves nothing behind");
        if let Some(status) = seen.lock().expect("nothing panics with it").take() {
            let has = |line: &str| status.lines().any(|found| found == line);
            assert!(has(&format!("Uid:\t{USER}\t{USER}\t{USER}\t{USER}")), "another user: {status}");
            assert!(has("CapEff:\t0000000000000000"), "a user with capabilities: {status}");
        } else {
            assert!(coveo.requests().is_empty(), "the process that made the request is not to be found");
        }
        Ok(Deleted { run, key })
    }

    fn files(&self) -> Vec<String> {
        fn list(folder: &Path, files: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("the folder can be read") {
                let path = entry.expect("its entry can be read").path();
                files.push(path.display().to_string());
                if path.is_dir() {
                    list(&path, files);
                }
            }
        }
        let mut files = Vec::new();
        list(self.folder.path(), &mut files);
        files.sort();
        files
    }
}

impl Drop for EmptyRoot {
    fn drop(&mut self) {
        // Whoever is not root can remove nothing from a folder that is for reading alone.
        let _ = fs::set_permissions(self.folder.path(), Permissions::from_mode(0o755));
    }
}

/// What the system knows of the process that was started to delete `key`, `/proc/PID/status`.
fn status_of(key: &str) -> Option<String> {
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut words = command.split(|byte| *byte == 0);
        let first = words.next().unwrap_or_default();
        if [&b"/coveo-delete-key"[..], b"/emulator"].contains(&first)
            && words.any(|word| word == key.as_bytes())
        {
            return fs::read_to_string(entry.path().join("status")).ok();
        }
    }
    None
}

/// What became of a run.
#[derive(Debug)]
pub struct Deleted {
    /// What it said.
    pub run: Run,
    /// The key that was to be deleted.
    pub key: String,
}

impl Deleted {
    /// Checks that the key is gone from the organization, by the one request there was, and that it was said.
    #[track_caller]
    pub fn came_true(self, coveo: &Coveo) {
        let run = self.run.assert_status(0);
        assert_eq!(run.stdout, format!("deleted {} from {}\n", self.key, coveo.id()));
        assert_eq!(run.stderr, "");
        assert!(!coveo.exists(&self.key), "the key is still there");
        let path = format!("/rest/organizations/{}/apikeys/{}", coveo.id(), self.key);
        let requests = coveo.requests();
        let asked = requests.iter().filter(|request| request.method == "DELETE" && request.path == path);
        assert_eq!(asked.count(), 1);
    }
}
