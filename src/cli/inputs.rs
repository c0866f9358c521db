//! Reading files and standard input.

use std::fs::File;
use std::io::{Error, Read};

use crate::error::UsageError;
use crate::sanitize::os_error_text;

/// What messages call standard input.
pub const STANDARD_INPUT: &str = "standard input";

/// Reads a file of at most `longest` bytes without the byte order mark of UTF-8; `name` is what it is called in
/// messages. Whether the rest is UTF-8 is for the caller to check.
///
/// # Errors
/// A file that can't be read, that is longer, or that is UTF-16 text.
pub fn read_file(name: &str, path: &str, longest: u64) -> Result<Vec<u8>, UsageError> {
    let mut file = File::open(path).map_err(|error| unreadable(name, &error))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    read(name, &mut file, size, longest)
}

/// The same for standard input.
///
/// # Errors
/// As for a file.
pub fn read_standard_input(longest: u64) -> Result<Vec<u8>, UsageError> {
    read(STANDARD_INPUT, &mut std::io::stdin().lock(), 0, longest)
}

/// `size` is how many bytes are expected: memory that grows with the content is copied each time.
fn read(name: &str, source: &mut dyn Read, size: u64, longest: u64) -> Result<Vec<u8>, UsageError> {
    let mut content = Vec::new();
    // Without that much memory, reading says so.
    _ = content.try_reserve_exact(size.min(longest) as usize);
    source.take(longest + 1).read_to_end(&mut content).map_err(|error| unreadable(name, &error))?;
    if content.len() as u64 > longest {
        return Err(UsageError::new(format!("{name} is longer than {} KiB", longest / 1024))
            .hint("is this the right file?"));
    }
    if is_utf_16(&content) {
        return Err(UsageError::new(format!("{name} is UTF-16 text, not UTF-8"))
            .hint("PowerShell's > writes UTF-16; write the file with | Set-Content -Encoding ascii"));
    }
    let mark = content.len() - without_mark(&content).len();
    content.drain(..mark);
    Ok(content)
}

fn unreadable(name: &str, error: &Error) -> UsageError {
    UsageError::new(format!("{name} can't be read: {}", os_error_text(error)))
}

/// `content` without the byte order mark of UTF-8 at its beginning.
pub fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
}

/// Whether `content` begins with the byte order mark of UTF-16, or with two ASCII characters in it.
fn is_utf_16(content: &[u8]) -> bool {
    match content {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => *a != 0 && *b != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_told_from_a_stray_nul() {
        for text in [&b"\xff\xfek\x001\0"[..], b"\xfe\xff\0k", b"k\x001\0", b"\0k\x001", b"\xff\xfe"] {
            assert!(is_utf_16(text), "{text:?}");
        }
        for text in [&b""[..], b"k", b"k1\0", b"\0\0\0\0", b"k\x001", b"k1\0\0", b"\xef\xbb\xbfk1"] {
            assert!(!is_utf_16(text), "{text:?}");
        }
    }
}
