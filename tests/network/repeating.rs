//! Load balancers that repeat a request when its response is lost: nginx by default, and HAProxy. The client sees only the
//! last response, which is 404 if the first deletion was carried out.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::nginx;
use support::daemon::Daemon;
use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, Point};
use support::harness::{cli, outcomes, parallel};

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
    /// Starts one in front of `coveo`, as if that were two servers.
    fn start(self, coveo: &Coveo) -> Option<Daemon> {
        let server = format!("127.0.0.1:{}", coveo.port());
        let more = match self {
            Balancer::Nginx => {
                // By default it avoids a failed server for 10 s, and both may have failed on a slow machine.
                let server = format!("server {server} max_fails=0;");
                let upstream = format!("upstream coveo {{ {server} {server} }}");
                let pass = "location / { proxy_pass http://coveo; proxy_read_timeout 500ms; }";
                return nginx::start(None, &upstream, pass);
            }
            Balancer::HaproxyRepeatingAll => "retry-on all-retryable-errors",
            Balancer::Haproxy => "",
        };
        Daemon::start("haproxy", &["-db", "-f", "settings"], |port, _| {
            format!(
                "defaults
                    mode http
                    timeout connect 1s
                    timeout client 10s
                    timeout server 500ms
                    option redispatch
                    retries 3
                    {more}
                frontend all
                    bind 127.0.0.1:{port}
                    default_backend coveo
                backend coveo
                    server a {server}
                    server b {server}\n"
            )
        })
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

/// The option of a run, if any, and the method of its changes.
type Action = (Option<&'static str>, &'static str);

const ACTIONS: [Action; 4] = [
    (None, "DELETE"),
    (Some("--ignore-not-found"), "DELETE"),
    (Some("--disable"), "PUT"),
    (Some("--bulk"), "POST"),
];

/// The fault of the first request that changes something, and whether it is carried out.
#[derive(Debug)]
struct Case {
    balancer: Balancer,
    fault: Fault,
    acted: bool,
    action: Action,
}

impl Case {
    fn check(&self) {
        let coveo = Coveo::with([K1, K2].map(ApiKey::new));
        let (option, method) = self.action;
        let (fault, struck) = (self.fault.clone(), AtomicBool::new(false));
        coveo.plan(move |hook| match hook {
            Hook::Request(_, request) if request.method == method && !struck.swap(true, Ordering::SeqCst) => {
                fault.clone()
            }
            _ => Fault::None,
        });
        let Some(balancer) = self.balancer.start(&coveo) else { return };
        let cli = cli(&coveo).env("COVEO_ENDPOINT", balancer.url()).args(["--json", "--retries", "2"]);
        let run = cli.args(option).args([K1, K2]).run();
        let first = self.expected();
        let found = outcomes(&run.stdout);
        assert_eq!(found[0], first, "{}\n{:?}", run.stderr, coveo.journal());
        // On a slow machine, the balancer may repeat other requests too.
        let is_true = ["deleted", "disabled", "gone", "alreadyGone", "notFound"].contains(&&*found[1]);
        assert!(is_true, "{found:?}: {}", run.stderr);
        assert_eq!(run.status, if first == "notFound" { 5 } else { 0 }, "{}", run.stderr);

        // Both keys are really deleted or disabled, so nothing else may be reported about them.
        let state = (method == "PUT").then_some(false);
        assert_eq!([K1, K2].map(|id| coveo.is_enabled(id)), [state; 2]);
        for claim in ["was not deleted", "was not disabled", "nothing was"] {
            assert!(!run.stderr.contains(claim) && !run.stdout.contains(claim), "it was: {run:?}");
        }
        if first == "notFound" {
            run.assert_stderr(&format!("no such key {K1} in {}", coveo.id()));
        }
    }

    /// The outcome of the first key.
    fn expected(&self) -> &'static str {
        let (option, method) = self.action;
        let repeats = self.balancer.repeats(method, &self.fault);
        match method {
            "PUT" => "disabled",
            _ if !self.acted => "deleted",
            // The list had it, or the tool saw an attempt fail and knows that it may have been applied.
            "POST" => "gone",
            _ if !repeats => "gone",
            // It saw only a 404.
            _ if option.is_some() => "alreadyGone",
            _ => "notFound",
        }
    }
}

#[test]
fn repeated_request_is_reported_truthfully() {
    let unavailable = CannedResponse::status(503).body("<html>");
    let faults = [
        (Fault::At(Point::AfterActing, Break::Close), true),
        (Fault::At(Point::AfterActing, Break::Hang), true),
        (Fault::At(Point::StatusLine, Break::Reset), true),
        (Fault::At(Point::BeforeActing, Break::Close), false),
        (Fault::Answer(unavailable.clone().acting()), true),
        (Fault::Answer(unavailable), false),
    ];
    let mut cases = Vec::new();
    for balancer in [Balancer::Nginx, Balancer::HaproxyRepeatingAll, Balancer::Haproxy] {
        for (fault, acted) in &faults {
            for action in ACTIONS {
                cases.push(Case { balancer, fault: fault.clone(), acted: *acted, action });
            }
        }
    }
    parallel(12, &cases, Case::check);
}
