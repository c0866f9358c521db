//! Hosts with several addresses, of which some are dead: whoever connects to them hears nothing. Each costs 3 s at most,
//! all are tried, and `--timeout` holds. On loopback, a full queue is dead; in a namespace, a link to nowhere is.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use crate::namespace::{self, HERE, Network, VANISHING};
use crate::stub::{Dead, Refusing, hand_on};
use support::fake_coveo::{CannedResponse, Certificate, Coveo, Fault, always};
use support::harness::{Cli, cli, json_lines, outcomes, parallel, skip};
use support::proxy::Proxy;

const SECOND: Duration = Duration::from_secs(1);

/// `localhost` has two addresses, 127.0.0.1 and then ::1. Here the first is dead and the second leads to `coveo`, at
/// the port that is returned.
fn first_is_dead(coveo: &Coveo) -> io::Result<Dead> {
    let dead = Dead::at(Ipv4Addr::LOCALHOST, 0)?;
    hand_on(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), dead.port), coveo.port())?;
    Ok(dead)
}

fn at(coveo: &Coveo, host: &str, port: u16) -> Cli {
    cli(coveo).env("COVEO_ENDPOINT", format!("https://{host}:{port}")).args(["--json", "-v"])
}

/// How long the tool has to find the second address, and how long it is to take.
#[derive(Debug)]
struct Limit(&'static str, Duration, Duration);

#[test]
fn a_dead_address_costs_3_seconds_at_most_and_once_for_all_keys() {
    let coveo = Coveo::https();
    let Ok(dead) = first_is_dead(&coveo) else { return skip("::1 is missing") };
    // Where there is less time, each address may have its share of it.
    let limits = [Limit("60s", 3 * SECOND, 4 * SECOND), Limit("10s", 2 * SECOND, 4 * SECOND)];
    parallel(limits.len(), &limits, |Limit(timeout, least, most)| {
        let keys = coveo.add_keys(3);
        let run = at(&coveo, "localhost", dead.port)
            .args(["--timeout", timeout])
            .args(&keys)
            .run()
            .assert_status(0);
        assert_eq!(outcomes(&run.stdout), ["deleted"; 3]);
        assert_eq!(json_lines(&run.stdout)[0]["attempts"], 1, "{}", run.stderr);
        assert!((*least..*most).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
    });
}

#[test]
fn a_dead_address_is_not_tried_again_when_a_connection_is_made_anew() {
    let coveo = Coveo::https();
    let Ok(dead) = first_is_dead(&coveo) else { return skip("::1 is missing") };
    coveo.plan(always(Fault::Answer(CannedResponse::status(204).acting().closing())));
    let keys = coveo.add_keys(4);
    let run = at(&coveo, "localhost", dead.port).args(&keys).run().assert_status(0);
    assert_eq!(outcomes(&run.stdout), ["deleted"; 4]);
    assert_eq!(coveo.connections(), 4, "each key has a connection of its own");
    assert!((3 * SECOND..5 * SECOND).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
}

#[test]
fn a_short_time_is_enough_for_an_address_behind_a_dead_one() {
    let coveo = Coveo::https();
    let Ok(dead) = first_is_dead(&coveo) else { return skip("::1 is missing") };
    let limits = [Limit("5s", SECOND, 5 * SECOND), Limit("2s", SECOND / 4, 2 * SECOND)];
    parallel(limits.len(), &limits, |Limit(timeout, least, most)| {
        let key = coveo.add_keys(1).remove(0);
        let run = at(&coveo, "localhost", dead.port).args(["--timeout", timeout, &key]).run();
        assert!((*least..*most + SECOND).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
        assert_eq!(outcomes(&run.stdout), ["deleted"], "every address is tried: {}", run.stderr);
    });
}

#[test]
fn an_address_that_refuses_costs_nothing() {
    let coveo = Coveo::https();
    let refusing = Refusing::start();
    let port = refusing.port;
    if hand_on(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port), coveo.port()).is_err() {
        return skip("::1 is missing");
    }
    let keys = coveo.add_keys(1);
    let run = at(&coveo, "localhost", port).args(&keys).run().assert_status(0);
    assert_eq!(
        (outcomes(&run.stdout), json_lines(&run.stdout)[0]["attempts"].as_u64()),
        (vec!["deleted".to_owned()], Some(1))
    );
    assert!(run.took < SECOND, "{:?}", run.took);
}

/// One address, that of the host or of the proxy, and it is dead.
#[test]
fn where_every_address_is_dead_the_time_holds() {
    let coveo = Coveo::https();
    let keys = coveo.add_keys(1);
    let dead = Dead::at(Ipv4Addr::LOCALHOST, 0).expect("a free port");
    let proxy = format!("http://127.0.0.1:{}", dead.port);
    // An attempt whose time is short is not begun, so the end may come early.
    let limits = [
        Limit("1s", SECOND / 2, SECOND),
        Limit("200ms", SECOND / 10, SECOND / 5),
        Limit("2s", SECOND, 2 * SECOND),
    ];
    let check = |Limit(timeout, least, most): &Limit, cli: Cli, host: &str| {
        let run = cli.args(["--timeout", timeout]).args(&keys).run_within(*most).assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["unavailable"]);
        assert!(run.stderr.contains(&format!("connection to {host} timed out")), "{}", run.stderr);
        assert!(run.took >= *least, "{:?}", run.took);
    };
    parallel(limits.len(), &limits, |limit| {
        let through = at(&coveo, "localhost", coveo.port()).env("ALL_PROXY", &proxy);
        thread::scope(|scope| {
            scope.spawn(|| check(limit, through, &format!("127.0.0.1:{} (ALL_PROXY)", dead.port)));
            check(limit, at(&coveo, "127.0.0.1", dead.port), &format!("127.0.0.1:{}", dead.port));
        });
    });
    assert_eq!(coveo.connections(), 0);
}

/// A name with these addresses, the time that there is, how it ends, and how long that takes.
#[derive(Debug)]
struct Case {
    name: &'static str,
    addresses: Vec<&'static str>,
    timeout: &'static str,
    outcome: &'static str,
    least: Duration,
    most: Duration,
}

/// glibc puts IPv6 first, so what is dead there comes before 127.0.0.1, and 10.9.9.7 after it.
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let [_, here] = HERE;
    let [v4, v4_too, v6, v6_too] = VANISHING;
    let case = |name, addresses: &[&'static str], timeout, outcome, least: u32, most: u32| Case {
        name, addresses: addresses.to_vec(), timeout, outcome, least: least * SECOND, most: most * SECOND,
    };
    vec![
        case("one.test", &[v6, "127.0.0.1"], "30s", "deleted", 3, 4),
        case("alone.test", &[v6], "30s", "unavailable", 3, 4),
        case("behind.test", &["127.0.0.1", v4, v4_too], "30s", "deleted", 0, 1),
        case("mixed.test", &[v6, here, "127.0.0.1", v4], "30s", "deleted", 3, 4),
        case("refuses.test", &[here, "127.0.0.1"], "30s", "deleted", 0, 1),
        case("no-route.test", &["2001:db8::1", "127.0.0.1"], "30s", "deleted", 0, 1),
        case("nobody.test", &["2001:db8::1", here], "30s", "unavailable", 0, 1),
        // Where there is less time, each has its share: 1.5 s twice, and the rest.
        case("two.test", &[v6, v6_too, "127.0.0.1"], "4500ms", "deleted", 3, 4),
        case("all.test", &[v6, v4], "3s", "unavailable", 3, 4),
    ]
}

#[test]
fn every_address_is_tried_and_each_has_3_seconds_or_its_share() {
    let cases = cases();
    let line = |case: &Case| {
        case.addresses.iter().map(|address| format!("{address} {}\n", case.name)).collect::<String>()
    };
    let network = Network { hosts: cases.iter().map(line).collect(), ..Network::default() };
    namespace::within(&network, || {
        let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
        let coveo = Coveo::builder().https(Certificate::Good).names(&names).start();
        let check = |case: &Case, cli: Cli, key: &str| {
            let run = cli.args(["--timeout", case.timeout, "--retries", "0", key]).run();
            assert_eq!(outcomes(&run.stdout), [case.outcome], "{}", run.stderr);
            // Other system libraries than glibc put the addresses into another order.
            let in_order = cfg!(target_env = "gnu") || case.outcome != "deleted";
            let least = if in_order { case.least } else { Duration::ZERO };
            assert!((least..case.most).contains(&run.took), "{:?}\n{}", run.took, run.stderr);
            assert_eq!(coveo.exists(key), case.outcome != "deleted");
        };
        parallel(cases.len(), &cases, |case| {
            let keys = coveo.add_keys(2);
            // The same, where these are the addresses of the proxy.
            let proxy = Proxy::to(coveo.port());
            let url = format!("http://{}:{}", case.name, proxy.port);
            thread::scope(|scope| {
                let through = at(&coveo, "localhost", coveo.port()).env("HTTPS_PROXY", url);
                scope.spawn(|| check(case, through, &keys[0]));
                check(case, at(&coveo, case.name, coveo.port()), &keys[1]);
            });
            assert_eq!(proxy.asked().len(), usize::from(case.outcome == "deleted"));
        });
    });
}
