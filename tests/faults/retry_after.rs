//! `Retry-After`: a wait that fits into the time left is made, another one is reported.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::answers::script;
use crate::case::{WIDTH, coveo_organization, results};
use support::fake_coveo::CannedResponse;
use support::harness::{cli, parallel};

/// The time at which the organization's clock stands still, so that dates differ by whole seconds. It is years in the past,
/// since a date is compared with the server's own.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000)
}

enum Expected {
    /// Another attempt, after at least and at most this many milliseconds.
    Again(u64, u64),
    /// No other attempt; the message names this wait.
    Stop(&'static str),
}
use Expected::{Again, Stop};

struct Case(u16, String, Expected);

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} with Retry-After: {}", self.0, self.1)
    }
}

impl Case {
    fn check(&self) {
        let Case(status, text, expected) = self;
        let (coveo, ids) = coveo_organization(false, 1);
        coveo.set_now(now());
        script(&coveo, CannedResponse::status(*status).header("Retry-After", text), 1);
        let run = cli(&coveo).args(["--json", "-v", "--timeout", "10s"]).args(&ids).run();
        let result = &results(&run, &ids)[0];
        match expected {
            Again(least, most) => {
                assert_eq!((result.outcome.as_str(), result.attempts), ("deleted", 2), "{}", run.stderr);
                // The requests take time too.
                let (least, most) = (Duration::from_millis(*least), Duration::from_millis(most + 1500));
                assert!((least..most).contains(&run.took), "it took {:?}\n{}", run.took, run.stderr);
                run.assert_status(0);
                assert!(!coveo.exists(&ids[0]));
            }
            Stop(asked) => {
                let outcome = if *status == 429 { "unavailable" } else { "unknown" };
                assert_eq!((result.outcome.as_str(), result.attempts), (outcome, 1), "{}", run.stderr);
                let said = format!("; Retry-After: {asked} is longer than the time left (--timeout)\n");
                assert!(run.stderr.contains(&said), "{}", run.stderr);
                assert!(run.took < Duration::from_secs(2), "it took {:?}", run.took);
                run.assert_status(6);
                assert_eq!(coveo.requests().len(), 1);
                assert!(coveo.exists(&ids[0]));
            }
        }
    }
}

#[test]
fn retry_after_is_waited_for_if_it_fits() {
    let date = |seconds: u64| httpdate::fmt_http_date(now() + Duration::from_secs(seconds));
    let before = httpdate::fmt_http_date(now() - Duration::from_secs(3600));
    // The tool's own first back-off is at most half a second.
    let mut cases = vec![];
    for status in [429, 500, 502, 503, 504] {
        cases.extend([
            Case(status, "1".into(), Again(1000, 1000)),
            Case(status, "soon".into(), Again(0, 500)),
            Case(status, "86400".into(), Stop("86400 s")),
        ]);
    }
    for status in [429, 503] {
        cases.extend([
            Case(status, " 2 ".into(), Again(2000, 2000)),
            Case(status, date(2), Again(2000, 2000)),
            Case(status, date(86400), Stop("86400 s")),
        ]);
    }
    cases.extend([
        Case(429, "0".into(), Again(0, 500)),
        Case(429, String::new(), Again(0, 500)),
        Case(429, "-5".into(), Again(0, 500)),
        Case(429, "1.5".into(), Again(0, 500)),
        Case(429, "1e9".into(), Again(0, 500)),
        Case(429, "Sun, 99 Foo 2099 25:61:61 GMT".into(), Again(0, 500)),
        Case(429, before, Again(0, 500)),
        Case(429, "11".into(), Stop("11 s")),
        Case(429, "99999999999".into(), Stop("more than 100 years")),
        // Beyond what 64 bits hold.
        Case(429, "9".repeat(40), Stop("more than 100 years")),
    ]);
    parallel(WIDTH, &cases, Case::check);
}

#[test]
fn retry_after_beyond_the_timeout_is_not_waited_for() {
    let (coveo, ids) = coveo_organization(false, 1);
    script(&coveo, CannedResponse::status(429).header("Retry-After", "1"), usize::MAX);
    let run = cli(&coveo).args(["--json", "--timeout", "2500ms"]).args(&ids).run().assert_status(6);
    let result = &results(&run, &ids)[0];
    // At 0, 1 and 2 seconds; the next would be at 3.
    assert_eq!((result.outcome.as_str(), result.attempts), ("unavailable", 3), "{}", run.stderr);
    assert!(run.took < Duration::from_millis(2500), "it took {:?}", run.took);
}

/// Back-off is random: of this many runs, at least one would end more than a second too late.
#[test]
fn backoff_beyond_the_timeout_is_not_waited_for() {
    parallel(WIDTH, &[(); 20], |()| {
        let (coveo, ids) = coveo_organization(false, 1);
        script(&coveo, CannedResponse::status(503), usize::MAX);
        let cli = cli(&coveo).args(["--timeout", "2s", "--retries", "10"]).args(&ids);
        let run = cli.run_within(Duration::from_secs(2)).assert_status(6);
        let said = "; --timeout leaves no time for another attempt\n";
        assert!(run.stderr.contains(said), "{}", run.stderr);
    });
}
