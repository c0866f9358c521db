//! A run in a wrong organization succeeds in nothing, however it is asked and however that organization answers.

use support::fake_coveo::{ApiKey, Coveo, Fault, Moment, OtherOrganization, Scripted};
use support::harness::{Ran, Tool, parallel, tool};

use crate::fixtures::{check, count, journal, start, unused};

const WRONG: &str = "myorganizatoin";

fn organization(answer: OtherOrganization) -> Coveo {
    start(Coveo::builder().other_organization(answer), [unused("k1", 400), unused("k2", 400)])
}

fn run(coveo: &Coveo, arguments: &[&str]) -> Ran {
    in_wrong(coveo).args(arguments).run()
}

fn in_wrong(coveo: &Coveo) -> Tool {
    tool(coveo).args(["--org", WRONG, "--json", "--retries", "1"])
}

/// The first request fails with 503, in the course of which it may have been carried out.
fn fail_first(coveo: &Coveo) {
    coveo.plan(|moment| match moment {
        Moment::Request(0, _) => Fault::Answer(Scripted::status(503)),
        _ => Fault::None,
    });
}

#[test]
fn a_misspelt_organization_ends_the_run_before_anything_is_done() {
    for code in ["ORGANIZATION_NOT_FOUND", "ORGANIZATION_DOES_NOT_EXIST"] {
        let ways: [&[&str]; 9] = [
            &["k1", "k2"],
            &["--ignore-not-found", "k1", "k2"],
            &["--bulk", "k1", "k2"],
            &["--bulk", "--ignore-not-found", "k1", "k2"],
            &["--dry-run", "k1", "k2"],
            &["--dry-run", "--ignore-not-found", "k1", "k2"],
            &["--disable", "k1", "k2"],
            &["--disable", "--bulk", "k1", "k2"],
            &["--disable", "--dry-run", "k1", "k2"],
        ];
        for way in ways {
            let coveo = organization(OtherOrganization::NotFound(code));
            let ran = run(&coveo, way);
            check(&ran, &[("k1", "organizationNotFound"), ("k2", "notTried")], 2);
            assert_eq!(journal(&coveo).len(), 1, "{way:?} {:?}", journal(&coveo));
            for option in ["--org", "--region", "--endpoint"] {
                assert!(ran.stderr.contains(option), "{way:?}: {option} is not named\n{}", ran.stderr);
            }
            assert!(!ran.stderr.contains("--ignore-not-found"), "{way:?}: {}", ran.stderr);
            assert_eq!(coveo.ids(), ["k1", "k2"]);
        }
    }
}

#[test]
fn the_keys_of_a_misspelt_organization_can_not_be_selected() {
    for act in ["--yes", "--dry-run"] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        let ran = run(&coveo, &["--unused-for", "90d", act]).ends_with(2);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
        assert!(ran.stderr.contains("--org"), "{}", ran.stderr);
        assert_eq!(journal(&coveo), ["GET apikeys"]);
    }
}

#[test]
fn after_an_attempt_that_may_have_been_applied_a_missing_organization_settles_nothing() {
    for options in [&["k1"][..], &["--ignore-not-found", "k1"], &["--disable", "k1"]] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        fail_first(&coveo);
        check(&run(&coveo, options), &[("k1", "unexpected")], 1);
    }
}

/// Something is done first, or may be, so the organization was there.
#[test]
fn an_organization_that_was_there_a_moment_ago_is_not_called_missing() {
    for (status, outcome) in [(204, "deleted"), (503, "unknown"), (200, "unexpected")] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        coveo.plan(move |moment| match moment {
            Moment::Request(_, request) if request.path.ends_with("/k1") => {
                Fault::Answer(Scripted::status(status))
            }
            _ => Fault::None,
        });
        check(&run(&coveo, &["k1", "k2"]), &[("k1", outcome), ("k2", "unexpected")], 1);
    }
}

#[test]
fn an_organization_that_denies_access_is_told_so_by_a_dry_run_too() {
    for way in [
        &["k1"][..],
        &["--ignore-not-found", "k1"],
        &["--dry-run", "k1"],
        &["--disable", "k1"],
        &["--bulk", "k1"],
    ] {
        let coveo = organization(OtherOrganization::Denied);
        check(&run(&coveo, way), &[("k1", "forbidden")], 4);
    }
    let coveo = organization(OtherOrganization::Denied);
    check(&run(&coveo, &["--bulk", "k1", "k2"]), &[("k1", "forbidden"), ("k2", "forbidden")], 4);
    // No key could end better.
    check(&run(&coveo, &["--dry-run", "k1", "k2"]), &[("k1", "forbidden"), ("k2", "notTried")], 4);
}

/// Any valid token is taken there, and has no privilege. Every key is answered by 404 with a code.
#[test]
fn an_organization_where_the_token_has_no_privilege_proves_nothing() {
    let ways: [&[&str]; 7] = [
        &["k1"],
        &["--ignore-not-found", "k1"],
        &["--disable", "k1"],
        &["--disable", "--ignore-not-found", "k1"],
        &["--bulk", "k1"],
        &["--bulk", "--ignore-not-found", "k1", "k2"],
        &["k1", "k2"],
    ];
    for way in ways {
        for first_fails in [false, true] {
            let coveo = organization(OtherOrganization::Unproven);
            if first_fails {
                fail_first(&coveo);
            }
            let ran = run(&coveo, way);
            let told: Vec<(&str, &str)> =
                way.iter().filter(|id| id.starts_with('k')).map(|id| (*id, "unexpected")).collect();
            check(&ran, &told, 1);
            assert!(ran.stderr.contains("organization"), "{}", ran.stderr);
            assert!(ran.stderr.contains("privilege"), "{}", ran.stderr);
            assert!(count(&coveo, "GET", "/privileges/token") <= 1, "{:?}", journal(&coveo));
        }
    }
    let coveo = organization(OtherOrganization::Unproven);
    let ran = run(&coveo, &["--dry-run", "--ignore-not-found", "k1"]);
    assert!(![0, 5].contains(&ran.status), "{} {} {}", ran.status, ran.stdout, ran.stderr);
}

#[test]
fn a_key_that_the_token_may_not_see_is_no_missing_key_without_proof() {
    use support::fake_coveo::NONE_TOKEN;
    let coveo = start(Coveo::builder().hides_keys(true), [ApiKey::new("k1")]);
    for options in [&["k1"][..], &["--ignore-not-found", "k1"], &["--bulk", "k1"]] {
        let ran = tool(&coveo).env("COVEO_ACCESS_TOKEN", NONE_TOKEN).arg("--json").args(options).run();
        check(&ran, &[("k1", "unexpected")], 1);
    }
    assert!(coveo.exists("k1"));
}

/// Which code a missing key has, in which field, and whether it has one at all, is not documented.
#[test]
fn whatever_code_a_missing_key_has_the_right_organization_is_told_from_a_wrong_one() {
    use support::fake_coveo::{ErrorForm, MissingKey};
    let mut cases = Vec::new();
    for code in ["API_KEY_NOT_FOUND", "NOT_FOUND", "RESOURCE_NOT_FOUND", "INVALID_API_KEY_ID"] {
        cases.extend(ErrorForm::ALL.map(|form| (code, form)));
    }
    parallel(8, &cases, |(code, form)| {
        let builder = || Coveo::builder().missing_key(MissingKey::NotFound(code)).error_form(404, *form);
        let readable = !matches!(form, ErrorForm::WithoutCode | ErrorForm::OAuth | ErrorForm::Empty);
        let right = start(builder(), []);
        let ran = tool(&right).args(["--json", "--ignore-not-found", "k1"]).run();
        let (outcome, status) = if readable { ("alreadyGone", 0) } else { ("unexpected", 1) };
        check(&ran, &[("k1", outcome)], status);
        let wrong = start(builder().other_organization(OtherOrganization::Unproven), []);
        let ran = run(&wrong, &["--ignore-not-found", "k1"]);
        check(&ran, &[("k1", "unexpected")], 1);
    });
    let lenient = start(Coveo::builder().missing_key(MissingKey::NoContent), []);
    check(&tool(&lenient).args(["--json", "k1"]).run(), &[("k1", "deleted")], 0);
}
