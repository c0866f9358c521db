//! A root folder with little more than a static binary, as in a container `FROM scratch`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::binary::{self, Binary};
use support::fake_coveo::{Certificate, Coveo, FULL_TOKEN};
use support::harness::{Run, as_root, program, skip};

/// An unprivileged user that isn't in any file: usually `nobody`.
const USER: &str = "65534";

/// A name that no real name server knows. The organization's certificate is valid for it, and for those below.
pub const HOST: &str = "coveo.test";
/// Names for which our name server has an address for IPv4, and an error for IPv6.
pub const ONLY_IPV4: [&str; 4] =
    ["only4-servfail.test", "only4-nxdomain.test", "only4-notimp.test", "only4-refused.test"];

/// The folder, writable only for root.
pub struct EmptyRoot {
    folder: TempDir,
    /// The command to run in it; the folder is `/`.
    words: Vec<&'static str>,
}

/// Runs `test` for each static binary, with a root folder and an organization whose authority is trusted.
#[track_caller]
pub fn each(test: impl Fn(EmptyRoot, &Coveo)) {
    if let Err(why) = as_root(&[], ["true"]) {
        return skip(why);
    }
    for binary in binary::all() {
        let names = [&[HOST], &ONLY_IPV4[..]].concat();
        let coveo = Coveo::builder().https(Certificate::Good).names(&names).start();
        test(EmptyRoot::new(&binary).file("/authority.pem", &coveo.authority().pem), &coveo);
    }
}

impl EmptyRoot {
    /// Creates a folder with the binary, and its emulator if it needs one.
    fn new(binary: &Binary) -> Self {
        let mut root =
            Self { folder: tempfile::tempdir().expect("a temporary directory"), words: Vec::new() };
        for (path, from) in
            [("/emulator", binary.emulator.as_ref()), ("/coveo-delete-key", Some(&binary.file))]
        {
            if let Some(from) = from {
                root.put(path, &fs::read(from).expect("the binary can be read"), 0o555);
                root.words.push(path);
            }
        }
        root
    }

    /// Adds a file that is readable for everybody.
    pub fn file(self, path: &str, content: &str) -> Self {
        self.put(path, content.as_bytes(), 0o444);
        self
    }

    fn put(&self, path: &str, content: &[u8], mode: u32) {
        let set =
            |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("its mode");
        let file = self.folder.path().join(path.trim_start_matches('/'));
        let folder = file.parent().expect("the folder of the file");
        fs::create_dir_all(folder).expect("the folder can be created");
        set(folder, 0o755);
        // Only root can overwrite it.
        _ = fs::remove_file(&file);
        fs::write(&file, content).expect("the file can be written");
        set(&file, mode);
    }

    /// Runs the binary to delete a key of `coveo` at `host`, with more `variables`, of which empty ones are unset, and
    /// `arguments`.
    pub fn delete(
        &self,
        coveo: &Coveo,
        host: &str,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Deleted {
        let key = coveo.add_keys(1).remove(0);
        let endpoint = format!("https://{host}:{}", coveo.port());
        let mut all = vec![("COVEO_ENDPOINT", endpoint.as_str()), ("COVEO_ORGANIZATION_ID", coveo.id())];
        all.extend([("COVEO_ACCESS_TOKEN", FULL_TOKEN), ("SSL_CERT_FILE", "/authority.pem")]);
        all.retain(|(name, _)| variables.iter().all(|(other, _)| name != other));
        all.extend(variables.iter().filter(|(_, value)| !value.is_empty()));
        let chroot = program("chroot", "coreutils").expect("coreutils are installed");
        let user = format!("--userspec={USER}:{USER}");
        let words = [chroot.as_os_str(), user.as_ref(), self.folder.path().as_os_str()].into_iter();
        let words = words.chain(self.words.iter().chain(arguments).map(AsRef::as_ref)).chain([key.as_ref()]);
        let mut command = as_root(&all, words).expect("root was available");

        // The process is inspected while it waits for the response.
        let seen = Arc::new(Mutex::new(None));
        let (store, wanted) = (Arc::clone(&seen), key.clone());
        coveo.on_request(move |_, _| *store.lock().expect("no panic holds the lock") = status_of(&wanted));
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o555)).expect("its mode can be set");
        let before = self.files();
        let run = Run::of(&mut command);
        assert_eq!(self.files(), before, "it leaves no files");
        if let Some(status) = seen.lock().expect("no panic holds the lock").take() {
            let has = |line: &str| status.lines().any(|found| found == line);
            assert!(has(&format!("Uid:\t{USER}\t{USER}\t{USER}\t{USER}")), "another user: {status}");
            assert!(has("CapEff:\t0000000000000000"), "a user with capabilities: {status}");
        } else {
            assert!(coveo.requests().is_empty(), "the process that sent the request wasn't found");
        }
        Deleted { run, key }
    }

    /// The paths of everything in it.
    fn files(&self) -> Vec<u8> {
        Command::new("find").arg(self.folder.path()).output().expect("find starts").stdout
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
    let is_it = |folder: &Path| {
        let command = fs::read(folder.join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
        [&b"/coveo-delete-key"[..], b"/emulator"].contains(&words[0]) && words.contains(&key.as_bytes())
    };
    let mut folders = fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
    fs::read_to_string(folders.find(|folder| is_it(folder))?.join("status")).ok()
}

/// A finished run.
#[derive(Debug)]
pub struct Deleted {
    pub run: Run,
    pub key: String,
}

impl Deleted {
    /// Checks that one request deleted the key, and that the output says so. Returns how the run went.
    #[track_caller]
    pub fn assert_deleted(self, coveo: &Coveo) -> Run {
        let run = self.run.assert_status(0);
        assert_eq!(run.stdout, format!("deleted {} from {}\n", self.key, coveo.id()));
        assert_eq!(run.stderr, "");
        assert!(!coveo.exists(&self.key), "the key still exists");
        assert_eq!(coveo.count("DELETE", &format!("/apikeys/{}", self.key)), 1);
        run
    }
}
