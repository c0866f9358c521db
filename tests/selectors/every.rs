//! Every status with every form of every date, in all ways to run the tool, held against the oracle.

use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, BORDER, DAY, NOW, at, ids_after, only_looked, taken, world};
use crate::oracle::{Selector, takes};
use support::harness::tool;

/// `null` stands for itself, and [`absent`] for no such field.
fn statuses() -> Vec<Value> {
    let mut statuses = [
        "ENABLED",
        "SOON_TO_BE_EXPIRED",
        "SOON_TO_BE_DISABLED",
        "DISABLED",
        "DISABLED_FOR_INACTIVITY",
        "DISABLED_EXPOSED",
        "EXPIRED",
        "DISABLED_SOMEHOW",
        "SOON_TO_BE",
        "expired",
        "",
    ]
    .map(Value::from)
    .to_vec();
    statuses.extend([Value::Null, absent(), json!(0), json!(false), json!(["EXPIRED"]), json!({})]);
    statuses
}

/// No such field. As text it is no date and no status either.
fn absent() -> Value {
    json!("(absent)")
}

/// A second in each form that the API may give it.
pub fn forms(second: u64) -> Vec<Value> {
    let text = |second: u64| humantime::format_rfc3339_seconds(at(second)).to_string();
    let utc = text(second);
    let bare = utc.trim_end_matches('Z');
    let shifted = |hours: i64, zone: &str| {
        let local = second.checked_add_signed(hours * 3600).expect("far from 1970");
        json!(text(local).replace('Z', zone))
    };
    vec![
        json!(utc),
        json!(format!("{bare}.000Z")),
        json!(format!("{bare}.001Z")),
        json!(format!("{bare}.000001Z")),
        json!(format!("{bare}+00:00")),
        json!(format!("{bare}.000+0000")),
        shifted(2, "+02:00"),
        shifted(-5, "-05:00"),
        shifted(14, ".0+14:00"),
        shifted(-11, "-1100"),
        json!(second * 1000),
        json!(second * 1000 - 1),
        json!(second * 1000 + 1),
    ]
}

/// What is no date, or none that can be right; `second` is one that would be.
pub fn garbage(second: u64) -> Vec<Value> {
    let utc = humantime::format_rfc3339_seconds(at(second)).to_string();
    let mut garbage = vec![absent(), Value::Null, json!(true), json!([]), json!({}), json!([second * 1000])];
    garbage.extend([
        json!(0),
        json!(-1),
        json!(second),
        json!(second as f64 + 0.5),
        json!(u64::MAX),
        json!(i64::MIN),
    ]);
    garbage.extend([json!((second * 1000) as f64), json!({"$date": second * 1000}), json!([utc])]);
    garbage.extend(
        [
            "",
            " ",
            "soon",
            "null",
            "T",
            "Z",
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "99999-01-01T00:00:00Z",
            "-2020-01-01T00:00:00Z",
            "2020-02-30T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2020-00-10T00:00:00Z",
            "2020-01-01T25:00:00Z",
            "2020-01-01T00:60:00Z",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:00+24:00",
            "2020-01-01T00:00:00+02",
            "2020-01-01T00:00:00+",
            "20200101T000000Z",
            "2020-001T00:00:00Z",
            "2020-01-01",
            "01.01.2020",
            "Wed, 01 Jan 2020 00:00:00 GMT",
            "２０２０-01-01T00:00:00Z",
            "2020-01-01T00:00:0\u{660}Z",
            "\u{0}2020-01-01T00:00:00Z",
        ]
        .map(Value::from),
    );
    garbage.extend([json!(second.to_string()), json!((second * 1000).to_string())]);
    garbage
}

/// Every status with every form of each date. The other dates of a key are long past, and would have it taken.
fn every_key() -> Vec<Value> {
    let mut dates = garbage(BORDER - DAY);
    for second in [BORDER - 365 * DAY, BORDER, BORDER + 1, NOW + DAY] {
        dates.extend(forms(second));
    }
    let mut keys = Vec::new();
    for status in statuses() {
        let enabled =
            !matches!(status.as_str(), Some(text) if text.starts_with("DISABLED") || text == "EXPIRED");
        for field in ["createdDate", "lastUsedDate", "expirationDate", "disabledDate", "activationDate"] {
            for date in &dates {
                keys.push((status.clone(), enabled, field, date.clone()));
                if field == "createdDate" {
                    // The same of a key that was never used.
                    keys.push((status.clone(), enabled, "createdDate alone", date.clone()));
                }
            }
        }
    }
    let key = |(number, (status, enabled, field, date)): (usize, (Value, bool, &str, Value))| {
        let mut key = json!({
            "id": format!("k{number}"),
            "displayName": format!("Key\n{number}\u{1b}[2J"),
            "enabled": enabled,
            "status": status,
            "createdDate": "2020-01-01T00:00:00Z",
            "lastUsedDate": 1_580_515_200_000_u64,
            "expirationDate": "2020-03-01T00:00:00+01:00",
            "disabledDate": 1_585_699_200_000_u64,
        });
        match field {
            "createdDate alone" => {
                key["createdDate"] = date;
                key["lastUsedDate"] = absent();
            }
            field => key[field] = date,
        }
        if let Value::Object(fields) = &mut key {
            fields.retain(|_, value| *value != absent());
        }
        key
    };
    keys.into_iter().enumerate().map(key).collect()
}

#[test]
fn no_run_takes_another_key_than_the_oracle() {
    let keys = &every_key();
    assert!(keys.len() > 5000, "{}", keys.len());
    std::thread::scope(|scope| {
        for selector in Selector::ALL {
            scope.spawn(move || hold_against_the_oracle(selector, keys));
        }
    });
}

fn hold_against_the_oracle(selector: Selector, keys: &[Value]) {
    let id = |key: &Value| key["id"].as_str().expect("text").to_owned();
    let ids: Vec<String> = keys.iter().map(id).collect();
    let expected: Vec<String> =
        keys.iter().filter(|key| takes(selector, key, NOW, 30 * DAY)).map(id).collect();
    assert!(expected.len() > 100 && expected.len() < keys.len() / 2, "{}", expected.len());

    let coveo = world(keys);
    let run = |arguments: &[&str]| {
        tool(&coveo).args([selector.option(), "30d", ANY_NUMBER]).args(arguments).run().ends_with(0).stdout
    };
    let listed = run(&["--dry-run", "--yes"]);
    assert_eq!(ids_after("would delete ", &listed), expected, "{selector:?}");

    let results: Vec<Value> =
        run(&["--json"]).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(results.iter().all(|result| result["outcome"] == "wouldDelete"));
    assert_eq!(json!(results.iter().map(|result| &result["keyId"]).collect::<Vec<_>>()), json!(expected));

    only_looked(&coveo);

    // Keys that are disabled are not there to be disabled.
    let change: &[&str] = if selector == Selector::Disabled { &[] } else { &["--disable"] };
    let printed = run(&[change, &["--yes", "--quiet"]].concat());
    assert_eq!(printed, "");
    assert_eq!(taken(&coveo, &ids), expected.into_iter().collect(), "{selector:?}");
}
