//! `--timeout` holds, however long it is and wherever the time goes.

use std::fmt;
use std::time::Duration;

use crate::case::{WIDTH, organization, results};
use support::fake_coveo::Break::{Drip, Hang};
use support::fake_coveo::{Break, Fault, Hook, Point};
use support::harness::{cli, parallel};

/// How much longer than `--timeout` a key may take.
const OVERRUN: Duration = Duration::from_secs(1);

struct Case {
    https: bool,
    point: Point,
    how: Break,
    timeout: Duration,
    retries: usize,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Case { https, point, how, timeout, retries } = self;
        write!(f, "{how:?} at {point:?}, HTTPS {https}, --timeout {timeout:?} --retries {retries}")
    }
}

impl Case {
    fn check(&self) {
        let (coveo, ids) = organization(self.https, 1);
        let (point, fault) = (self.point, Fault::At(self.point, self.how));
        coveo.plan(move |moment| match (moment, point) {
            (Hook::Connection(_), Point::Accept | Point::Handshake) | (Hook::Reading(_), Point::Reading) => {
                fault.clone()
            }
            (Hook::Request(..), Point::BeforeActing | Point::AfterActing | Point::Header | Point::Body) => {
                fault.clone()
            }
            _ => Fault::None,
        });
        let timeout = format!("{}ms", self.timeout.as_millis());
        let run = cli(&coveo)
            .args(["--json", "--timeout", &timeout, "--retries", &self.retries.to_string()])
            .args(&ids)
            .run();
        let outcome = &results(&run, &ids)[0].outcome;
        assert!(matches!(outcome.as_str(), "unknown" | "unavailable"), "{outcome}");
        assert!(run.took < self.timeout + OVERRUN, "it took {:?}\n{}", run.took, run.stderr);
        run.assert_status(6);
    }
}

#[test]
fn no_wait_is_longer_than_timeout() {
    // The suite `batch` has much longer waits.
    let short = |millis| Case {
        https: false,
        point: Point::BeforeActing,
        how: Hang,
        timeout: Duration::from_millis(millis),
        retries: 0,
    };
    let mut cases = vec![short(500), short(2100)];
    let timeout = Duration::from_millis(1500);
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
            for how in [Hang, Drip] {
                cases.push(Case { https, point, how, timeout, retries });
            }
        }
    }
    parallel(WIDTH, &cases, Case::check);
}
