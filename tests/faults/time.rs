//! `--timeout` holds, however long it is and wherever the time goes.

use std::time::Duration;

use crate::case::{WIDTH, organization};
use support::fake_coveo::Break::{Drip, Hang};
use support::fake_coveo::{Fault, Point, always};
use support::harness::{cli, outcomes, parallel};

/// How much longer than `--timeout` a key may take.
const OVERRUN: Duration = Duration::from_secs(1);

#[test]
fn no_wait_is_longer_than_timeout() {
    // The suite `batch` has much longer waits.
    let mut cases = [500, 2100].map(|timeout| (false, Point::BeforeActing, Hang, timeout, 0)).to_vec();
    for retries in [0, 4] {
        for (https, point) in [
            (false, Point::Accept),
            (true, Point::Accept),
            (true, Point::Handshake),
            (true, Point::Reading),
            (false, Point::AfterActing),
            (true, Point::Header),
            (false, Point::Body),
        ] {
            cases.extend([Hang, Drip].map(|how| (https, point, how, 1500, retries)));
        }
    }
    parallel(WIDTH, &cases, |&(https, point, how, timeout, retries)| {
        let (coveo, ids) = organization(https, 1);
        coveo.plan(always(Fault::At(point, how)));
        let limits = [format!("--timeout={timeout}ms"), format!("--retries={retries}")];
        let run = cli(&coveo).arg("--json").args(limits).args(&ids).run().assert_status(6);
        let outcome = &outcomes(&run.stdout)[0];
        assert!(matches!(outcome.as_str(), "unknown" | "unavailable"), "{outcome}");
        let limit = Duration::from_millis(timeout) + OVERRUN;
        assert!(run.took < limit, "it took {:?}\n{}", run.took, run.stderr);
    });
}
