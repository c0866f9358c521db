//! The look at a key that a selector has taken: right before its change, again before a further attempt if the last look is
//! old by then, and never a reason to call a key kept that may have been changed.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::fake_coveo::{Coveo, Fault, How, Moment, Organization, Point, Scripted};
use support::harness::{parallel, tool};

use crate::fixtures::{check, count, disabled, expired, is, journal, organization, unused};

type Change = fn(&Organization);

fn rename(organization: &Organization) {
    let key = organization.key("k1").expect("it is there");
    organization.add(support::fake_coveo::ApiKey { display_name: "production".into(), ..key });
}

fn use_again(organization: &Organization) {
    organization.add(unused("k1", 0));
}

fn enable(organization: &Organization) {
    organization.enable("k1");
}

fn disable(organization: &Organization) {
    organization.add(disabled("k1", 0));
}

/// Has this happen once the key `k1` is about to be looked at for the `nth` time, counted from 0.
fn before_look(coveo: &Coveo, nth: usize, change: Change) {
    let looks = AtomicUsize::new(0);
    coveo.on_request(move |request, organization| {
        if is(request, "GET", "/apikeys/k1") && looks.fetch_add(1, Ordering::SeqCst) == nth {
            change(organization);
        }
    });
}

#[test]
fn every_selector_looks_at_each_key_right_before_it_changes_it() {
    let cases: [(&[&str], Change); 7] = [
        (&["--disabled-for", "30d"], enable),
        (&["--expired-for", "30d"], enable),
        (&["--unused-for", "90d"], use_again),
        (&["--name", "Key k*"], rename),
        (&["--unused-for", "90d", "--disable"], use_again),
        (&["--name", "Key k*", "--disable"], rename),
        (&["--name", "Key k*", "--disable"], disable),
    ];
    for (selector, change) in cases {
        let keys = || match selector[0] {
            "--disabled-for" => ["k1", "k2"].map(|id| disabled(id, 400)),
            "--expired-for" => ["k1", "k2"].map(|id| expired(id, 400)),
            _ => ["k1", "k2"].map(|id| unused(id, 400)),
        };
        let disables = selector.contains(&"--disable");
        let (method, tail, done) =
            if disables { ("PUT", "/disable", "disabled") } else { ("DELETE", "", "deleted") };
        let run = |coveo: &Coveo| tool(coveo).args(selector).args(["--yes", "--json"]).run();

        let coveo = organization(keys());
        check(&run(&coveo), &[("k1", done), ("k2", done)], 0);
        let expected = [
            "GET apikeys".to_owned(),
            "GET apikeys/k1".to_owned(),
            format!("{method} apikeys/k1{tail}"),
            "GET apikeys/k2".to_owned(),
            format!("{method} apikeys/k2{tail}"),
        ];
        assert_eq!(journal(&coveo), expected, "{selector:?}");

        let coveo = organization(keys());
        before_look(&coveo, 0, change);
        check(&run(&coveo), &[("k1", "kept"), ("k2", done)], 0);
        assert_eq!(count(&coveo, method, &format!("/k1{tail}")), 0, "{selector:?}");
        assert!(coveo.exists("k1"), "{selector:?}");
    }
}

#[test]
fn a_look_that_is_not_old_yet_is_not_repeated() {
    for status in [429, 503] {
        let coveo = organization([disabled("k1", 400)]);
        coveo.plan(move |moment| match moment {
            Moment::Request(number, request) if request.method == "DELETE" && number == 2 => {
                Fault::Answer(Scripted::status(status))
            }
            _ => Fault::None,
        });
        // As soon as the first attempt is over, it would not qualify any more.
        before_look(&coveo, 1, enable);
        let ran = tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).run();
        check(&ran, &[("k1", "deleted")], 0);
        assert_eq!(count(&coveo, "GET", "/k1"), 1, "{:?}", journal(&coveo));
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
    let gone: Option<(&'static str, Change)> =
        Some(("it is deleted", |organization| organization.remove("k1")));
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
        let coveo = organization([unused("k1", 400)]);
        let answer = Scripted::status(self.status).header("Retry-After", "11");
        let answer = if self.acting { answer.acting() } else { answer };
        coveo.plan(move |moment| match moment {
            Moment::Request(2, _) => Fault::Answer(answer.clone()),
            _ => Fault::None,
        });
        if let Some((_, change)) = self.change {
            before_look(&coveo, 1, change);
        }
        let tool = tool(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "40s"]);
        let ran = if self.disables { tool.arg("--disable") } else { tool }.run();
        let method = if self.disables { "PUT" } else { "DELETE" };
        check(&ran, &[("k1", self.outcome)], self.exit);
        assert_eq!(count(&coveo, method, ""), self.changes, "{:?}", journal(&coveo));
        assert_eq!(count(&coveo, "GET", "/k1"), 2, "{:?}", journal(&coveo));
        assert!(ran.took >= Duration::from_secs(11), "{:?}", ran.took);
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
    let coveo = organization([unused("k1", 400)]);
    let looks = AtomicUsize::new(0);
    coveo.plan(move |moment| match moment {
        Moment::Request(2, _) => Fault::Answer(Scripted::status(503).header("Retry-After", "11")),
        Moment::Request(_, request)
            if is(request, "GET", "/k1") && looks.fetch_add(1, Ordering::SeqCst) > 0 =>
        {
            Fault::At(Point::BeforeActing, How::Hang)
        }
        _ => Fault::None,
    });
    let tool = tool(&coveo).args(["--unused-for", "90d", "--yes", "--json", "--timeout", "14s"]);
    let ran = tool.run_within(Duration::from_secs(14));
    check(&ran, &[("k1", "unknown")], 6);
}

/// A 404 of the look is proof enough in an organization whose list was read, and a web server's is none.
#[test]
fn a_look_at_a_key_that_is_gone_claims_nothing() {
    let coveo = organization([unused("k1", 400), unused("k2", 400)]);
    before_look(&coveo, 0, |organization| organization.remove("k1"));
    let ran = tool(&coveo).args(["--unused-for", "90d", "--yes", "--json"]).run();
    check(&ran, &[("k1", "notFound"), ("k2", "deleted")], 5);
    assert_eq!(count(&coveo, "GET", "/privileges/token"), 0);
}
