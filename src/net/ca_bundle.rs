//! The certificates that are trusted instead of the built-in ones.

use std::io::Read;

use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::error::UsageError;
use crate::sanitize::{os_error_text, quote};

/// The most bytes of a file of certificates that are read: some fifty times the system's.
const LARGEST_BUNDLE: u64 = 10 * 1024 * 1024;

/// Reads the certificates of a PEM file; `source` names where its path was given.
///
/// # Errors
/// A file that can't be read, or that holds no certificate.
pub fn read_certificates(source: &str, path: &str) -> Result<Vec<Certificate<'static>>, UsageError> {
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_BUNDLE).read_to_end(&mut pem))
        .map_err(|error| UsageError::new(format!("{source} {}: {}", quote(path), os_error_text(&error))))?;
    let unreadable =
        || UsageError::new(format!("{source} {} has a certificate that can't be read", quote(path)));
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) if is_whole(certificate.der()) => {
                certificates.push(certificate)
            }
            Ok(PemItem::Certificate(_)) => return Err(unreadable()),
            Ok(_) => {}
            Err(_) => return Err(unreadable()),
        }
    }
    if certificates.is_empty() {
        return Err(UsageError::new(format!("{source} {} holds no certificate in PEM form", quote(path))));
    }
    Ok(certificates)
}

/// Whether `der` is one DER sequence and nothing else, as a certificate is. One that is not would be passed over later,
/// in silence.
fn is_whole(der: &[u8]) -> bool {
    match *der {
        [0x30, length @ ..=0x7f, ref rest @ ..] => rest.len() == usize::from(length),
        [0x30, 0x81, length, ref rest @ ..] => rest.len() == usize::from(length),
        [0x30, 0x82, high, low, ref rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([high, low])),
        _ => false,
    }
}
