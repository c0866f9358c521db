//! DNS lookups: each host is looked up once, within the time that is left.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::error::os_error_text;
use crate::net::error::{Peer, Phase};
use crate::net::transport::SharedProgress;
use crate::signals;

/// The most addresses that `ureq` accepts.
const MAX_ADDRESSES: usize = 16;

/// How long the system's lookup may take before absolute names are looked up too.
const ABSOLUTE_AFTER: Duration = Duration::from_secs(1);

/// Looks the host up once, and again if its addresses failed. An attempt needs one host only: the server's, or its proxy's.
#[derive(Debug)]
pub struct CachingResolver(pub SharedProgress);

impl CachingResolver {
    fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // RFC 6761: this name means this machine. A name server could answer with another address.
        if bare.trim_end_matches('.') == "localhost" {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        let started = Instant::now();
        let (sender, receiver) = mpsc::channel();
        start(bare.to_owned(), port, system, sender.clone())?;
        // Lookups that haven't been started need it. When all have ended, nothing holds a sender.
        let mut sender = Some(sender);
        let mut failure = None;
        loop {
            match receiver.recv_timeout(self.0.remaining()?.min(signals::POLL_INTERVAL)) {
                Ok(Ok(addresses)) if !addresses.is_empty() => return Ok(alternate_families(addresses)),
                Ok(result) => {
                    failure.get_or_insert(result.err().map_or(Error::HostNotFound, Error::Io));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(failure.unwrap_or(Error::HostNotFound)),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if (failure.is_some() || started.elapsed() >= ABSOLUTE_AFTER)
                && let Some(sender) = sender.take()
            {
                for name in names_for_ipv4(bare) {
                    // Without another thread, the lookups that are running have to do.
                    let _ = start(name, port, ipv4, sender.clone());
                }
            }
        }
    }
}

/// Alternates IPv4 and IPv6 addresses, so that a family without a route costs little time (RFC 8305).
fn alternate_families(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let ipv4_first = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == ipv4_first);
    let mut ranked: Vec<_> = first.into_iter().enumerate().chain(second.into_iter().enumerate()).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, address)| address).collect()
}

type Found = io::Result<Vec<SocketAddr>>;

/// Looks `host` up on a thread. The thread is abandoned at the deadline, since the system's lookup has no time-out.
fn start(host: String, port: u16, lookup: fn(&str, u16) -> Found, sender: Sender<Found>) -> io::Result<()> {
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        let _ = sender.send(lookup(&host, port));
    });
    // This error's kind is `WouldBlock`, which means a time-out for sockets.
    let no_thread = |error| format!("no thread could be started ({})", os_error_text(&error));
    thread.map(drop).map_err(|error| io::Error::other(no_thread(error)))
}

fn system(host: &str, port: u16) -> Found {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// Returns the names under which IPv4 is looked up after the system's lookup failed. musl gives up if a search domain
/// answers with anything but NXDOMAIN, or if the lookup of IPv6 fails.
fn names_for_ipv4(host: &str) -> Vec<String> {
    let host = host.trim_end_matches('.');
    let mut names = vec![format!("{host}.")];
    if host.contains('.') {
        names.push(host.into());
    } else {
        let config = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let search = config.lines().filter_map(|line| line.strip_prefix("search")).next_back().unwrap_or("");
        names.extend(search.split_whitespace().map(|domain| format!("{host}.{}.", domain.trim_matches('.'))));
    }
    names
}

#[cfg(unix)]
fn ipv4(host: &str, port: u16) -> Found {
    use dns_lookup::{AddrFamily, AddrInfoHints, SockType};

    let (address, socktype) = (AddrFamily::Inet.into(), SockType::Stream.into());
    let hints = AddrInfoHints { flags: 0, address, socktype, protocol: 0 };
    let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints))?;
    Ok(found.flatten().map(|found| SocketAddr::new(found.sockaddr.ip(), port)).collect())
}

#[cfg(not(unix))]
use self::system as ipv4;

impl Resolver for CachingResolver {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.0.lock().phase = Phase::Lookup;
        if self.0.lock().address.is_none() {
            let Peer { host, port, .. } = Peer::of_uri(uri);
            let mut found = self.look_up(&host, port)?;
            let mut progress = self.0.lock();
            // Addresses that have failed before stay at the end.
            found.sort_by_key(|address| progress.addresses.iter().position(|known| known == address));
            progress.addresses = found;
        }
        let mut resolved = self.empty();
        self.0.lock().addresses.iter().take(MAX_ADDRESSES).for_each(|address| resolved.push(*address));
        Ok(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate() {
        let v4 = |last| SocketAddr::from(([10, 0, 0, last], 1));
        let v6 = |last| SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, last], 1));
        for (found, order) in [
            (vec![v6(1), v6(2), v6(3), v4(1)], vec![v6(1), v4(1), v6(2), v6(3)]),
            (vec![v4(1), v6(1), v6(2)], vec![v4(1), v6(1), v6(2)]),
            (vec![v4(1), v4(2)], vec![v4(1), v4(2)]),
            (Vec::new(), Vec::new()),
        ] {
            assert_eq!(alternate_families(found), order);
        }
    }
}
