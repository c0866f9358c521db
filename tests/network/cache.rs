//! A cache in front of Coveo: nginx. The re-read of a key must not come from it.

use crate::nginx;
use support::fake_coveo::{ApiKey, Coveo, days_ago};
use support::harness::{check, cli};

/// What nginx does about `Cache-Control: no-cache` in a request, and the `Age` of its responses.
type Settings = [&'static str; 2];

/// A cache that fetches again when asked to.
const OBEDIENT: Settings = ["proxy_cache_bypass $http_cache_control;", "''"];
/// A cache that doesn't, and sends the age of its responses.
const HONEST: Settings = ["", "3600"];
/// nginx by default: it does neither.
const SILENT: Settings = ["", "''"];

/// Reads `k1` through nginx, or the list too if it is `listed`. Then deletes disabled keys, before or during which `k1` is
/// enabled again. Checks the outcomes and which keys are left.
fn check_cache([bypass, age]: Settings, listed: bool, outcomes: &[(&str, &str)], left: &[&str], status: i32) {
    let coveo = Coveo::with(["k0", "k1"].map(|id| ApiKey::disabled(id, days_ago(100))));
    let beside = format!(
        "proxy_cache_path cached keys_zone=all:1m use_temp_path=off;
        map $upstream_cache_status $age {{ HIT {age}; default ''; }}"
    );
    let directives = format!(
        "location / {{ proxy_pass {}; proxy_cache all; proxy_cache_valid 200 1h; {bypass} add_header Age $age; }}",
        coveo.endpoint()
    );
    let Some(server) = nginx::start(None, &beside, &directives) else { return };
    let through = || cli(&coveo).env("COVEO_ENDPOINT", server.url());
    through().args(["--dry-run", "k1"]).run().assert_status(0);
    if listed {
        through().args(["--disabled-for", "30d", "--dry-run"]).run().assert_status(0);
        coveo.enable("k1");
    } else {
        coveo.on_request(|request, organization| {
            if request.path.ends_with("/apikeys/k0") {
                organization.enable("k1");
            }
        });
    }
    let run = through().args(["--json", "--disabled-for", "30d", "--yes"]).run();
    check(&run, outcomes, status);
    assert_eq!(coveo.ids(), left, "{}", run.stderr);
    assert_eq!(run.stderr.contains("cache"), status != 0, "{}", run.stderr);
    assert_ne!(coveo.is_enabled("k1"), Some(false));
}

#[test]
fn obedient_cache_is_bypassed() {
    check_cache(OBEDIENT, false, &[("k0", "deleted"), ("k1", "kept")], &["k1"], 0);
    check_cache(OBEDIENT, true, &[("k0", "deleted")], &["k1"], 0);
}

#[test]
fn cache_that_reports_age_is_not_believed() {
    check_cache(HONEST, false, &[("k0", "deleted"), ("k1", "unexpected")], &["k1"], 1);
    check_cache(HONEST, true, &[], &["k0", "k1"], 1);
}

/// This can't be noticed, as the documents say. The report is true all the same.
#[test]
fn silent_cache_is_not_noticed() {
    check_cache(SILENT, false, &[("k0", "deleted"), ("k1", "deleted")], &[], 0);
}
