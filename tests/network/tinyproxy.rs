//! A real forward proxy: tinyproxy, with and without a password, and with limits on what may pass. Its responses are never
//! taken for Coveo's.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::stub::Refusing;
use support::daemon::Daemon;
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Point, first};
use support::harness::{Cli, ENCODED_PASSWORD, PROXY_PASSWORD, PROXY_USER, cli, json_lines, parallel};

/// Starts one with more `settings`.
#[track_caller]
fn start(settings: &str) -> Option<Daemon> {
    Daemon::start("tinyproxy", &["-d", "-c", "settings"], |port, folder| {
        let log = folder.join("log").display().to_string();
        format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Connect\nLogFile \"{log}\"\n{settings}\n"
        )
    })
}

fn with_password() -> Option<Daemon> {
    start(&format!("BasicAuth {PROXY_USER} {PROXY_PASSWORD}"))
}

/// An organization with the keys `k1` and so on.
fn organization(keys: usize) -> Coveo {
    let coveo = Coveo::https();
    (1..=keys).for_each(|number| coveo.add(ApiKey::new(&format!("k{number}"))));
    coveo
}

fn through(coveo: &Coveo, proxy: &Daemon) -> Cli {
    cli(coveo).env("HTTPS_PROXY", proxy.url()).args(["--json", "-v"])
}

/// The hosts that it was asked to connect to.
fn asked_for(proxy: &Daemon) -> Vec<String> {
    let host = |line: &str| Some(line.split_once(": CONNECT ")?.1.split(' ').next()?.to_owned());
    proxy.file("log").lines().filter_map(host).collect()
}

#[test]
fn three_keys_share_one_tunnel() {
    for user in ["", &format!("{PROXY_USER}:{PROXY_PASSWORD}@"), &format!("{PROXY_USER}:{ENCODED_PASSWORD}@")]
    {
        let Some(proxy) = (if user.is_empty() { start("") } else { with_password() }) else { return };
        let coveo = organization(3);
        let url = format!("http://{user}{}", proxy.address());
        let run = through(&coveo, &proxy).env("HTTPS_PROXY", url).args(["k1", "k2", "k3"]).run();
        let run = run.assert_status(0).assert_outcomes(&["deleted"; 3]);
        assert!(coveo.ids().is_empty());
        assert_eq!(coveo.connections(), 1);
        assert_eq!(asked_for(&proxy), [format!("localhost:{}", coveo.port())]);
        let told =
            format!("coveo-delete-key: requests go through the proxy {} (HTTPS_PROXY)\n", proxy.address());
        assert!(run.stderr.starts_with(&told), "{}", run.stderr);
        assert!(!coveo.saw_bytes(b"Proxy-Authorization"), "the password is for the proxy alone");
    }
}

#[test]
fn every_request_goes_through_proxy() {
    let Some(proxy) = start("") else { return };
    let coveo = organization(4);
    let run = |arguments: &[&str], outcomes: &[&str]| {
        through(&coveo, &proxy).args(arguments).run().assert_status(0).assert_outcomes(outcomes)
    };
    run(&["--dry-run", "k1"], &["wouldDelete"]);
    run(&["--disable", "k1"], &["disabled"]);
    run(&["--list"], &["listed"; 4]);
    run(&["--bulk", "k1", "k2", "k3", "k4"], &["deleted"; 4]);
    assert_eq!(asked_for(&proxy).len(), 4, "no request went past the proxy");
    assert_eq!(coveo.connections(), 4);
}

#[test]
fn wrong_proxy_password_is_about_proxy() {
    let Some(proxy) = with_password() else { return };
    let coveo = organization(1);
    // tinyproxy answers 407 without a password, and 401 to a wrong one.
    for (user, words) in [
        ("", "407"),
        ("proxy-user@", "401"),
        ("proxy-user:proxy-geheim2@", "401"),
        ("nobody:proxy-geheim@", "401"),
        ("proxy-user:%20proxy-geheim@", "401"),
    ] {
        let url = format!("http://{user}{}", proxy.address());
        let cli = through(&coveo, &proxy).env("HTTPS_PROXY", url);
        let run = cli.args(["--retries", "1", "--timeout", "5s", "k1"]).run().assert_status(6);
        let run = run.assert_outcomes(&["unavailable"]);
        let said = &json_lines(&run.stdout)[0];
        assert!(said["httpStatus"].is_null() && said["errorCode"].is_null(), "{user:?}");
        let proxy = proxy.address();
        run.assert_stderr(&format!("{proxy} (HTTPS_PROXY): proxy authentication failed ({words})\n"));
    }
    assert_eq!(coveo.connections(), 0);
}

/// What a proxy may refuse, and what it answers if it can't reach the host.
#[test]
fn refusing_proxy_is_not_coveo() {
    let coveo = organization(4);
    let elsewhere = Refusing::start();
    let host = format!("https://localhost:{}", elsewhere.port);
    let address = format!("https://127.0.0.1:{}", elsewhere.port);
    for (settings, endpoint, status) in [
        ("", host.as_str(), "500"),
        ("", address.as_str(), "500"),
        ("ConnectPort 443", coveo.endpoint(), "403"),
        ("Deny 127.0.0.1", coveo.endpoint(), "403"),
    ] {
        let Some(proxy) = start(settings) else { return };
        let cli = through(&coveo, &proxy).env("COVEO_ENDPOINT", endpoint).args(["--retries", "0"]);
        let run = cli.args(["k1", "k2", "k3", "k4"]).run().assert_status(6);
        let run = run.assert_outcomes(&["unavailable", "unavailable", "unavailable", "notTried"]);
        assert!(json_lines(&run.stdout)[0]["httpStatus"].is_null());
        let proxy = proxy.address();
        run.assert_stderr(&format!("from {}: {proxy} (HTTPS_PROXY) refused CONNECT: {status}", coveo.id()));
    }
    assert_eq!((coveo.ids().len(), coveo.connections()), (4, 0));
}

/// The proxy goes down during the second key: between two attempts, the first of which Coveo rejected; before Coveo acts;
/// and after.
#[test]
fn proxy_going_down_leaves_doubt_only_if_sent() {
    let busy = CannedResponse::error(429, "TOO_MANY_REQUESTS", "slow down").header("Retry-After", "1");
    // When the proxy goes down, what Coveo does then, and the outcome of the key.
    let cases = [
        ("between two attempts", Fault::Answer(busy), "unavailable"),
        ("before acting", Fault::At(Point::BeforeActing, Break::Hang), "unknown"),
        ("after acting", Fault::At(Point::AfterActing, Break::Hang), "unknown"),
    ];
    parallel(cases.len(), &cases, |(what, fault, outcome)| {
        let coveo = organization(3);
        let Some(proxy) = start("") else { return };
        let (cli, address) = (through(&coveo, &proxy), proxy.address());
        let (proxy, fault) = (Arc::new(Mutex::new(proxy)), fault.clone());
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.path.ends_with("/k2") => {
                let doomed = Arc::clone(&proxy);
                thread::spawn(move || {
                    // By then, the response has passed, if there is one.
                    thread::sleep(Duration::from_millis(300));
                    doomed.lock().expect("nothing panics with it").kill();
                });
                fault.clone()
            }
            _ => Fault::None,
        });
        let run = cli.args(["--retries", "1", "--timeout", "10s", "k1", "k2", "k3"]).run().assert_status(6);
        assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
        run.assert_outcomes(&["deleted", outcome, "unavailable"])
            .assert_stderr(&format!("connection to {address} (HTTPS_PROXY) failed: connection refused"));
        assert!(!coveo.exists("k1") && coveo.exists("k3"));
        assert_eq!(coveo.exists("k2"), *what != "after acting");
    });
}

/// Coveo breaks off after the request may have passed the proxy. The next attempt resolves the doubt, or it is reported. The
/// next key has a connection that works.
#[test]
fn lost_connection_behind_proxy_is_replaced() {
    let Some(proxy) = start("") else { return };
    let at = Fault::At;
    // A fault of the first request, `--retries`, the outcome, and whether the key is gone then.
    let cases = [
        (Fault::CloseAfter, "1", "deleted", true),
        (at(Point::Handshake, Break::Close), "1", "deleted", true),
        (at(Point::BeforeActing, Break::Reset), "1", "deleted", true),
        (at(Point::BeforeActing, Break::Close), "0", "unknown", false),
        (at(Point::AfterActing, Break::Close), "1", "gone", true),
        (at(Point::AfterActing, Break::Reset), "0", "unknown", true),
        (at(Point::AfterActing, Break::Hang), "0", "unknown", true),
    ];
    parallel(cases.len(), &cases, |(fault, retries, outcome, gone)| {
        let coveo = Coveo::https();
        let keys = coveo.add_keys(2);
        coveo.plan(first(1, fault.clone()));
        let timeout = if matches!(fault, Fault::At(_, Break::Hang)) { "2s" } else { "60s" };
        let cli = through(&coveo, &proxy).args(["--timeout", timeout, "--retries", retries]);
        let run = cli.args(&keys).run().assert_outcomes(&[outcome, "deleted"]);
        assert_eq!((!coveo.exists(&keys[0]), coveo.connections()), (*gone, 2), "{}", run.stderr);
        let errors = run.stderr.lines().filter(|line| line.contains("error: "));
        assert!(errors.into_iter().all(|line| !line.contains("proxy")), "it is Coveo's connection by now");
    });
}
