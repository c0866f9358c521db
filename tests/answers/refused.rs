//! Refusals: nothing is changed, and the reason is reported.

use support::fake_coveo::{
    ApiKey, CannedResponse, Coveo, ErrorForm, Fault, Hook, K1, K2, Unknowns, VIEW_TOKEN, days_ago,
};
use support::harness::{check, cli};

use crate::wrong_organization::each;

fn start(unknowns: Unknowns) -> Coveo {
    Coveo::with_unknowns(unknowns, [K1, K2].map(|id| ApiKey::disabled(id, days_ago(400))))
}

#[test]
fn paused_organization_changes_nothing() {
    let ways: [&[&str]; 7] = [
        &["--ignore-not-found", K1, K2],
        &["--disable", K1],
        &["--bulk", K1],
        &["--bulk", K1, K2],
        &["--bulk", "--disable", K1, K2],
        &["--dry-run", K1],
        // This run ends before the first key.
        &["--disabled-for", "30d", "--yes"],
    ];
    for form in [ErrorForm::ErrorCode, ErrorForm::WithoutRequestId, ErrorForm::Title] {
        for way in ways {
            let coveo = start(Unknowns { error_form: Some((400, form)), ..Unknowns::default() });
            let before = [K1, K2].map(|id| coveo.key(id));
            coveo.set_paused(true);
            let run = cli(&coveo).args(["--json", "--retries", "0"]).args(way).run();
            check(&run, &each(way, "refused"), 1);
            assert!(run.stderr.contains("ORGANIZATION_IS_PAUSED"), "{}", run.stderr);
            assert!(run.stderr.contains("hint: the organization is paused"), "{}", run.stderr);
            assert!(!run.stderr.contains("not known"), "{}", run.stderr);
            assert_eq!([K1, K2].map(|id| coveo.key(id)), before);
        }
    }
}

/// A gateway that forwards only reads, or a retired route.
#[test]
fn refused_changes_are_never_a_success() {
    let ways: [&[&str]; 6] = [
        &["--bulk", K1, K2],
        &["--bulk", "--ignore-not-found", K1, K2],
        &["--ignore-not-found", K1, K2],
        &["--disabled-for", "30d", "--yes"],
        &["--disabled-for", "30d", "--yes", "--ignore-not-found"],
        &["--disable", "--ignore-not-found", K1, K2],
    ];
    for way in ways {
        for first_fails in [false, true] {
            let coveo =
                start(Unknowns { refused_changes: Some((404, "API_KEY_NOT_FOUND")), ..Unknowns::default() });
            coveo.plan(move |hook| match hook {
                Hook::Request(number, request) if first_fails && number < 4 && request.method == "DELETE" => {
                    Fault::Answer(CannedResponse::status(503))
                }
                _ => Fault::None,
            });
            let run = cli(&coveo).arg("--json").args(way).run();
            check(&run, &[(K1, "unexpected"), (K2, "unexpected")], 1);
            assert!(run.stderr.contains("still exists"), "{}", run.stderr);
        }
    }
}

#[test]
fn view_only_token_is_never_a_success() {
    for options in [&["--ignore-not-found"][..], &["--bulk", "--ignore-not-found"], &["--disable"]] {
        let coveo = start(Unknowns { hides_keys: true, ..Unknowns::default() });
        let run = cli(&coveo).env("COVEO_ACCESS_TOKEN", VIEW_TOKEN).arg("--json").args(options);
        check(&run.args([K1, K2]).run(), &[(K1, "unexpected"), (K2, "unexpected")], 1);
    }
}
