//! A real forward proxy: tinyproxy, with and without a password, and with limits on what may pass. Its responses are never
//! taken for Coveo's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::daemon::Daemon;
use crate::proxy_password::{ENCODED_PASSWORD, PROXY_USER, tells_no_password};
use crate::stub::Refusing;
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Point, first};
use support::harness::{Cli, PROXY_PASSWORD, cli, json_lines, needed, outcomes, parallel};

fn installed() -> Option<PathBuf> {
    needed("tinyproxy", "tinyproxy")
}

/// Starts one with more `settings`.
fn start(tinyproxy: &Path, settings: &str) -> Daemon {
    Daemon::start(
        |port, folder| {
            let folder = folder.display();
            format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Connect\nLogFile \"{folder}/log\"\n{settings}\n"
            )
        },
        |folder| {
            let mut command = Command::new(tinyproxy);
            command.args(["-d", "-c"]).arg(folder.join("settings"));
            command
        },
    )
}

fn with_password() -> String {
    format!("BasicAuth {PROXY_USER} {PROXY_PASSWORD}")
}

/// An organization with the keys `k1` and so on.
fn organization(keys: usize) -> Coveo {
    let coveo = Coveo::https();
    (1..=keys).for_each(|number| coveo.add(ApiKey::new(&format!("k{number}"))));
    coveo
}

fn through(coveo: &Coveo, proxy: &Daemon) -> Cli {
    cli(coveo).env("HTTPS_PROXY", proxy.url()).arg("--json")
}

/// The hosts that it was asked to connect to.
fn asked_for(proxy: &Daemon) -> Vec<String> {
    let host = |line: &str| Some(line.split_once(": CONNECT ")?.1.split(' ').next()?.to_owned());
    proxy.file("log").lines().filter_map(host).collect()
}

#[test]
fn three_keys_share_one_tunnel() {
    let Some(tinyproxy) = installed() else { return };
    let proxy = start(&tinyproxy, "");
    let coveo = organization(3);
    let run = through(&coveo, &proxy).args(["k1", "k2", "k3", "-v"]).run().assert_status(0);
    assert_eq!(outcomes(&run.stdout), ["deleted"; 3]);
    assert!(coveo.ids().is_empty());
    assert_eq!(coveo.connections(), 1);
    assert_eq!(asked_for(&proxy), [format!("localhost:{}", coveo.port())]);
    let first = run.stderr.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        format!("coveo-delete-key: requests go through the proxy {} (HTTPS_PROXY)", proxy.address())
    );
}

#[test]
fn every_request_goes_through_proxy() {
    let Some(tinyproxy) = installed() else { return };
    let proxy = start(&tinyproxy, "");
    let coveo = organization(4);
    let run =
        |arguments: &[&str]| outcomes(&through(&coveo, &proxy).args(arguments).run().assert_status(0).stdout);
    assert_eq!(run(&["--dry-run", "k1"]), ["wouldDelete"]);
    assert_eq!(run(&["--disable", "k1"]), ["disabled"]);
    assert_eq!(run(&["--list"]), ["listed"; 4]);
    assert_eq!(run(&["--bulk", "k1", "k2", "k3", "k4"]), ["deleted"; 4]);
    assert_eq!(asked_for(&proxy).len(), 4, "no request went past the proxy");
    assert_eq!(coveo.connections(), 4);
}

#[test]
fn right_proxy_password_is_never_shown() {
    let Some(tinyproxy) = installed() else { return };
    let proxy = start(&tinyproxy, &with_password());
    let coveo = organization(2);
    for (key, password) in [("k1", PROXY_PASSWORD), ("k2", ENCODED_PASSWORD)] {
        let url = format!("http://{PROXY_USER}:{password}@{}", proxy.address());
        let run = cli(&coveo).env("HTTPS_PROXY", url).args(["-v", key]).run().assert_status(0);
        assert_eq!(run.stdout, format!("deleted {key} from {}\n", coveo.id()));
        let first = run.stderr.lines().next().unwrap_or_default();
        assert_eq!(
            first,
            format!("coveo-delete-key: requests go through the proxy {} (HTTPS_PROXY)", proxy.address())
        );
        tells_no_password(&run);
    }
    assert!(!coveo.saw_bytes(b"Proxy-Authorization"), "the password is for the proxy alone");
    assert!(coveo.ids().is_empty());
}

#[test]
fn wrong_proxy_password_is_about_proxy() {
    let Some(tinyproxy) = installed() else { return };
    let proxy = start(&tinyproxy, &with_password());
    let coveo = organization(1);
    // tinyproxy answers 407 without a password, and 401 to a wrong one.
    for (user, words) in [
        ("", "407"),
        ("somebody@", "401"),
        ("somebody:proxy-geheim2@", "401"),
        ("else:proxy-geheim@", "401"),
        ("somebody:%20proxy-geheim@", "401"),
    ] {
        let url = format!("http://{user}{}", proxy.address());
        let run = cli(&coveo)
            .env("HTTPS_PROXY", url)
            .args(["-v", "--json", "--retries", "1", "--timeout", "5s", "k1"])
            .run()
            .assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["unavailable"], "{user:?}");
        assert!(
            json_lines(&run.stdout)[0]["httpStatus"].is_null()
                && json_lines(&run.stdout)[0]["errorCode"].is_null(),
            "{user:?}"
        );
        let words = format!("{} (HTTPS_PROXY): proxy authentication failed ({words})\n", proxy.address());
        assert!(run.stderr.contains(&words), "{user:?}: {}", run.stderr);
        if !user.starts_with("else") {
            tells_no_password(&run);
        }
    }
    assert_eq!(coveo.connections(), 0);
}

/// What a proxy may refuse, and what it answers if it can't reach the host.
#[test]
fn refusing_proxy_is_not_coveo() {
    let Some(tinyproxy) = installed() else { return };
    let coveo = organization(4);
    let elsewhere = Refusing::start();
    let nobody = format!("https://localhost:{}", elsewhere.port);
    let address = format!("https://{}", elsewhere.address());
    for (what, settings, endpoint, status) in [
        ("a host that refuses", "", nobody.as_str(), "500"),
        ("an address that refuses", "", address.as_str(), "500"),
        ("another port", "ConnectPort 443", coveo.endpoint(), "403"),
        ("another client", "Deny 127.0.0.1", coveo.endpoint(), "403"),
    ] {
        let proxy = start(&tinyproxy, settings);
        let cli = through(&coveo, &proxy).env("COVEO_ENDPOINT", endpoint).args(["--retries", "0"]);
        let run = cli.args(["k1", "k2", "k3", "k4"]).run().assert_status(6);
        assert_eq!(
            outcomes(&run.stdout),
            ["unavailable", "unavailable", "unavailable", "notTried"],
            "{what}"
        );
        assert!(json_lines(&run.stdout)[0]["httpStatus"].is_null(), "{what}");
        let words =
            format!("from {}: {} (HTTPS_PROXY) refused CONNECT: {status}", coveo.id(), proxy.address());
        assert!(run.stderr.contains(&words), "{what}: {}", run.stderr);
    }
    assert_eq!((coveo.ids().len(), coveo.connections()), (4, 0));
}

#[test]
fn proxy_that_is_down_is_named() {
    let coveo = organization(1);
    let nobody = Refusing::start();
    let address = nobody.address();
    let url = format!("http://{PROXY_USER}:{PROXY_PASSWORD}@{address}");
    let run = cli(&coveo).env("ALL_PROXY", url).args(["k1", "-v", "--retries", "1"]).run().assert_status(6);
    let words = format!("connection to {address} (ALL_PROXY) failed: connection refused (2 attempts)");
    assert!(run.stderr.contains(&words), "{}", run.stderr);
    assert!(run.stderr.contains("k1 was not deleted"), "{}", run.stderr);
    tells_no_password(&run);
    assert_eq!((coveo.ids().len(), coveo.connections()), (1, 0));
}

/// When the proxy goes down, what Coveo does then, and the outcome of the key.
#[derive(Debug)]
struct Down(&'static str, Fault, &'static str);

/// The proxy goes down during the second key: between two attempts, the first of which Coveo rejected; before Coveo acts;
/// and after.
#[test]
fn proxy_going_down_leaves_doubt_only_if_sent() {
    let Some(tinyproxy) = installed() else { return };
    let busy = CannedResponse::error(429, "TOO_MANY_REQUESTS", "slow down").header("Retry-After", "1");
    let cases = [
        Down("between two attempts", Fault::Answer(busy), "unavailable"),
        Down("before acting", Fault::At(Point::BeforeActing, Break::Hang), "unknown"),
        Down("after acting", Fault::At(Point::AfterActing, Break::Hang), "unknown"),
    ];
    parallel(cases.len(), &cases, |Down(what, fault, outcome)| {
        let coveo = organization(3);
        let proxy = Arc::new(Mutex::new(start(&tinyproxy, "")));
        let cli = through(&coveo, &proxy.lock().expect("nothing panics with it"));
        let fault = fault.clone();
        coveo.plan(move |moment| match moment {
            Hook::Request(_, request) if request.path.ends_with("/k2") => fault.clone(),
            _ => Fault::None,
        });
        coveo.on_request(move |request, _| {
            if request.path.ends_with("/k2") {
                let doomed = Arc::clone(&proxy);
                thread::spawn(move || {
                    // By then, the response has passed, if there is one.
                    thread::sleep(Duration::from_millis(300));
                    doomed.lock().expect("nothing panics with it").kill();
                });
            }
        });
        let run = cli.args(["--retries", "1", "--timeout", "10s", "k1", "k2", "k3"]).run().assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["deleted", *outcome, "unavailable"], "{}", run.stderr);
        assert!(!coveo.exists("k1") && coveo.exists("k3"));
        assert_eq!(coveo.exists("k2"), *what != "after acting");
        assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
    });
}

#[test]
fn lost_connection_behind_proxy_is_replaced() {
    let Some(tinyproxy) = installed() else { return };
    let proxy = start(&tinyproxy, "");
    for (fault, first_outcome) in [
        (Fault::CloseAfter, "deleted"),
        (Fault::At(Point::AfterActing, Break::Close), "gone"),
        (Fault::At(Point::BeforeActing, Break::Reset), "deleted"),
        (Fault::At(Point::Handshake, Break::Close), "deleted"),
    ] {
        let coveo = Coveo::https();
        let keys = coveo.add_keys(3);
        coveo.plan(first(1, fault.clone()));
        let run = through(&coveo, &proxy).args(&keys).run().assert_status(0);
        assert_eq!(outcomes(&run.stdout), [first_outcome, "deleted", "deleted"], "{fault:?}");
        assert!(coveo.ids().is_empty());
        assert_eq!(coveo.connections(), 2, "{fault:?}");
    }
}
