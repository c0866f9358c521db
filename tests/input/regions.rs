//! Regions and endpoints: the host that a proxy is asked for. Nothing leaves this machine.

use crate::WIDTH;
use support::fake_coveo::FULL_TOKEN;
use support::harness::{Cli, parallel};
use support::proxy::{Proxy, Then};

const ENDPOINT: &str = "COVEO_ENDPOINT";
const REGION: &str = "COVEO_REGION";

#[test]
fn regions_and_endpoints_have_their_hosts() {
    const US: &str = "platform.cloud.coveo.com:443";
    const EU: &str = "platform-eu.cloud.coveo.com:443";
    type Row = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);
    let cases: &[Row] = &[
        (&[], &[], US),
        (&["--region", "us"], &[], US),
        (&["-r", "ca"], &[], "platform-ca.cloud.coveo.com:443"),
        (&["--region=eu"], &[], EU),
        (&["--region", "EU"], &[], EU),
        (&["-r=au"], &[], "platform-au.cloud.coveo.com:443"),
        (&["--region", "hipaa"], &[], "platformhipaa.cloud.coveo.com:443"),
        (&[], &[(REGION, "eu")], EU),
        (&[], &[(REGION, "Eu")], EU),
        (&[], &[(REGION, ""), (ENDPOINT, "")], US),
        (&["--region", "eu"], &[(REGION, "us")], EU),
        (&["--region", "eu"], &[(REGION, "nowhere")], EU),
        (&["--region", "eu"], &[(ENDPOINT, "https://other.example")], EU),
        (&[], &[(ENDPOINT, "https://org.admin.org.coveo.com")], "org.admin.org.coveo.com:443"),
        (&["--endpoint", "https://ORG.admin.orghipaa.coveo.com/"], &[], "org.admin.orghipaa.coveo.com:443"),
        (&["--endpoint", "https://other.example:8443"], &[(REGION, "eu")], "other.example:8443"),
        (&["--endpoint", "https://[2001:db8::1]:8443"], &[], "[2001:db8::1]:8443"),
    ];
    parallel(WIDTH, cases, |(arguments, environment, host)| {
        let proxy = Proxy::start("HTTP/1.1 403 Forbidden\r\n\r\n", Then::Close);
        let mut cli = Cli::without_environment()
            .args(["k1", "--org", "o", "--retries", "0", "--timeout", "10s"])
            .args(*arguments);
        for (name, value) in *environment {
            cli = cli.env(name, value);
        }
        let proxied = cli.env("HTTPS_PROXY", proxy.url()).env("COVEO_ACCESS_TOKEN", FULL_TOKEN);
        proxied.run().assert_status(6);
        let heard = proxy.heard();
        assert_eq!(heard.len(), 1);
        let heard = String::from_utf8_lossy(&heard[0]);
        assert!(heard.starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")), "{heard}");
        assert!(!heard.contains("uthorization") && !heard.contains(FULL_TOKEN), "{heard}");
    });
}
