//! Runs of static binaries in an empty root folder.

use std::time::{Duration, Instant};

use super::binary;
use super::empty_root::EmptyRoot;
use super::name_server::{Answer, NameServer, upstream};
use support::fake_coveo::{Certificate, Coveo, FULL_TOKEN};
use support::harness::skip;

/// A name that no real name server knows.
pub const HOST: &str = "coveo.test";

/// Runs `test` for each static binary, with an organization and a root folder with the authority's certificate.
pub fn each(test: impl Fn(EmptyRoot, &Coveo) -> Result<(), String>) {
    for binary in binary::all() {
        let coveo = Coveo::builder().https(Certificate::Good).names(&[HOST]).start();
        let root = EmptyRoot::new(&binary).file("/authority.pem", coveo.authority_pem());
        if let Err(why) = test(root, &coveo) {
            skip(format_args!("{}: {why}", binary.file.display()));
        }
    }
}

pub const TRUST: (&str, &str) = ("SSL_CERT_FILE", "/authority.pem");

#[test]
fn host_is_found_in_etc_hosts() {
    each(|root, coveo| {
        let root = root.file("/etc/hosts", &format!("127.0.0.1 {HOST}\n")).file("/etc/resolv.conf", "");
        root.delete(coveo, HOST, &[TRUST], &[])?.assert_deleted(coveo);
        Ok(())
    });
}

#[test]
fn host_is_found_by_a_name_server() {
    each(|root, coveo| {
        let server = NameServer::start(HOST)?;
        let root = root
            .file("/etc/hosts", "127.0.0.1 localhost\n")
            .file("/etc/resolv.conf", &format!("nameserver {}\n", server.address));
        root.delete(coveo, HOST, &[TRUST], &[])?.assert_deleted(coveo);
        let log = server.log();
        assert!(log.contains(&format!("query[A] {HOST} from")), "the name server was not asked: {log}");
        Ok(())
    });
}

/// A name server with an address for IPv4 and an error for IPv6: plain dnsmasq, and dnsmasq as a forwarder.
#[test]
fn host_is_found_despite_errors_for_ipv6() {
    each(|root, coveo| {
        let mut root = root.file("/etc/hosts", "127.0.0.1 localhost\n");
        let (servfail, nxdomain, notimp, refused) = (2, 3, 4, 5);
        for error in [None, Some(servfail), Some(nxdomain), Some(notimp), Some(refused)] {
            let server = match error {
                None => NameServer::plain(HOST)?,
                Some(error) => NameServer::in_front_of(upstream(move |_, is_ipv4| match is_ipv4 {
                    true => Answer::Address,
                    false => Answer::Error(error),
                }))?,
            };
            root = root.file("/etc/resolv.conf", &format!("nameserver {}\n", server.address));
            let started = Instant::now();
            root.delete(coveo, HOST, &[TRUST], &[])?.assert_deleted(coveo);
            let took = started.elapsed();
            assert!(took < Duration::from_secs(3), "{error:?}: {took:?}\n{}", server.log());
            let log = server.log();
            assert!(log.contains(&format!("query[AAAA] {HOST} from")), "{error:?}: {log}");
        }
        Ok(())
    });
}

#[test]
fn resolv_conf_is_not_needed() {
    each(|root, coveo| {
        let root = root.file("/etc/hosts", &format!("127.0.0.1 {HOST}\n"));
        root.delete(coveo, HOST, &[TRUST], &[])?.assert_deleted(coveo);
        Ok(())
    });
}

#[test]
fn localhost_and_addresses_need_no_etc() {
    each(|root, coveo| {
        for host in ["localhost", "127.0.0.1"] {
            root.delete(coveo, host, &[TRUST], &[])?.assert_deleted(coveo);
        }
        Ok(())
    });
}

#[test]
fn token_is_read_from_a_mounted_file() {
    each(|root, coveo| {
        let root = root.file("/run/secrets/coveo/token", &format!("{FULL_TOKEN}\n"));
        let variables = [TRUST, ("COVEO_ACCESS_TOKEN_FILE", "/run/secrets/coveo/token")];
        root.delete(coveo, "localhost", &variables, &[])?.assert_deleted(coveo);
        Ok(())
    });
}

#[test]
fn built_in_certificates_need_no_file() {
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
fn silent_name_server_ends_at_the_timeout() {
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
