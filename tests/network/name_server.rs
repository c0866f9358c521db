//! Name servers: dnsmasq, a real one, and one of our own that does to each name what the name says. They take port 53,
//! so they are for namespaces alone.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use support::harness::needed;

const PORT: u16 = 53;

/// Starts dnsmasq with a few more `settings`. It knows no name below `test` but those that these tell it, and writes what
/// it is asked and what it says into its file `output`.
pub fn dnsmasq(settings: &str) -> Option<Daemon> {
    let dnsmasq = needed("dnsmasq", "dnsmasq-base")?;
    let settings = |_: u16, folder: &Path| {
        let folder = folder.display();
        format!(
            "listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nlocal=/test/\nlog-queries\n\
             pid-file={folder}/pid\n{settings}\n"
        )
    };
    let command = |folder: &Path| {
        let mut command = Command::new(&dnsmasq);
        command.args(["--no-daemon", &format!("--conf-file={}", folder.join("settings").display())]);
        command
    };
    Some(Daemon::start_at(PORT, settings, command).expect("nobody else is here"))
}

/// A name server whose answer depends on the first part of the name that is asked for:
///
/// | part | answer |
/// | --- | --- |
/// | `silent` | none |
/// | `late` | none in its first two seconds |
/// | `slow` | 127.0.0.1, after half a second |
/// | `servfail`, `nxdomain`, `refused` | this error |
/// | `nodata` | that there is such a name, but no address |
/// | `noise` | bytes that mean nothing |
/// | `stranger` | an answer to another question |
/// | `cut` | that the answer is too long, and there is nobody to ask for the rest |
/// | `moved` | 127.0.0.9, where nobody is, and later 127.0.0.1 |
/// | any other | 127.0.0.1 |
pub struct NameServer(Arc<Mutex<Vec<String>>>);

impl NameServer {
    /// Starts one.
    pub fn start() -> NameServer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, PORT)).expect("nobody else is here");
        let asked = NameServer(Arc::default());
        let notes = Arc::clone(&asked.0);
        thread::spawn(move || {
            let started = Instant::now();
            let mut question = [0; 512];
            while let Ok((count, client)) = socket.recv_from(&mut question) {
                let name = name_in(&question[..count]);
                let is_new = {
                    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                    // Once for IPv4, once for IPv6.
                    notes.push(name.clone());
                    notes.iter().filter(|asked| **asked == name).count() <= 2
                };
                let first = name.split('.').next().unwrap_or_default();
                let Some(mut answer) = answer(first, &question[..count], started.elapsed()) else { continue };
                if first == "moved" && is_new && answer.ends_with(&[127, 0, 0, 1]) {
                    *answer.last_mut().expect("it ends with an address") = 9;
                }
                let socket = socket.try_clone().expect("a second handle on a socket");
                let wait = if first == "slow" { Duration::from_millis(500) } else { Duration::ZERO };
                thread::spawn(move || {
                    thread::sleep(wait);
                    let _ = socket.send_to(&answer, client);
                });
            }
        });
        asked
    }

    /// The names that it was asked for, again for each time.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The name in a question, which begins behind a head of 12 bytes: parts, with their lengths before them.
fn name_in(question: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut at = 12;
    while let Some(length) = question.get(at).copied().map(usize::from).filter(|length| *length > 0) {
        let part = question.get(at + 1..at + 1 + length).unwrap_or_default();
        parts.push(String::from_utf8_lossy(part).into_owned());
        at += 1 + length;
    }
    parts.join(".")
}

/// The answer, in the words of RFC 1035.
fn answer(first: &str, question: &[u8], up: Duration) -> Option<Vec<u8>> {
    // Behind the name stand two bytes for the type and two for the class; what comes then is not repeated.
    let end = question[12..].iter().position(|byte| *byte == 0)? + 12 + 1 + 4;
    let is_for_ipv4 = question.get(end - 4..end - 2) == Some(&[0, 1]);
    let (error, is_cut) = match first {
        "silent" => return None,
        "late" if up < Duration::from_secs(2) => return None,
        "noise" => return Some(b"\xff\x00noise".to_vec()),
        "servfail" => (2, 0),
        "nxdomain" => (3, 0),
        "refused" => (5, 0),
        "cut" => (0, 2),
        _ => (0, 0),
    };
    let has_address = error == 0 && is_cut == 0 && first != "nodata" && is_for_ipv4;
    let mut answer = question.get(..2)?.to_vec();
    if first == "stranger" {
        answer[0] ^= 0xff;
    }
    answer.extend([0x81 | is_cut, 0x80 | error, 0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(&question[12..end]);
    if has_address {
        // The name as above, an address of the internet, good for a minute, 4 bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
