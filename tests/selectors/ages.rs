//! Ages: what they mean, and that nothing is sent for an invalid one.

use crate::fixtures::{DAY, NOW, disabled, ids_after, organization, unused};
use crate::oracle::Condition;
use support::harness::cli;

#[test]
fn ages_are_exact_to_the_second() {
    let cases = [
        ("90d", 90 * DAY),
        ("1d", DAY),
        ("12h", DAY / 2),
        ("2w", 14 * DAY),
        ("30min", 1800),
        ("3months", 7_890_048),
        ("45s", 45),
        ("10days", 10 * DAY),
        ("52weeks", 364 * DAY),
        ("0090d", 90 * DAY),
        ("1y", 31_557_600),
    ];
    for (age, seconds) in cases {
        let coveo = organization([
            disabled("older", NOW - seconds - 1),
            disabled("border", NOW - seconds),
            disabled("younger", NOW - seconds + 1),
        ]);
        for arguments in [vec!["--disabled-for", age], vec![&format!("--disabled-for={age}")]] {
            let listed = cli(&coveo).args(arguments).run().assert_status(0);
            assert_eq!(ids_after("would delete ", &listed.stdout), ["older", "border"], "{age}");
        }
    }
}

#[test]
fn invalid_age_is_refused_before_any_request() {
    let coveo = organization([disabled("old", NOW - 5000 * DAY)]);
    #[rustfmt::skip]
    let invalid = [
        " ", "0", "0s", "0w 0d", "0.0d", "00h", "-1d", "+1d", "1", "d", "1e3d", "1E3d", "1x", "90D", "1,5d", "1..5d", ".5d",
        "1d-", "1d;", "1d -1h", "--1d", "0x1d", "ten days", "forever", "∞", "٣d", "９d", "1ｄ", "d1", "1d1", "NaN", "inf", "null",
        "$AGE", "1d\n1", "999999999999y", "18446744073709551615d", "18446744073709551616s", "99999999999999999999999999d",
        "40000d", "3m", "3M", "1h 30m", "1ns", "999ms",
    ];
    for (age, selector) in invalid.into_iter().zip(Condition::LIFECYCLE.into_iter().cycle()) {
        let refused =
            cli(&coveo).arg(format!("{}={age}", selector.option())).arg("--yes").run().assert_status(2);
        assert_eq!(refused.stdout, "");
        let start = format!("coveo-delete-key: error: {} ", selector.option());
        assert!(refused.stderr.starts_with(&start), "{age:?}: {}", refused.stderr);
    }
    assert_eq!(coveo.connections(), 0);
    assert!(coveo.exists("old"));
}

/// Coveo calls `lastUsedDate` approximate.
#[test]
fn unused_for_less_than_a_day_is_refused() {
    let coveo = organization([unused("old", NOW - 40 * DAY)]);
    for age in ["1s", "12h", "23h", "1439min", "86399s"] {
        let refused = cli(&coveo).args(["--unused-for", age, "--yes"]).run().assert_status(2);
        let words = format!("error: --unused-for \"{age}\" is shorter than a day\n");
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
    }
    assert_eq!(coveo.connections(), 0);
    for age in ["1d", "24h", "86400s"] {
        let listed = cli(&coveo).args(["--unused-for", age]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), ["old"], "{age}");
    }
}
