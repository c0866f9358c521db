//! Responses to a change in every form, and the outcome of each.

use std::fmt;

use crate::case::{WIDTH, attempts_shown, coveo_organization, results};
use crate::oddities::oddities;
use support::fake_coveo::{CannedResponse, Coveo, Fault, Hook};
use support::harness::{cli, parallel};

/// A login page.
pub const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Log in</h1></body></html>";

pub struct Case {
    name: String,
    response: CannedResponse,
    /// The number of changes with this response; later ones and all reads get the true response.
    times: usize,
    outcome: &'static str,
    exit: i32,
    attempts: u64,
    http_status: Option<u64>,
    error_code: Option<&'static str>,
    /// Whether the key doesn't exist in the end.
    gone: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)
    }
}

const ALWAYS: usize = usize::MAX;

/// A final response. The key still exists, unless the response is a 404 about it.
pub fn settles(
    name: impl Into<String>,
    response: CannedResponse,
    outcome: &'static str,
    http_status: u64,
) -> Case {
    let exit = match outcome {
        "unexpected" | "refused" => 1,
        "unauthorized" => 3,
        "forbidden" => 4,
        "notFound" => 5,
        _ => 0,
    };
    Case {
        name: name.into(),
        response,
        times: ALWAYS,
        outcome,
        exit,
        attempts: 1,
        http_status: Some(http_status),
        error_code: None,
        gone: outcome == "notFound",
    }
}

/// A response that leads to another attempt: two in all.
pub fn settles_nothing(name: impl Into<String>, response: CannedResponse) -> Case {
    Case { exit: 6, attempts: 2, http_status: None, ..settles(name, response, "unknown", 0) }
}

impl Case {
    /// The same after carrying out the request.
    pub fn acting(self) -> Case {
        let name = format!("{}, after acting", self.name);
        Case { name, response: self.response.acting(), gone: true, ..self }
    }

    /// The same with a response that is true: the key was deleted.
    pub fn truly(self) -> Case {
        Case { gone: true, ..self }
    }

    /// The same once, then the true response. With `acting`, the first request was carried out.
    pub fn once(self, acting: bool) -> Case {
        let name = format!("{}, once", self.name);
        let (outcome, http_status) = if acting { ("gone", 404) } else { ("deleted", 204) };
        Case { name, times: 1, outcome, exit: 0, http_status: Some(http_status), gone: true, ..self }
    }

    fn check(&self) {
        let (coveo, ids) = coveo_organization(false, 1);
        if self.outcome == "notFound" {
            coveo.remove(&ids[0]);
        }
        script(&coveo, self.response.clone(), self.times);
        let run = cli(&coveo).args(["--json", "-v", "--timeout", "3s", "--retries", "1"]).args(&ids).run();
        let result = &results(&run, &ids)[0];
        assert_eq!(result.outcome, self.outcome, "{result:?} {}", run.stderr);
        assert_eq!(result.attempts, self.attempts, "{}", run.stderr);
        assert_eq!(result.http_status, self.http_status, "{}", run.stderr);
        if self.error_code.is_some() {
            assert_eq!(result.error_code.as_deref(), self.error_code, "{}", run.stderr);
        }
        assert_eq!(attempts_shown(&run), self.attempts);
        let run = run.assert_status(self.exit);
        // Only a 404 with one of Coveo's codes needs a read of the key and a proof of access.
        let reads = if matches!(self.outcome, "notFound" | "gone") { 2 } else { 0 };
        assert_eq!(coveo.requests().len() as u64, self.attempts + reads, "requests\n{}", run.stderr);
        assert_eq!(coveo.exists(&ids[0]), !self.gone, "the true state\n{}", run.stderr);
    }
}

/// Sends `response` to the first `times` changes.
pub fn script(coveo: &Coveo, response: CannedResponse, times: usize) {
    coveo.plan(move |hook| match hook {
        Hook::Request(number, request) if number < times && request.method != "GET" => {
            Fault::Answer(response.clone())
        }
        _ => Fault::None,
    });
}

fn page(status: u16) -> CannedResponse {
    CannedResponse::status(status).header("Content-Type", "text/html").body(PAGE)
}

/// 2xx: only 204 is a success.
fn successes() -> Vec<Case> {
    let mut cases = Vec::new();
    for status in [200, 201, 202, 203, 205, 206, 207, 226, 299] {
        let name = format!("{status} with a page");
        cases.push(settles(name, page(status), "unexpected", status.into()));
        let name = format!("{status} with nothing");
        cases.push(settles(name, CannedResponse::status(status), "unexpected", status.into()).acting());
    }
    let error = CannedResponse::error(200, "C", "m");
    cases.push(settles("200 with one of Coveo's errors", error, "unexpected", 200));
    cases.push(settles("204", CannedResponse::status(204).acting(), "deleted", 204).truly());
    let announced = CannedResponse::status(204).acting().header("Content-Length", "90").closing();
    cases.push(settles("204 without its body", announced, "deleted", 204).truly());
    cases
}

/// 401, 403 and 404: the code is reported. The suite `answers` has all other cases.
fn refusals() -> Vec<Case> {
    let mut cases = Vec::new();
    for (status, outcome) in [(401, "unauthorized"), (403, "forbidden"), (404, "notFound")] {
        let error = CannedResponse::error(status, "C", "m");
        let case = settles(format!("{status} with a code"), error, outcome, u64::from(status));
        cases.push(Case { error_code: Some("C"), ..case });
    }
    let blocked = |response: CannedResponse| response.header("X-Coveo-WAF-Action", "block");
    cases.push(settles("403 of the firewall, a page", blocked(page(403)), "forbidden", 403));
    cases.push(settles("403 of the firewall, empty", blocked(CannedResponse::status(403)), "forbidden", 403));
    let allowed = page(403).header("x-coveo-waf-action", "captcha");
    cases.push(settles("403, another action of the firewall", allowed, "unexpected", 403));
    cases
}

/// 429 and the 5xx that are retried.
fn failures() -> Vec<Case> {
    let busy = || Case {
        outcome: "unavailable",
        http_status: Some(429),
        ..settles_nothing("429", CannedResponse::status(429))
    };
    let mut cases = vec![busy(), busy().once(false)];
    for status in [500, 502, 503, 504] {
        let failing = || Case {
            http_status: Some(u64::from(status)),
            ..settles_nothing(format!("{status} with a page"), page(status))
        };
        cases.extend([failing(), failing().once(false), failing().acting(), failing().acting().once(true)]);
        let error = CannedResponse::error(status, "INTERNAL", "m");
        cases.push(Case {
            http_status: Some(u64::from(status)),
            error_code: Some("INTERNAL"),
            ..settles_nothing(format!("{status} with one of Coveo's errors"), error)
        });
    }
    cases
}

/// Another 4xx with one of Coveo's codes is a refusal. Those about a proxy, a connection or a session are unexpected, and so
/// is every other status.
fn others() -> Vec<Case> {
    let refusals = [400, 402, 405, 406, 409, 410, 411, 412, 413, 414, 415, 418, 422, 423, 426, 428, 431, 451];
    let unexpected =
        [101, 305, 306, 407, 408, 419, 421, 425, 501, 505, 507, 508, 511, 520, 530, 599, 600, 777, 999];
    let error = |status: u16| CannedResponse::error(status, "C", "m");
    let case =
        |outcome| move |status: u16| settles(format!("{status}"), error(status), outcome, status.into());
    let mut cases: Vec<Case> = refusals.into_iter().map(case("refused")).collect();
    cases.extend(unexpected.into_iter().map(case("unexpected")));
    // Without a code, it may be anyone's.
    for status in refusals {
        cases.push(settles(format!("{status} with a page"), page(status), "unexpected", status.into()));
    }
    cases
}

#[test]
fn responses_have_their_documented_outcome() {
    let groups = [successes(), refusals(), failures(), others(), oddities()];
    parallel(WIDTH, &groups.into_iter().flatten().collect::<Vec<_>>(), Case::check);
}

#[test]
fn firewall_block_is_no_missing_privilege() {
    let (coveo, ids) = coveo_organization(false, 1);
    script(&coveo, page(403).header("x-coveo-waf-action", "block"), ALWAYS);
    let run = cli(&coveo).args(&ids).run().assert_status(4);
    assert!(run.stderr.contains("web application firewall blocked"), "{}", run.stderr);
    assert!(run.stderr.contains("nothing to do with privileges"), "{}", run.stderr);
    assert!(!run.stderr.contains("may not do this"), "{}", run.stderr);
}

#[test]
fn late_response_leads_to_another_attempt() {
    use std::time::Duration;
    for (after, outcome, attempts) in [(300, "deleted", 1), (1500, "gone", 2)] {
        let (coveo, ids) = coveo_organization(false, 1);
        let slow = Fault::Slow(Duration::from_millis(after));
        coveo.plan(support::fake_coveo::first(1, slow));
        // The first of two attempts gets half of the time.
        let run = cli(&coveo).args(["--json", "--timeout", "2s", "--retries", "1"]).args(&ids).run();
        let result = &results(&run.assert_status(0), &ids)[0];
        assert_eq!((result.outcome.as_str(), result.attempts), (outcome, attempts), "after {after} ms");
    }
}
