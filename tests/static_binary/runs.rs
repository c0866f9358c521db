//! What a static binary does in an empty root folder.

use std::time::{Duration, Instant};

use super::binary;
use super::empty_root::EmptyRoot;
use super::name_server::{NameServer, without_ipv6};
use support::fake_coveo::{Certificate, Coveo, FULL_TOKEN};
use support::harness::skip;

/// A name that no name server of the world knows.
const HOST: &str = "coveo.test";

/// Runs `test` for each static binary, with an organization and a root folder that holds the authority's certificate.
fn each(test: impl Fn(EmptyRoot, &Coveo) -> Result<(), String>) {
    for binary in binary::all() {
        let coveo = Coveo::builder().https(Certificate::Good).names(&[HOST]).start();
        let root = EmptyRoot::new(&binary).file("/authority.pem", coveo.authority_pem());
        if let Err(why) = test(root, &coveo) {
            skip(format_args!("{}: {why}", binary.file.display()));
        }
    }
}

const TRUST: (&str, &str) = ("SSL_CERT_FILE", "/authority.pem");

#[test]
fn it_finds_a_host_in_etc_hosts() {
    each(|root, coveo| {
        let root = root.file("/etc/hosts", &format!("127.0.0.1 {HOST}\n")).file("/etc/resolv.conf", "");
        root.delete(coveo, HOST, &[TRUST], &[])?.came_true(coveo);
        Ok(())
    });
}

#[test]
fn it_finds_a_host_by_a_name_server() {
    each(|root, coveo| {
        let server = NameServer::start(HOST)?;
        let root = root
            .file("/etc/hosts", "127.0.0.1 localhost\n")
            .file("/etc/resolv.conf", &format!("nameserver {}\n", server.address));
        root.delete(coveo, HOST, &[TRUST], &[])?.came_true(coveo);
        let log = server.log();
        assert!(log.contains(&format!("query[A] {HOST} from")), "the name server was not asked: {log}");
        Ok(())
    });
}

/// A name server that knows an address for IPv4 and has an error for IPv6: dnsmasq as it comes, and in front of others.
#[test]
fn it_finds_a_host_whose_name_server_has_an_error_for_ipv6() {
    each(|root, coveo| {
        let mut root = root.file("/etc/hosts", "127.0.0.1 localhost\n");
        let (servfail, nxdomain, notimp, refused) = (2, 3, 4, 5);
        for error in [None, Some(servfail), Some(nxdomain), Some(notimp), Some(refused)] {
            let server = match error {
                None => NameServer::plain(HOST)?,
                Some(error) => NameServer::in_front_of(without_ipv6(error))?,
            };
            root = root.file("/etc/resolv.conf", &format!("nameserver {}\n", server.address));
            let started = Instant::now();
            root.delete(coveo, HOST, &[TRUST], &[])?.came_true(coveo);
            let took = started.elapsed();
            assert!(took < Duration::from_secs(3), "{error:?}: {took:?}\n{}", server.log());
            let log = server.log();
            assert!(log.contains(&format!("query[AAAA] {HOST} from")), "{error:?}: {log}");
        }
        Ok(())
    });
}

#[test]
fn it_needs_no_etc_resolv_conf() {
    each(|root, coveo| {
        let root = root.file("/etc/hosts", &format!("127.0.0.1 {HOST}\n"));
        root.delete(coveo, HOST, &[TRUST], &[])?.came_true(coveo);
        Ok(())
    });
}

#[test]
fn it_needs_no_etc_at_all_for_localhost_and_addresses() {
    each(|root, coveo| {
        for host in ["localhost", "127.0.0.1"] {
            root.delete(coveo, host, &[TRUST], &[])?.came_true(coveo);
        }
        Ok(())
    });
}

#[test]
fn it_takes_the_token_from_a_mounted_file() {
    each(|root, coveo| {
        let root = root.file("/run/secrets/coveo/token", &format!("{FULL_TOKEN}\n"));
        let variables = [TRUST, ("COVEO_ACCESS_TOKEN_FILE", "/run/secrets/coveo/token")];
        root.delete(coveo, "localhost", &variables, &[])?.came_true(coveo);
        Ok(())
    });
}

#[test]
fn its_own_certificates_need_no_file() {
    each(|root, coveo| {
        let deleted = root.delete(coveo, "localhost", &[], &[])?;
        let run = deleted.run.assert_status(6);
        assert!(run.stderr.contains("unknown CA"), "{run:?}");
        assert!(run.stderr.contains("hint: ") && run.stderr.contains("--cacert"), "{run:?}");
        assert!(coveo.exists(&deleted.key));
        Ok(())
    });
}

#[test]
fn it_gives_up_in_time_where_no_name_server_answers() {
    each(|root, coveo| {
        let root = root.file("/etc/resolv.conf", "nameserver 127.53.255.255\n");
        let deleted = root.delete(coveo, HOST, &[TRUST], &["--timeout", "1s"])?;
        let run = deleted.run.assert_status(6);
        assert!(run.stderr.contains(HOST), "{run:?}");
        assert!(run.took < Duration::from_secs(4), "it took {:?}", run.took);
        assert!(coveo.exists(&deleted.key));
        Ok(())
    });
}
