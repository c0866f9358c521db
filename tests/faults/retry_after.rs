//! `Retry-After`: a wait that fits into the time left is made, another one is reported. The unit test of `src/net/retry.rs`
//! has more forms of it.

use std::time::{Duration, SystemTime};

use crate::case::{WIDTH, check_outcomes, organization};
use support::fake_coveo::{CannedResponse, Fault, always};
use support::harness::{cli, parallel};

/// The time at which the organization's clock stands still, so that dates differ by whole seconds. It is years in the past,
/// since a date is compared with the server's own.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000)
}

fn date(seconds: u64) -> String {
    httpdate::fmt_http_date(now() + Duration::from_secs(seconds))
}

fn retry_after(status: u16, text: &str) -> Fault {
    Fault::Answer(CannedResponse::status(status).header("Retry-After", text))
}

#[test]
fn retry_after_is_waited_for_if_it_fits() {
    // The tool's own first back-off is at most half a second.
    let mut cases = vec![(429, "0".to_owned(), 0, 500)];
    for status in [429, 500, 502, 503, 504] {
        cases.extend([(status, "1".to_owned(), 1000, 1000), (status, "soon".to_owned(), 0, 500)]);
    }
    for status in [429, 503] {
        cases.extend([(status, " 2 ".to_owned(), 2000, 2000), (status, date(2), 2000, 2000)]);
    }
    parallel(WIDTH, &cases, |&(status, ref text, least, most)| {
        let (coveo, ids) = organization(false, 1);
        coveo.set_now(now());
        coveo.inject_at(..1, retry_after(status, text));
        let run = cli(&coveo).args(["--json", "--timeout", "10s"]).args(&ids).run();
        let lines = check_outcomes(&run, &ids, &["deleted"]);
        assert_eq!(lines[0]["attempts"], 2, "{}", run.stderr);
        // The requests take time too.
        let (least, most) = (Duration::from_millis(least), Duration::from_millis(most + 1500));
        assert!((least..most).contains(&run.took), "it took {:?}\n{}", run.took, run.stderr);
    });
}

#[test]
fn longer_retry_after_is_reported() {
    let mut cases: Vec<(u16, String, &str)> =
        [429, 500, 502, 503, 504].map(|status| (status, "86400".to_owned(), "86400 s")).into();
    cases.extend([429, 503].map(|status| (status, date(86_400), "86400 s")));
    cases.push((429, "11".to_owned(), "11 s"));
    // Beyond what 64 bits hold.
    cases.push((429, "9".repeat(40), "more than 100 years"));
    parallel(WIDTH, &cases, |&(status, ref text, shown)| {
        let (coveo, ids) = organization(false, 1);
        coveo.set_now(now());
        coveo.inject_at(..1, retry_after(status, text));
        let run = cli(&coveo).args(["--json", "--timeout", "10s"]).args(&ids).run();
        let outcome = if status == 429 { "unavailable" } else { "unknown" };
        check_outcomes(&run, &ids, &[outcome]);
        run.assert_stderr(&format!("; Retry-After: {shown} is longer than the time left (--timeout)\n"));
        assert!(run.took < Duration::from_secs(2), "it took {:?}", run.took);
        assert_eq!((coveo.requests().len(), coveo.exists(&ids[0])), (1, true));
    });
}

#[test]
fn retry_after_beyond_the_timeout_is_not_waited_for() {
    let (coveo, ids) = organization(false, 1);
    coveo.plan(always(retry_after(429, "1")));
    let run = cli(&coveo).args(["--json", "--timeout", "2500ms"]).args(&ids).run();
    // At 0, 1 and 2 seconds; the next would be at 3.
    assert_eq!(check_outcomes(&run, &ids, &["unavailable"])[0]["attempts"], 3, "{}", run.stderr);
    assert!(run.took < Duration::from_millis(2500), "it took {:?}", run.took);
}

/// Back-off is random: of this many runs, at least one would end more than a second too late.
#[test]
fn backoff_beyond_the_timeout_is_not_waited_for() {
    parallel(WIDTH, &[(); 20], |()| {
        let (coveo, ids) = organization(false, 1);
        coveo.plan(always(Fault::Answer(CannedResponse::status(503))));
        let cli = cli(&coveo).args(["--timeout", "2s", "--retries", "10"]).args(&ids);
        let run = cli.run_within(Duration::from_secs(2)).assert_status(6);
        run.assert_stderr("; --timeout leaves no time for another attempt\n");
    });
}
