//! Refusals that change nothing and are told as what they are: a paused organization, and a token that an OAuth server
//! refuses.

use support::fake_coveo::{ApiKey, Coveo, EXPIRED_TOKEN, ErrorForm, Fault, Moment, Scripted};
use support::harness::{Ran, tool};

use crate::fixtures::{check, disabled, organization, start, strike};

/// What must not be said where nothing can have been changed.
#[track_caller]
fn leaves_no_doubt(ran: &Ran) {
    assert!(!ran.stderr.contains("not known"), "{}", ran.stderr);
}

#[test]
fn a_paused_organization_refuses_and_changes_nothing() {
    let ways: [&[&str]; 8] = [
        &["k1"],
        &["--ignore-not-found", "k1"],
        &["--disable", "k1"],
        &["--dry-run", "k1"],
        &["--bulk", "k1"],
        &["--bulk", "k1", "k2"],
        &["--bulk", "--disable", "k1", "k2"],
        &["k1", "k2"],
    ];
    for form in [ErrorForm::ErrorCode, ErrorForm::WithoutRequestId, ErrorForm::Title] {
        for way in ways {
            let coveo = start(Coveo::builder().error_form(400, form), ["k1", "k2"].map(ApiKey::new));
            coveo.set_paused(true);
            let ran = tool(&coveo).args(["--json", "--retries", "0"]).args(way).run();
            if way.contains(&"--dry-run") {
                // The privileges may be what is refused.
                ran.ends_with(1);
                continue;
            }
            let told: Vec<(&str, &str)> =
                way.iter().filter(|id| id.starts_with('k')).map(|id| (*id, "refused")).collect();
            check(&ran, &told, 1);
            leaves_no_doubt(&ran);
            assert!(ran.stderr.contains("ORGANIZATION_IS_PAUSED"), "{}", ran.stderr);
            assert!(
                ran.stderr.lines().any(|line| line.contains("hint: ") && line.contains("paused")),
                "{}",
                ran.stderr
            );
            assert!(["k1", "k2"].iter().all(|id| coveo.is_enabled(id) == Some(true)));
        }
    }
}

#[test]
fn a_selector_in_a_paused_organization_changes_nothing() {
    let coveo = organization([disabled("k1", 400)]);
    coveo.set_paused(true);
    let ran = tool(&coveo).args(["--disabled-for", "30d", "--yes"]).run().ends_with(1);
    assert!(ran.stderr.contains("paused"), "{}", ran.stderr);
    leaves_no_doubt(&ran);
}

#[test]
fn an_organization_that_is_paused_after_an_attempt_that_may_have_been_applied_leaves_doubt() {
    let coveo = organization([ApiKey::new("k1")]);
    coveo.plan(|moment| match moment {
        Moment::Request(0, _) => Fault::Answer(Scripted::status(503).acting()),
        _ => Fault::None,
    });
    coveo.on_request(|request, organization| organization.set_paused(request.number > 0));
    let ran = tool(&coveo).args(["--json", "--retries", "1", "k1"]).run();
    check(&ran, &[("k1", "unknown")], 6);
}

#[test]
fn a_refusal_repeats_code_and_text() {
    let coveo = organization([ApiKey::new("k1")]);
    let answer = Scripted::error(409, "KEY_IS_LOCKED", "The key is locked by Bob");
    strike(&coveo, "DELETE", "/k1", Fault::Answer(answer));
    let ran = tool(&coveo).args(["--json", "k1"]).run();
    check(&ran, &[("k1", "refused")], 1);
    leaves_no_doubt(&ran);
    for part in ["409", "KEY_IS_LOCKED", "The key is locked by Bob"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn a_token_that_an_oauth_server_refuses_is_unauthorized() {
    let ways: [&[&str]; 5] = [
        &["k1"],
        &["--ignore-not-found", "k1"],
        &["--disable", "k1"],
        &["--dry-run", "k1"],
        &["--bulk", "k1"],
    ];
    let organization =
        || start(Coveo::builder().error_form(401, ErrorForm::OAuth), ["k1", "k2"].map(ApiKey::new));
    for way in ways {
        let coveo = organization();
        let ran = tool(&coveo).env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).arg("--json").args(way).run();
        check(&ran, &[("k1", "unauthorized")], 3);
        leaves_no_doubt(&ran);
    }
    for (way, second) in [("--bulk", "notTried"), ("--dry-run", "notTried"), ("--disable", "unauthorized")] {
        let coveo = organization();
        let tool = tool(&coveo).env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN);
        let ran = tool.args(["--json", way, "k1", "k2"]).run();
        check(&ran, &[("k1", "unauthorized"), ("k2", second)], 3);
        leaves_no_doubt(&ran);
    }
    let coveo = organization();
    let tool = tool(&coveo).env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN);
    tool.args(["--disabled-for", "30d", "--yes"]).run().ends_with(3);
}
