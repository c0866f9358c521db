//! DNS lookups: each host once, within the time that is left.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::interrupt;
use crate::net::progress::{Phase, SharedProgress};
use crate::sanitize::os_error_text;

/// The most addresses that `ureq` takes.
const MAX_ADDRESSES: usize = 16;

/// Looks each host up once, and again after none of its addresses could be reached.
#[derive(Debug)]
pub struct CachingResolver {
    progress: SharedProgress,
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl CachingResolver {
    /// A resolver that knows no host yet.
    pub fn new(progress: SharedProgress) -> Self {
        Self { progress, known: Mutex::default() }
    }

    fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // RFC 6761: this name is this machine. No name server is asked, so none can say otherwise.
        if bare.trim_end_matches('.') == "localhost" {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        self.progress.remaining()?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let name = (bare.to_owned(), port);
        // The system's lookup has no time-out of its own; the thread is left behind when time is up.
        thread::Builder::new()
            .stack_size(256 * 1024)
            .spawn(move || {
                let _ = sender.send(name.to_socket_addrs().map(Iterator::collect::<Vec<_>>));
            })
            // Its kind is `WouldBlock`, which is a time-out for sockets.
            .map_err(|error| {
                io::Error::other(format!("no thread could be started ({})", os_error_text(&error)))
            })?;
        loop {
            match receiver.recv_timeout(self.progress.remaining()?.min(interrupt::SLICE)) {
                Ok(addresses) => return Ok(addresses?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::HostNotFound),
            }
        }
    }
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
