//! Names: a name server that answers, that has nothing good to say, or that never answers. No key can have been touched
//! by then, so each is `unavailable`, and the wait for a name ends with `--timeout` as any other does.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use std::time::Duration;

use crate::name_server::{NameServer, dnsmasq};
use crate::namespace::{DEAD_V4, Network, within as within_network};
use support::fake_coveo::{CannedResponse, Certificate, Coveo, Fault, always};
use support::harness::{Cli, Run, binary, cli, json_lines, needed, outcomes, parallel};
use support::proxy::Proxy;

const SECOND: Duration = Duration::from_secs(1);

/// An organization whose certificate is good for these names.
fn organization(names: &[&str]) -> Coveo {
    Coveo::builder().https(Certificate::Good).names(names).start()
}

/// The tool on `coveo`, which it is to look for by this name.
fn by_name(coveo: &Coveo, name: &str) -> Cli {
    cli(coveo).env("COVEO_ENDPOINT", format!("https://{name}:{}", coveo.port())).args(["--json", "-v"])
}

#[test]
fn a_name_is_looked_up_once_for_all_keys_and_connections() {
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

/// A name that is not there, one without an address, and no name server any more.
#[test]
fn a_real_name_servers_no_ends_unavailable() {
    within_network(&Network::default(), || {
        let Some(mut server) = dnsmasq("txt-record=nodata.test,text") else { return };
        let coveo = organization(&[]);
        let ask = |name: &str| {
            let run = by_name(&coveo, name)
                .args(["--retries", "1", "--timeout", "10s", "k1"])
                .run_within(SECOND)
                .assert_status(6);
            assert_eq!(outcomes(&run.stdout), ["unavailable"]);
            assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "it may be there in a moment");
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

/// A name, what is given to the tool, the longest it may take, and what is said.
#[derive(Debug)]
struct Case(&'static str, &'static [&'static str], Duration, &'static str);

#[test]
fn the_wait_for_a_name_ends_with_the_time() {
    let late = " timed out";
    let no = "DNS lookup of ";
    // Some system libraries take such an answer for an end, and others wait for a better one.
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
        // Three keys in a row, and that is the end of the run.
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
fn a_name_that_comes_in_time_is_used() {
    within_network(&Network::default(), || {
        let _server = NameServer::start();
        let coveo = organization(&["slow.test", "late.test", "good.test"]);
        let keys = coveo.add_keys(3);
        let delete = |name: &str, key: &str| -> Run {
            let run = by_name(&coveo, name).args(["--timeout", "6s", key]).run().assert_status(0);
            assert_eq!(outcomes(&run.stdout), ["deleted"], "{name}: {}", run.stderr);
            run
        };
        // First, since the server is silent to this name only while it is young.
        let run = delete("late.test", &keys[0]);
        assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "{}", run.stderr);
        assert_eq!(json_lines(&delete("slow.test", &keys[1]).stdout)[0]["attempts"], 1);
        assert_eq!(json_lines(&delete("good.test", &keys[2]).stdout)[0]["attempts"], 1);
    });
}

#[test]
fn a_host_whose_addresses_all_failed_is_looked_up_again() {
    within_network(&Network::default(), || {
        let server = NameServer::start();
        let coveo = organization(&["moved.test"]);
        let keys = coveo.add_keys(2);
        let run = by_name(&coveo, "moved.test").args(&keys).run().assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted", "deleted"], "{}", run.stderr);
        assert_eq!(json_lines(&run.stdout)[0]["attempts"], 2, "{}", run.stderr);
        assert_eq!(server.asked().len(), 4, "twice for both families: {:?}", server.asked());
    });
}

#[test]
fn a_dead_name_server_is_passed_over_for_the_next() {
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

/// RFC 6761: the name of this machine means this machine, whatever files and servers say.
#[test]
fn localhost_is_asked_of_nobody() {
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

/// A proxy looks the host up itself; only the proxy's own name is for us to find.
#[test]
fn behind_a_proxy_only_the_proxys_name_is_looked_up() {
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

/// A user with no process to spare.
#[test]
fn a_thread_that_can_not_be_started_is_no_time_out() {
    let (Some(_), Some(_)) = (needed("prlimit", "util-linux"), needed("setpriv", "util-linux")) else {
        return;
    };
    // Where that user may read and run it.
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
