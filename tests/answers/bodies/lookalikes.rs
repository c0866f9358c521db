//! 404s that are almost one of Coveo's errors: with an invalid code, in the wrong place, in another encoding, or too large.

use super::Meaning::Foreign;
use super::{Body, each};

const ERROR: &str = r#"{"errorCode":"API_KEY_NOT_FOUND","message":"m"}"#;

/// All of these bodies.
pub fn bodies() -> Vec<Body> {
    let mut bodies = each(Foreign, 404, ELSEWHERE);
    for field in ["errorCode", "code", "type", "title"] {
        let body = |value| format!(r#"{{"{field}":{value},"message":"m","requestID":"r-1"}}"#);
        bodies.extend(NO_CODES.iter().map(|value| Body::new(Foreign, 404, body(value))));
    }
    bodies.extend(unreadable().into_iter().map(|bytes| Body::new(Foreign, 404, bytes)));
    let compressed = Body::new(Foreign, 404, gzip());
    bodies.extend([compressed.clone(), compressed.header("Content-Encoding", "gzip")]);
    bodies
}

/// An error in other encodings, or with too much around it.
fn unreadable() -> Vec<Vec<u8>> {
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(ERROR.encode_utf16()).flat_map(order).collect()
    };
    vec![
        format!("\u{feff}{ERROR}").into(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        // Latin-1
        b"{\"errorCode\":\"API_KEY_NOT_FOUND\",\"message\":\"cl\xe9\"}".into(),
        format!("\0{ERROR}").into(),
        format!("{ERROR}\0").into(),
        format!(r#"{{"errorCode":"API_KEY_NOT_FOUND","message":"{}"}}"#, "m".repeat(100 * 1024)).into(),
        [b"<html>".to_vec(), vec![b'a'; 1 << 20]].concat(),
        format!("{}{ERROR}", " ".repeat(100 * 1024)).into(),
    ]
}

/// A gzip header and one stored block: enough to be unreadable as text.
fn gzip() -> Vec<u8> {
    let length = u16::try_from(ERROR.len()).expect("a short text");
    let stored = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), ERROR.as_bytes()].concat();
    [&b"\x1f\x8b\x08\0\0\0\0\0\0\xff"[..], &stored].concat()
}

/// Values that aren't codes.
const NO_CODES: [&str; 18] = [
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
