//! Keys, and the conditions that each matches at 2026-11-20T12:00:00Z for an age of 30 days. The border is
//! 2026-10-21T12:00:00Z, or 1792584000000.

use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, DAY, NOW, assert_only_reads, changed, ids_after, showing};
use crate::oracle::{Selector, takes};
use support::harness::{cli, parallel};

/// The fields of a key, and the conditions it matches: `d` for `--disabled-for`, `e` for `--expired-for`, `u` for
/// `--unused-for`.
#[rustfmt::skip]
const TABLE: [(&str, &str); 77] = [
    // Each status with old dates: the status decides which date counts.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "u"),
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"DISABLED_FOR_INACTIVITY","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "e"),
    (r#""status":"EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "e"),
    // The status contradicts `enabled`, so it is unknown which is true.
    (r#""status":"DISABLED","enabled":true,"disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED_EXPOSED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":null,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":"true","createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":1,"createdDate":"2020-01-01T00:00:00Z""#, ""),
    (r#""status":"DISABLED","disabledDate":"2022-01-01T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","expirationDate":"2022-01-01T00:00:00Z""#, "e"),
    // The date that counts is missing or null; all others are old.
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
    // Never used: the creation date counts. Used at an unreadable time: it doesn't.
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
    // Activated: it could not be used before. Only `--unused-for` depends on this date.
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2021-01-01T00:00:00Z","activationDate":1792584001000"#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-11-01T00:00:00Z","activationDate":"2021-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2027-01-01T00:00:00Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"yesterday""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":null"#, "u"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "e"),
    // The border, and a second before and after it, as text.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T11:59:59Z""#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00Z""#, "e"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T11:59:59Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00Z""#, "u"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:01Z""#, ""),
    // The same with fractions of a second, down to the 100 ns in which Windows counts.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.000Z""#, "d"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.001Z""#, ""),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59.999999Z""#, "d"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00.0000001Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00.5Z""#, ""),
    // With offsets: the same time, another hour, and another day.
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
];

/// Values that aren't valid dates.
#[rustfmt::skip]
const NO_DATES: [&str; 67] = [
    // Numbers that aren't milliseconds: seconds, text, fractions, negative and huge ones.
    "1609459200", r#""1609459200""#, r#""1609459200000""#, "1609459200.5", "1609459200000.0", "-1", "-1609459200000", "1e300",
    "18446744073709551615", "-9223372036854775808",
    // Empty dates: 1970, the years 0, 1 and 9999, and beyond.
    "0", r#""0001-01-01T00:00:00Z""#, r#""1970-01-01T00:00:00Z""#, r#""1970-01-01T00:00:00.000+00:00""#,
    r#""0000-00-00T00:00:00Z""#, r#""9999-12-31T23:59:59Z""#, r#""99999-01-01T00:00:00Z""#, r#""-2020-01-01T00:00:00Z""#,
    // In the future, by a second, a day, or the whole of the age.
    r#""2026-11-20T12:00:01Z""#, r#""2026-11-21T12:00:00Z""#, r#""2026-12-20T12:00:00Z""#, "1830000000000",
    // Other types and texts.
    "true", "false", "[]", "{}", "[1640995200000]", r#"["2020-01-01T00:00:00Z"]"#, r#"{"$date":1640995200000}"#, r#""""#,
    r#"" ""#, r#""null""#, r#""T""#, r#""Z""#, r#""last year""#, r#""Wed, 01 Jan 2020 00:00:00 GMT""#,
    // Incomplete dates, impossible days and hours, other formats.
    r#""2020-01-01""#, r#""2020-01-01T00:00Z""#, r#""2020-01-01T00:00:00""#, r#""2020-02-30T00:00:00Z""#,
    r#""2021-02-29T00:00:00Z""#, r#""2020-13-01T00:00:00Z""#, r#""2020-00-10T00:00:00Z""#, r#""2020-01-01T24:00:00Z""#,
    r#""2020-01-01T00:60:00Z""#, r#""20200101T000000Z""#, r#""2020-001T00:00:00Z""#, r#""01/02/2020 00:00:00Z""#,
    // Invalid zones, and text after or within the zone.
    r#""2020-01-01T00:00:00+24:00""#, r#""2020-01-01T00:00:00+02""#, r#""2020-01-01T00:00:00+""#, r#""2020-01-01T00:00:00ZZ""#,
    r#""2020-01-01T00:00:00Z+05:00""#, r#""2020-01-01T00:00:00Z/27Z""#, r#""2020-01-01T00:00:00Zero-05:00""#,
    r#""2020-01-01T00:00:00.Z""#, r#""2020-01-01T00:00:00.123+0200Z""#, r#""2020-01-01T00:00:00.5+9999+05:00""#,
    r#""2020-01-01T00:00:00+:0200""#, r#""2020-01-01T00:00:00+020:0""#, r#""2020-01-01T00:00:00+0200:""#,
    r#""2020-01-01T00:00:00+00:00Z""#, r#""2020-01-01T00:00:00+02:00[Europe/Paris]""#,
    r#""2020-01-01T00:00:00Z,2026-11-20T00:00:00Z""#,
    // Digits of other scripts, and an invisible character.
    r#""２０２０-01-01T00:00:00Z""#, r#""2020-01-01T00:00:0\u0660Z""#, r#""\u00002020-01-01T00:00:00Z""#,
];

/// Unknown statuses.
#[rustfmt::skip]
const NO_STATUSES: [&str; 30] = [
    r#""DELETED""#, r#""DISABLED_BY_ADMIN""#, r#""SOON_TO_BE_ENABLED""#, r#""SOON_TO_BE""#, r#""ACTIVE""#, r#""DEACTIVATED""#,
    r#""disabled""#, r#""Expired""#, r#""enabled""#, r#""""#, "null", "0", "4", "true", "false", r#"["DISABLED"]"#,
    r#"{"EXPIRED":true}"#, "{}",
    // Known ones with other characters around or within.
    r#"" DISABLED""#, r#""DISABLED ""#, r#""DISABLED\n""#, r#""\tEXPIRED""#, r#""EXPIRED\r\n""#, r#""ENABLED ""#,
    r#""DIS\u200bABLED""#, r#""EXPIRED\ufeff""#, r#""ENABLED\u202e""#, r#""DISABLED\u0000""#, r#""SOON_TO_BE_DISABLED\u00a0""#,
    r#""SOON_TO_BE_EXPIRED\u2028""#,
];

const OLD: &str = r#""createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#;

/// [`NO_DATES`], as JSON.
pub fn no_dates() -> Vec<Value> {
    NO_DATES.iter().map(|date| serde_json::from_str(date).expect("JSON")).collect()
}

/// The fields of keys that never match.
fn never_matching() -> Vec<String> {
    let mut keys = vec![format!(r#""enabled":true,{OLD}"#), format!(r#""enabled":false,{OLD}"#)];
    for date in NO_DATES {
        keys.extend([
            format!(r#""status":"DISABLED","enabled":false,"disabledDate":{date}"#),
            format!(r#""status":"EXPIRED","enabled":false,"expirationDate":{date}"#),
            format!(r#""status":"ENABLED","enabled":true,"createdDate":{date}"#),
            format!(r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":{date}"#),
            format!(r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":{date}"#),
        ]);
    }
    for status in NO_STATUSES {
        keys.extend([true, false].map(|enabled| format!(r#""status":{status},"enabled":{enabled},{OLD}"#)));
    }
    keys
}

/// The keys of the table, `k001` and so on, and the conditions that each matches.
fn table() -> Vec<(Value, &'static str)> {
    let never = never_matching();
    let rows = TABLE.iter().copied().chain(never.iter().map(|fields| (fields.as_str(), "")));
    let key = |(index, (fields, by)): (usize, (&str, &'static str))| {
        let number = index + 1;
        let text = format!(r#"{{"id":"k{number:03}","displayName":"key {number}",{fields}}}"#);
        let key = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (key, by)
    };
    rows.enumerate().map(key).collect()
}

#[test]
fn oracle_agrees_with_the_table() {
    for (key, by) in table() {
        for selector in Selector::ALL {
            let expected = by.contains(selector.letter());
            assert_eq!(takes(selector, &key, NOW, 30 * DAY), expected, "{} {key}", selector.option());
        }
    }
}

#[test]
fn conditions_match_as_in_the_table() {
    let keys: Vec<Value> = table().into_iter().map(|(key, _)| key).collect();
    let ids: Vec<String> = keys.iter().map(|key| key["id"].as_str().expect("text").to_owned()).collect();
    parallel(3, &Selector::ALL, |&selector| {
        let by = |(key, by): &(Value, &str)| by.contains(selector.letter()).then(|| key["id"].clone());
        let expected: Vec<Value> = table().iter().filter_map(by).collect();
        assert!(expected.len() > 5, "{selector:?} matches {}", expected.len());

        let coveo = showing(&keys);
        let listed = cli(&coveo).args([selector.option(), "30d", ANY_NUMBER]).run().assert_status(0);
        assert_eq!(json!(ids_after("would delete ", &listed.stdout)), json!(expected), "{selector:?}");
        assert_only_reads(&coveo);

        let deleted =
            cli(&coveo).args([selector.option(), "30d", ANY_NUMBER, "--yes"]).run().assert_status(0);
        assert_eq!(json!(ids_after("deleted ", &deleted.stdout)), json!(expected), "{selector:?}");
        assert_eq!(json!(changed(&coveo, &ids)), json!(expected), "{selector:?}");
    });
}
