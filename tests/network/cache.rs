//! A cache in front of Coveo: nginx. The re-read of a key must not come from it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::daemon::Daemon;
use crate::nginx::{installed, start_beside};
use support::fake_coveo::{ApiKey, Coveo, Date};
use support::harness::{Run, cli, key_outcomes};

/// What nginx does about `Cache-Control: no-cache` in a request, and the `Age` of its responses.
struct Settings {
    bypass: &'static str,
    age: &'static str,
}

/// A cache that fetches again when asked to.
const OBEDIENT: Settings = Settings { bypass: "proxy_cache_bypass $http_cache_control;", age: "''" };
/// A cache that doesn't, and sends the age of its responses.
const HONEST: Settings = Settings { bypass: "", age: "3600" };
/// nginx by default: it does neither.
const SILENT: Settings = Settings { bypass: "", age: "''" };

fn start(nginx: &Path, coveo: &Coveo, settings: &Settings) -> Daemon {
    let beside = format!(
        "proxy_cache_path cached keys_zone=all:1m use_temp_path=off;
        map $upstream_cache_status $age {{ HIT {}; default ''; }}",
        settings.age
    );
    let directives = format!(
        "location / {{ proxy_pass {}; proxy_cache all; proxy_cache_valid 200 1h; {} add_header Age $age; }}",
        coveo.endpoint(),
        settings.bypass
    );
    start_beside(nginx, None, &beside, &directives)
}

/// Reads `k1` through nginx, or the list too. Then runs a deletion of disabled keys, before or during which `k1` is enabled
/// again.
fn delete_disabled(settings: &Settings, listed: bool) -> Option<(Coveo, Run)> {
    let nginx = installed()?;
    let coveo = Coveo::http();
    for id in ["k0", "k1"] {
        let disabled_date = Date::Rfc3339(SystemTime::now() - Duration::from_secs(100 * 86_400));
        coveo.add(ApiKey { enabled: false, status: "DISABLED".into(), disabled_date, ..ApiKey::new(id) });
    }
    let server = start(&nginx, &coveo, settings);
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
    assert_eq!(coveo.exists("k0"), listed && settings.age == HONEST.age, "{}", run.stderr);
    Some((coveo, run))
}

fn key_results(run: &Run) -> Vec<(String, String)> {
    key_outcomes(&run.stdout)
}

fn outcomes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect()
}

#[test]
fn obedient_cache_is_bypassed() {
    let Some((coveo, run)) = delete_disabled(&OBEDIENT, false) else { return };
    assert_eq!(key_results(&run), outcomes(&[("k0", "deleted"), ("k1", "kept")]), "{}", run.stderr);
    assert_eq!((coveo.is_enabled("k1"), run.status), (Some(true), 0));

    let Some((coveo, run)) = delete_disabled(&OBEDIENT, true) else { return };
    assert_eq!(key_results(&run), outcomes(&[("k0", "deleted")]), "{}", run.stderr);
    assert_eq!((coveo.is_enabled("k1"), run.status), (Some(true), 0));
}

#[test]
fn cache_that_reports_age_is_not_believed() {
    let Some((coveo, run)) = delete_disabled(&HONEST, false) else { return };
    assert_eq!(key_results(&run), outcomes(&[("k0", "deleted"), ("k1", "unexpected")]), "{}", run.stderr);
    assert_eq!((coveo.is_enabled("k1"), run.status), (Some(true), 1));
    assert!(run.stderr.contains("cache"), "{}", run.stderr);

    let Some((coveo, run)) = delete_disabled(&HONEST, true) else { return };
    assert_eq!((run.stdout.as_str(), run.status), ("", 1), "{}", run.stderr);
    assert!(run.stderr.contains("cache"), "{}", run.stderr);
    assert_eq!(coveo.ids(), ["k0", "k1"]);
}

/// This can't be noticed, as the documents say. The report is true all the same.
#[test]
fn silent_cache_is_not_noticed() {
    let Some((coveo, run)) = delete_disabled(&SILENT, false) else { return };
    assert_eq!(key_results(&run), outcomes(&[("k0", "deleted"), ("k1", "deleted")]), "{}", run.stderr);
    assert!(!coveo.exists("k1"));
}
