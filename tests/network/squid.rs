//! A company's proxy: squid, which wants a password in one way or another. Only Basic is supported.

use support::daemon::Daemon;
use support::fake_coveo::Coveo;
use support::harness::{PROXY_PASSWORD, PROXY_USER, cli};

/// Starts squid with these authentication schemes.
#[track_caller]
fn start(schemes: &[&str]) -> Option<Daemon> {
    let scheme = |scheme: &&str| {
        let (program, realm) = match *scheme {
            "digest" => ("digest_file_auth users", "auth_param digest realm squid\n"),
            "basic" => ("basic_fake_auth", "auth_param basic realm squid\n"),
            _ => ("ntlm_fake_auth", ""),
        };
        format!("auth_param {scheme} program /usr/lib/squid/{program}\n{realm}")
    };
    let schemes: String = schemes.iter().map(scheme).collect();
    Daemon::start("squid", &["-N", "-f", "settings"], |port, _| {
        format!(
            "{schemes}http_port 127.0.0.1:{port}\nacl known proxy_auth REQUIRED\nhttp_access allow known\n\
             access_log none\ncache_log /dev/null\npid_filename none\ncache deny all\nshutdown_lifetime 0\n"
        )
    })
}

#[test]
fn only_basic_proxy_authentication_is_supported() {
    let coveo = Coveo::https();
    let password = format!("{PROXY_USER}:{PROXY_PASSWORD}@");
    let failed =
        "(407)\ncoveo-delete-key: hint: only Basic proxy authentication is supported: put a user name";
    for (schemes, user, outcome, says) in [
        (&["ntlm", "basic"][..], &*password, "deleted", ""),
        (&["ntlm", "basic"], "", "unavailable", failed),
        (&["digest"], &password, "unavailable", failed),
        (&["negotiate"], &password, "unavailable", failed),
    ] {
        let Some(proxy) = start(schemes) else { return };
        let cli = cli(&coveo).env("HTTPS_PROXY", format!("http://{user}127.0.0.1:{}/", proxy.port));
        let run = cli.args(["--json", "-v"]).args(coveo.add_keys(1)).run().assert_outcomes(&[outcome]);
        run.assert_stderr(says);
    }
    assert_eq!(coveo.connections(), 1);
}
