//! Load balancers that repeat a request when its response is lost: nginx by default, and HAProxy. The client sees only the
//! last response, which is 404 if the first deletion was carried out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::daemon::Daemon;
use crate::{haproxy, nginx};
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, Point, Recorded};
use support::harness::{Run, cli, key_outcomes, parallel};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Balancer {
    /// Its `proxy_next_upstream` is `error timeout`, except for POST, which it doesn't repeat once it is sent.
    Nginx,
    /// `retry-on all-retryable-errors`, which includes lost responses and 5xx, for every method.
    HaproxyRepeatingAll,
    /// Only `option redispatch`: failed connections are retried.
    Haproxy,
}

impl Balancer {
    fn installed(self) -> Option<PathBuf> {
        match self {
            Balancer::Nginx => nginx::installed(),
            Balancer::HaproxyRepeatingAll | Balancer::Haproxy => haproxy::installed(),
        }
    }

    fn start(self, program: &Path, coveo: &Coveo) -> Daemon {
        match self {
            Balancer::Nginx => {
                // By default it avoids a failed server for 10 s, and both may have failed on a slow machine.
                let server = format!("server 127.0.0.1:{} max_fails=0;", coveo.port());
                let upstream = format!("upstream coveo {{ {server} {server} }}");
                let pass = "location / { proxy_pass http://coveo; proxy_read_timeout 500ms; }";
                nginx::start_beside(program, None, &upstream, pass)
            }
            Balancer::HaproxyRepeatingAll => {
                haproxy::start(program, coveo, "option redispatch\nretries 3\nretry-on all-retryable-errors")
            }
            Balancer::Haproxy => haproxy::start(program, coveo, "option redispatch\nretries 3"),
        }
    }

    /// Whether it repeats such a request after that fault.
    fn repeats(self, method: &str, fault: &Fault) -> bool {
        match self {
            Balancer::Nginx => method != "POST" && matches!(fault, Fault::At(..)),
            Balancer::HaproxyRepeatingAll => true,
            Balancer::Haproxy => false,
        }
    }
}

/// What the run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Delete,
    Ignore,
    Disable,
    Bulk,
}

impl Action {
    fn options(self) -> &'static [&'static str] {
        match self {
            Action::Delete => &[],
            Action::Ignore => &["--ignore-not-found"],
            Action::Disable => &["--disable"],
            Action::Bulk => &["--bulk"],
        }
    }

    fn method(self) -> &'static str {
        match self {
            Action::Delete | Action::Ignore => "DELETE",
            Action::Disable => "PUT",
            Action::Bulk => "POST",
        }
    }
}

#[derive(Debug)]
struct Case {
    balancer: Balancer,
    program: PathBuf,
    fault: Fault,
    acted: bool,
    action: Action,
}

impl Case {
    fn check(&self) {
        let coveo = Coveo::http();
        for id in [K1, K2] {
            coveo.add(ApiKey::new(id));
        }
        let (fault, method) = (self.fault.clone(), self.action.method());
        let struck = AtomicBool::new(false);
        coveo.plan(move |moment| match moment {
            Hook::Request(_, request) if request.method == method => {
                match struck.swap(true, Ordering::SeqCst) {
                    false => fault.clone(),
                    true => Fault::None,
                }
            }
            _ => Fault::None,
        });
        let balancer = self.balancer.start(&self.program, &coveo);
        let run = cli(&coveo)
            .env("COVEO_ENDPOINT", balancer.url())
            .args(["--json", "--retries", "2"])
            .args(self.action.options())
            .args([K1, K2])
            .run();
        let json_lines = key_outcomes(&run.stdout);
        self.check_truth(&coveo, &run, &json_lines);
        assert_eq!(json_lines[0].1, self.expected(), "{}\n{:?}", run.stderr, requests(&coveo));
        assert_eq!(run.status, if self.expected() == "notFound" { 5 } else { 0 }, "{}", run.stderr);
    }

    /// The outcome of the first key.
    fn expected(&self) -> &'static str {
        let repeats = self.balancer.repeats(self.action.method(), &self.fault);
        match (self.action, self.acted) {
            (Action::Disable, _) => "disabled",
            (Action::Delete | Action::Ignore | Action::Bulk, false) => "deleted",
            // The list had it.
            (Action::Bulk, true) => "gone",
            // The tool saw an attempt fail and knows that it may have been applied.
            (Action::Delete | Action::Ignore, true) if !repeats => "gone",
            // It saw only a 404.
            (Action::Delete, true) => "notFound",
            (Action::Ignore, true) => "alreadyGone",
        }
    }

    /// Both keys are really deleted or disabled, so nothing else may be reported about them.
    fn check_truth(&self, coveo: &Coveo, run: &Run, json_lines: &[(String, String)]) {
        let state = if self.action == Action::Disable { Some(false) } else { None };
        for (id, outcome) in json_lines {
            assert_eq!(coveo.is_enabled(id), state, "{id} {outcome}");
            assert!(
                ["deleted", "disabled", "gone", "alreadyGone", "notFound"].contains(&outcome.as_str()),
                "{id} {outcome}: {}",
                run.stderr
            );
        }
        for claim in ["was not deleted", "was not disabled", "nothing was"] {
            assert!(!run.stderr.contains(claim), "it was: {}", run.stderr);
            assert!(!run.stdout.contains(claim), "it was: {}", run.stdout);
        }
        if json_lines.iter().any(|(_, outcome)| outcome == "notFound") {
            assert!(run.stderr.contains(&format!("no such key {K1} in {}", coveo.id())), "{}", run.stderr);
        }
    }
}

fn requests(coveo: &Coveo) -> Vec<String> {
    let line = |request: Recorded| format!("{} {} {:?}", request.method, request.path, request.status);
    coveo.requests().into_iter().map(line).collect()
}

/// What happens to the first request that changes something, and whether it is carried out.
fn faults() -> [(Fault, bool); 6] {
    let unavailable = CannedResponse::status(503).body("<html>");
    [
        (Fault::At(Point::AfterActing, Break::Close), true),
        (Fault::At(Point::AfterActing, Break::Hang), true),
        (Fault::At(Point::StatusLine, Break::Reset), true),
        (Fault::At(Point::BeforeActing, Break::Close), false),
        (Fault::Answer(unavailable.clone().acting()), true),
        (Fault::Answer(unavailable), false),
    ]
}

#[test]
fn repeated_request_is_reported_truthfully() {
    let mut cases = Vec::new();
    for balancer in [Balancer::Nginx, Balancer::HaproxyRepeatingAll, Balancer::Haproxy] {
        let Some(program) = balancer.installed() else { continue };
        for (fault, acted) in faults() {
            for action in [Action::Delete, Action::Ignore, Action::Disable, Action::Bulk] {
                let program = program.clone();
                cases.push(Case { balancer, program, fault: fault.clone(), acted, action });
            }
        }
    }
    if !cases.is_empty() {
        parallel(12, &cases, Case::check);
    }
}
