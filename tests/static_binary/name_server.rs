//! A real name server, dnsmasq, on its own loopback address.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use support::harness::{as_root, program};

/// It knows one name and logs what it is asked.
pub struct NameServer {
    /// Its address; the port is 53.
    pub address: IpAddr,
    folder: TempDir,
    child: Child,
}

impl NameServer {
    /// Starts one that answers 127.0.0.1 for `name`. Its other records, such as an IPv6 address, don't exist.
    ///
    /// # Errors
    /// Why it can't run here.
    pub fn start(name: &str) -> Result<Self, String> {
        Self::start_with(&[format!("--address=/{name}/127.0.0.1"), format!("--local=/{name}/")])
    }

    /// The same, which forwards questions to another server and doesn't cache.
    pub fn in_front_of(upstream: SocketAddr) -> Result<Self, String> {
        let server = format!("--server={}#{}", upstream.ip(), upstream.port());
        Self::start_with(&[server, "--cache-size=0".into(), "--no-negcache".into()])
    }

    /// The same with its defaults, which refuses what it doesn't know.
    pub fn plain(name: &str) -> Result<Self, String> {
        Self::start_with(&[format!("--address=/{name}/127.0.0.1")])
    }

    /// Starts one with more `settings`.
    pub fn start_with(settings: &[String]) -> Result<Self, String> {
        let dnsmasq = program("dnsmasq", "dnsmasq")?;
        // Others may be running, but 127.0.0.0/8 is large.
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
        // A question about the root (RFC 1035).
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

    /// The questions and answers.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        // It runs as root, so only root may end it.
        if let Ok(mut command) = as_root(&[("PATH", "/usr/bin:/bin")], ["kill", &id]) {
            let _ = command.status();
        }
        let _ = self.child.wait();
    }
}

/// What a name server answers.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 127.0.0.1.
    Address,
    /// The name exists but has no address of this kind.
    NoData,
    /// An error (RFC 1035, section 4.1.1).
    Error(u8),
    /// Nothing.
    Silence,
}

/// Starts a server that answers with `answer`, which gets the name and whether the question is about IPv4.
pub fn upstream(answer: impl Fn(&str, bool) -> Answer + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((count, client)) = socket.recv_from(&mut question) {
            let Some((name, end)) = name_in(&question[..count]) else { continue };
            // After the name come two bytes each for type and class.
            let end = end + 4;
            let is_ipv4 = question[end - 4..end - 2] == [0, 1];
            let (status, has_address) = match answer(&name, is_ipv4) {
                Answer::Address => (0, is_ipv4),
                Answer::NoData => (0, false),
                Answer::Error(status) => (status, false),
                Answer::Silence => continue,
            };
            let mut answer = question[..2].to_vec();
            answer.extend([0x81, 0x80 | status, 0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
            answer.extend(&question[12..end]);
            if has_address {
                // The name as above, an internet address, valid for a minute, 4 bytes.
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            let _ = socket.send_to(&answer, client);
        }
    });
    address
}

/// Returns the name in a question and where it ends. It begins after a head of 12 bytes; each part has its length before
/// it, and a zero follows the last.
fn name_in(question: &[u8]) -> Option<(String, usize)> {
    let mut parts = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((parts.join("."), at));
        }
        parts.push(String::from_utf8_lossy(question.get(at..at + length)?).to_lowercase());
        at += length;
    }
}
