//! Time limits: wherever an exchange stalls or drips, the run ends within `--timeout` and a second.

use std::time::Duration;

use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point, always};
use support::harness::{cli, outcomes, parallel};
use support::proxy::Proxy;

const WIDTH: usize = 10;

/// How requests reach the organization.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Http,
    Https,
    Proxy,
}

#[derive(Debug)]
struct Case {
    fault: Fault,
    way: Way,
    /// `--timeout`, in milliseconds.
    timeout: u64,
    retries: &'static str,
}

fn cases() -> Vec<Case> {
    let endless = CannedResponse::raw(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{}",
        "a".repeat(1000)
    ));
    let faults = [
        Fault::At(Point::Accept, Break::Hang),
        Fault::At(Point::Accept, Break::Drip),
        Fault::At(Point::Handshake, Break::Hang),
        Fault::At(Point::Handshake, Break::Drip),
        Fault::At(Point::Reading, Break::Hang),
        Fault::At(Point::Reading, Break::Drip),
        Fault::At(Point::BeforeActing, Break::Hang),
        Fault::At(Point::BeforeActing, Break::Drip),
        Fault::At(Point::AfterActing, Break::Hang),
        Fault::At(Point::StatusLine, Break::Hang),
        Fault::At(Point::StatusLine, Break::Drip),
        Fault::At(Point::Header, Break::Hang),
        Fault::At(Point::Header, Break::Drip),
        Fault::At(Point::Body, Break::Hang),
        Fault::At(Point::Body, Break::Drip),
        Fault::Slow(Duration::from_secs(9)),
        Fault::Answer(endless),
    ];
    let mut cases = Vec::new();
    for fault in faults {
        for way in [Way::Http, Way::Https, Way::Proxy] {
            if way == Way::Http && matches!(fault, Fault::At(Point::Handshake, _)) {
                continue;
            }
            // In turns, since all combinations are minutes of waiting.
            let (timeout, retries) = [(700, "0"), (1200, "4"), (300, "1")][cases.len() % 3];
            cases.push(Case { fault: fault.clone(), way, timeout, retries });
        }
    }
    cases
}

#[test]
fn no_stall_is_longer_than_timeout() {
    parallel(WIDTH, &cases(), |case| {
        let coveo = match case.way {
            Way::Http => Coveo::http(),
            Way::Https | Way::Proxy => Coveo::https(),
        };
        let key = coveo.add_keys(1).remove(0);
        let fault = case.fault.clone();
        coveo.plan(move |moment| {
            let is_due = match (&fault, moment) {
                (Fault::At(Point::Accept | Point::Handshake, _), moment) => {
                    matches!(moment, Hook::Connection(_))
                }
                (Fault::At(Point::Reading, _), moment) => matches!(moment, Hook::Reading(_)),
                (_, moment) => matches!(moment, Hook::Request(..)),
            };
            if is_due { fault.clone() } else { Fault::None }
        });
        let proxy = Proxy::to(coveo.port());
        let mut cli = cli(&coveo);
        if case.way == Way::Proxy {
            cli = cli.env("HTTPS_PROXY", proxy.url());
        }
        let timeout = Duration::from_millis(case.timeout);
        let run = cli
            .args([
                "--json",
                "-v",
                "--timeout",
                &format!("{}ms", case.timeout),
                "--retries",
                case.retries,
                &key,
            ])
            .run_within(timeout);
        // Over plain HTTP, nothing is awaited before the request is sent.
        let sent =
            case.way == Way::Http || !matches!(case.fault, Fault::At(Point::Accept | Point::Handshake, _));
        let expected: &[&str] = match (&case.fault, sent) {
            (_, false) => &["unavailable"],
            // Bytes that arrive before the request are noticed, if there are any by then.
            (Fault::At(Point::Accept, Break::Drip), _) => &["unavailable", "unknown"],
            // Carried out, but the response is late: a retry may have time to find that out.
            (
                Fault::At(Point::AfterActing | Point::StatusLine | Point::Header | Point::Body, _)
                | Fault::Slow(_),
                _,
            ) => &["unknown", "gone"],
            _ => &["unknown"],
        };
        let outcome = outcomes(&run.stdout).remove(0);
        assert!(expected.contains(&outcome.as_str()), "{outcome}: {}", run.stderr);
        // The response came before the request.
        let early = outcome == "unavailable" && case.way == Way::Http;
        let spent = timeout - Duration::from_millis(50);
        assert!(
            run.took >= spent || outcome == "gone" || early || case.retries != "0",
            "{:?}: {}",
            run.took,
            run.stderr
        );
        let acted = coveo.requests().iter().any(|request| request.acted);
        assert_eq!(acted, !coveo.exists(&key));
        assert!(outcome != "gone" || acted);
    });
}

/// A response that takes long, but less than `--timeout`.
#[test]
fn slow_response_is_awaited() {
    let coveo = Coveo::https();
    let keys = coveo.add_keys(1);
    coveo.plan(always(Fault::Slow(Duration::from_millis(1500))));
    let run = cli(&coveo).args(["--json", "--timeout", "4s"]).args(&keys).run().assert_status(0);
    assert_eq!(outcomes(&run.stdout), ["deleted"]);
    assert_eq!(coveo.requests().len(), 1);
}

/// Each key has the whole `--timeout`, and the run ends after the third.
#[test]
fn each_key_has_its_own_time() {
    let coveo = Coveo::https();
    let keys = coveo.add_keys(5);
    coveo.plan(|moment| match moment {
        Hook::Connection(_) => Fault::At(Point::Handshake, Break::Hang),
        _ => Fault::None,
    });
    let run = cli(&coveo)
        .args(["--json", "--timeout", "500ms", "--retries", "0"])
        .args(&keys)
        .run_within(Duration::from_millis(1500))
        .assert_status(6);
    assert_eq!(outcomes(&run.stdout), ["unavailable", "unavailable", "unavailable", "notTried", "notTried"]);
    assert!(run.took >= Duration::from_millis(1400), "{:?}", run.took);
}
