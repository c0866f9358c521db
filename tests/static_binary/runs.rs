//! Runs of static binaries in an empty root folder.

use std::time::Duration;

use super::empty_root::{HOST, each};
use support::fake_coveo::FULL_TOKEN;

#[test]
fn host_is_found_in_etc_hosts() {
    each(|root, coveo| {
        let root = root.file("/etc/hosts", &format!("127.0.0.1 {HOST}\n"));
        root.delete(coveo, HOST, &[], &[]).assert_deleted(coveo);
        root.file("/etc/resolv.conf", "").delete(coveo, HOST, &[], &[]).assert_deleted(coveo);
    });
}

#[test]
fn localhost_and_addresses_need_no_etc() {
    each(|root, coveo| {
        for host in ["localhost", "127.0.0.1"] {
            root.delete(coveo, host, &[], &[]).assert_deleted(coveo);
        }
    });
}

#[test]
fn token_is_read_from_a_mounted_file() {
    each(|root, coveo| {
        let root = root.file("/run/secrets/coveo/token", &format!("{FULL_TOKEN}\n"));
        let variables = [("COVEO_ACCESS_TOKEN", ""), ("COVEO_ACCESS_TOKEN_FILE", "/run/secrets/coveo/token")];
        root.delete(coveo, "localhost", &variables, &[]).assert_deleted(coveo);
    });
}

#[test]
fn built_in_certificates_need_no_file() {
    each(|root, coveo| {
        let deleted = root.delete(coveo, "localhost", &[("SSL_CERT_FILE", "")], &[]);
        let run = deleted.run.assert_status(6);
        run.assert_stderr("unknown CA").assert_stderr("hint: ").assert_stderr("--cacert");
        assert!(coveo.exists(&deleted.key));
    });
}

#[test]
fn silent_name_server_ends_at_the_timeout() {
    each(|root, coveo| {
        let root = root.file("/etc/resolv.conf", "nameserver 127.53.255.255\n");
        let deleted = root.delete(coveo, HOST, &[], &["--timeout", "1s"]);
        let run = deleted.run.assert_status(6);
        assert!(run.assert_stderr(HOST).took < Duration::from_secs(4), "it took {:?}", run.took);
        assert!(coveo.exists(&deleted.key));
    });
}
