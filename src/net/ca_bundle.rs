//! The certificates that are trusted instead of the built-in ones.

use std::path::Path;
use std::sync::LazyLock;

use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::error::UsageError;

/// The usual files with a system's trusted certificates: Debian, Alpine and Arch; Fedora and Red Hat; SUSE; macOS and BSD.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Names this system's bundle, since a company's own CA is usually in it.
static USE_CA_FILE: LazyLock<String> = LazyLock::new(|| {
    let found = SYSTEM_BUNDLES.into_iter().find(|path| Path::new(path).exists());
    let path = found.unwrap_or(SYSTEM_BUNDLES[0]);
    format!("if a company's own CA issued the certificate, trust that CA with --cacert FILE, such as {path}")
});

/// Returns what to do about a certificate of an unknown CA.
pub fn unknown_ca_hint(has_ca_file: bool) -> &'static str {
    if has_ca_file {
        return "does the server send its intermediate certificate? if not, add that one to the file of --cacert or SSL_CERT_FILE";
    }
    &USE_CA_FILE
}

/// Reads the certificates of a PEM file and skips everything else in it; `name` is what messages call the file.
///
/// # Errors
/// The file has no certificate, or one that can't be read.
pub fn parse_certificates(name: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, UsageError> {
    // Comments may be in any encoding. A bundle of several files may have several byte order marks.
    let text = String::from_utf8_lossy(pem).replace('\u{feff}', "");
    let expected = text.lines().filter(|line| begins_certificate(line)).count();
    if expected == 0 {
        return Err(UsageError::new(format!("{name} contains no PEM certificate"))
            .hint("a PEM certificate begins with -----BEGIN CERTIFICATE-----"));
    }
    // Errors may be about private keys, which don't matter here. The count finds those about certificates.
    let certificate = |item| if let PemItem::Certificate(found) = item { Some(found) } else { None };
    let certificates: Vec<_> = parse_pem(text.as_bytes()).flatten().filter_map(certificate).collect();
    if certificates.len() != expected || !certificates.iter().all(|certificate| is_whole(certificate.der())) {
        return Err(UsageError::new(format!("{name} has a certificate that can't be read")));
    }
    Ok(certificates)
}

/// Returns whether `line` begins a certificate or was meant to. `parse_pem` silently skips a line with a missing dash or
/// with other text before it. A certificate request is not a certificate.
fn begins_certificate(line: &str) -> bool {
    let has = |word| line.contains(word);
    line.starts_with('-') && has("BEGIN") && has("CERTIFICATE") && !has("REQUEST")
}

/// Returns whether `der` is one DER sequence and nothing else, as a certificate is. `rustls` would silently skip
/// anything else.
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

    /// An empty DER sequence in PEM form: these tests don't need its content.
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    fn count(pem: &[u8]) -> Result<usize, String> {
        parse_certificates("the file", pem)
            .map(|certificates| certificates.len())
            .map_err(|error| error.message)
    }

    #[test]
    fn bundle_may_hold_other_things() {
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        for (pem, found) in [
            (PEM.to_owned(), 1),
            (PEM.repeat(145), 145),
            (PEM.replace('\n', "\r\n").repeat(2), 2),
            (PEM.replace('\n', " \n").repeat(2), 2),
            (PEM.replace('\n', "\r"), 1),
            (format!("ReportContext: CN=a\n{PEM}{key}\n\nMAA=\n{PEM}"), 2),
            (PEM.replace("MAA=", "M\nAA\n="), 1),
            (format!("{PEM}\u{feff}{PEM}"), 2),
            (format!("\u{feff}{PEM}"), 1),
            (format!("# {PEM}{PEM}"), 1),
            (format!("{PEM}{}", key.replace("MAA=", "Proc-Type: 4,ENCRYPTED")), 1),
            (format!("{PEM}{}", PEM.replace("CERTIFICATE", "CERTIFICATE REQUEST")), 1),
            (PEM.trim_end().to_owned(), 1),
        ] {
            assert_eq!(count(pem.as_bytes()), Ok(found), "{pem:?}");
            let latin_1 = [b"Institut f\xfcr X\n", pem.as_bytes()].concat();
            assert_eq!(count(&latin_1), Ok(found), "{pem:?}");
        }
    }

    #[test]
    fn broken_certificate_is_refused() {
        for broken in [
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
                Err("the file contains no PEM certificate".into()),
                "{empty}"
            );
        }
    }
}
