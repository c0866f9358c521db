//! Installed programs that listen on a port: started with settings in a temporary folder, and stopped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::needed;

/// A program that listens on a port of 127.0.0.1 until it is dropped.
pub struct Daemon {
    pub port: u16,
    folder: TempDir,
    child: Child,
}

impl Daemon {
    /// Starts a program on a free port. It runs in a temporary folder with a file `settings`, whose content depends on the
    /// port and the folder. `None` if the program isn't installed.
    ///
    /// # Panics
    /// The program doesn't listen; the message has its output.
    #[track_caller]
    pub fn start(
        program: &str,
        arguments: &[&str],
        settings: impl Fn(u16, &Path) -> String,
    ) -> Option<Daemon> {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        Daemon::start_on(|| free().expect("a free port").port(), program, arguments, settings)
    }

    /// The same on this port.
    #[track_caller]
    pub fn start_on(
        port: impl Fn() -> u16,
        program: &str,
        arguments: &[&str],
        settings: impl Fn(u16, &Path) -> String,
    ) -> Option<Daemon> {
        let program = needed(program, program)?;
        let mut last = String::new();
        // Someone else may take a free port before the program does.
        for _ in 0..5 {
            let (port, folder) = (port(), tempfile::tempdir().expect("a temporary folder"));
            let path = folder.path();
            fs::write(path.join("settings"), settings(port, path)).expect("settings can be written");
            let output = File::create(path.join("output")).expect("a file for its output");
            let errors = output.try_clone().expect("a second handle on it");
            let mut command = Command::new(&program);
            command.args(arguments).current_dir(path).stdin(Stdio::null()).stdout(output).stderr(errors);
            let child = command.spawn().expect("an installed program starts");
            let mut daemon = Daemon { port, folder, child };
            if daemon.listens() {
                return Some(daemon);
            }
            last = daemon.file("output");
        }
        panic!("it doesn't listen: {last}");
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The path of a file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Kills it, with all its connections.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until the child itself listens on the port, or has ended.
    fn listens(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            // Listing all sockets is slow, so a child without sockets isn't looked up.
            let sockets = sockets_of(self.child.id());
            if !sockets.is_empty() && listener_at(self.port).is_some_and(|socket| sockets.contains(&socket)) {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
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
    let file = |file: fs::DirEntry| fs::read_link(file.path()).ok()?.into_os_string().into_string().ok();
    files.filter_map(file).filter(|file| file.starts_with("socket:")).collect()
}
