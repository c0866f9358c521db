//! Name servers: dnsmasq, a real one, and our own, whose answer depends on the name. They use port 53, so they run only in
//! [namespaces](crate::namespace).

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::lock;

const PORT: u16 = 53;

/// Starts dnsmasq at 127.0.0.1 with these `settings`. It logs questions and answers to its file `output`.
#[track_caller]
pub fn dnsmasq(settings: &str) -> Option<Daemon> {
    let fixed = "listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nlog-queries\npid-file=\n";
    let settings = |_: u16, _: &_| format!("{fixed}{settings}\n");
    Daemon::start_on(|| PORT, "dnsmasq", &["--no-daemon", "--conf-file=settings"], settings)
}

/// A name server whose answer depends on the first part of the name, or on the part before `.search`:
///
/// | part | answer |
/// | --- | --- |
/// | `silent` | none |
/// | `late` | none in the server's first two seconds |
/// | `slow` | 127.0.0.1, after half a second |
/// | `servfail`, `nxdomain`, `notimp`, `refused` | this error |
/// | `only4-` and an error | 127.0.0.1, and this error for IPv6 |
/// | `nodata` | the name exists but has no address |
/// | `noise` | meaningless bytes |
/// | `stranger` | an answer to another question |
/// | `cut` | truncated, and nobody answers over TCP |
/// | `moved` | 127.0.0.9, and later 127.0.0.1 |
/// | any other | 127.0.0.1 |
///
/// In `good.search` there is only `proxy`; names in `local` and names of one part don't exist.
pub struct NameServer(Arc<Mutex<Vec<String>>>);

impl NameServer {
    /// Starts one at 127.0.0.1.
    pub fn start() -> NameServer {
        NameServer::start_at(Ipv4Addr::LOCALHOST)
    }

    /// Starts one at this address.
    pub fn start_at(address: Ipv4Addr) -> NameServer {
        let socket = UdpSocket::bind((address, PORT)).expect("nobody else is here");
        let asked = NameServer(Arc::default());
        let notes = Arc::clone(&asked.0);
        thread::spawn(move || {
            let started = Instant::now();
            let mut question = [0; 512];
            while let Ok((count, client)) = socket.recv_from(&mut question) {
                let name = name_in(&question[..count]);
                let is_new = {
                    let mut notes = lock(&notes);
                    // Once for IPv4, once for IPv6.
                    notes.push(name.clone());
                    notes.iter().filter(|asked| **asked == name).count() <= 2
                };
                let part = deciding_part(&name);
                let Some(mut answer) = answer(part, &question[..count], started.elapsed()) else { continue };
                if part == "moved" && is_new && answer.ends_with(&[127, 0, 0, 1]) {
                    *answer.last_mut().expect("it ends with an address") = 9;
                }
                let socket = socket.try_clone().expect("a second handle to a socket");
                let wait = if part == "slow" { Duration::from_millis(500) } else { Duration::ZERO };
                thread::spawn(move || {
                    thread::sleep(wait);
                    let _ = socket.send_to(&answer, client);
                });
            }
        });
        asked
    }

    /// The names that it was asked for, once for each question.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}

/// The content of `/etc/resolv.conf` with search domains as in Kubernetes, then `DOMAIN.search` and `good.search`.
pub fn with_search_domain(domain: &str) -> String {
    let search = "search ns.svc.cluster.local svc.cluster.local cluster.local";
    format!("{search} {domain}.search good.search\nnameserver 127.0.0.1\noptions ndots:5\n")
}

fn deciding_part(name: &str) -> &str {
    let first = name.split('.').next().unwrap_or_default();
    match name.strip_suffix(".search") {
        Some(name) if !name.ends_with(".good") => name.rsplit('.').next().unwrap_or_default(),
        None if name.contains('.') && !name.ends_with(".local") => first,
        Some("proxy.good") => first,
        _ => "nxdomain",
    }
}

/// The name in a question, which begins after a head of 12 bytes: parts, with their lengths before them.
fn name_in(question: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut at = 12;
    while let Some(length) = question.get(at).copied().map(usize::from).filter(|length| *length > 0) {
        let part = question.get(at + 1..at + 1 + length).unwrap_or_default();
        parts.push(String::from_utf8_lossy(part).to_lowercase());
        at += 1 + length;
    }
    parts.join(".")
}

/// The answer (RFC 1035).
fn answer(part: &str, question: &[u8], up: Duration) -> Option<Vec<u8>> {
    // After the name come two bytes each for type and class; the rest isn't repeated.
    let end = question[12..].iter().position(|byte| *byte == 0)? + 12 + 1 + 4;
    let is_for_ipv4 = question.get(end - 4..end - 2) == Some(&[0, 1]);
    let part = part.strip_prefix("only4-").map_or(part, |error| if is_for_ipv4 { "address" } else { error });
    let (error, is_cut) = match part {
        "silent" => return None,
        "late" if up < Duration::from_secs(2) => return None,
        "noise" => return Some(b"\xff\x00noise".to_vec()),
        "servfail" => (2, 0),
        "nxdomain" => (3, 0),
        "notimp" => (4, 0),
        "refused" => (5, 0),
        "cut" => (0, 2),
        _ => (0, 0),
    };
    let has_address = error == 0 && is_cut == 0 && part != "nodata" && is_for_ipv4;
    let mut answer = question.get(..2)?.to_vec();
    if part == "stranger" {
        answer[0] ^= 0xff;
    }
    answer.extend([0x81 | is_cut, 0x80 | error, 0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(&question[12..end]);
    if has_address {
        // The name as above, an internet address, valid for a minute, 4 bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
