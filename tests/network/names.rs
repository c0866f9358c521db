//! DNS lookups with name servers that answer, fail or stay silent. No key can have been changed by then, so each is
//! `unavailable`, and the wait ends with `--timeout`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use std::time::Duration;

use crate::name_server::{NameServer, dnsmasq};
use crate::namespace::{DEAD_V4, Network, within as within_network};
use crate::stub::reset_at;
use support::fake_coveo::{CannedResponse, Certificate, Coveo, Fault, always};
use support::harness::{Cli, Run, binary, cli, json_lines, needed, outcomes, parallel};
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

#[test]
fn name_is_looked_up_once_per_run() {
    within_network(&Network::default(), || {
        let Some(server) = dnsmasq("host-record=coveo.test,127.0.0.1") else { return };
        let coveo = organization(&["coveo.test"]);
        coveo.plan(|_| Fault::None);
        let keys = coveo.add_keys(6);
        let run = by_name(&coveo, "coveo.test").args(&keys[..3]).run().assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted"; 3]);
        let asked =
            |server: &crate::daemon::Daemon| server.file("output").matches("query[A] coveo.test").count();
        assert_eq!((asked(&server), coveo.connections()), (1, 1), "{}", server.file("output"));

        coveo.plan(always(Fault::Answer(CannedResponse::status(204).acting().closing())));
        let run = by_name(&coveo, "coveo.test").args(&keys[3..]).run().assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted"; 3]);
        assert_eq!((asked(&server), coveo.connections()), (2, 4), "{}", server.file("output"));
    });
}

/// A name that doesn't exist, one without an address, and a name server that is gone.
#[test]
fn real_name_server_without_an_address() {
    within_network(&Network::default(), || {
        let Some(mut server) = dnsmasq("txt-record=nodata.test,text") else { return };
        let coveo = organization(&[]);
        let ask = |name: &str| {
            let run = by_name(&coveo, name)
                .args(["--retries", "1", "--timeout", "10s", "k1"])
                .run_within(SECOND)
                .assert_status(6);
            assert_eq!(outcomes(&run.stdout), ["unavailable"]);
            assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "it may exist in a moment");
            assert!(run.stderr.contains(&format!("DNS lookup of {name} failed: ")), "{}", run.stderr);
        };
        ask("nobody.test");
        ask("nodata.test");
        assert!(
            server.file("output").contains("config nobody.test is NXDOMAIN"),
            "{}",
            server.file("output")
        );
        assert!(server.file("output").contains("config nodata.test is NODATA"), "{}", server.file("output"));
        server.kill();
        let run = by_name(&coveo, "nobody.test")
            .args(["--timeout", "1s", "k1"])
            .run_within(SECOND)
            .assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["unavailable"]);
    });
}

/// A name, arguments, the longest it may take, and what is reported.
#[derive(Debug)]
struct Case(&'static str, &'static [&'static str], Duration, &'static str);

#[test]
fn lookup_keeps_to_timeout() {
    let late = " timed out";
    let no = "DNS lookup of ";
    // Some system libraries stop at such an answer, and others wait for a better one.
    let either = "error: k1 was not deleted from";
    within_network(&Network::default(), || {
        let server = NameServer::start();
        let coveo = organization(&[]);
        let cases = [
            Case("silent.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, late),
            Case("silent.test", &["--timeout", "1s", "k1"], SECOND, late),
            Case("silent.test", &["--timeout", "2s", "--retries", "1", "k1"], 2 * SECOND, late),
            Case("silent.test", &["--timeout", "200ms", "k1"], SECOND / 5, late),
            Case("silent.test", &["--timeout", "1s", "--disable", "k1"], SECOND, late),
            Case("noise.test", &["--timeout", "1s", "k1"], SECOND, either),
            Case("stranger.test", &["--timeout", "1s", "k1"], SECOND, late),
            Case("cut.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            Case("servfail.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            Case("refused.test", &["--timeout", "1s", "--retries", "0", "k1"], SECOND, either),
            Case("nxdomain.test", &["--timeout", "2s", "--retries", "0", "k1"], SECOND / 2, no),
            Case("nodata.test", &["--timeout", "2s", "--retries", "0", "k1"], SECOND / 2, no),
        ];
        parallel(cases.len(), &cases, |Case(name, arguments, limit, words)| {
            let run = by_name(&coveo, name).args(*arguments).run_within(*limit).assert_status(6);
            assert_eq!(outcomes(&run.stdout), ["unavailable"]);
            assert!(run.stderr.contains(words), "{}", run.stderr);
        });
        // The run ends after three consecutive keys.
        let run = by_name(&coveo, "silent.test")
            .args(["--timeout", "300ms", "k1", "k2", "k3", "k4"])
            .run_within(SECOND)
            .assert_status(6);
        assert_eq!(
            outcomes(&run.stdout),
            ["unavailable", "unavailable", "unavailable", "notTried"],
            "{}",
            run.stderr
        );
        assert!(server.asked().contains(&"silent.test".to_owned()));
        assert_eq!(coveo.connections(), 0);
    });
}

#[test]
fn late_answer_is_used() {
    within_network(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["slow.test", "late.test", "good.test"]);
        let keys = coveo.add_keys(3);
        let delete = |name: &str, key: &str| -> Run {
            let run = by_name(&coveo, name).args(["--timeout", "6s", key]).run().assert_status(0);
            assert_eq!(outcomes(&run.stdout), ["deleted"], "{name}: {}", run.stderr);
            run
        };
        // First, since the server is silent about this name only in its first seconds.
        let run = delete("late.test", &keys[0]);
        assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "{}", run.stderr);
        assert_eq!(json_lines(&delete("slow.test", &keys[1]).stdout)[0]["attempts"], 1);
        assert_eq!(json_lines(&delete("good.test", &keys[2]).stdout)[0]["attempts"], 1);
    });
}

/// An address that refuses connections, and one that accepts and resets them.
#[test]
fn failed_host_is_looked_up_again() {
    within_network(&Network::default(), || {
        let coveo = organization(&["moved.test", "moved.too.test"]);
        let server = NameServer::start();
        for name in ["moved.test", "moved.too.test"] {
            if name == "moved.too.test" {
                reset_at("127.0.0.9", coveo.port());
            }
            let keys = coveo.add_keys(2);
            let run = by_name(&coveo, name).args(&keys).run().assert_status(0);
            assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "{}", run.stderr);
            let asked = server.asked().iter().filter(|asked| *asked == name).count();
            assert_eq!(asked, 4, "twice for both families");
        }
    });
}

/// Search domains as Kubernetes writes them, and one more that answers in its own way. The endpoint's name is absolute, and
/// the proxy's is in the last domain. The suite `static_binary` has the same for musl.
#[test]
fn bad_search_domain_is_skipped() {
    within_network(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["coveo.test"]);
        let proxy = Proxy::to(coveo.port());
        for domain in ["nxdomain", "servfail", "refused", "nodata", "silent"] {
            let search = "search ns.svc.cluster.local svc.cluster.local cluster.local";
            let text =
                format!("{search} {domain}.search good.search\nnameserver 127.0.0.1\noptions ndots:5\n");
            fs::write("/etc/resolv.conf", text).expect("it is a file of this namespace");
            let keys = coveo.add_keys(2);
            let direct = by_name(&coveo, "coveo.test").args(["--retries", "0", &keys[0]]);
            let through = by_name(&coveo, "coveo.test").args(["--retries", "0", &keys[1]]);
            for cli in [direct, through.env("HTTPS_PROXY", format!("http://proxy:{}", proxy.port))] {
                let run = cli.run();
                assert_eq!(outcomes(&run.stdout), ["deleted"], "{domain}: {}", run.stderr);
                assert!(run.took < 2 * SECOND, "{domain}: {:?}", run.took);
            }
        }
        assert_eq!(proxy.asked().len(), 5);
    });
}

#[test]
fn truncated_answer_is_asked_for_over_tcp() {
    within_network(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["long.test"]);
        let keys = coveo.add_keys(1);
        let run = by_name(&coveo, "long.test").args(["--retries", "0"]).args(&keys).run();
        assert_eq!(outcomes(&run.stdout), ["deleted"], "{}", run.stderr);
    });
}

#[test]
fn dead_name_server_is_skipped() {
    let [dead, ..] = DEAD_V4;
    let resolv_conf = format!("nameserver {dead}\nnameserver 127.0.0.1\noptions timeout:1\n");
    let network = Network { resolv_conf, ..Network::default() };
    within_network(&network, || {
        let Some(_server) = dnsmasq("host-record=coveo.test,127.0.0.1") else { return };
        let coveo = organization(&["coveo.test"]);
        let keys = coveo.add_keys(2);
        let run = by_name(&coveo, "coveo.test").args(["--timeout", "8s"]).args(&keys).run().assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted", "deleted"]);
        assert_eq!(json_lines(&run.stdout)[0]["attempts"], 1, "{}", run.stderr);
        assert!(run.took < Duration::from_secs(3), "{:?}", run.took);
    });
}

/// RFC 6761: this name means this machine, whatever files and servers say.
#[test]
fn localhost_is_never_looked_up() {
    let network = Network { hosts: format!("{} localhost\n", DEAD_V4[0]), ..Network::default() };
    within_network(&network, || {
        let server = NameServer::start();
        let coveo = organization(&[]);
        for name in ["localhost", "LocalHost", "localhost."] {
            let keys = coveo.add_keys(1);
            let run = by_name(&coveo, name).args(&keys).run().assert_status(0);
            assert_eq!(outcomes(&run.stdout), ["deleted"], "{name}");
        }
        assert_eq!(server.asked(), Vec::<String>::new());
    });
}

/// A proxy looks the host up itself, so we look up only the proxy.
#[test]
fn only_the_proxy_is_looked_up() {
    within_network(&Network::default(), || {
        let server = NameServer::start();
        let coveo = organization(&["silent.test"]);
        let keys = coveo.add_keys(1);
        let proxy = Proxy::to(coveo.port());
        let through = |host: &str| {
            let url = format!("http://{host}:{}", proxy.port);
            by_name(&coveo, "silent.test")
                .env("HTTPS_PROXY", url)
                .args(["--timeout", "1s"])
                .args(&keys)
                .run_within(SECOND)
        };
        let run = through("silent.proxy.test").assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["unavailable"]);
        let words = "DNS lookup of silent.proxy.test (HTTPS_PROXY) timed out";
        assert!(run.stderr.contains(words), "{}", run.stderr);

        let run = through("good.proxy.test").assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted"]);
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
    let user: &[&str] = if is_root { &["setpriv", "--reuid=54321", "--clear-groups"] } else { &["env"] };
    let output = Command::new(user[0])
        .args(&user[1..])
        .args(["prlimit", "--nproc=1"])
        .arg(&file)
        .args(["--retries", "0", "k1"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([("COVEO_ENDPOINT", "https://coveo.test"), ("COVEO_ORGANIZATION_ID", "o")])
        .env("COVEO_ACCESS_TOKEN", support::fake_coveo::FULL_TOKEN)
        .output()
        .expect("an installed program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains("DNS lookup of coveo.test failed: no thread could be started ("), "{stderr}");
}
