//! Installed programs: started with settings in a temporary folder, and stopped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A program that listens on a port of 127.0.0.1 until it is dropped.
pub struct Daemon {
    pub port: u16,
    folder: TempDir,
    child: Child,
}

impl Daemon {
    /// Starts `command` on a free port. `settings` turns the port and the folder into the content of the file `settings`
    /// there.
    ///
    /// # Panics
    /// The program doesn't listen; the message has its output.
    pub fn start(settings: impl Fn(u16, &Path) -> String, command: impl Fn(&Path) -> Command) -> Daemon {
        // Someone else may take a free port before the program does.
        let mut last = String::new();
        for _ in 0..5 {
            match Daemon::start_at(free_port(), &settings, &command) {
                Ok(daemon) => return daemon,
                Err(said) => last = said,
            }
        }
        panic!("it does not come to listen: {last}");
    }

    /// The same once, on a given port.
    ///
    /// # Errors
    /// The output of a program that doesn't listen.
    pub fn start_at(
        port: u16,
        settings: impl Fn(u16, &Path) -> String,
        command: impl Fn(&Path) -> Command,
    ) -> Result<Daemon, String> {
        let folder = tempfile::Builder::new().prefix("network-").tempdir().expect("a temporary folder");
        let path = folder.path().to_owned();
        fs::write(path.join("settings"), settings(port, &path)).expect("settings can be written");
        let output = File::create(path.join("output")).expect("a file for what it says");
        let errors = output.try_clone().expect("a second handle on it");
        let mut command = command(&path);
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().expect("an installed program starts");
        let mut daemon = Daemon { port, folder, child };
        if listens(&mut daemon.child, port) { Ok(daemon) } else { Err(daemon.file("output")) }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The path of this file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The content of this file in its folder.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Kills it, with all its connections.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the child itself listens on the port, or has ended.
fn listens(child: &mut Child, port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        // Listing all sockets is slow, so a child without sockets isn't looked up.
        let sockets = sockets_of(child.id());
        if !sockets.is_empty() && listener_at(port).is_some_and(|socket| sockets.contains(&socket)) {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The name of the socket that listens on this port of 127.0.0.1.
fn listener_at(port: u16) -> Option<String> {
    // 127.0.0.1 in memory order, the port, no peer, and the state of listening.
    let listening = format!(" 0100007F:{port:04X} 00000000:0000 0A ");
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let number = table.lines().find(|line| line.contains(&listening))?.split_whitespace().nth(9)?;
    Some(format!("socket:[{number}]"))
}

fn sockets_of(process: u32) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let files =
        files.filter_map(|entry| fs::read_link(entry.path()).ok()?.into_os_string().into_string().ok());
    files.filter(|file| file.starts_with("socket:")).collect()
}

/// A port of 127.0.0.1 on which nobody listens right now.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
