//! Refusals: nothing is changed, and the reason is reported.

use support::fake_coveo::{ApiKey, CannedResponse, Coveo, ErrorForm, Fault, Unknowns, days_ago};
use support::harness::{check, cli};

#[test]
fn paused_organization_changes_nothing() {
    let ways: [(&[&str], &[&str]); 7] = [
        (&["--ignore-not-found"], &["k1", "k2"]),
        (&["--disable"], &["k1"]),
        (&["--bulk"], &["k1"]),
        (&["--bulk"], &["k1", "k2"]),
        (&["--bulk", "--disable"], &["k1", "k2"]),
        // These end before the first key.
        (&["--dry-run", "k1"], &[]),
        (&["--disabled-for", "30d", "--yes"], &[]),
    ];
    for form in [ErrorForm::ErrorCode, ErrorForm::WithoutRequestId, ErrorForm::Title] {
        for (options, keys) in ways {
            let all = ["k1", "k2"].map(|id| ApiKey::disabled(id, days_ago(400)));
            let coveo =
                Coveo::with_unknowns(Unknowns { error_form: Some((400, form)), ..Unknowns::default() }, all);
            let before = ["k1", "k2"].map(|id| coveo.key(id));
            coveo.set_paused(true);
            let run = cli(&coveo).args(["--json", "--retries", "0"]).args(options).args(keys).run();
            let results: Vec<(&str, &str)> = keys.iter().map(|id| (*id, "refused")).collect();
            if results.is_empty() {
                assert_eq!(run.status, 1, "{options:?} {}", run.stderr);
            } else {
                check(&run, &results, 1);
                assert!(run.stderr.contains("ORGANIZATION_IS_PAUSED"), "{}", run.stderr);
                let is_hint = |line: &str| line.contains("hint: ") && line.contains("paused");
                assert!(run.stderr.lines().any(is_hint), "{}", run.stderr);
            }
            assert!(!run.stderr.contains("not known"), "{}", run.stderr);
            assert_eq!(["k1", "k2"].map(|id| coveo.key(id)), before);
        }
    }
}

#[test]
fn refusal_repeats_code_and_text() {
    let coveo = Coveo::with([ApiKey::new("k1")]);
    let response = CannedResponse::error(409, "KEY_IS_LOCKED", "The key is locked by Bob");
    coveo.inject("DELETE", "/k1", Fault::Answer(response));
    let run = cli(&coveo).args(["--json", "k1"]).run();
    check(&run, &[("k1", "refused")], 1);
    for part in ["409", "KEY_IS_LOCKED", "The key is locked by Bob"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("not known"), "{}", run.stderr);
}
