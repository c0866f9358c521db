//! Faults of bulk requests: an unclear result is resolved key by key, or reported as unknown.

use std::fmt;

use serde_json::json;

use crate::case::{WIDTH, attempts_shown, coveo_organization, results};
use support::fake_coveo::Break::{Close, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point, Recorded, key_id};
use support::harness::{cli, parallel};

/// The fault of bulk requests. The list and requests about single keys work.
#[derive(Clone, Debug)]
enum Strike {
    /// A fault of requests.
    Fault(Fault),
    /// A break in the handshake.
    Handshake(Break),
}

struct Case {
    strike: Strike,
    /// Whether the list of keys can be read, so that a key missing later has existed.
    listed: bool,
    disable: bool,
    always: bool,
    outcome: &'static str,
    /// The number of bulk requests.
    bulk: u64,
    /// The number of changes of single keys.
    singles: u64,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let work = if self.disable { "disable" } else { "delete" };
        let times = if self.always { "always" } else { "once, then good" };
        let list = if self.listed { "with" } else { "without" };
        write!(f, "{work} three keys in bulk {list} a list, {:?} {times}", self.strike)
    }
}

/// The cases of a fault that leads to another attempt.
fn retried(strike: &Strike, acting: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for disable in [false, true] {
        let done = if disable { "disabled" } else { "deleted" };
        let case = |always, outcome, singles| Case {
            strike: strike.clone(),
            listed: true,
            disable,
            always,
            outcome,
            bulk: 2,
            singles,
        };
        // A bulk request for deleted keys is refused; then each key is deleted alone.
        let gone = acting && !disable;
        cases.push(case(false, if gone { "gone" } else { done }, if gone { 3 } else { 0 }));
        cases.push(case(true, if gone { "gone" } else { done }, 3));
    }
    cases
}

/// The cases of a response that leads to changes of single keys.
fn resolved(response: &CannedResponse, acting: bool) -> Vec<Case> {
    let response = if acting { response.clone().acting() } else { response.clone() };
    let case = |(disable, listed)| Case {
        strike: Strike::Fault(Fault::Answer(response.clone())),
        listed,
        disable,
        always: true,
        outcome: match (disable, acting, listed) {
            (true, ..) => "disabled",
            (false, true, true) => "gone",
            (false, true, false) => "notFound",
            (false, false, _) => "deleted",
        },
        bulk: 1,
        singles: 3,
    };
    [(false, true), (true, true), (false, false)].map(case).into()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let points = [
        (Point::Reading, false),
        (Point::BeforeActing, false),
        (Point::AfterActing, true),
        (Point::StatusLine, true),
        (Point::Header, true),
    ];
    for (point, acting) in points {
        for how in [Close, Reset, Hang, Garbage] {
            cases.extend(retried(&Strike::Fault(Fault::At(point, how)), acting));
        }
    }
    cases.extend(retried(&Strike::Handshake(Reset), false));
    cases.extend(retried(&Strike::Handshake(Hang), false));
    for status in [429, 500, 502, 503, 504] {
        cases.extend(retried(
            &Strike::Fault(Fault::Answer(CannedResponse::status(status).body("<html>"))),
            false,
        ));
    }
    for status in [500, 502, 503, 504] {
        let response = CannedResponse::status(status).body("<html>").acting();
        cases.extend(retried(&Strike::Fault(Fault::Answer(response)), true));
    }
    for status in [200, 202, 302, 400, 401, 403, 404, 405, 412, 413, 501] {
        cases.extend(resolved(&CannedResponse::error(status, "C", "m"), false));
        cases.extend(resolved(&CannedResponse::status(status).body("<html>"), false));
    }
    for status in [200, 202, 207, 302, 400, 412, 501] {
        cases.extend(resolved(&CannedResponse::status(status).body("<html>"), true));
    }
    cases
}

/// A list of keys without any other data.
fn list_of(keys: usize) -> String {
    let ids: Vec<String> = (1..=keys).map(|number| key_id(&format!("k{number}"))).collect();
    json!(ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()).to_string()
}

impl Case {
    fn plan(&self, coveo: &Coveo) {
        let (strike, always, listed) = (self.strike.clone(), self.always, self.listed);
        let list = CannedResponse::status(200).body(list_of(3)).closing();
        coveo.plan(move |hook| match (hook, &strike) {
            (Hook::Request(0, _), _) if !listed => {
                Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no"))
            }
            // The list closes its connection, so the bulk request needs a new one.
            (Hook::Request(0, _), Strike::Handshake(_)) => Fault::Answer(list.clone()),
            (Hook::Connection(number), Strike::Handshake(how)) if number == 1 || always && number == 2 => {
                Fault::At(Point::Handshake, *how)
            }
            (Hook::Request(number, request), Strike::Fault(fault))
                if request.path.ends_with("/bulk") && (always || number == 1) =>
            {
                fault.clone()
            }
            _ => Fault::None,
        });
    }

    fn check(&self) {
        let (coveo, ids) = coveo_organization(matches!(self.strike, Strike::Handshake(_)), 3);
        self.plan(&coveo);
        let cli = cli(&coveo).args(["--bulk", "--json", "-v", "--timeout", "2s", "--retries", "1"]);
        let run = if self.disable { cli.arg("--disable") } else { cli }.args(&ids).run();
        let run = run.assert_status(if self.outcome == "notFound" { 5 } else { 0 });
        for result in results(&run, &ids) {
            assert_eq!(result.outcome, self.outcome, "{}", run.stderr);
        }
        assert_eq!(attempts_shown(&run), self.bulk + self.singles, "{}", run.stderr);
        let requests = coveo.requests();
        assert!(requests[0].is("GET", "/apikeys"), "{:?}", requests[0]);
        let is_single = |request: &&Recorded| request.method != "GET" && !request.path.ends_with("/bulk");
        let singles = requests.iter().filter(is_single).count() as u64;
        assert_eq!(singles, self.singles, "{}", run.stderr);
        for id in &ids {
            assert_eq!(coveo.is_enabled(id), self.disable.then_some(false), "{id}");
        }
    }
}

/// The keys after the third failure are reported before the message.
#[test]
fn failures_after_a_bulk_request_are_counted_to_three() {
    let (coveo, ids) = coveo_organization(false, 5);
    coveo.plan(|hook| match hook {
        Hook::Request(_, request) if request.method != "GET" => Fault::Answer(CannedResponse::status(429)),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--bulk", "--retries", "0"]).args(&ids).run().assert_status(6);
    assert!(run.stderr.contains("stopping after 3 consecutive failures (429, 429, 429)"), "{}", run.stderr);
}

#[test]
fn unclear_bulk_request_is_resolved_key_by_key() {
    parallel(WIDTH, &cases(), Case::check);
}
