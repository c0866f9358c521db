//! Keys one by one, and which selector takes each of them at 2026-11-20T12:00:00Z for an age of 30 days, so that the
//! border is 2026-10-21T12:00:00Z, which is 1792584000000.

use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, DAY, NOW, ids_after, only_looked, taken, world};
use crate::oracle::{Selector, takes};
use support::harness::tool;

/// The fields of a key, and who takes it: `d` for `--disabled-for`, `e` for `--expired-for`, `u` for `--unused-for`.
#[rustfmt::skip]
const TABLE: [(&str, &str); 123] = [
    // Each status, with each date long past: the status says which date counts.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"DISABLED_FOR_INACTIVITY","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "e"),
    (r#""status":"EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "e"),
    // Statuses that nobody has documented, with everything else in favour.
    (r#""status":"DELETED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED_BY_ADMIN","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"SOON_TO_BE_ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"disabled","enabled":false,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"Expired","enabled":false,"expirationDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"enabled","enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ACTIVE","enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"DEACTIVATED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, ""),
    // A status that is absent, or of the wrong type.
    (r#""enabled":false,"disabledDate":"2022-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z""#, ""),
    (r#""status":null,"enabled":false,"disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":null,"enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":4,"enabled":false,"disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":true,"enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":["DISABLED"],"enabled":false,"disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":{"EXPIRED":true},"enabled":false,"expirationDate":"2022-01-01T00:00:00Z""#, ""),
    // A status against `enabled`: no key is enabled and disabled, and which of the two is true nobody knows.
    (r#""status":"DISABLED","enabled":true,"disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED_EXPOSED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":null,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":"true","createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":1,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","expirationDate":"2022-01-01T00:00:00Z""#, "e"),
    // The date that counts is missing or null, with all others long past.
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":null"#, ""),
    (r#""status":"DISABLED_FOR_INACTIVITY","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","disabledDate":null"#, ""),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z","expirationDate":null"#, ""),
    (r#""status":"ENABLED","enabled":true,"expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":null,"lastUsedDate":null,"activationDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true"#, ""),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":null"#, ""),
    // Never used: the date of creation counts. Used at a time that can't be read: it does not.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:00Z","lastUsedDate":null"#, "u"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:01Z","lastUsedDate":"2021-01-01T00:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2026-11-19T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"never""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":0"#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":false"#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"0001-01-01T00:00:00Z""#, ""),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, "u"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true,"createdDate":1577836800000"#, "u"),
    // Enabled again: it could not be used before that. No other selector looks at this date.
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2021-01-01T00:00:00Z","activationDate":1792584001000"#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-11-01T00:00:00Z","activationDate":"2021-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2027-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"yesterday""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":null"#, "u"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "e"),
    // On the border to the second, and on both sides of it, as text.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T11:59:59Z""#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00Z""#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T11:59:59Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:01Z""#, ""),
    // The same with fractions of a second.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.000Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.001Z""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59.999999Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00.000000001Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00.5Z""#, ""),
    // With offsets: the same instant, an hour of the clock that misleads, and the border of a day.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T14:00:00+02:00""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T14:00:01+02:00""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:00:00-02:00""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T07:00:00-0500""#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T07:00:00.250-05:00""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-22T02:00:00+14:00""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00+00:00""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00+99:00""#, ""),
    // The same as milliseconds.
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792583999999"#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792584000000"#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792584000001"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":1792584000000"#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":1792584001000"#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":1792584000000"#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":1792584001000"#, ""),
    // Numbers that are no milliseconds: seconds by mistake, text, fractions, below zero, beyond all time.
    (r#""status":"DISABLED","enabled":false,"disabledDate":1609459200"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":1609459200"#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":1609459200"#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"1609459200000""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":1609459200.123"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":-1609459200000"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":18446744073709551615"#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":1e300"#, ""),
    // Dates that stand for none: 1970, the year 1, the year 9999.
    (r#""status":"DISABLED","enabled":false,"disabledDate":0"#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"1970-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"0001-01-01T00:00:00Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"1970-01-01T00:00:00.000+00:00""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"9999-12-31T23:59:59Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"0000-00-00T00:00:00Z""#, ""),
    // In the future, by a second, a day, or the whole of the age.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-11-20T12:00:01Z""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-12-20T12:00:00Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2027-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2026-11-21T12:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":1830000000000"#, ""),
    // Garbage: other types, half a date, days that no calendar has.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"last year""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":true"#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":[1640995200000]"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":{"millis":1640995200000}"#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2022-02-30T00:00:00Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2022-13-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2022-01-01T24:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"01/02/2022 00:00:00Z""#, ""),
];

/// The keys of the table, `k001` and so on, and who takes each.
fn table() -> Vec<(Value, &'static str)> {
    let key = |(index, (fields, by)): (usize, &(&str, &'static str))| {
        let number = index + 1;
        let text = format!(r#"{{"id":"k{number:03}","displayName":"key {number}",{fields}}}"#);
        let key = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (key, *by)
    };
    TABLE.iter().enumerate().map(key).collect()
}

fn letter(selector: Selector) -> char {
    match selector {
        Selector::Disabled => 'd',
        Selector::Expired => 'e',
        Selector::Unused => 'u',
    }
}

#[test]
fn the_oracle_agrees_with_the_table() {
    for (key, by) in table() {
        for selector in Selector::ALL {
            let expected = by.contains(letter(selector));
            assert_eq!(takes(selector, &key, NOW, 30 * DAY), expected, "{} {key}", selector.option());
        }
    }
}

#[test]
fn each_selector_takes_what_the_table_says_and_leaves_the_rest() {
    let keys: Vec<Value> = table().into_iter().map(|(key, _)| key).collect();
    let ids: Vec<String> = keys.iter().map(|key| key["id"].as_str().expect("text").to_owned()).collect();
    for selector in Selector::ALL {
        let by = |(key, by): &(Value, &str)| by.contains(letter(selector)).then(|| key["id"].clone());
        let expected: Vec<Value> = table().iter().filter_map(by).collect();
        assert!(expected.len() > 5, "{selector:?} takes {}", expected.len());

        let coveo = world(&keys);
        let listed = tool(&coveo).args([selector.option(), "30d", ANY_NUMBER]).run().ends_with(0);
        assert_eq!(json!(ids_after("would delete ", &listed.stdout)), json!(expected), "{selector:?}");
        only_looked(&coveo);

        let deleted = tool(&coveo).args([selector.option(), "30d", ANY_NUMBER, "--yes"]).run().ends_with(0);
        assert_eq!(json!(ids_after("deleted ", &deleted.stdout)), json!(expected), "{selector:?}");
        assert_eq!(json!(taken(&coveo, &ids)), json!(expected), "{selector:?}");
    }
}
