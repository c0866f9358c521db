//! Time limits behind a proxy: wherever an exchange stalls or drips, the run ends within `--timeout` and a second. The suite
//! `faults` tests the same without a proxy.

use std::time::Duration;

use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Point, always};
use support::harness::{cli, outcomes, parallel};
use support::proxy::Proxy;

/// A fault; `--timeout`, in milliseconds; and `--retries`.
fn cases() -> Vec<(Fault, u64, &'static str)> {
    use Point::{Accept, AfterActing, BeforeActing, Body, Handshake, Header, Reading, StatusLine};
    let endless = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{}", "a".repeat(1000));
    let points = [Accept, Handshake, Reading, BeforeActing, AfterActing, StatusLine, Header, Body];
    let breaks = points.into_iter().flat_map(|point| [Break::Hang, Break::Drip].map(|how| (point, how)));
    let others = [Fault::Slow(Duration::from_secs(9)), Fault::Answer(CannedResponse::raw(endless))];
    let faults = breaks.map(|(point, how)| Fault::At(point, how)).chain(others);
    // In turns, since all combinations are minutes of waiting.
    let limits = [(800, "0"), (1200, "4"), (800, "1")].into_iter().cycle();
    faults.zip(limits).map(|(fault, (timeout, retries))| (fault, timeout, retries)).collect()
}

#[test]
fn no_stall_behind_proxy_is_longer_than_timeout() {
    parallel(10, &cases(), |(fault, millis, retries)| {
        let coveo = Coveo::https();
        let key = coveo.add_keys(1).remove(0);
        coveo.plan(always(fault.clone()));
        let proxy = Proxy::to(coveo.port());
        let timeout = Duration::from_millis(*millis);
        let run = cli(&coveo)
            .env("HTTPS_PROXY", proxy.url())
            .args(["--json", "-v", "--timeout", &format!("{millis}ms"), "--retries", retries, &key])
            .run_within(timeout);
        let expected: &[&str] = match fault {
            Fault::At(Point::Accept | Point::Handshake, _) => &["unavailable"],
            Fault::At(Point::Reading | Point::BeforeActing, _) | Fault::Answer(_) => &["unknown"],
            // Carried out, but the response is late: a retry may have time to find that out.
            _ => &["unknown", "gone"],
        };
        let outcome = outcomes(&run.stdout).remove(0);
        assert!(expected.contains(&outcome.as_str()), "{outcome}: {}", run.stderr);
        let is_early = run.took < timeout - Duration::from_millis(50);
        assert!(!is_early || outcome == "gone" || *retries != "0", "{:?}: {}", run.took, run.stderr);
        let acted = coveo.requests().iter().any(|request| request.acted);
        assert_eq!(acted, !coveo.exists(&key));
        assert!(outcome != "gone" || acted);
    });
}
