//! Static binaries and `search` lines as Kubernetes writes them. musl stops at the first search domain that answers with
//! anything but NXDOMAIN, so names are also looked up without search domains.

use std::time::Duration;

use super::name_server::{Answer, NameServer, upstream};
use super::runs::{HOST, TRUST, each};
use support::proxy::Proxy;

#[test]
fn bad_search_domain_is_skipped() {
    let answers = [Answer::Error(3), Answer::Error(2), Answer::Error(5), Answer::NoData, Answer::Silence];
    each(|root, coveo| {
        let mut root = root.file("/etc/hosts", "127.0.0.1 localhost\n");
        for answer in answers {
            let upstream = upstream(move |name, _| match name {
                HOST | "proxy.good.test" => Answer::Address,
                _ if name.ends_with(".corp.test") => answer,
                _ => Answer::Error(3),
            });
            let server = NameServer::in_front_of(upstream)?;
            let search = "search ns.svc.cluster.local svc.cluster.local cluster.local corp.test good.test";
            let text = format!("{search}\nnameserver {}\noptions ndots:5\n", server.address);
            root = root.file("/etc/resolv.conf", &text);
            // The endpoint's name is absolute, and a proxy's is in the last domain.
            let proxy = Proxy::to(coveo.port());
            let url = format!("http://proxy:{}", proxy.port);
            for variables in [&[TRUST][..], &[TRUST, ("HTTPS_PROXY", &url)]] {
                let deleted = root.delete(coveo, HOST, variables, &["--retries", "0"])?;
                assert!(deleted.run.took < Duration::from_secs(2), "{answer:?}: {:?}", deleted.run.took);
                deleted.assert_deleted(coveo);
            }
            assert_eq!(proxy.asked().len(), 1);
            assert!(server.log().contains(&format!("{HOST}.corp.test")), "{}", server.log());
        }
        Ok(())
    });
}

/// A chain of aliases that is longer than a datagram: the answer is cut off, and the rest is asked for over TCP.
#[test]
fn truncated_answer_is_asked_for_over_tcp() {
    each(|root, coveo| {
        let long = |letter: &str| format!("{0}.{0}.{0}.test", letter.repeat(60));
        let names = [HOST.to_owned(), long("a"), long("b"), long("c")];
        let aliases = names.windows(2).map(|pair| format!("--cname={},{}", pair[0], pair[1]));
        let address = format!("--host-record={},127.0.0.1", names[3]);
        let settings: Vec<String> = aliases.chain([address, "--local=/test/".into()]).collect();
        let server = NameServer::start_with(&settings)?;
        let root = root
            .file("/etc/hosts", "127.0.0.1 localhost\n")
            .file("/etc/resolv.conf", &format!("nameserver {}\n", server.address));
        root.delete(coveo, HOST, &[TRUST], &["--retries", "0"])?.assert_deleted(coveo);
        assert!(server.log().matches(&format!("query[A] {HOST}")).count() > 1, "{}", server.log());
        Ok(())
    });
}
