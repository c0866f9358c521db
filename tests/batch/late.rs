//! Waits that are long since the tool's own limits are: they stand beside the longest of all, that for a reader that never
//! reads, and take no time of their own.
//!
//! The look at a key that a selector has taken is made again before a further attempt if the last look is more than 10 s
//! old by then, and is never a reason to call a key kept that may have been changed.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Organization, Point};
use support::harness::{check, cli, parallel};

const DAY: Duration = Duration::from_secs(86_400);

type Change = fn(&Organization);

fn use_again(organization: &Organization) {
    organization.add(ApiKey::unused("k1", SystemTime::now()));
}

fn disable(organization: &Organization) {
    organization.add(ApiKey::disabled("k1", SystemTime::now()));
}

fn remove(organization: &Organization) {
    organization.remove("k1");
}

/// An organization whose key `k1` has been unused for long, and is changed so once it is about to be looked at a second
/// time.
fn organization(change: Option<Change>) -> Coveo {
    let coveo = Coveo::http();
    coveo.add(ApiKey::unused("k1", SystemTime::now() - 400 * DAY));
    let looks = AtomicUsize::new(0);
    coveo.on_request(move |request, organization| {
        if request.is("GET", "/apikeys/k1")
            && looks.fetch_add(1, Ordering::SeqCst) == 1
            && let Some(change) = change
        {
            change(organization);
        }
    });
    coveo
}

#[test]
fn a_look_that_is_not_old_yet_is_not_repeated() {
    for status in [429, 503] {
        let coveo = organization(Some(use_again));
        coveo.plan(move |moment| match moment {
            Hook::Request(2, _) => Fault::Answer(CannedResponse::status(status)),
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json"]).run();
        check(&run, &[("k1", "deleted")], 0);
        assert_eq!(coveo.count("GET", "/k1"), 1, "{:?}", coveo.journal());
    }
}

/// A first attempt whose answer asks for 11 s, and what somebody does to the key meanwhile.
struct Wait {
    status: u16,
    acting: bool,
    disables: bool,
    change: Option<(&'static str, Change)>,
    outcome: &'static str,
    exit: i32,
    /// How often the change is asked for in all.
    changes: usize,
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let action = if self.disables { "disable" } else { "delete" };
        let applied = if self.acting { ", applied" } else { "" };
        let change = self.change.map_or("nothing happens", |(name, _)| name);
        write!(f, "{action}: {}{applied}, then {change}: {}", self.status, self.outcome)
    }
}

fn waits() -> Vec<Wait> {
    let wait = |status, disables, change, outcome, exit, changes| Wait {
        status,
        acting: false,
        disables,
        change,
        outcome,
        exit,
        changes,
    };
    let used: Option<(&'static str, Change)> = Some(("it is used", use_again));
    let gone: Option<(&'static str, Change)> = Some(("it is deleted", remove));
    let disabled: Option<(&'static str, Change)> = Some(("it is disabled", disable));
    vec![
        // 429 was certainly not applied, so the look decides as the first one does.
        wait(429, false, None, "deleted", 0, 2),
        wait(429, false, used, "kept", 0, 1),
        wait(429, false, gone, "notFound", 5, 1),
        wait(429, true, None, "disabled", 0, 2),
        wait(429, true, used, "kept", 0, 1),
        wait(429, true, disabled, "kept", 0, 1),
        // 503 may have been applied.
        wait(503, false, None, "deleted", 0, 2),
        wait(503, false, used, "unknown", 6, 1),
        wait(503, false, gone, "gone", 0, 1),
        wait(503, true, None, "disabled", 0, 2),
        wait(503, true, used, "unknown", 6, 1),
        wait(503, true, disabled, "disabled", 0, 1),
        Wait { acting: true, ..wait(503, false, None, "gone", 0, 1) },
        Wait { acting: true, ..wait(503, true, None, "disabled", 0, 1) },
    ]
}

impl Wait {
    fn check(&self) {
        let coveo = organization(self.change.map(|(_, change)| change));
        let answer = CannedResponse::status(self.status).header("Retry-After", "11");
        let answer = if self.acting { answer.acting() } else { answer };
        coveo.plan(move |moment| match moment {
            Hook::Request(2, _) => Fault::Answer(answer.clone()),
            _ => Fault::None,
        });
        let cli = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "40s"]);
        let run = if self.disables { cli.arg("--disable") } else { cli }.run();
        let method = if self.disables { "PUT" } else { "DELETE" };
        check(&run, &[("k1", self.outcome)], self.exit);
        assert_eq!(coveo.count(method, ""), self.changes, "{:?}", coveo.journal());
        assert_eq!(coveo.count("GET", "/k1"), 2, "{:?}", coveo.journal());
        assert!(run.took >= Duration::from_secs(11), "{:?}", run.took);
        match self.outcome {
            "kept" => assert!(coveo.exists("k1")),
            "disabled" => assert_eq!(coveo.is_enabled("k1"), Some(false)),
            "deleted" | "gone" | "notFound" => assert!(!coveo.exists("k1")),
            _ => {}
        }
    }
}

#[test]
fn before_a_late_attempt_the_key_is_looked_at_again() {
    let waits = waits();
    parallel(waits.len(), &waits, Wait::check);
}

#[test]
fn a_late_look_that_hangs_ends_with_the_time_of_the_key() {
    let coveo = organization(None);
    let looks = AtomicUsize::new(0);
    coveo.plan(move |moment| match moment {
        Hook::Request(2, _) => Fault::Answer(CannedResponse::status(503).header("Retry-After", "11")),
        Hook::Request(_, request) if request.is("GET", "/k1") && looks.fetch_add(1, Ordering::SeqCst) > 0 => {
            Fault::At(Point::BeforeActing, Break::Hang)
        }
        _ => Fault::None,
    });
    let cli = cli(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "14s"]);
    let run = cli.run_within(Duration::from_secs(14));
    check(&run, &[("k1", "unknown")], 6);
}

/// Linux may be late by an eighth of a socket's time-out, depending on when it began: by 2 s beyond 16 s.
#[test]
fn a_wait_for_a_response_ends_in_time_however_long_it_is() {
    let timeouts = [17_000, 17_500, 18_000, 18_500, 19_000];
    parallel(timeouts.len(), &timeouts, |&millis| {
        let coveo = organization(None);
        coveo.inject("DELETE", "/k1", Fault::At(Point::BeforeActing, Break::Hang));
        let cli = cli(&coveo).args(["--json", "--retries=0", &format!("--timeout={millis}ms"), "k1"]);
        check(&cli.run_within(Duration::from_millis(millis)), &[("k1", "unknown")], 6);
    });
}
