//! DNS lookups with name servers that answer, fail or stay silent. No key can have been changed by then, so each is
//! `unavailable`, and the wait ends with `--timeout`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use crate::stub::reset_at;
use support::fake_coveo::{Certificate, Coveo, Fault, always};
use support::harness::{Cli, Run, binary, cli, json_lines, needed, parallel};
use support::name_server::{NameServer, dnsmasq, with_search_domain};
use support::namespace::{DEAD_V4, Network, within};
use support::proxy::Proxy;

const SECOND: Duration = Duration::from_secs(1);

/// An organization whose certificate is valid for these names.
fn organization(names: &[&str]) -> Coveo {
    Coveo::builder().https(Certificate::Good).names(names).start()
}

/// The tool on `coveo`, under this name.
fn by_name(coveo: &Coveo, name: &str) -> Cli {
    cli(coveo).env("COVEO_ENDPOINT", format!("https://{name}:{}", coveo.port())).args(["--json", "-v"])
}

/// Checks the number of attempts for the first key.
#[track_caller]
fn assert_attempts(run: &Run, attempts: u64) {
    assert_eq!(json_lines(&run.stdout)[0]["attempts"], attempts, "{}", run.stderr);
}

#[test]
fn name_is_looked_up_once_per_run() {
    within(&Network::default(), || {
        let Some(server) = dnsmasq("local=/test/\nhost-record=coveo.test,127.0.0.1") else { return };
        let coveo = organization(&["coveo.test"]);
        // The second time, each key has its own connection.
        for (fault, lookups, connections) in
            [(Fault::None, 1, 1), (Fault::header("Connection", "close"), 2, 4)]
        {
            coveo.plan(always(fault));
            let cli = by_name(&coveo, "coveo.test").args(coveo.add_keys(3));
            cli.run().assert_status(0).assert_outcomes(&["deleted"; 3]);
            let log = server.file("output");
            let asked = log.matches("query[A] coveo.test").count();
            assert_eq!((asked, coveo.connections()), (lookups, connections), "{log}");
        }
    });
}

/// A name that doesn't exist, one without an address, and a name server that is gone.
#[test]
fn real_name_server_without_an_address() {
    within(&Network::default(), || {
        let Some(mut server) = dnsmasq("local=/test/\ntxt-record=nodata.test,text") else { return };
        let coveo = organization(&[]);
        let fails = |name: &str, timeout: &str| {
            let cli = by_name(&coveo, name).args(["--retries", "1", "--timeout", timeout, "k1"]);
            cli.run_within(SECOND).assert_status(6).assert_outcomes(&["unavailable"])
        };
        for (name, answer) in [("nobody.test", "NXDOMAIN"), ("nodata.test", "NODATA")] {
            let run = fails(name, "10s");
            assert_attempts(run.assert_stderr(&format!("DNS lookup of {name} failed: ")), 2);
            let log = server.file("output");
            assert!(log.contains(&format!("config {name} is {answer}")), "{log}");
        }
        server.kill();
        fails("nobody.test", "1s");
    });
}

#[test]
fn lookup_keeps_to_timeout() {
    let late = " timed out";
    let no = "DNS lookup of ";
    // Some system libraries stop at such an answer, and others wait for a better one.
    let either = "error: k1 was not deleted from";
    within(&Network::default(), || {
        let server = NameServer::start();
        let coveo = organization(&[]);
        // A name, arguments, the longest it may take, and what is reported.
        let cases: [(&str, &[&str], Duration, &str); 12] = [
            ("silent.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, late),
            ("silent.test", &["--timeout", "1s", "k1"], SECOND, late),
            ("silent.test", &["--timeout", "2s", "--retries", "1", "k1"], 2 * SECOND, late),
            ("silent.test", &["--timeout", "200ms", "k1"], SECOND / 5, late),
            ("silent.test", &["--timeout", "1s", "--disable", "k1"], SECOND, late),
            ("noise.test", &["--timeout", "1s", "k1"], SECOND, either),
            ("stranger.test", &["--timeout", "1s", "k1"], SECOND, late),
            ("cut.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            ("servfail.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            ("refused.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            ("nxdomain.test", &["--timeout", "2s", "--retries", "0", "k1"], SECOND / 2, no),
            ("nodata.test", &["--timeout", "2s", "--retries", "0", "k1"], SECOND / 2, no),
        ];
        parallel(cases.len(), &cases, |(name, arguments, limit, words)| {
            let run = by_name(&coveo, name).args(*arguments).run_within(*limit);
            run.assert_status(6).assert_outcomes(&["unavailable"]).assert_stderr(words);
        });
        // Each key has the whole time, and the run ends after three consecutive keys.
        let cli =
            by_name(&coveo, "silent.test").args(["--timeout=300ms", "--retries=0", "k1", "k2", "k3", "k4"]);
        let run = cli.run_within(SECOND).assert_status(6);
        assert!(run.took >= Duration::from_millis(800), "{:?}", run.took);
        run.assert_outcomes(&["unavailable", "unavailable", "unavailable", "notTried"]);
        assert!(server.asked().contains(&"silent.test".to_owned()));
        assert_eq!(coveo.connections(), 0);
    });
}

#[test]
fn late_answer_is_used() {
    within(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["slow.test", "late.test", "good.test"]);
        // `late.test` is first, since the server is silent about it only in its first seconds.
        for (name, attempts) in [("late.test", 2), ("slow.test", 1), ("good.test", 1)] {
            let cli = by_name(&coveo, name).args(["--timeout", "6s"]).args(coveo.add_keys(1));
            assert_attempts(&cli.run().assert_outcomes(&["deleted"]), attempts);
        }
    });
}

/// An address that refuses connections, and one that accepts and resets them.
#[test]
fn failed_host_is_looked_up_again() {
    within(&Network::default(), || {
        let coveo = organization(&["moved.test", "moved.too.test"]);
        let server = NameServer::start();
        for name in ["moved.test", "moved.too.test"] {
            if name == "moved.too.test" {
                reset_at("127.0.0.9", coveo.port());
            }
            let run = by_name(&coveo, name).args(coveo.add_keys(2)).run().assert_status(0);
            assert_attempts(&run, 2);
            let asked = server.asked().iter().filter(|asked| *asked == name).count();
            assert_eq!(asked, 4, "twice for both families");
        }
    });
}

/// The endpoint's name is absolute, and the proxy's is in the last search domain. The suite `static_binary` has the same for
/// musl.
#[test]
fn bad_search_domain_is_skipped() {
    within(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["coveo.test"]);
        let proxy = Proxy::to(coveo.port());
        for domain in ["nxdomain", "servfail", "refused", "nodata", "silent"] {
            fs::write("/etc/resolv.conf", with_search_domain(domain)).expect("a file of this namespace");
            let cli = || by_name(&coveo, "coveo.test").args(["--retries", "0"]).args(coveo.add_keys(1));
            for cli in [cli(), cli().env("HTTPS_PROXY", format!("http://proxy:{}", proxy.port))] {
                let run = cli.run().assert_outcomes(&["deleted"]);
                assert!(run.took < 2 * SECOND, "{domain}: {:?}", run.took);
            }
        }
        assert_eq!(proxy.asked().len(), 5);
    });
}

#[test]
fn dead_name_server_is_skipped() {
    let resolv_conf = format!("nameserver {}\nnameserver 127.0.0.1\noptions timeout:1\n", DEAD_V4[0]);
    within(&Network { resolv_conf, ..Network::default() }, || {
        let Some(_server) = dnsmasq("host-record=coveo.test,127.0.0.1") else { return };
        let coveo = organization(&["coveo.test"]);
        let cli = by_name(&coveo, "coveo.test").args(["--timeout", "8s"]).args(coveo.add_keys(2));
        let run = cli.run().assert_status(0).assert_outcomes(&["deleted"; 2]);
        assert_attempts(&run, 1);
        assert!(run.took < 3 * SECOND, "{:?}", run.took);
    });
}

/// RFC 6761: this name means this machine, whatever files and servers say.
#[test]
fn localhost_is_never_looked_up() {
    let network = Network { hosts: format!("{} localhost\n", DEAD_V4[0]), ..Network::default() };
    within(&network, || {
        let server = NameServer::start();
        let coveo = organization(&[]);
        for name in ["localhost", "LocalHost", "localhost."] {
            by_name(&coveo, name).args(coveo.add_keys(1)).run().assert_outcomes(&["deleted"]);
        }
        assert_eq!(server.asked(), Vec::<String>::new());
    });
}

/// A proxy looks the host up itself, so we look up only the proxy.
#[test]
fn only_the_proxy_is_looked_up() {
    within(&Network::default(), || {
        let server = NameServer::start();
        let coveo = organization(&["silent.test"]);
        let proxy = Proxy::to(coveo.port());
        let through = |host: &str| {
            let url = format!("http://{host}:{}", proxy.port);
            let cli = by_name(&coveo, "silent.test").env("HTTPS_PROXY", url).args(["--timeout", "1s"]);
            cli.args(coveo.add_keys(1)).run_within(SECOND)
        };
        let run = through("silent.proxy.test").assert_outcomes(&["unavailable"]);
        run.assert_stderr("DNS lookup of silent.proxy.test (HTTPS_PROXY) timed out");
        through("good.proxy.test").assert_outcomes(&["deleted"]);
        assert_eq!(proxy.asked(), [format!("CONNECT silent.test:{} HTTP/1.1", coveo.port())]);
        assert!(!server.asked().contains(&"silent.test".to_owned()), "{:?}", server.asked());
    });
}

/// A user who may start no more threads.
#[test]
fn missing_thread_is_not_a_time_out() {
    let (Some(_), Some(_)) = (needed("prlimit", "util-linux"), needed("setpriv", "util-linux")) else {
        return;
    };
    // In a folder where that user may run it.
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("its mode can be set");
    let file = folder.path().join("coveo-delete-key");
    fs::copy(binary(), &file).expect("a copy");
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let user = if is_root { "setpriv --reuid=54321 --clear-groups" } else { "" };
    let cli = Cli::at("https://coveo.test").args(["--retries", "0", "k1"]);
    let mut shell = cli.in_shell(&format!("exec {user} prlimit --nproc=1 '{}' \"$@\"", file.display()));
    shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let run = Run::of(&mut shell).assert_status(6);
    run.assert_stderr("DNS lookup of coveo.test failed: no thread could be started (");
}
