//! Which proxy is used, and for which hosts none: the variables of the environment, as seen by proxies that record
//! requests.

use support::fake_coveo::Coveo;
use support::harness::{cli, parallel};
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

/// A unit test of `src/net/proxy.rs` has more of these lists.
#[test]
fn no_proxy_exempts_hosts() {
    let coveo = Coveo::https();
    let rows = [
        ("localhost", "", false),
        ("localhost", "*", true),
        ("localhost", "*,a.example", false),
        ("localhost", "a.example , localhost", true),
        ("LOCALHOST", ".localhost", true),
        ("localhost", "127.0.0.1,::1", false),
        ("127.0.0.1", "127.0.0.0/31", true),
        ("127.0.0.1", "127.0.0.2/31", false),
        ("127.0.0.1", "localhost", false),
        ("[::1]", "[::1]", true),
        ("[::1]", "0:0:0:0:0:0:0:1", true),
        ("[::1]", "fe80::/10,127.0.0.1", false),
    ];
    let cases: Vec<_> = rows.into_iter().zip(["NO_PROXY", "no_proxy"].into_iter().cycle()).collect();
    parallel(WIDTH, &cases, |&((host, list, exempt), variable)| {
        let proxy = Proxy::to(coveo.port());
        let run = cli(&coveo)
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
