//! One of Coveo's errors in another encoding, or too large: unreadable, so it means nothing.

use super::Body;
use super::Meaning::Foreign;

const ERROR: &str = r#"{"errorCode":"API_KEY_NOT_FOUND","message":"m"}"#;

/// All of these bodies.
pub fn bodies() -> Vec<Body> {
    let foreign = |name: &str, bytes: Vec<u8>| Body::new(Foreign, 404, bytes).named(name);
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(ERROR.encode_utf16()).flat_map(order).collect()
    };
    // A gzip header and one stored block: enough to be unreadable as text.
    let length = u16::try_from(ERROR.len()).expect("a short text");
    let stored = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), ERROR.as_bytes()].concat();
    let gzip = [&b"\x1f\x8b\x08\0\0\0\0\0\0\xff"[..], &stored].concat();
    let long = format!(r#"{{"errorCode":"API_KEY_NOT_FOUND","message":"{}"}}"#, "m".repeat(100 * 1024));
    vec![
        foreign("UTF-8 with a byte order mark", format!("\u{feff}{ERROR}").into()),
        foreign("UTF-16, little-endian", wide(u16::to_le_bytes)),
        foreign("UTF-16, big-endian", wide(u16::to_be_bytes)),
        foreign("Latin-1", b"{\"errorCode\":\"API_KEY_NOT_FOUND\",\"message\":\"cl\xe9\"}".into()),
        foreign("a NUL before it", format!("\0{ERROR}").into()),
        foreign("a NUL after it", format!("{ERROR}\0").into()),
        foreign("gzip that says so", gzip.clone()).header("Content-Encoding", "gzip"),
        foreign("gzip", gzip),
        foreign("an error of 100 KiB", long.into()),
        foreign("a page of 1 MiB", [b"<html>".to_vec(), vec![b'a'; 1 << 20]].concat()),
        foreign("100 KiB of nothing before it", format!("{}{ERROR}", " ".repeat(100 * 1024)).into()),
    ]
}
