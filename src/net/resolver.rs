//! DNS lookups: each host once, within the time that is left.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::net::transport::{Phase, SharedProgress};
use crate::sanitize::os_error_text;
use crate::signals;

/// The most addresses that `ureq` takes.
const MAX_ADDRESSES: usize = 16;

/// IPv4 alone is asked too, once both address families together have not answered for this long.
const IPV4_AFTER: Duration = Duration::from_secs(1);

/// Looks each host up once, and again after none of its addresses could be reached.
#[derive(Debug)]
pub struct CachingResolver {
    progress: SharedProgress,
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl CachingResolver {
    /// A resolver with an empty cache.
    pub fn new(progress: SharedProgress) -> Self {
        Self { progress, known: Mutex::default() }
    }

    fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // RFC 6761: this name is this machine. No name server is asked, since it could answer with another address.
        if bare.trim_end_matches('.') == "localhost" {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        self.progress.remaining()?;
        let (sender, receiver) = mpsc::channel();
        start(bare, port, system, sender.clone())?;
        let mut running = 1;
        let mut ipv4 = Some(Instant::now() + IPV4_AFTER);
        let mut failure = None;
        loop {
            match receiver.recv_timeout(self.progress.remaining()?.min(signals::POLL_INTERVAL)) {
                Ok(Ok(addresses)) if !addresses.is_empty() => return Ok(addresses),
                Ok(result) => {
                    running -= 1;
                    let why = result.err().map_or(Error::HostNotFound, Error::Io);
                    failure = failure.or(Some(why));
                }
                Err(_) => {}
            }
            if ipv4.is_some_and(|at| running == 0 || Instant::now() >= at) {
                ipv4 = None;
                running += usize::from(start(bare, port, ipv4_alone, sender.clone()).is_ok());
            }
            if let (0, None) = (running, ipv4) {
                return Err(failure.unwrap_or(Error::HostNotFound));
            }
        }
    }
}

type Lookup = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Looks `host` up on a thread, which is left behind when time is up: the system's lookup has no time-out of its own.
fn start(
    host: &str,
    port: u16,
    lookup: Lookup,
    sender: Sender<io::Result<Vec<SocketAddr>>>,
) -> io::Result<()> {
    let host = host.to_owned();
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        let _ = sender.send(lookup(&host, port));
    });
    // The kind of this error is `WouldBlock`, which is a time-out for sockets.
    let no_thread = |error| format!("no thread could be started ({})", os_error_text(&error));
    thread.map(drop).map_err(|error| io::Error::other(no_thread(error)))
}

fn system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// musl's lookup fails if a name server has an address for IPv4 and an error for IPv6.
#[cfg(unix)]
fn ipv4_alone(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    use dns_lookup::{AddrFamily, AddrInfoHints, SockType};

    let (address, socktype) = (AddrFamily::Inet.into(), SockType::Stream.into());
    let hints = AddrInfoHints { flags: 0, address, socktype, protocol: 0 };
    let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints))?;
    Ok(found.flatten().map(|found| SocketAddr::new(found.sockaddr.ip(), port)).collect())
}

#[cfg(not(unix))]
fn ipv4_alone(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(Vec::new())
}

impl Resolver for CachingResolver {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.progress.enter(Phase::Lookup);
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let key = format!("{host}:{port}");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut self.progress.lock().unreachable) {
            known.clear();
        }
        if !known.contains_key(&key) {
            known.insert(key.clone(), self.look_up(host, port)?);
        }
        let addresses = known.entry(key).or_default();
        let reached = self.progress.lock().reached;
        // Try the last reachable address first.
        if let Some(at) = addresses.iter().position(|address| Some(*address) == reached) {
            addresses[..=at].rotate_right(1);
        }
        let mut resolved = self.empty();
        addresses.iter().take(MAX_ADDRESSES).for_each(|address| resolved.push(*address));
        if resolved.is_empty() { Err(Error::HostNotFound) } else { Ok(resolved) }
    }
}
