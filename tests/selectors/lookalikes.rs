//! Facts that look like those that count, and are others: nothing is read into them.

use serde_json::{Value, json};

use crate::fixtures::{DAY, NOW, world};
use crate::oracle::{Selector, takes};
use support::harness::tool;

/// Which of `cases`, each a status and a date, is taken although it holds no fact.
fn taken_all_the_same(cases: &[(&str, Value)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (status, date) in cases {
        let key = json!({
            "id": "k", "displayName": "k", "status": status, "enabled": status.contains("ENABLED"),
            "lastUsedDate": date, "expirationDate": date, "disabledDate": date,
        });
        for selector in Selector::ALL {
            assert!(!takes(selector, &key, NOW, 30 * DAY), "{key}");
            let listed =
                tool(&world(std::slice::from_ref(&key))).args([selector.option(), "30d"]).run().ends_with(0);
            if !listed.stdout.is_empty() {
                wrong.push(format!("{status:?} {date}"));
            }
        }
    }
    wrong
}

#[test]
fn a_status_with_anything_around_or_within_it_is_an_unknown_one() {
    let date = json!("2020-01-01T00:00:00Z");
    let cases = [
        " DISABLED",
        "DISABLED ",
        "DISABLED\n",
        "\tEXPIRED",
        "EXPIRED\r\n",
        "ENABLED ",
        "DIS\u{200b}ABLED",
        "EXPIRED\u{feff}",
        "ENABLED\u{202e}",
        "DISABLED\u{0}",
        "SOON_TO_BE_DISABLED\u{a0}",
    ]
    .map(|status| (status, date.clone()));
    let wrong = taken_all_the_same(&cases);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_date_with_anything_behind_or_within_it_is_none() {
    let dates = [
        "2020-01-01T00:00:00ZZ",
        "2020-01-01T00:00:00Z+05:00",
        "2020-01-01T00:00:00Z/27Z",
        "2020-01-01T00:00:00Zero-05:00",
        "2020-01-01T00:00:00.Z",
        "2020-01-01T00:00:00.123+0200Z",
        "2020-01-01T00:00:00.5+9999+05:00",
        "2020-01-01T00:00:00+:0200",
        "2020-01-01T00:00:00+020:0",
        "2020-01-01T00:00:00+0200:",
        "2020-01-01T00:00:00+00:00Z",
        "2020-01-01T00:00:00+02:00Z",
        "2020-01-01T00:00:00Z[UTC]",
        "2020-01-01T00:00:00+02:00[Europe/Paris]",
        "2020-01-01T00:00:00Z,2026-11-20T00:00:00Z",
    ];
    let cases: Vec<(&str, Value)> = dates
        .iter()
        .flat_map(|date| ["DISABLED", "EXPIRED", "ENABLED"].map(|status| (status, json!(date))))
        .collect();
    let wrong = taken_all_the_same(&cases);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
