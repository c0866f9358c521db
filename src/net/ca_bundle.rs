//! The certificates that are trusted instead of the built-in ones.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::tls::Certificate;

use crate::error::UsageError;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Reads the certificates of a PEM file, and passes over what else it holds; `name` is what it is called in messages.
///
/// ureq reads PEM too, but in constant time, as for secrets: a system's bundle takes it as long as all else of a request.
///
/// # Errors
/// A file that holds no certificate, or one that can't be read.
pub fn parse_certificates(name: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, UsageError> {
    let unreadable = || UsageError::new(format!("{name} has a certificate that can't be read"));
    // Bundles may name their certificates in any encoding. That they are UTF-8 is found out faster than what is not.
    let pem = str::from_utf8(pem).map_or_else(|_| String::from_utf8_lossy(pem), Cow::Borrowed);
    let (mut ders, mut places, mut base64) = (Vec::with_capacity(pem.len()), Vec::new(), String::new());
    // Files may have been joined, each with a byte order mark.
    let mut lines = pem.lines().map(|line| line.trim_end().trim_start_matches('\u{feff}'));
    while let Some(line) = lines.find(|line| begins_certificate(line)) {
        if line != BEGIN {
            return Err(unreadable());
        }
        base64.clear();
        loop {
            match lines.next().ok_or_else(unreadable)? {
                END => break,
                line => base64 += line.trim_start(),
            }
        }
        let start = ders.len();
        BASE64_STANDARD.decode_vec(&base64, &mut ders).map_err(|_| unreadable())?;
        if !is_whole(&ders[start..]) {
            return Err(unreadable());
        }
        places.push(start..ders.len());
    }
    if places.is_empty() {
        return Err(UsageError::new(format!("{name} holds no certificate in PEM form"))
            .hint("a certificate in PEM form begins with -----BEGIN CERTIFICATE-----"));
    }
    // They are needed until the end, and one block of memory is had faster than one for each.
    let ders: &[u8] = ders.leak();
    Ok(places.into_iter().map(|place| Certificate::from_der(&ders[place])).collect())
}

/// Whether `line` begins a certificate, or was meant to: one with a dash too few, behind the end of another section, or
/// with other line ends is not to be passed over in silence. A request for a certificate is something else.
fn begins_certificate(line: &str) -> bool {
    let has = |word| line.contains(word);
    line.starts_with('-') && has("BEGIN") && has("CERTIFICATE") && !has("REQUEST")
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty DER sequence in PEM form: all that is looked at here.
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    fn count(pem: &[u8]) -> Result<usize, String> {
        parse_certificates("the file", pem)
            .map(|certificates| certificates.len())
            .map_err(|error| error.message)
    }

    #[test]
    fn certificates_are_found_among_whatever_else_a_bundle_holds() {
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        for (pem, found) in [
            (PEM.to_owned(), 1),
            (PEM.repeat(145), 145),
            (PEM.replace('\n', "\r\n").repeat(2), 2),
            (PEM.replace('\n', " \n").repeat(2), 2),
            (format!("ReportContext: CN=a\n{PEM}{key}\n\nMAA=\n{PEM}"), 2),
            (PEM.replace("MAA=", "M\nAA\n="), 1),
            (format!("{PEM}\u{feff}{PEM}"), 2),
            (format!("# {PEM}{PEM}"), 1),
            (format!("{PEM}{}", PEM.replace("CERTIFICATE", "CERTIFICATE REQUEST")), 1),
            (PEM.trim_end().to_owned(), 1),
        ] {
            assert_eq!(count(pem.as_bytes()), Ok(found), "{pem:?}");
            let latin_1 = [b"Institut f\xfcr X\n", pem.as_bytes()].concat();
            assert_eq!(count(&latin_1), Ok(found), "{pem:?}");
        }
    }

    #[test]
    fn a_certificate_that_is_broken_is_not_passed_over() {
        for broken in [
            PEM.replace("MAA=", "MAA"),
            PEM.replace("MAA=", "M.A="),
            PEM.replace("MAA=", "MAE="),
            PEM.replace("MAA=", "MAAA"),
            PEM.replace("MAA=\n", ""),
            PEM.replace("-----END CERTIFICATE-----\n", ""),
            PEM.replace("-----\nMAA", "----\nMAA"),
            PEM.replace("-----\nMAA", "------\nMAA"),
            PEM.replace("-----\nMAA", "----- # our own\nMAA"),
            PEM.replace("BEGIN CERT", "BEGIN  CERT"),
            PEM.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
            PEM.replace('\n', "\r"),
            format!("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----{PEM}"),
        ] {
            let bundle = format!("{PEM}{broken}");
            assert_eq!(
                count(bundle.as_bytes()),
                Err("the file has a certificate that can't be read".into()),
                "{bundle}"
            );
        }
        for empty in ["", "MAA=", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(
                count(empty.as_bytes()),
                Err("the file holds no certificate in PEM form".into()),
                "{empty}"
            );
        }
    }
}
