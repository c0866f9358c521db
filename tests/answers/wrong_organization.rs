//! A run in a wrong organization succeeds in nothing, however it is asked and however that organization answers.

use support::fake_coveo::{ApiKey, CannedResponse, Coveo, Fault, Hook, NONE_TOKEN, OtherOrganization};
use support::harness::{Cli, check, cli};

use crate::fixtures::{days_ago, start};

fn organization(answer: OtherOrganization) -> Coveo {
    let keys = ["k1", "k2"].map(|id| ApiKey::unused(id, days_ago(400)));
    start(Coveo::builder().other_organization(answer), keys)
}

fn in_wrong(coveo: &Coveo) -> Cli {
    cli(coveo).args(["--org", "myorganizatoin", "--json", "--retries", "1"])
}

/// The keys among the arguments, each with this outcome.
fn each<'a>(way: &[&'a str], outcome: &'a str) -> Vec<(&'a str, &'a str)> {
    way.iter().filter(|id| id.starts_with('k')).map(|id| (*id, outcome)).collect()
}

#[test]
fn a_misspelt_organization_ends_the_run_before_anything_is_done() {
    for code in ["ORGANIZATION_NOT_FOUND", "ORGANIZATION_DOES_NOT_EXIST"] {
        for way in [&[][..], &["--bulk"], &["--dry-run"]] {
            for option in [None, Some("--ignore-not-found"), Some("--disable")] {
                let coveo = organization(OtherOrganization::NotFound(code));
                let run = in_wrong(&coveo).args(way).args(option).args(["k1", "k2"]).run();
                check(&run, &[("k1", "organizationNotFound"), ("k2", "notTried")], 2);
                assert_eq!(coveo.requests().len(), 1, "{way:?} {:?}", coveo.journal());
                for option in ["--org", "--region", "--endpoint"] {
                    assert!(run.stderr.contains(option), "{way:?}: {option} is not named\n{}", run.stderr);
                }
                assert!(!run.stderr.contains("--ignore-not-found"), "{way:?}: {}", run.stderr);
                assert_eq!(coveo.ids(), ["k1", "k2"]);
            }
        }
    }
}

#[test]
fn the_keys_of_a_misspelt_organization_can_not_be_selected() {
    for act in ["--yes", "--dry-run"] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        let run = in_wrong(&coveo).args(["--unused-for", "90d", act]).run().assert_status(2);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        assert!(run.stderr.contains("--org"), "{}", run.stderr);
        assert_eq!(coveo.journal(), ["GET apikeys"]);
    }
}

/// Something is done first, or may be, so the organization was there.
#[test]
fn an_organization_that_was_there_a_moment_ago_is_not_called_missing() {
    for (status, outcome) in [(204, "deleted"), (503, "unknown"), (200, "unexpected")] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        coveo.inject("DELETE", "/k1", Fault::Answer(CannedResponse::status(status)));
        let run = in_wrong(&coveo).args(["k1", "k2"]).run();
        check(&run, &[("k1", outcome), ("k2", "unexpected")], 1);
    }
}

#[test]
fn an_organization_that_denies_access_is_told_so_by_a_dry_run_too() {
    let ways: [&[&str]; 5] = [
        &["--ignore-not-found", "k1"],
        &["--dry-run", "k1"],
        &["--disable", "k1"],
        &["--bulk", "k1"],
        &["--bulk", "k1", "k2"],
    ];
    let coveo = organization(OtherOrganization::Denied);
    for way in ways {
        check(&in_wrong(&coveo).args(way).run(), &each(way, "forbidden"), 4);
    }
    // No key could end better.
    let run = in_wrong(&coveo).args(["--dry-run", "k1", "k2"]).run();
    check(&run, &[("k1", "forbidden"), ("k2", "notTried")], 4);
}

/// Any valid token is taken there, and has no privilege. Every key is answered by 404 with a code, and so is a key in the
/// right organization that the token may not see.
#[test]
fn a_404_to_a_token_without_a_privilege_is_no_missing_key() {
    let ways: [&[&str]; 6] = [
        &["--ignore-not-found", "k1"],
        &["--disable", "--ignore-not-found", "k1"],
        &["--disable", "k1"],
        &["--bulk", "--ignore-not-found", "k1"],
        &["--bulk", "--ignore-not-found", "k1", "k2"],
        &["k1", "k2"],
    ];
    for way in ways {
        for (hidden, first_fails) in [(false, false), (false, true), (true, false)] {
            let builder = Coveo::builder().other_organization(OtherOrganization::Unproven);
            let coveo = start(builder.hides_keys(true), ["k1", "k2"].map(ApiKey::new));
            coveo.plan(move |moment| match moment {
                Hook::Request(0, _) if first_fails => Fault::Answer(CannedResponse::status(503)),
                _ => Fault::None,
            });
            let run = match hidden {
                true => cli(&coveo).env("COVEO_ACCESS_TOKEN", NONE_TOKEN).arg("--json"),
                false => in_wrong(&coveo),
            };
            let run = run.args(way).run();
            check(&run, &each(way, "unexpected"), 1);
            assert!(run.stderr.contains("organization"), "{}", run.stderr);
            assert!(run.stderr.contains("privilege"), "{}", run.stderr);
            assert!(coveo.count("GET", "/privileges/token") <= 1, "{:?}", coveo.journal());
        }
    }
    let coveo = organization(OtherOrganization::Unproven);
    let run = in_wrong(&coveo).args(["--dry-run", "--ignore-not-found", "k1"]).run();
    assert!(![0, 5].contains(&run.status), "{} {} {}", run.status, run.stdout, run.stderr);
}
