//! Hosts with several addresses, some of them dead: nobody answers there. A dead address costs a quarter of a second, as
//! with curl. On loopback, a full queue is dead; in a namespace, a link to nowhere.

use std::thread;
use std::time::Duration;

use crate::stub::{Dead, forward, reset_at};
use support::fake_coveo::{Certificate, Coveo, Fault, always};
use support::harness::{Cli, Run, cli, json_lines, parallel, skip};
use support::namespace::{self, DEAD_V4, DEAD_V6, HERE, Network};
use support::proxy::{Proxy, Then};

const SECOND: Duration = Duration::from_secs(1);

fn at(coveo: &Coveo, host: &str, port: u16) -> Cli {
    cli(coveo).env("COVEO_ENDPOINT", format!("https://{host}:{port}")).args(["--json", "-v"])
}

/// The number of attempts for each key.
fn attempts(run: &Run) -> Vec<u64> {
    json_lines(&run.stdout).iter().map(|line| line["attempts"].as_u64().expect("a number")).collect()
}

/// `localhost` is 127.0.0.1 and then ::1. Here the first is dead.
#[test]
fn dead_address_costs_a_quarter_second_once() {
    let coveo = Coveo::https();
    let dead = Dead::start();
    if forward("::1", dead.port, coveo.port()).is_err() {
        return skip("::1 is missing");
    }
    coveo.plan(always(Fault::header("Connection", "close")));
    parallel(3, &["60s", "5s", "2s"], |timeout| {
        let keys = coveo.add_keys(4);
        let run = at(&coveo, "localhost", dead.port).args(["--timeout", timeout]).args(&keys).run();
        let run = run.assert_outcomes(&["deleted"; 4]);
        assert_eq!(attempts(&run)[0], 1, "{}", run.stderr);
        assert!((SECOND / 5..3 * SECOND / 2).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
    });
    assert_eq!(coveo.connections(), 12, "each key has its own connection");
}

/// An address that is slow to accept, next to one that refuses: there is time for it in the second round.
#[test]
fn slow_address_gets_a_second_round() {
    let coveo = Coveo::https();
    let slow = Dead::start();
    let (port, target) = (slow.port, coveo.port());
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(SECOND / 2);
            slow.come_alive(target);
        });
        let cli = at(&coveo, "localhost", port).args(["--retries", "0"]).args(coveo.add_keys(1));
        cli.run().assert_outcomes(&["deleted"]);
    });
}

/// The host or the proxy has one address, and it is dead.
#[test]
fn dead_host_ends_within_timeout() {
    let coveo = Coveo::https();
    let dead = Dead::start();
    let address = format!("127.0.0.1:{}", dead.port);
    // A retry that has too little time isn't begun, so the end may come early.
    let check = |millis: u32, cli: Cli, host: &str| {
        let limit = millis * SECOND / 1000;
        let run = cli.args([&format!("--timeout={millis}ms"), "k1"]).run_within(limit).assert_status(6);
        let run = run.assert_outcomes(&["unavailable"]);
        assert!(run.assert_stderr(&format!("connection to {host} timed out")).took >= limit / 2);
    };
    parallel(3, &[1000, 200, 2000], |&millis| {
        let through = at(&coveo, "localhost", coveo.port()).env("ALL_PROXY", format!("http://{address}"));
        thread::scope(|scope| {
            scope.spawn(|| check(millis, through, &format!("{address} (ALL_PROXY)")));
            check(millis, at(&coveo, "127.0.0.1", dead.port), &address);
        });
    });
    assert_eq!(coveo.connections(), 0);
}

/// A name with these addresses, what its run says, and the least and most that it takes, in quarters of a second.
type Case = (&'static str, Vec<&'static str>, &'static str, u32, u32);

/// glibc puts IPv6 first, so dead IPv6 addresses come before 127.0.0.1, and 10.9.9.7 after it.
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let [_, here] = HERE;
    let [v4, v4_too] = DEAD_V4;
    let v6 = &DEAD_V6;
    let case = |name, addresses: &[&[&'static str]], says, least, most| (name, addresses.concat(), says, least, most);
    vec![
        case("one.test", &[&v6[..1], &["127.0.0.1"]], "deleted", 1, 3),
        case("two.test", &[&v6[..2], &["127.0.0.1"]], "deleted", 1, 3),
        case("four.test", &[&v6[..4], &["127.0.0.1"]], "deleted", 1, 3),
        case("both.test", &[&v6[..2], &["127.0.0.1", v4]], "deleted", 1, 4),
        case("behind.test", &[&["127.0.0.1", v4, v4_too]], "deleted", 0, 1),
        case("mixed.test", &[&[v6[0], here, "127.0.0.1", v4]], "deleted", 0, 3),
        case("refuses.test", &[&[here, "127.0.0.1"]], "deleted", 0, 1),
        case("no-route.test", &[&["2001:db8::1", "127.0.0.1"]], "deleted", 0, 1),
        // Of several failures, the most telling one is reported.
        case("alone.test", &[&v6[..1]], "timed out", 12, 15),
        case("dropped.test", &[&["2001:db8::1", v4]], "timed out", 12, 15),
        case("all.test", &[&[v6[0], v4]], "timed out", 15, 19),
        case("closed.test", &[&[v6[0], "127.0.0.9"]], "failed: connection refused", 12, 15),
        case("nobody.test", &[&["2001:db8::1", here]], "failed: connection refused", 0, 1),
    ]
}

#[test]
fn families_alternate_and_dead_addresses_are_cheap() {
    let cases = cases();
    let lines = |(name, addresses, ..): &Case| addresses.join(&format!(" {name}\n")) + &format!(" {name}\n");
    let network = Network { hosts: cases.iter().map(lines).collect(), ..Network::default() };
    namespace::within(&network, || {
        let names = cases.iter().map(|case| case.0).collect::<Vec<_>>();
        let coveo = Coveo::builder().https(Certificate::Good).names(&names).start();
        let check = |&(_, _, says, least, most): &Case, cli: Cli, key: &str| {
            let run = cli.args(["--timeout", "4s", "--retries", "0", key]).run();
            assert!((run.stdout.clone() + &run.stderr).contains(says), "{}", run.stderr);
            assert_eq!(coveo.exists(key), says != "deleted");
            // Other system libraries than glibc put the addresses into another order.
            let in_order = cfg!(target_env = "gnu") || says != "deleted";
            let least = if in_order { least * SECOND / 4 } else { Duration::ZERO };
            assert!((least..most * SECOND / 4).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
        };
        parallel(4, &cases, |case| {
            let keys = coveo.add_keys(2);
            // The same if these are the addresses of the proxy.
            let proxy = Proxy::to(coveo.port());
            let url = format!("http://{}:{}", case.0, proxy.port);
            thread::scope(|scope| {
                let through = at(&coveo, "localhost", coveo.port()).env("HTTPS_PROXY", url);
                scope.spawn(|| check(case, through, &keys[0]));
                check(case, at(&coveo, case.0, coveo.port()), &keys[1]);
            });
            assert_eq!(proxy.asked().len(), usize::from(case.2 == "deleted"));
        });
    });
}

/// One of two addresses accepts connections and then fails: only the first attempt for the first key goes there.
#[test]
fn bad_node_among_two_addresses() {
    let unavailable = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    let cases = [
        ("", Then::Reset),
        ("", Then::Close),
        ("", Then::Hang),
        ("220 mail.test\r\n\r\n", Then::Close),
        (unavailable, Then::Hang),
    ];
    parallel(cases.len(), &cases, |(response, then)| {
        let coveo = Coveo::http();
        let bad = Proxy::start(*response, *then);
        if forward("::1", bad.port, coveo.port()).is_err() {
            return skip("::1 is missing");
        }
        coveo.plan(always(Fault::header("Connection", "close")));
        let endpoint = format!("http://localhost:{}", bad.port);
        let cli = cli(&coveo).env("COVEO_ENDPOINT", endpoint).args(["--json", "--timeout", "5s"]);
        let run = cli.args(coveo.add_keys(3)).run().assert_outcomes(&["deleted"; 3]);
        assert_eq!(attempts(&run), [2, 1, 1], "{}", run.stderr);
    });
}

/// Two of three addresses accept connections and reset them. glibc puts 127.0.0.1 first, and 127.0.0.4 last.
#[test]
fn bad_nodes_among_three_addresses() {
    let [bad, bad_too, good] = ["127.0.0.1", "127.0.0.2", "127.0.0.4"];
    let hosts = [bad, bad_too, good].map(|address| format!("{address} nodes.test\n")).concat();
    namespace::within(&Network { hosts, ..Network::default() }, || {
        let coveo = Coveo::builder().https(Certificate::Good).names(&["nodes.test"]).start();
        let port = reset_at(bad, 0);
        reset_at(bad_too, port);
        forward(good, port, coveo.port()).expect("a free port");
        coveo.plan(always(Fault::header("Connection", "close")));
        let run = at(&coveo, "nodes.test", port).args(coveo.add_keys(3)).run().assert_status(0);
        let attempts = attempts(&run);
        let expected = if cfg!(target_env = "gnu") { 3 } else { attempts[0] };
        assert_eq!(attempts, [expected, 1, 1], "{}", run.stderr);
    });
}
