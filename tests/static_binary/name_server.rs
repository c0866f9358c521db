//! A real name server, dnsmasq, on an address of loopback of its own.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use support::harness::{as_root, program};

/// It knows one name, and writes down what it is asked.
pub struct NameServer {
    /// Its address; the port is 53.
    pub address: IpAddr,
    folder: TempDir,
    child: Child,
}

impl NameServer {
    /// Starts one that says 127.0.0.1 to anybody who asks for `name`.
    ///
    /// # Errors
    /// The reason why there can't be one here.
    pub fn start(name: &str) -> Result<Self, String> {
        let dnsmasq = program("dnsmasq", "dnsmasq")?;
        // Others may be running; 127.0.0.0/8 is large.
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = IpAddr::V4(Ipv4Addr::new(127, 53, high, low.clamp(1, 254)));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let words = [
            dnsmasq.to_string_lossy().into_owned(),
            "--keep-in-foreground".into(),
            "--conf-file=/dev/null".into(),
            "--pid-file=".into(),
            "--user=root".into(),
            "--no-resolv".into(),
            "--no-hosts".into(),
            "--bind-interfaces".into(),
            format!("--listen-address={address}"),
            format!("--address=/{name}/127.0.0.1"),
            // Whatever else is asked about it, such as an address of IPv6, does not exist.
            format!("--local=/{name}/"),
            "--log-queries".into(),
            format!("--log-facility={}", folder.path().join("log").display()),
        ];
        let mut command = as_root(&[("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")], words)?;
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let server = Self { address, folder, child };
        server.wait()?;
        Ok(server)
    }

    /// Waits until it answers.
    fn wait(&self) -> Result<(), String> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_millis(50))).map_err(|error| error.to_string())?;
        // "Who is .?", in the words of RFC 1035.
        let question = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            let _ = socket.send_to(&question, (self.address, 53));
            if socket.recv(&mut [0; 512]).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("dnsmasq does not answer".into())
    }

    /// What it was asked and what it said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        // As root, it ends only for root.
        if let Ok(mut command) = as_root(&[("PATH", "/usr/bin:/bin")], ["kill", &id]) {
            let _ = command.status();
        }
        let _ = self.child.wait();
    }
}
