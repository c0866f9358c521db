//! TLS errors in words that an engineer can act on. They are matched by type, and nothing that `rustls` prints for
//! debugging gets into a message.

use std::fmt::Debug;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use crate::durations::humanize_duration;
use crate::net::error::TransportErrorKind::{self, *};
use crate::sanitize::flatten;

/// Algorithms of certificates that `ring` doesn't verify: the start of their object identifiers, and their names.
const UNSUPPORTED: [(&[u8], &str); 6] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "MD5"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "SHA-1"),
    (b"\x2a\x86\x48\xce\x3d\x04\x01", "SHA-1"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", "ECDSA with SHA-512"),
    (b"\x2b\x81\x04\x00\x23", "a P-521 key"),
    (b"\x2b\x65\x71", "Ed448"),
];

/// Returns the kind of a TLS error.
pub fn classify_tls(error: &rustls::Error) -> TransportErrorKind {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(CertificateError::UnknownIssuer) => UnknownCa,
        E::InvalidCertificate(error) => Certificate(why_refused(error)),
        E::AlertReceived(AlertDescription::HandshakeFailure) => NoCommonCipher,
        E::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Failed("the server does not speak TLS".into())
        }
        E::AlertReceived(AlertDescription::ProtocolVersion) => {
            Failed("the server supports neither TLS 1.2 nor TLS 1.3".into())
        }
        E::AlertReceived(AlertDescription::CertificateRequired) => {
            Failed("the server requires a client certificate, which is not supported".into())
        }
        E::AlertReceived(alert) => Failed(format!("the server sent the TLS alert \"{}\"", words(alert))),
        other => Failed(words(other)),
    }
}

fn why_refused(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::BadSignature => {
            "bad signature: an RSA key has fewer than 2048 bits, or a trusted CA has the issuer's name but \
            another key"
                .into()
        }
        E::ExpiredContext { time, not_after } => {
            format!("it expired {} ago", span(not_after.as_secs(), time.as_secs()))
        }
        E::NotValidYetContext { time, not_before } => format!(
            "it becomes valid in {}; is this machine's clock right?",
            span(time.as_secs(), not_before.as_secs())
        ),
        E::NotValidForNameContext { expected, presented } => wrong_name(expected, presented),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "it is not a server certificate (extended key usage)".into()
        }
        E::UnsupportedSignatureAlgorithmContext { signature_algorithm_id: id, .. } => unsupported(id),
        E::UnsupportedSignatureAlgorithmForPublicKeyContext { public_key_algorithm_id: id, .. } => {
            unsupported(id)
        }
        E::Other(error) => why_refused_otherwise(&error.0.to_string()),
        other => words(other),
    }
}

/// Says why a certificate was refused. `error` is the name of an error of `webpki` for which `rustls` has no type.
fn why_refused_otherwise(error: &str) -> String {
    let why = match error {
        "CaUsedAsEndEntity" => "it is a CA's certificate or a self-signed one, not a server certificate",
        "EndEntityUsedAsCa" => {
            "an intermediate certificate is not a CA's: it lacks basicConstraints with CA:TRUE"
        }
        "NameConstraintViolation" => "the name constraints of a CA don't allow its names",
        "UnsupportedCertVersion" => "it has X.509 version 1, and only version 3 is supported",
        "PathLenConstraintViolated" => {
            "there are more intermediate certificates than a CA's path length allows"
        }
        "UnsupportedCriticalExtension" => "it has a critical extension that is not supported",
        other => return words(&other),
    };
    why.into()
}

fn unsupported(id: &[u8]) -> String {
    let known = UNSUPPORTED.iter().find(|(oid, _)| id.windows(oid.len()).any(|window| window == *oid));
    let name = known.map_or("an unknown algorithm", |(_, name)| name);
    format!("it is signed with {name}, which is not supported")
}

fn wrong_name(expected: &ServerName, presented: &[String]) -> String {
    let expected = expected.to_str();
    if presented.is_empty() {
        return format!("it has no subject alternative name, so it is not valid for {expected}");
    }
    if presented.iter().any(|entry| *entry == format!("DnsName(\"{expected}\")")) {
        return format!("it has {expected} as a DNS name, and not as an IP address");
    }
    match names(presented) {
        names if names.is_empty() => format!("it names no host, so it is not valid for {expected}"),
        names => format!("it is valid for {}, not for {expected}", flatten(&names)),
    }
}

/// Returns the names in entries such as `DnsName("a.example")`, `IpAddress(10.0.0.1)` and `Unsupported(0x01)`.
fn names(presented: &[String]) -> String {
    let name = |entry: &String| {
        let name = entry.strip_prefix("DnsName(\"").or_else(|| entry.strip_prefix("IpAddress("))?;
        Some(name.trim_end_matches(')').trim_end_matches('"').to_owned())
    };
    presented.iter().filter_map(name).collect::<Vec<_>>().join(" or ")
}

fn span(from: u64, to: u64) -> String {
    humanize_duration(Duration::from_secs(to.saturating_sub(from)))
}

/// Returns the names of variants at the start of `error` as words: `PeerMisbehaved(NoSuchThing)` is "peer misbehaved: no
/// such thing".
fn words(error: &impl Debug) -> String {
    let mut words = String::new();
    for c in format!("{error:?}").trim_matches('"').chars() {
        match c {
            'A'..='Z' if words.is_empty() => words.push(c.to_ascii_lowercase()),
            'A'..='Z' => words.extend([' ', c.to_ascii_lowercase()]),
            'a'..='z' | '0'..='9' => words.push(c),
            '(' => words.push(':'),
            _ => break,
        }
    }
    words.trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use rustls::PeerMisbehaved;

    use super::*;

    #[test]
    fn unknown_errors_become_words() {
        let error = rustls::Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments);
        assert_eq!(words(&error), "peer misbehaved: too many empty fragments");
        assert_eq!(words(&AlertDescription::AccessDenied), "access denied");
        assert_eq!(words(&CertificateError::Expired), "expired");
        assert_eq!(why_refused_otherwise("MaximumPathDepthExceeded"), "maximum path depth exceeded");
    }

    #[test]
    fn names_are_those_of_hosts() {
        let entries =
            |entries: &[&str]| names(&entries.iter().map(|&entry| entry.into()).collect::<Vec<_>>());
        assert_eq!(
            entries(&["DnsName(\"a.example\")", "IpAddress(::1)", "Unsupported(0x01)"]),
            "a.example or ::1"
        );
        assert_eq!(entries(&["DirectoryName"]), "");
    }
}
