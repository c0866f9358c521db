//! Sorts the errors of `ureq`, `rustls` and the system into kinds that need different messages or hints, and puts them into
//! words that an engineer can act on. TLS errors are matched by type, and nothing that `rustls` prints for debugging gets into
//! a message.

use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::time::Duration;

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError};
use ureq::{Error, Timeout};

use crate::durations::humanize_duration;
use crate::error::os_error_text;
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

const CLOSED: &str = "connection closed by peer";
const BAD_SIGNATURE: &str = "bad signature: an RSA key has fewer than 2048 bits, or a trusted CA has the issuer's name but another key";

/// Returns the kind of an error of `ureq`.
pub fn classify(error: Error) -> TransportErrorKind {
    match error {
        // See `EXPIRED`.
        Error::Timeout(Timeout::SendRequest) => Expired,
        Error::Timeout(_) => TimedOut,
        Error::HostNotFound => Failed("no address found".into()),
        // "proxy server responded 407/407", or "proxy server did not respond".
        Error::ConnectProxyFailed(reason) => match reason.rsplit('/').next().map(str::parse) {
            Some(Ok(status @ (401 | 407))) => ProxyAuthentication(status),
            Some(Ok(status)) => ProxyRefused(status),
            _ => Failed(CLOSED.into()),
        },
        Error::Io(error) => classify_io(&error),
        Error::Rustls(error) => classify_tls(&error),
        Error::LargeResponseHeader(_, most) => {
            Unreadable(format!("response headers are longer than {} KiB", most.div_ceil(1024)))
        }
        other => {
            // "protocol: http parse fail: invalid HTTP version"
            let text = other.to_string();
            Unreadable(flatten(text.trim_start_matches("protocol: ").trim_start_matches("http parse fail: ")))
        }
    }
}

fn classify_io(error: &io::Error) -> TransportErrorKind {
    // `rustls` wraps its errors like this.
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return classify_tls(error);
    }
    let why = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => return TimedOut,
        ErrorKind::UnexpectedEof => CLOSED,
        ErrorKind::InvalidData => return Unreadable(flatten(&os_error_text(error))),
        // WSAHOST_NOT_FOUND has no `ErrorKind`.
        _ if cfg!(windows) && error.raw_os_error() == Some(11001) => "no such host is known",
        // "failed to lookup address information: Name or service not known"
        _ => &os_error_text(error).replace("failed to lookup address information: ", ""),
    };
    Failed(flatten(why))
}

fn classify_tls(error: &rustls::Error) -> TransportErrorKind {
    use AlertDescription::*;
    use rustls::Error::*;
    let why = match error {
        InvalidCertificate(CertificateError::UnknownIssuer) => return UnknownCa,
        InvalidCertificate(error) => return Certificate(why_refused(error)),
        AlertReceived(HandshakeFailure) => return NoCommonCipher,
        AlertReceived(ProtocolVersion) => "the server supports neither TLS 1.2 nor TLS 1.3",
        AlertReceived(CertificateRequired) => {
            "the server requires a client certificate, which is not supported"
        }
        AlertReceived(alert) => &format!("the server sent the TLS alert \"{}\"", words(alert)),
        InvalidMessage(rustls::InvalidMessage::InvalidContentType) => "the server does not speak TLS",
        other => &words(other),
    };
    Failed(why.into())
}

fn why_refused(error: &CertificateError) -> String {
    use CertificateError::*;
    match error {
        ExpiredContext { time, not_after } => format!("it expired {} ago", span(not_after, time)),
        NotValidYetContext { time, not_before } => {
            format!("it becomes valid in {}; is this machine's clock right?", span(time, not_before))
        }
        NotValidForNameContext { expected, presented } => wrong_name(expected, presented),
        UnsupportedSignatureAlgorithmContext { signature_algorithm_id: id, .. } => signature(id),
        UnsupportedSignatureAlgorithmForPublicKeyContext { public_key_algorithm_id: id, .. } => signature(id),
        InvalidPurpose | InvalidPurposeContext { .. } => {
            "it is not a server certificate (extended key usage)".into()
        }
        BadSignature => BAD_SIGNATURE.into(),
        Other(error) => why_refused_otherwise(&error.0.to_string()),
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

fn signature(id: &[u8]) -> String {
    let known = UNSUPPORTED.iter().find(|(oid, _)| id.windows(oid.len()).any(|window| window == *oid));
    let name = known.map_or("an unknown algorithm", |(_, name)| name);
    format!("it is signed with {name}, which is not supported")
}

fn wrong_name(expected: &ServerName, presented: &[String]) -> String {
    let expected = expected.to_str();
    if presented.is_empty() {
        return format!("it has no subject alternative name, so it is not valid for {expected}");
    }
    if presented.contains(&format!("DnsName(\"{expected}\")")) {
        return format!("it has {expected} as a DNS name, and not as an IP address");
    }
    match &*names(presented) {
        "" => format!("it names no host, so it is not valid for {expected}"),
        names => format!("it is valid for {}, not for {expected}", flatten(names)),
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

fn span(from: &UnixTime, to: &UnixTime) -> String {
    humanize_duration(Duration::from_secs(to.as_secs().saturating_sub(from.as_secs())))
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
    fn missing_thread_is_not_a_time_out() {
        let error = io::Error::other("no thread could be started (resource temporarily unavailable)");
        assert!(matches!(classify_io(&error), Failed(why) if why.starts_with("no thread")));
        assert_eq!(classify_io(&ErrorKind::WouldBlock.into()), TimedOut, "a socket");
    }

    #[test]
    fn tls_errors_are_found_within_others() {
        let error = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(classify(Error::Rustls(error())), UnknownCa);
        assert_eq!(classify(Error::Io(io::Error::new(ErrorKind::InvalidData, error()))), UnknownCa);
        assert_eq!(classify(Error::Io(io::Error::other(error()))), UnknownCa);
    }

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
