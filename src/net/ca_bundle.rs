//! The certificates that are trusted instead of the built-in ones.

use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::error::UsageError;

/// Reads the certificates of a PEM file; `name` is what it is called in messages.
///
/// # Errors
/// A file that holds no certificate, or one that can't be read.
pub fn parse_certificates(name: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, UsageError> {
    let unreadable = || UsageError::new(format!("{name} has a certificate that can't be read"));
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
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
        return Err(UsageError::new(format!("{name} holds no certificate in PEM form"))
            .hint("a certificate in PEM form begins with -----BEGIN CERTIFICATE-----"));
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
