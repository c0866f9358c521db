//! A real name server, dnsmasq, on an address of loopback of its own.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
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
    /// Starts one that says 127.0.0.1 to anybody who asks for `name`. Whatever else is asked about it, such as an address of
    /// IPv6, does not exist.
    ///
    /// # Errors
    /// The reason why there can't be one here.
    pub fn start(name: &str) -> Result<Self, String> {
        Self::start_with(&[format!("--address=/{name}/127.0.0.1"), format!("--local=/{name}/")])
    }

    /// The same, which hands questions on to another server, and remembers none of its answers.
    pub fn in_front_of(upstream: SocketAddr) -> Result<Self, String> {
        let server = format!("--server={}#{}", upstream.ip(), upstream.port());
        Self::start_with(&[server, "--cache-size=0".into(), "--no-negcache".into()])
    }

    /// The same as it comes, which refuses whatever it was not told.
    pub fn plain(name: &str) -> Result<Self, String> {
        Self::start_with(&[format!("--address=/{name}/127.0.0.1")])
    }

    fn start_with(settings: &[String]) -> Result<Self, String> {
        let dnsmasq = program("dnsmasq", "dnsmasq")?;
        // Others may be running; 127.0.0.0/8 is large.
        static STARTED: AtomicU8 = AtomicU8::new(0);
        let [.., high, low] = std::process::id().to_be_bytes();
        let second = 53 + STARTED.fetch_add(1, Ordering::Relaxed) % 64;
        let address = IpAddr::V4(Ipv4Addr::new(127, second, high, low.clamp(1, 254)));
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
            "--log-queries".into(),
            format!("--log-facility={}", folder.path().join("log").display()),
        ];
        let words = words.into_iter().chain(settings.iter().cloned());
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

/// Starts a server that has an address for IPv4, and `error` (RFC 1035, 4.1.1) for whoever asks for IPv6.
pub fn without_ipv6(error: u8) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((count, client)) = socket.recv_from(&mut question) {
            // The name begins behind a head of 12 bytes and ends with a zero; then come two bytes each for type and class.
            let question = &question[..count];
            let Some(length) = question[12..].iter().position(|byte| *byte == 0) else { continue };
            let end = 12 + length + 1 + 4;
            let is_for_ipv4 = question[end - 4..end - 2] == [0, 1];
            let status = if is_for_ipv4 { 0 } else { error };
            let mut answer = question[..2].to_vec();
            answer.extend([0x81, 0x80 | status, 0, 1, 0, u8::from(is_for_ipv4), 0, 0, 0, 0]);
            answer.extend(&question[12..end]);
            if is_for_ipv4 {
                // The name as above, an address of the internet, good for a minute, 4 bytes.
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            let _ = socket.send_to(&answer, client);
        }
    });
    address
}
