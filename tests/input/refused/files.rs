//! Files of key IDs, and the files that all the tables name.

use std::fs;

use tempfile::TempDir;

use super::*;

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    no(&["--from"], r#"--from "{last}" can't be read: no such file or directory"#).each(&["missing", ""]),
    no(&["--disabled-for", "30d", "--from", ""], r#"--from "" can't be read: no such file or directory"#),
    no(&["--from", "directory"], r#"--from "{last}" can't be read: is a directory"#),
    no(&["--from"], r#"--from "{last}" contains no KEY_ID"#).hint(ONE_PER_LINE).each(&["empty", "blank", "mark", "comments"]),
    no(&["--from", "bad-line-3"], r#"--from "bad-line-3", line 3: KEY_ID "k/3" contains '/'; {only}"#).hint(ONE_PER_LINE)
        .or(&[&["--from", "bad-line-3", "--dry-run"]]),
    no(&["--from", "bad-last-line"], r#"--from "{last}", line 1001: KEY_ID ".." contains '.'; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "two-a-line"], r#"--from "{last}", line 2: KEY_ID "k2 k3" contains a space; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "comment-behind"], r##"--from "{last}", line 1: KEY_ID "k1#old" contains '#'; {only}"##).hint(ONE_PER_LINE),
    no(&["--from", "table"], r#"--from "{last}", line 1: KEY_ID "id,name" contains ','; {only}"#).hint("is this CSV? cut -d, -f1 keeps the first column"),
    no(&["--from", "json"], r#"--from "{last}", line 1: KEY_ID "{ "token": "x" }" contains '{'; {only}"#).hint(FROM_JSON),
    no(&["--from", "old-mac"], r#"--from "{last}", line 1: KEY_ID "k1 k2" contains a line break; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "no-break-space"], r#"--from "{last}", line 1: KEY_ID " k1" contains the character U+00A0; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "two-marks"], r#"--from "{last}", line 1: KEY_ID "k1" contains the character U+FEFF; {only}"#).hint(ONE_PER_LINE),
    no(&["--from"], r#"--from "{last}" is UTF-16 text, not UTF-8"#).hint(UTF_16).each(&["utf-16", "utf-16-be", "utf-16-without-mark"]),
    no(&["--from", "-"], "standard input is UTF-16 text, not UTF-8").hint(UTF_16).reading("k\u{0}1\u{0}\n\u{0}"),
    no(&["--from", "not-utf-8"], r#"--from "{last}", line 2: this is not UTF-8 text"#),
    no(&["--from", "not-utf-8-comment"], r#"--from "{last}", line 1: this is not UTF-8 text"#),
    no(&["--from", "nul"], r#"--from "{last}", line 1: KEY_ID "k1 " contains the character U+0000; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "value"], r#"--from "{last}", line 2: KEY_ID {secret}"#).hint(VALUE),
    no(&["--from", "long"], r#"--from "{last}", line 1: KEY_ID "{x60}…" is 8193 characters long; at most 128 are allowed"#).hint(ONE_PER_LINE),
    no(&["--from", "authority"], r#"--from "{last}", line 1: KEY_ID "-----BEGIN CERTIFICATE-----" contains a space; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "/dev/zero"], r#"--from "{last}" is longer than 65536 KiB"#).hint(RIGHT_FILE),
    no(&["--from", "{value}"], "--from (path not shown here, since it may be a secret) can't be read: no such file or directory"),
    no(&["--from", "-"], "standard input contains no KEY_ID").hint(ONE_PER_LINE),
    no(&["--from", "-"], "standard input contains no KEY_ID").hint(ONE_PER_LINE).reading("\n# k1\n\n"),
    no(&["--from", "-"], r#"standard input, line 2: KEY_ID "k 2" contains a space; {only}"#).hint(ONE_PER_LINE).reading("k1\nk 2\n"),
    no(&["--from", "-"], r#"standard input, line 3: KEY_ID {secret}"#).hint(VALUE).reading("k1\n\n{value}\n"),
];

/// Creates the files in a temporary directory.
pub fn create() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("directory")).expect("a directory");
    let value = "xx12345678-1234-1234-1234-123456789abc";
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big_endian = "\u{feff}k1\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (name, content) in [
        ("token", format!("{FULL_TOKEN}\n").into_bytes()),
        ("empty", Vec::new()),
        ("blank", b" \r\n\t\n".into()),
        ("mark", "\u{feff}\r\n".into()),
        ("huge", vec![b'x'; 64 * 1024 + 1]),
        ("long", vec![b'x'; 8193]),
        ("two-tokens", format!("{FULL_TOKEN}\n{FULL_TOKEN}\n").into()),
        ("two-marks", "\u{feff}\u{feff}k1\n".into()),
        ("utf-16", utf_16("\u{feff}k1\r\n")),
        ("utf-16-be", big_endian),
        ("utf-16-without-mark", utf_16("k1\r\n")),
        ("not-utf-8", b"k1\nk\xff\nk3\n".into()),
        ("latin-1", b"token\xe9\n".into()),
        ("not-utf-8-comment", b"# caf\xe9\nk1\n".into()),
        ("nul", b"k1\0".into()),
        ("bearer", format!("Bearer {FULL_TOKEN}\n").into()),
        ("bearer-alone", b"Bearer \n".into()),
        ("json", br#"{ "token": "x" }"#.into()),
        ("good-ids", b"k1\nk2\n".into()),
        ("ids.txt", b"k1\n".into()),
        ("comments", b"# k1\n\n  # k2\n#\n".into()),
        ("bad-line-3", b"k1\n# k2\nk/3\nk/4\n".into()),
        ("bad-last-line", format!("{}..", "k1\n".repeat(1000)).into()),
        ("two-a-line", b"k1\nk2 k3\n".into()),
        ("table-of-ids", b"id\nk1\n".into()),
        ("options", b"k1\n-n\n".into()),
        ("comment-behind", b"k1#old\n".into()),
        ("table", b"id,name\nk1,old\n".into()),
        ("old-mac", b"k1\rk2\r".into()),
        ("no-break-space", "\u{a0}k1\n".into()),
        ("value", format!("k1\n{value}\n").into()),
        ("authority", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".into()),
        ("broken-base64", b"-----BEGIN CERTIFICATE-----\n*not base64*\n-----END CERTIFICATE-----\n".into()),
        ("truncated", b"-----BEGIN CERTIFICATE-----\nMIIB\n".into()),
        ("private-key", b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n".into()),
        ("request", b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n".into()),
    ] {
        fs::write(path(name), content).expect("a file");
    }
    directory
}
