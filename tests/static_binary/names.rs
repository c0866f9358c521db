//! Static binaries and name servers. Their C library is musl, which has its own resolver.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::empty_root::{EmptyRoot, HOST, ONLY_IPV4, each};
use support::name_server::{NameServer, dnsmasq, with_search_domain};
use support::namespace::{Network, within};
use support::proxy::Proxy;

/// Settings of dnsmasq for [`HOST`]; its other records, such as an IPv6 address, don't exist.
const KNOWS_HOST: &str = "address=/coveo.test/127.0.0.1\nlocal=/coveo.test/";
/// The same, but dnsmasq refuses what it doesn't know.
const KNOWS_ONLY_IPV4: &str = "address=/coveo.test/127.0.0.1";
/// It forwards questions to our name server.
const FORWARDS: &str = "server=127.0.0.2\ncache-size=0\nno-negcache";
const FORWARDED_TO: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The time after which musl gives up a lookup that isn't answered.
const MUSL_GIVES_UP: Duration = Duration::from_secs(5);

/// A network for name servers, in which root is root.
fn network() -> Network {
    Network { needs_root: true, ..Network::default() }
}

fn with_resolv_conf(root: EmptyRoot, content: &str) -> EmptyRoot {
    root.file("/etc/hosts", "127.0.0.1 localhost\n").file("/etc/resolv.conf", content)
}

#[test]
fn host_is_found_by_a_name_server() {
    within(&network(), || {
        for settings in [KNOWS_HOST, KNOWS_ONLY_IPV4] {
            let Some(server) = dnsmasq(settings) else { return };
            each(|root, coveo| {
                let root = with_resolv_conf(root, "nameserver 127.0.0.1\n");
                let run = root.delete(coveo, HOST, &[], &[]).assert_deleted(coveo);
                assert!(run.took < MUSL_GIVES_UP, "{settings}: {:?}", run.took);
                let log = server.file("output");
                for kind in ["A", "AAAA"] {
                    assert!(log.contains(&format!("query[{kind}] {HOST} from")), "{log}");
                }
            });
        }
    });
}

/// A name server with an address for IPv4 and an error for IPv6, behind dnsmasq.
#[test]
fn host_is_found_despite_errors_for_ipv6() {
    within(&network(), || {
        let _upstream = NameServer::start_at(FORWARDED_TO);
        let Some(server) = dnsmasq(FORWARDS) else { return };
        each(|root, coveo| {
            let root = with_resolv_conf(root, "nameserver 127.0.0.1\n");
            for host in ONLY_IPV4 {
                let run = root.delete(coveo, host, &[], &[]).assert_deleted(coveo);
                assert!(run.took < MUSL_GIVES_UP, "{host}: {:?}", run.took);
                let log = server.file("output");
                assert!(log.contains(&format!("query[AAAA] {host} from")), "{log}");
            }
        });
    });
}

/// musl stops at the first search domain that answers with anything but NXDOMAIN, so names are also looked up without search
/// domains. The endpoint's name is absolute, and the proxy's is in the last domain.
#[test]
fn bad_search_domain_is_skipped() {
    within(&network(), || {
        let _upstream = NameServer::start_at(FORWARDED_TO);
        let Some(server) = dnsmasq(FORWARDS) else { return };
        each(|mut root, coveo| {
            for domain in ["nxdomain", "servfail", "refused", "nodata", "silent"] {
                root = with_resolv_conf(root, &with_search_domain(domain));
                let proxy = Proxy::to(coveo.port());
                let url = format!("http://proxy:{}", proxy.port);
                for variables in [&[][..], &[("HTTPS_PROXY", &*url)]] {
                    let run = root.delete(coveo, HOST, variables, &["--retries", "0"]).assert_deleted(coveo);
                    assert!(run.took < MUSL_GIVES_UP, "{domain}: {:?}", run.took);
                }
                assert_eq!(proxy.asked().len(), 1);
                let log = server.file("output");
                assert!(log.contains(&format!("{HOST}.{domain}.search")), "{log}");
            }
        });
    });
}

/// A chain of aliases that is longer than a datagram: the answer is cut off, and the rest is asked for over TCP.
#[test]
fn truncated_answer_is_asked_for_over_tcp() {
    within(&network(), || {
        let [a, b, c] = ["a", "b", "c"].map(|letter| format!("{0}.{0}.{0}.test", letter.repeat(60)));
        let aliases = format!("cname={HOST},{a}\ncname={a},{b}\ncname={b},{c}\n");
        let settings = format!("{aliases}host-record={c},127.0.0.1\nlocal=/test/");
        let Some(server) = dnsmasq(&settings) else { return };
        each(|root, coveo| {
            let root = with_resolv_conf(root, "nameserver 127.0.0.1\n");
            root.delete(coveo, HOST, &[], &["--retries", "0"]).assert_deleted(coveo);
            let log = server.file("output");
            assert!(log.matches(&format!("query[A] {HOST}")).count() > 1, "{log}");
        });
    });
}
