//! Keys, and the conditions that each matches at 2026-11-20T12:00:00Z for an age of 30 days. The border is
//! 2026-10-21T12:00:00Z, or 1792584000000.

use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, NOW, changed, ids_after, left_alone, showing};
use crate::oracle::{Condition, Fit, Key};
use support::fake_coveo::ORGANIZATION;
use support::harness::{check, cli, parallel};

/// The fields of a key, and the conditions it matches: `d` for `--disabled-for`, `e` for `--expired-for`, `u` for
/// `--unused-for`, `x` for `--exposed` and `o` for `--older-than`. For a capital letter the key is left alone, because its
/// data is incomplete or contradicts itself.
#[rustfmt::skip]
const TABLE: [(&str, &str); 104] = [
    // Each status with old dates: the status decides which date counts.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "uo"),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "uo"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "uo"),
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "do"),
    (r#""status":"DISABLED_FOR_INACTIVITY","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "do"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "dxo"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "eo"),
    (r#""status":"EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "eo"),
    // The status contradicts `enabled`, so it is unknown which is true.
    (r#""status":"DISABLED","enabled":true,"disabledDate":"2022-01-01T00:00:00Z""#, "O"),
    (r#""status":"DISABLED_EXPOSED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "xo"),
    (r#""status":"ENABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z""#, "o"),
    (r#""status":"ENABLED","createdDate":"2020-01-01T00:00:00Z""#, "Uo"),
    (r#""status":"ENABLED","enabled":null,"createdDate":"2020-01-01T00:00:00Z""#, "Uo"),
    (r#""status":"ENABLED","enabled":"true","createdDate":"2020-01-01T00:00:00Z""#, "DEUo"),
    (r#""status":"ENABLED","enabled":1,"createdDate":"2020-01-01T00:00:00Z""#, "DEUo"),
    (r#""status":"DISABLED","disabledDate":"2022-01-01T00:00:00Z""#, "dO"),
    (r#""status":"EXPIRED","expirationDate":"2022-01-01T00:00:00Z""#, "eO"),
    // The date that counts is missing or null; all others are old.
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, "Do"),
    (r#""status":"DISABLED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z","disabledDate":null"#, "Do"),
    (r#""status":"DISABLED_FOR_INACTIVITY","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z""#, "Do"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","disabledDate":null"#, "Dxo"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2021-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "Eo"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2020-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z","expirationDate":null"#, "Eo"),
    (r#""status":"ENABLED","enabled":true,"expirationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "UO"),
    (r#""status":"ENABLED","enabled":true,"createdDate":null,"lastUsedDate":null,"activationDate":"2020-01-01T00:00:00Z""#, "UO"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true"#, "UO"),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":null"#, "UO"),
    // Never used: the creation date counts. Used at an unreadable time: it doesn't.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:00Z""#, "uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:00Z","lastUsedDate":null"#, "uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:01Z""#, ""),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2026-10-21T12:00:01Z","lastUsedDate":"2021-01-01T00:00:00Z""#, "U"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"2026-11-19T00:00:00Z""#, "o"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"never""#, "Uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"""#, "Uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":0"#, "Uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":false"#, "Uo"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","lastUsedDate":"0001-01-01T00:00:00Z""#, "Uo"),
    (r#""status":"SOON_TO_BE_EXPIRED","enabled":true,"createdDate":"2020-01-01T00:00:00Z""#, "uo"),
    (r#""status":"SOON_TO_BE_DISABLED","enabled":true,"createdDate":1577836800000"#, "uo"),
    // Activated: it could not be used before. Only `--unused-for` depends on this date.
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:00Z""#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2026-10-21T12:00:01Z""#, "O"),
    (r#""status":"ENABLED","enabled":true,"createdDate":"2021-01-01T00:00:00Z","activationDate":1792584001000"#, "o"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-11-01T00:00:00Z","activationDate":"2021-01-01T00:00:00Z""#, "O"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"2027-01-01T00:00:00Z""#, "UO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":"yesterday""#, "UO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2021-01-01T00:00:00Z","activationDate":null"#, "uO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "DO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2022-01-01T00:00:00Z","activationDate":"2026-11-19T00:00:00Z""#, "EO"),
    // The border, and a second before and after it, as text.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59Z""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00Z""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:01Z""#, "O"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T11:59:59Z""#, "eO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00Z""#, "eO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:01Z""#, "O"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T11:59:59Z""#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00Z""#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:01Z""#, "O"),
    // The same with fractions of a second, down to the 100 ns in which Windows counts.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.000Z""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T12:00:00.001Z""#, "O"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:59:59.999999Z""#, "dO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T12:00:00.0000001Z""#, "O"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00.5Z""#, "O"),
    // With offsets: the same time, another hour, and another day.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T14:00:00+02:00""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T14:00:01+02:00""#, "O"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2026-10-21T11:00:00-02:00""#, "O"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T07:00:00-0500""#, "eO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":"2026-10-21T07:00:00.250-05:00""#, "O"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-22T02:00:00+14:00""#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00+00:00""#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":"2026-10-21T12:00:00+99:00""#, "UO"),
    // The same as milliseconds.
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792583999999"#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792584000000"#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":1792584000001"#, "O"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":1792584000000"#, "eO"),
    (r#""status":"EXPIRED","enabled":false,"expirationDate":1792584001000"#, "O"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":1792584000000"#, "uO"),
    (r#""status":"ENABLED","enabled":true,"lastUsedDate":1792584001000"#, "O"),
    // Exposed: a report, or the status.
    (r#""status":"ENABLED","enabled":true,"createdDate":"2020-01-01T00:00:00Z","exposureReport":{"severity":"HIGH"}"#, "uxo"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","exposureReport":{}"#, "dxO"),
    (r#""status":"DISABLED_EXPOSED","enabled":false"#, "DxO"),
    (r#""status":"SOMETHING_NEW","exposureReport":{"reasons":[]}"#, "xO"),
    (r#""exposureReport":{"severity":7}"#, "DEUxO"),
    (r#""status":"ENABLED","enabled":true,"exposureReport":null"#, "UO"),
    (r#""status":"ENABLED","enabled":true,"exposureReport":[]"#, "UO"),
    (r#""status":"ENABLED","enabled":true,"exposureReport":"yes""#, "UO"),
    (r#""status":"ENABLED","enabled":true,"exposureReport":true"#, "UO"),
    // Another organization.
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","organizationId":"mycoveocloudv2organizationg8tp8wu3""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"disabledDate":"2022-01-01T00:00:00Z","organizationId":"another","createdDate":"2020-01-01T00:00:00Z""#, "DO"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"organizationId":"another""#, "DXO"),
    // Created, activated or used after the end: the precision of the last use is a day.
    (r#""status":"DISABLED","enabled":false,"createdDate":"2022-01-01T00:00:01Z","disabledDate":"2022-01-01T00:00:00Z""#, "DO"),
    (r#""status":"DISABLED","enabled":false,"activationDate":"2022-01-01T00:00:01Z","disabledDate":"2022-01-01T00:00:00Z""#, "DO"),
    (r#""status":"DISABLED","enabled":false,"activationDate":"2022-01-01T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"lastUsedDate":"2022-01-02T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "dO"),
    (r#""status":"DISABLED","enabled":false,"lastUsedDate":"2022-01-02T00:00:01Z","disabledDate":"2022-01-01T00:00:00Z""#, "DO"),
    (r#""status":"EXPIRED","enabled":false,"createdDate":"2022-01-01T00:00:01Z","expirationDate":"2022-01-01T00:00:00Z""#, "EO"),
    (r#""status":"EXPIRED","enabled":true,"activationDate":"2026-11-19T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, "EO"),
    (r#""status":"EXPIRED","enabled":false,"lastUsedDate":"2026-11-19T00:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, "EO"),
    (r#""status":"EXPIRED","enabled":false,"lastUsedDate":"2022-01-01T12:00:00Z","expirationDate":"2022-01-01T00:00:00Z""#, "eO"),
    (r#""status":"DISABLED_EXPOSED","enabled":false,"lastUsedDate":"2026-11-19T00:00:00Z","disabledDate":"2022-01-01T00:00:00Z""#, "DXO"),
    // Created long ago, whatever the status.
    (r#""createdDate":"2026-10-21T12:00:00Z""#, "DEUo"),
    (r#""createdDate":"2026-10-21T12:00:01Z""#, "DEU"),
    (r#""createdDate":"2026-11-20T12:01:00Z""#, "DEU"),
    (r#""createdDate":"2026-11-20T12:01:01Z""#, "DEUO"),
    (r#""createdDate":null,"activationDate":"2020-01-01T00:00:00Z""#, "DEUO"),
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

/// The keys of the table, `k001` and so on, and the letters of each. Keys that never match have none that is lower-case.
fn table() -> Vec<(Value, Option<&'static str>)> {
    let rows = TABLE.iter().map(|(fields, letters)| ((*fields).to_owned(), Some(*letters)));
    let rows = rows.chain(never_matching().into_iter().map(|fields| (fields, None)));
    let key = |(index, (fields, letters)): (usize, (String, Option<&'static str>))| {
        let text = format!(r#"{{"id":"k{:03}","displayName":"key {index}",{fields}}}"#, index + 1);
        let key = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (key, letters)
    };
    rows.enumerate().map(key).collect()
}

/// The columns of the table. A condition on an age alone needs one that selects.
fn columns() -> [(char, Vec<Condition>); 5] {
    let any_name = || Condition::Name(vec!["key*".to_owned()]);
    [
        ('d', vec![Condition::Disabled]),
        ('e', vec![Condition::Expired]),
        ('u', vec![Condition::Unused]),
        ('x', vec![Condition::Exposed]),
        ('o', vec![Condition::Older, any_name()]),
    ]
}

fn judge(conditions: &[Condition], json: &Value, uses_are_known: bool) -> Fit {
    Key { json, now: NOW, uses_are_known }.judge(conditions, ORGANIZATION)
}

fn arguments(conditions: &[Condition]) -> Vec<String> {
    conditions.iter().flat_map(Condition::arguments).collect()
}

#[test]
fn oracle_agrees_with_the_table() {
    for (key, letters) in table() {
        let mut found = String::new();
        for (letter, conditions) in columns() {
            match judge(&conditions, &key, true) {
                Fit::Yes => found.push(letter),
                Fit::LeftAlone => found.push(letter.to_ascii_uppercase()),
                Fit::No => {}
            }
        }
        match letters {
            Some(letters) => assert_eq!(found, letters, "{key}"),
            // The creation date may still be old.
            None => assert!(!found.contains(['d', 'e', 'u', 'x']), "{found} {key}"),
        }
    }
}

#[test]
fn conditions_match_as_in_the_table() {
    let keys: Vec<Value> = table().into_iter().map(|(key, _)| key).collect();
    let ids: Vec<String> = keys.iter().map(|key| key["id"].as_str().expect("text").to_owned()).collect();
    parallel(3, &columns(), |(letter, conditions)| {
        let with = |fit| keys.iter().filter(move |key| judge(conditions, key, true) == fit);
        let expected: Vec<&Value> = with(Fit::Yes).map(|key| &key["id"]).collect();
        assert!(expected.len() > 4, "{letter} matches {}", expected.len());
        let coveo = showing(&keys);
        let run =
            |mode| cli(&coveo).args(arguments(conditions)).args([ANY_NUMBER, mode]).run().assert_status(0);
        let listed = run("--quiet");
        assert_eq!(json!(ids_after("would delete ", &listed.stdout)), json!(expected), "{letter}");
        assert_eq!(left_alone(&listed.stderr), with(Fit::LeftAlone).count(), "{letter}");
        coveo.assert_only_reads();

        let deleted = run("--yes");
        assert_eq!(json!(ids_after("deleted ", &deleted.stdout)), json!(expected), "{letter}");
        assert_eq!(json!(changed(&coveo, &ids)), json!(expected), "{letter}");
    });
}

/// Named keys are filtered by the same conditions: one run for each key and condition.
#[test]
fn conditions_on_named_keys_match_as_in_the_table() {
    let rows: Vec<Value> = table().into_iter().take(TABLE.len()).map(|(key, _)| key).collect();
    parallel(8, &rows, |key| {
        let id = key["id"].as_str().expect("text");
        for (letter, conditions) in columns() {
            // One key alone doesn't show whether a missing last use means anything.
            let (outcome, status) = match judge(&conditions, key, false) {
                Fit::Yes => ("deleted", 0),
                Fit::LeftAlone => ("unexpected", 1),
                Fit::No => ("kept", 0),
            };
            let coveo = showing(std::slice::from_ref(key));
            let run = cli(&coveo).args(arguments(&conditions)).args(["--json", id]).run();
            check(&run, &[(id, outcome)], status);
            assert_eq!(coveo.exists(id), outcome != "deleted", "{letter} {key}");
            let rest = if outcome == "deleted" { vec![format!("DELETE apikeys/{id}")] } else { vec![] };
            assert_eq!(coveo.journal(), [vec![format!("GET apikeys/{id}")], rest].concat(), "{letter} {key}");
        }
    });
}
