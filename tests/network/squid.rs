//! A company's proxy: squid, which wants a password in one way or another. Only Basic is supported.

use std::path::Path;
use std::process::Command;

use crate::daemon::Daemon;
use crate::proxy_password::{PROXY_USER, tells_no_password};
use support::fake_coveo::Coveo;
use support::harness::{PROXY_PASSWORD, cli, needed, outcomes};

const HELPERS: &str = "/usr/lib/squid";

/// Starts squid with the authentication schemes `schemes`.
fn start(squid: &Path, schemes: &[&str]) -> Daemon {
    let scheme = |scheme: &&str| match *scheme {
        "ntlm" => format!("auth_param ntlm program {HELPERS}/ntlm_fake_auth\n"),
        "negotiate" => format!("auth_param negotiate program {HELPERS}/ntlm_fake_auth\n"),
        "digest" => format!(
            "auth_param digest program {HELPERS}/digest_file_auth FOLDER/users\nauth_param digest realm squid\n"
        ),
        _ => format!("auth_param basic program {HELPERS}/basic_fake_auth\nauth_param basic realm squid\n"),
    };
    let schemes: String = schemes.iter().map(scheme).collect();
    Daemon::start(
        |port, folder| {
            let folder = folder.display().to_string();
            format!(
                "{}http_port 127.0.0.1:{port}\nacl known proxy_auth REQUIRED\nhttp_access allow known\n\
                 access_log none\ncache_log /dev/null\npid_filename none\ncache deny all\nshutdown_lifetime 0\n",
                schemes.replace("FOLDER", &folder)
            )
        },
        |folder| {
            let mut command = Command::new(squid);
            command.arg("-N").arg("-f").arg(folder.join("settings"));
            command
        },
    )
}

#[test]
fn only_basic_proxy_authentication_is_supported() {
    let Some(squid) = needed("squid", "squid") else { return };
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
        let proxy = start(&squid, schemes);
        let keys = coveo.add_keys(1);
        let url = format!("http://{user}127.0.0.1:{}/", proxy.port);
        let run = cli(&coveo).env("HTTPS_PROXY", url).args(["--json", "-v"]).args(&keys).run();
        assert_eq!(outcomes(&run.stdout), [outcome], "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        tells_no_password(&run);
    }
    assert_eq!(coveo.connections(), 1);
}
