//! A root folder with little more than a static binary, as in a container `FROM scratch`.

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

/// An unprivileged user that isn't in any file: usually `nobody`.
const USER: &str = "65534";

/// The folder, writable only for root.
pub struct EmptyRoot {
    folder: TempDir,
    /// The command to run in it; the folder is `/`.
    words: Vec<String>,
}

impl EmptyRoot {
    /// Creates a folder with the binary, and its emulator if it needs one.
    pub fn new(binary: &Binary) -> Self {
        let mut root =
            Self { folder: tempfile::tempdir().expect("a temporary directory"), words: Vec::new() };
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

    /// Adds a file that is readable for everybody.
    pub fn file(self, path: &str, content: &str) -> Self {
        let file = self.folder.path().join(path.trim_start_matches('/'));
        let folder = file.parent().expect("the folder of the file");
        fs::create_dir_all(folder).expect("the folder can be created");
        fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("its mode can be set");
        fs::write(&file, content).expect("the file can be written");
        fs::set_permissions(file, Permissions::from_mode(0o444)).expect("its mode can be set");
        self
    }

    /// Runs the binary to delete a key of `coveo` at `host`, with these `variables` and `arguments`.
    ///
    /// # Errors
    /// Changing the root folder isn't possible here.
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

        // The process is inspected while it waits for the response.
        let seen = Arc::new(Mutex::new(None));
        let (store, wanted) = (Arc::clone(&seen), key.clone());
        coveo.on_request(move |_, _| *store.lock().expect("no panic holds the lock") = status_of(&wanted));
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o555)).expect("its mode can be set");
        let before = self.files();
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let run = Run::check(output, started.elapsed());
        assert_eq!(self.files(), before, "it leaves no files");
        if let Some(status) = seen.lock().expect("no panic holds the lock").take() {
            let has = |line: &str| status.lines().any(|found| found == line);
            assert!(has(&format!("Uid:\t{USER}\t{USER}\t{USER}\t{USER}")), "another user: {status}");
            assert!(has("CapEff:\t0000000000000000"), "a user with capabilities: {status}");
        } else {
            assert!(coveo.requests().is_empty(), "the process that sent the request wasn't found");
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
        // Only root can remove files from a read-only folder.
        let _ = fs::set_permissions(self.folder.path(), Permissions::from_mode(0o755));
    }
}

/// `/proc/PID/status` of the process that deletes `key`.
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

/// A finished run.
#[derive(Debug)]
pub struct Deleted {
    /// The run.
    pub run: Run,
    /// The key.
    pub key: String,
}

impl Deleted {
    /// Checks that one request deleted the key, and that the output says so.
    #[track_caller]
    pub fn assert_deleted(self, coveo: &Coveo) {
        let run = self.run.assert_status(0);
        assert_eq!(run.stdout, format!("deleted {} from {}\n", self.key, coveo.id()));
        assert_eq!(run.stderr, "");
        assert!(!coveo.exists(&self.key), "the key still exists");
        let path = format!("/rest/organizations/{}/apikeys/{}", coveo.id(), self.key);
        let requests = coveo.requests();
        let sent = requests.iter().filter(|request| request.method == "DELETE" && request.path == path);
        assert_eq!(sent.count(), 1);
    }
}
