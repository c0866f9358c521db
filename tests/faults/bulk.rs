//! Faults of bulk requests: an unclear result is resolved key by key, or reported as unknown.

use crate::case::{WIDTH, attempts_shown, check_outcomes, organization};
use support::fake_coveo::Break::{Close, Garbage, Hang, Reset};
use support::fake_coveo::{CannedResponse, Coveo, Fault, Hook, Point, Recorded};
use support::harness::{cli, parallel};

#[derive(Clone, Debug)]
struct Case {
    /// The fault of bulk requests. The list and requests about single keys work.
    fault: Fault,
    /// Whether only the first bulk request fails.
    once: bool,
    /// Whether the list of keys can be read, so that a key missing later has existed.
    listed: bool,
    disable: bool,
    outcome: &'static str,
    /// The number of bulk requests.
    bulk: usize,
    /// The number of changes of single keys.
    singles: usize,
}

/// The cases of a fault that leads to another attempt. With `acting`, the first one deletes the keys, so that the second
/// one is refused, and each key is deleted alone.
fn retried(fault: &Fault, acting: bool) -> [Case; 4] {
    let deleted = if acting { "gone" } else { "deleted" };
    let rows = [
        (true, false, deleted, if acting { 3 } else { 0 }),
        (false, false, deleted, 3),
        (true, true, "disabled", 0),
        (false, true, "disabled", 3),
    ];
    let fault = || fault.clone();
    rows.map(|(once, disable, outcome, singles)| Case {
        fault: fault(),
        once,
        listed: true,
        disable,
        outcome,
        bulk: 2,
        singles,
    })
}

/// The cases of a response that leads to changes of single keys. Without a list, a key that is missing then may never have
/// existed.
fn resolved(response: CannedResponse, acting: bool) -> [Case; 3] {
    let (deleted, unlisted) = if acting { ("gone", "notFound") } else { ("deleted", "deleted") };
    let fault = Fault::Answer(if acting { response.acting() } else { response });
    [(true, false, deleted), (true, true, "disabled"), (false, false, unlisted)].map(
        |(listed, disable, outcome)| Case {
            fault: fault.clone(),
            once: false,
            listed,
            disable,
            outcome,
            bulk: 1,
            singles: 3,
        },
    )
}

fn cases() -> Vec<Case> {
    let page = |status| CannedResponse::status(status).body("<html>");
    let mut cases = Vec::new();
    for how in [Close, Reset, Hang, Garbage] {
        for point in [Point::Reading, Point::BeforeActing] {
            cases.extend(retried(&Fault::At(point, how), false));
        }
        for point in [Point::AfterActing, Point::StatusLine, Point::Header] {
            cases.extend(retried(&Fault::At(point, how), true));
        }
    }
    cases.extend([Reset, Hang].iter().flat_map(|how| retried(&Fault::At(Point::Handshake, *how), false)));
    for status in [429, 500, 502, 503, 504] {
        cases.extend(retried(&Fault::Answer(page(status)), false));
    }
    for status in [500, 502, 503, 504] {
        cases.extend(retried(&Fault::Answer(page(status).acting()), true));
    }
    for status in [200, 202, 302, 400, 401, 403, 404, 405, 412, 413, 501] {
        cases.extend(resolved(CannedResponse::error(status, "C", "m"), false));
        cases.extend(resolved(page(status), false));
    }
    for status in [200, 202, 207, 302, 400, 412, 501] {
        cases.extend(resolved(page(status), true));
    }
    cases
}

impl Case {
    fn plan(&self, coveo: &Coveo, of_handshakes: bool) {
        let Case { fault, once, listed, .. } = self.clone();
        coveo.plan(move |hook| match hook {
            Hook::Request(0, _) if !listed => {
                Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no"))
            }
            // The bulk request needs a new connection.
            Hook::Request(0, _) if of_handshakes => Fault::header("Connection", "close"),
            Hook::Connection(1) if of_handshakes => fault.clone(),
            Hook::Connection(2) if of_handshakes && !once => fault.clone(),
            Hook::Request(number, request)
                if !of_handshakes && request.path.ends_with("/bulk") && (!once || number == 1) =>
            {
                fault.clone()
            }
            _ => Fault::None,
        });
    }

    fn check(&self) {
        let of_handshakes = matches!(self.fault, Fault::At(Point::Handshake, _));
        let (coveo, ids) = organization(of_handshakes, 3);
        self.plan(&coveo, of_handshakes);
        let action = if self.disable { Some("--disable") } else { None };
        let options = ["--bulk", "--json", "-v", "--timeout", "2s", "--retries", "1"];
        let run = cli(&coveo).args(options).args(action).args(&ids).run();
        check_outcomes(&run, &ids, &[self.outcome; 3]);
        assert_eq!(attempts_shown(&run), self.bulk + self.singles, "{}", run.stderr);
        let requests = coveo.requests();
        assert!(requests[0].is("GET", "/apikeys"), "{:?}", requests[0]);
        let is_single = |request: &&Recorded| request.method != "GET" && !request.path.ends_with("/bulk");
        assert_eq!(requests.iter().filter(is_single).count(), self.singles, "{}", run.stderr);
        for id in &ids {
            assert_eq!(coveo.is_enabled(id), self.disable.then_some(false), "{id}");
        }
    }
}

/// The keys after the third failure are reported before the message.
#[test]
fn failures_after_a_bulk_request_are_counted_to_three() {
    let (coveo, ids) = organization(false, 5);
    // After the list, all are changes.
    coveo.inject_at(1.., Fault::Answer(CannedResponse::status(429)));
    let run = cli(&coveo).args(["--bulk", "--retries", "0"]).args(&ids).run().assert_status(6);
    run.assert_stderr("stopping after 3 consecutive failures (429, 429, 429)");
}

#[test]
fn unclear_bulk_request_is_resolved_key_by_key() {
    parallel(WIDTH, &cases(), Case::check);
}
