//! Load balancers that repeat a request when its answer is lost: nginx with its usual settings, and HAProxy. The client sees
//! the answer to the last of them alone. A deletion that was carried out at first is then answered by 404.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::daemon::Daemon;
use crate::{haproxy, nginx};
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Point, Recorded};
use support::harness::{Run, cli, key_outcomes, parallel};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Balancer {
    /// Its `proxy_next_upstream` is `error timeout`, but for POST, which it does not repeat once it is sent.
    Nginx,
    /// `retry-on all-retryable-errors`, which includes lost answers and 5xx, for every method.
    HaproxyRepeatingAll,
    /// `option redispatch` and no more: connections that fail are tried again.
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
                // Its default is to leave a server alone for 10 s once it has failed, and both may have on a slow machine.
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

    /// Whether it sends such a request again after that.
    fn repeats(self, method: &str, fault: &Fault) -> bool {
        match self {
            Balancer::Nginx => method != "POST" && matches!(fault, Fault::At(..)),
            Balancer::HaproxyRepeatingAll => true,
            Balancer::Haproxy => false,
        }
    }
}

/// What is asked for.
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
        for id in ["k1", "k2"] {
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
            .args(["k1", "k2"])
            .run();
        let json_lines = key_outcomes(&run.stdout);
        self.check_truth(&coveo, &run, &json_lines);
        assert_eq!(json_lines[0].1, self.expected(), "{}\n{:?}", run.stderr, requests(&coveo));
        assert_eq!(run.status, if self.expected() == "notFound" { 5 } else { 0 }, "{}", run.stderr);
    }

    /// What the first key comes to.
    fn expected(&self) -> &'static str {
        let repeats = self.balancer.repeats(self.action.method(), &self.fault);
        match (self.action, self.acted) {
            (Action::Disable, _) => "disabled",
            (Action::Delete | Action::Ignore | Action::Bulk, false) => "deleted",
            // The list had it.
            (Action::Bulk, true) => "gone",
            // The tool has seen an attempt fail, and knows that it may have been applied.
            (Action::Delete | Action::Ignore, true) if !repeats => "gone",
            // It has seen nothing but a 404.
            (Action::Delete, true) => "notFound",
            (Action::Ignore, true) => "alreadyGone",
        }
    }

    /// Both keys are deleted or disabled in truth, so nothing else may be said of either.
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
            assert!(run.stderr.contains(&format!("no such key k1 in {}", coveo.id())), "{}", run.stderr);
        }
    }
}

fn requests(coveo: &Coveo) -> Vec<String> {
    let line = |request: Recorded| format!("{} {} {:?}", request.method, request.path, request.status);
    coveo.requests().into_iter().map(line).collect()
}

/// What happens to the first of the requests that change something, and whether that one is carried out.
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
fn a_request_that_a_load_balancer_repeats_is_told_truthfully() {
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
