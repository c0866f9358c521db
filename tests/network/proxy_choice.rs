//! Which proxy is used, and for which hosts none: the variables of the environment, as seen by proxies that record
//! requests.

use support::fake_coveo::{Certificate, Coveo};
use support::harness::{cli, parallel};
use support::namespace::{self, Network};
use support::proxy::Proxy;

const WIDTH: usize = 4;

/// The variables that name a proxy. Of the first four, the first that is set wins; the last two are for http endpoints,
/// which never use a proxy.
const VARIABLES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"];

/// Each variable is set or not, in all 64 combinations; in every other one, unset variables are empty.
#[test]
fn first_proxy_variable_wins() {
    let coveo = Coveo::https();
    let runs: Vec<usize> = (0..64).collect();
    parallel(WIDTH, &runs, |run| {
        let proxies = VARIABLES.map(|_| Proxy::to(coveo.port()));
        let mut cli = cli(&coveo).arg("-q").args(coveo.add_keys(1));
        for (index, (variable, proxy)) in VARIABLES.iter().zip(&proxies).enumerate() {
            if run >> index & 1 == 1 {
                cli = cli.env(variable, proxy.url());
            } else if run % 2 == 0 {
                cli = cli.env(variable, "");
            }
        }
        cli.run().assert_status(0);
        let used: Vec<usize> = (0..6).filter(|&index| !proxies[index].asked().is_empty()).collect();
        let first = (0..4).find(|index| run >> index & 1 == 1);
        assert_eq!(used, Vec::from_iter(first));
    });
    assert!(coveo.ids().is_empty());
}

/// Without encryption, the proxy could read the token.
#[test]
fn plain_http_never_uses_proxy() {
    let coveo = Coveo::http();
    let proxy = Proxy::to(coveo.port());
    for host in ["127.0.0.1", "localhost", "LocalHost"] {
        for variables in [&VARIABLES[..], &VARIABLES[4..]] {
            let cli = cli(&coveo).env("COVEO_ENDPOINT", format!("http://{host}:{}", coveo.port()));
            let cli = variables.iter().fold(cli, |cli, variable| cli.env(variable, proxy.url()));
            let run = cli.arg("-v").args(coveo.add_keys(1)).run().assert_status(0);
            assert!(!run.stderr.contains("proxy"), "{}", run.stderr);
        }
    }
    assert!(coveo.ids().is_empty());
    assert!(proxy.heard().is_empty());
}

/// Checks for each host and list of exceptions whether they cover it.
fn check_exceptions(coveo: &Coveo, rows: &[(&'static str, &'static str, bool)]) {
    let cases: Vec<_> = ["NO_PROXY", "no_proxy"].into_iter().cycle().zip(rows).collect();
    parallel(WIDTH, &cases, |&(variable, &(host, list, exempt))| {
        let proxy = Proxy::to(coveo.port());
        let run = cli(coveo)
            .env("COVEO_ENDPOINT", format!("https://{host}:{}", coveo.port()))
            .env("HTTPS_PROXY", proxy.url())
            .env(variable, list)
            .args(["--json", "-v"])
            .args(coveo.add_keys(1))
            .run()
            .assert_outcomes(&["deleted"]);
        assert_eq!(proxy.asked().len(), usize::from(!exempt), "{}", run.stderr);
        let is_told = run.stderr.contains("requests go through the proxy 127.0.0.1:");
        assert_eq!(is_told, !exempt, "{}", run.stderr);
    });
}

#[test]
fn no_proxy_covers_this_machine() {
    let coveo = Coveo::https();
    check_exceptions(
        &coveo,
        &[
            ("localhost", "", false),
            ("localhost", "localhost", true),
            ("LOCALHOST", "localhost", true),
            ("localhost", "LocalHost", true),
            ("localhost", ".localhost", true),
            ("localhost", "host", false),
            ("localhost", "xlocalhost,localhos", false),
            ("localhost", "a.example , localhost", true),
            ("localhost", "a.example localhost", true),
            ("localhost", "*", true),
            ("localhost", "*,a.example", false),
            ("localhost", "127.0.0.1,::1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "localhost", false),
            ("127.0.0.1", "127.0.0.0/8", true),
            ("127.0.0.1", "127.0.0.0/31", true),
            ("127.0.0.1", "127.0.0.2/31", false),
            ("127.0.0.1", "10.0.0.0/8,192.168.0.0/16", false),
            ("127.0.0.1", "127.0.0", false),
            ("[::1]", "::1", true),
            ("[::1]", "[::1]", true),
            ("[::1]", "0:0:0:0:0:0:0:1", true),
            ("[::1]", "::/64", true),
            ("[::1]", "fe80::/10,127.0.0.1", false),
            ("[::1]", "*", true),
        ],
    );
}

/// With no exception, the proxy gets the name as given, and no name server is asked for it.
#[test]
fn no_proxy_covers_domain_and_subdomains() {
    const NAMES: [&str; 4] = ["coveo.test", "api.coveo.test", "a.api.coveo.test", "notcoveo.test"];
    let network =
        Network { hosts: format!("127.0.0.1 {} coveo.test.\n", NAMES.join(" ")), ..Network::default() };
    namespace::within(&network, || {
        let coveo = Coveo::builder().https(Certificate::Good).names(&NAMES).start();
        check_exceptions(
            &coveo,
            &[
                ("coveo.test", "coveo.test", true),
                ("coveo.test", ".coveo.test", true),
                ("coveo.test", "api.coveo.test", false),
                ("api.coveo.test", "coveo.test", true),
                ("api.coveo.test", ".coveo.test", true),
                ("a.api.coveo.test", "coveo.test", true),
                ("a.api.coveo.test", "api.coveo.test", true),
                ("notcoveo.test", "coveo.test", false),
                ("notcoveo.test", ".coveo.test", false),
                ("coveo.test", "test", true),
                ("coveo.test", "*.test", false),
                ("coveo.test", "COVEO.TEST", true),
                ("API.Coveo.Test", "coveo.test", true),
                ("coveo.test.", "coveo.test", true),
                ("coveo.test", "coveo.test.", true),
                ("coveo.test", "127.0.0.1", false),
            ],
        );
    });
}
