//! Faults of bulk requests: what they leave open about each key is found out key by key, or said to be open.

use std::fmt;

use crate::case::{WIDTH, attempts_shown, organization, results};
use support::fake_coveo::Break::{Close, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point, Recorded};
use support::harness::{cli, parallel};

/// What happens to bulk requests. The list before them and requests about one key go well.
#[derive(Clone, Debug)]
enum Strike {
    /// This, once or always.
    Fault(Fault),
    /// Encryption is not agreed on; the same.
    Handshake(Break),
}

struct Case {
    strike: Strike,
    /// The list of keys can be read, so that a key that is missing later was there.
    listed: bool,
    disable: bool,
    always: bool,
    outcome: &'static str,
    /// The bulk requests that are made.
    bulk: u64,
    /// The requests about one key that follow.
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
fn struck(strike: &Strike, acting: bool) -> Vec<Case> {
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
        // Keys that are gone can't be deleted in bulk once more: that is refused, and each is then asked for.
        let gone = acting && !disable;
        cases.push(case(false, if gone { "gone" } else { done }, if gone { 3 } else { 0 }));
        cases.push(case(true, if gone { "gone" } else { done }, 3));
    }
    cases
}

/// The cases of an answer that ends the matter for the bulk request, and leads to the keys one by one.
fn answered(answer: &CannedResponse, acting: bool) -> Vec<Case> {
    let answer = if acting { answer.clone().acting() } else { answer.clone() };
    let case = |(disable, listed)| Case {
        strike: Strike::Fault(Fault::Answer(answer.clone())),
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
            cases.extend(struck(&Strike::Fault(Fault::At(point, how)), acting));
        }
    }
    cases.extend(struck(&Strike::Handshake(Reset), false));
    cases.extend(struck(&Strike::Handshake(Hang), false));
    for status in [429, 500, 502, 503, 504] {
        cases.extend(struck(
            &Strike::Fault(Fault::Answer(CannedResponse::status(status).body("<html>"))),
            false,
        ));
    }
    for status in [500, 502, 503, 504] {
        let answer = CannedResponse::status(status).body("<html>").acting();
        cases.extend(struck(&Strike::Fault(Fault::Answer(answer)), true));
    }
    for status in [200, 202, 302, 400, 401, 403, 404, 405, 412, 413, 501] {
        cases.extend(answered(&CannedResponse::error(status, "C", "m"), false));
        cases.extend(answered(&CannedResponse::status(status).body("<html>"), false));
    }
    for status in [200, 202, 207, 302, 400, 412, 501] {
        cases.extend(answered(&CannedResponse::status(status).body("<html>"), true));
    }
    cases
}

impl Case {
    fn plan(&self, coveo: &Coveo) {
        let (strike, always, listed) = (self.strike.clone(), self.always, self.listed);
        let list = CannedResponse::status(200).body(r#"[{"id":"k1"},{"id":"k2"},{"id":"k3"}]"#).closing();
        coveo.plan(move |moment| match (moment, &strike) {
            (Hook::Request(0, _), _) if !listed => {
                Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no"))
            }
            // The list ends its connection, so that the bulk request needs a new one.
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
        let (coveo, ids) = organization(matches!(self.strike, Strike::Handshake(_)), 3);
        self.plan(&coveo);
        let cli = cli(&coveo).args(["--bulk", "--json", "-v", "--timeout", "2s", "--retries", "1"]);
        let run = if self.disable { cli.arg("--disable") } else { cli }.args(&ids).run();
        let run = run.assert_status(if self.outcome == "notFound" { 5 } else { 0 });
        for json_lines in results(&run, &ids) {
            assert_eq!(json_lines.outcome, self.outcome, "{}", run.stderr);
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

#[test]
fn what_a_bulk_request_leaves_open_is_found_out_key_by_key() {
    parallel(WIDTH, &cases(), Case::check);
}
