//! Responses to a change in every form, and the outcome of each.

use std::fmt;
use std::time::Duration;

use crate::case::{WIDTH, attempts_shown, check_outcomes, organization};
use crate::oddities::oddities;
use support::fake_coveo::{CannedResponse, Fault, Hook};
use support::harness::{cli, parallel};

/// A login page.
pub const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Log in</h1></body></html>";

pub struct Case {
    pub name: String,
    pub response: CannedResponse,
    /// Whether only the first change gets this response, and later ones the true one.
    pub once: bool,
    pub outcome: &'static str,
    pub attempts: usize,
    pub http_status: Option<u16>,
    /// Whether the key doesn't exist in the end.
    pub gone: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A final response. The key still exists, unless the response says something else.
pub fn settles(
    name: impl fmt::Display,
    response: CannedResponse,
    outcome: &'static str,
    status: u16,
) -> Case {
    let gone = matches!(outcome, "deleted" | "notFound");
    let (name, http_status) = (name.to_string(), Some(status));
    Case { name, response, once: false, outcome, attempts: 1, http_status, gone }
}

/// A response that leads to another attempt: always, once, and both after carrying out the request.
pub fn retried(name: &str, response: &CannedResponse, http_status: Option<u16>) -> [Case; 4] {
    [(false, false), (true, false), (false, true), (true, true)].map(|(once, acts)| Case {
        name: format!("{name}, once: {once}, acts: {acts}"),
        response: if acts { response.clone().acting() } else { response.clone() },
        once,
        outcome: match (once, acts) {
            (false, _) => "unknown",
            (true, false) => "deleted",
            (true, true) => "gone",
        },
        attempts: 2,
        http_status: match (once, acts) {
            (false, _) => http_status,
            (true, false) => Some(204),
            (true, true) => Some(404),
        },
        gone: once || acts,
    })
}

impl Case {
    fn check(&self) {
        let (coveo, ids) = organization(false, 1);
        if self.outcome == "notFound" {
            coveo.remove(&ids[0]);
        }
        let (once, fault) = (self.once, Fault::Answer(self.response.clone()));
        coveo.plan(move |hook| match hook {
            Hook::Request(number, request) if request.method == "DELETE" && (number == 0 || !once) => {
                fault.clone()
            }
            _ => Fault::None,
        });
        let run = cli(&coveo).args(["--json", "-v", "--timeout", "3s", "--retries", "1"]).args(&ids).run();
        let line = &check_outcomes(&run, &ids, &[self.outcome])[0];
        assert_eq!(line["attempts"], self.attempts, "{}", run.stderr);
        assert_eq!(line["httpStatus"].as_u64(), self.http_status.map(u64::from), "{}", run.stderr);
        assert_eq!(attempts_shown(&run), self.attempts);
        // Only a 404 with one of Coveo's codes needs a read of the key and a proof of access.
        let reads = if matches!(self.outcome, "notFound" | "gone") { 2 } else { 0 };
        assert_eq!(coveo.requests().len(), self.attempts + reads, "requests\n{}", run.stderr);
        assert_eq!(coveo.exists(&ids[0]), !self.gone, "the true state\n{}", run.stderr);
    }
}

fn page(status: u16) -> CannedResponse {
    CannedResponse::status(status).header("Content-Type", "text/html").body(PAGE)
}

/// Only 204 is a success.
fn successes() -> Vec<Case> {
    let announced = CannedResponse::status(204).acting().header("Content-Length", "90").closing();
    let mut cases = vec![
        settles("204", CannedResponse::status(204).acting(), "deleted", 204),
        settles("204 without its body", announced, "deleted", 204),
    ];
    for status in [200, 201, 202, 203, 205, 206, 207, 226, 299] {
        cases.push(settles(format!("{status} with a page"), page(status), "unexpected", status));
        let empty = CannedResponse::status(status).acting();
        cases.push(Case { gone: true, ..settles(format!("{status}, empty"), empty, "unexpected", status) });
    }
    cases
}

/// 429 and the 5xx that are retried.
fn failures() -> Vec<Case> {
    let mut cases: Vec<Case> = retried("429", &CannedResponse::status(429), Some(429)).into();
    // It says that the request was not carried out.
    cases.truncate(2);
    cases[0].outcome = "unavailable";
    for status in [500, 502, 503, 504] {
        cases.extend(retried(&format!("{status} with a page"), &page(status), Some(status)));
        let error = CannedResponse::error(status, "INTERNAL", "m");
        cases.extend(retried(&format!("{status} of Coveo"), &error, Some(status)));
    }
    cases
}

/// Another 4xx with one of Coveo's codes is a refusal. Those about a proxy, a connection or a session are unexpected, and so
/// is every other status.
fn others() -> Vec<Case> {
    let refusals = [400, 402, 405, 406, 409, 410, 411, 412, 413, 414, 415, 418, 422, 423, 426, 428, 431, 451];
    let unexpected =
        [101, 305, 306, 407, 408, 419, 421, 425, 501, 505, 507, 508, 511, 520, 530, 599, 600, 777, 999];
    let others = [(401, "unauthorized"), (403, "forbidden"), (404, "notFound")];
    let refused = refusals.map(|status| (status, "refused")).into_iter();
    let all = refused.chain(unexpected.map(|status| (status, "unexpected"))).chain(others);
    let error = |status| CannedResponse::error(status, "C", "m");
    let mut cases: Vec<Case> =
        all.map(|(status, outcome)| settles(status, error(status), outcome, status)).collect();
    // Without a code, it may be anyone's.
    let pages =
        refusals.map(|status| settles(format!("{status}, a page"), page(status), "unexpected", status));
    cases.extend(pages);
    let captcha = page(403).header("x-coveo-waf-action", "captcha");
    cases.push(settles("403, another action of the firewall", captcha, "unexpected", 403));
    cases
}

#[test]
fn responses_have_their_documented_outcome() {
    let groups = [successes(), failures(), others(), oddities()];
    parallel(WIDTH, &groups.into_iter().flatten().collect::<Vec<_>>(), Case::check);
}

#[test]
fn late_response_leads_to_another_attempt() {
    for (after, outcome, attempts) in [(300, "deleted", 1), (1500, "gone", 2)] {
        let (coveo, ids) = organization(false, 1);
        coveo.inject_at(..1, Fault::Slow(Duration::from_millis(after)));
        // The first of two attempts gets half of the time.
        let run = cli(&coveo).args(["--json", "--timeout", "2s", "--retries", "1"]).args(&ids).run();
        let lines = check_outcomes(&run, &ids, &[outcome]);
        assert_eq!(lines[0]["attempts"], attempts, "after {after} ms");
    }
}
