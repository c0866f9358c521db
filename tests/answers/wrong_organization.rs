//! A run in a wrong organization never succeeds.

use support::fake_coveo::{
    ApiKey, CannedResponse, Coveo, Fault, Hook, K1, K2, NONE_TOKEN, OtherOrganization, Unknowns, days_ago,
};
use support::harness::{Cli, check, cli};

fn organization(response: OtherOrganization) -> Coveo {
    let keys = [K1, K2].map(|id| ApiKey::unused(id, days_ago(400)));
    Coveo::with_unknowns(Unknowns { other_organization: response, ..Unknowns::default() }, keys)
}

fn in_wrong(coveo: &Coveo) -> Cli {
    cli(coveo).args(["--org", "myorganizatoin", "--json", "--retries", "1"])
}

/// The keys among the arguments, each with this outcome.
pub fn each<'a>(way: &[&'a str], outcome: &'a str) -> Vec<(&'a str, &'a str)> {
    way.iter().filter(|id| id.starts_with('k')).map(|id| (*id, outcome)).collect()
}

#[test]
fn misspelt_organization_stops_the_run() {
    for code in ["ORGANIZATION_NOT_FOUND", "ORGANIZATION_DOES_NOT_EXIST"] {
        for way in [&[][..], &["--bulk"], &["--dry-run"]] {
            for option in [None, Some("--ignore-not-found"), Some("--disable")] {
                let coveo = organization(OtherOrganization::NotFound(code));
                let run = in_wrong(&coveo).args(way).args(option).args([K1, K2]).run();
                check(&run, &[(K1, "organizationNotFound"), (K2, "notTried")], 2);
                assert_eq!(coveo.requests().len(), 1, "{way:?} {:?}", coveo.journal());
                for option in ["--org", "--region", "--endpoint"] {
                    assert!(run.stderr.contains(option), "{way:?}: {option} is not named\n{}", run.stderr);
                }
                assert!(!run.stderr.contains("--ignore-not-found"), "{way:?}: {}", run.stderr);
                assert_eq!(coveo.ids(), [K1, K2]);
            }
        }
    }
}

#[test]
fn misspelt_organization_selects_nothing() {
    for act in ["--yes", "--dry-run"] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        let run = in_wrong(&coveo).args(["--unused-for", "90d", act]).run().assert_status(2);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        assert!(run.stderr.contains("--org"), "{}", run.stderr);
        assert_eq!(coveo.journal(), ["GET apikeys"]);
    }
}

/// A key was changed before, or may have been, so the organization exists.
#[test]
fn organization_of_a_changed_key_is_never_not_found() {
    for (status, outcome) in [(204, "deleted"), (503, "unknown"), (200, "unexpected")] {
        let coveo = organization(OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"));
        coveo.inject("DELETE", K1, Fault::Answer(CannedResponse::status(status)));
        let run = in_wrong(&coveo).args([K1, K2]).run();
        check(&run, &[(K1, outcome), (K2, "unexpected")], 1);
    }
}

#[test]
fn denied_organization_is_forbidden_in_dry_runs_too() {
    let ways: [&[&str]; 5] = [
        &["--ignore-not-found", K1],
        &["--dry-run", K1],
        &["--disable", K1],
        &["--bulk", K1],
        &["--bulk", K1, K2],
    ];
    let coveo = organization(OtherOrganization::Denied);
    for way in ways {
        check(&in_wrong(&coveo).args(way).run(), &each(way, "forbidden"), 4);
    }
    // The other keys would end the same way.
    let run = in_wrong(&coveo).args(["--dry-run", K1, K2]).run();
    check(&run, &[(K1, "forbidden"), (K2, "notTried")], 4);
}

/// Any valid token is accepted there, without a privilege. The response about every key is 404 with a code, as about a key
/// that the token may not see in the right organization.
#[test]
fn not_found_without_privilege_is_unexpected() {
    let ways: [&[&str]; 6] = [
        &["--ignore-not-found", K1],
        &["--disable", "--ignore-not-found", K1],
        &["--disable", K1],
        &["--bulk", "--ignore-not-found", K1],
        &["--bulk", "--ignore-not-found", K1, K2],
        &[K1, K2],
    ];
    for way in ways {
        for (hidden, first_fails) in [(false, false), (false, true), (true, false)] {
            let other_organization = OtherOrganization::Unproven;
            let unknowns = Unknowns { other_organization, hides_keys: true, ..Unknowns::default() };
            let coveo = Coveo::with_unknowns(unknowns, [K1, K2].map(ApiKey::new));
            coveo.plan(move |hook| match hook {
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
    let run = in_wrong(&coveo).args(["--dry-run", "--ignore-not-found", K1]).run();
    assert!(![0, 5].contains(&run.status), "{} {} {}", run.status, run.stdout, run.stderr);
}
