//! 404s in JSON that are almost one of Coveo's errors.

use super::Meaning::Foreign;
use super::{Body, each};

/// Invalid codes, and codes in the wrong place.
pub fn bodies() -> Vec<Body> {
    let mut bodies: Vec<Body> =
        ["errorCode", "code", "type", "title"].into_iter().flat_map(in_field).collect();
    bodies.extend(each(Foreign, 404, ELSEWHERE));
    bodies
}

/// Values that aren't codes, in one field.
fn in_field(field: &str) -> Vec<Body> {
    let values = [
        r#""404""#,
        "404",
        r#""not-found""#,
        r#""not_found""#,
        r#""NotFound""#,
        r#""Not Found""#,
        r#""NOT FOUND""#,
        r#""404_NOT_FOUND""#,
        r#""_NOT_FOUND""#,
        r#""API-KEY-NOT-FOUND""#,
        r#""API.KEY.NOT.FOUND""#,
        r#""https://NOT_FOUND""#,
        r#""KEY_NOT_FÖUND""#,
        r#""""#,
        "null",
        "true",
        "[\"KEY_NOT_FOUND\"]",
        "{\"code\":\"KEY_NOT_FOUND\"}",
    ];
    values
        .iter()
        .map(|value| {
            let body = format!(r#"{{"{field}":{value},"message":"m","requestID":"r-1"}}"#);
            Body::new(Foreign, 404, body)
        })
        .collect()
}

/// Codes in the wrong place, and JSON that isn't an object, or isn't JSON.
const ELSEWHERE: &[&str] = &[
    "{}",
    "[]",
    "null",
    "404",
    "true",
    r#""API_KEY_NOT_FOUND""#,
    r#"[{"errorCode":"API_KEY_NOT_FOUND"}]"#,
    r#"{"error":{"errorCode":"API_KEY_NOT_FOUND"}}"#,
    r#"{"errorcode":"API_KEY_NOT_FOUND"}"#,
    r#"{"ErrorCode":"API_KEY_NOT_FOUND"}"#,
    r#"{"error_code":"API_KEY_NOT_FOUND"}"#,
    r#"{"message":"API_KEY_NOT_FOUND"}"#,
    r#"{"detail":"API_KEY_NOT_FOUND"}"#,
    r#"{"error":"API_KEY_NOT_FOUND"}"#,
    r#"{"status":"API_KEY_NOT_FOUND"}"#,
    r#"{"errorCode":"API_KEY_NOT_FOUND""#,
    r#"{"errorCode":"API_KEY_NOT_"#,
    r#"{"errorCode":"API_KEY_NOT_FOUND"}}"#,
    r#"{"errorCode":"API_KEY_NOT_FOUND"} <!-- served by gateway -->"#,
    r#"{"errorCode":"API_KEY_NOT_FOUND"}{"errorCode":"API_KEY_NOT_FOUND"}"#,
    r#"{errorCode:"API_KEY_NOT_FOUND"}"#,
    r#"{'errorCode':'API_KEY_NOT_FOUND'}"#,
    r#"callback({"errorCode":"API_KEY_NOT_FOUND"})"#,
    r#")]}',{"errorCode":"API_KEY_NOT_FOUND"}"#,
    r#"errorCode=API_KEY_NOT_FOUND"#,
];
