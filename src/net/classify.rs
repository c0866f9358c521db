//! Sorts the errors of `ureq`, the system and `rustls` into kinds that need different messages or hints.

use std::io::{self, ErrorKind};
use std::time::Duration;

use rustls::CertificateError;
use ureq::Error;

use crate::durations::humanize_duration;
use crate::net::error::TransportErrorKind::{self, *};
use crate::sanitize::{flatten, os_error_text};

/// The kind of an error of `ureq`.
pub fn classify(error: Error) -> TransportErrorKind {
    match error {
        Error::Timeout(_) => TimedOut,
        Error::HostNotFound => Failed("no address is known".into()),
        Error::ConnectProxyFailed(reason) => {
            // "proxy server responded 407/407", or "proxy server did not respond".
            match reason.rsplit(['/', ' ']).next().and_then(|status| status.parse().ok()) {
                Some(status @ (401 | 407)) => {
                    ProxyAuthentication { status, with_password: false, schemes: Vec::new() }
                }
                Some(status) => ProxyRefused(status),
                None => Failed(CLOSED.into()),
            }
        }
        Error::Io(error) => classify_io(&error),
        Error::Rustls(error) => classify_tls(&error),
        Error::LargeResponseHeader(_, most) => {
            Unreadable(format!("response headers are longer than {} KiB", most.div_ceil(1024)))
        }
        other => {
            // "protocol: http parse fail: invalid HTTP version"
            let text = other.to_string();
            let text = text.strip_prefix("protocol: ").unwrap_or(&text);
            Unreadable(flatten(text.strip_prefix("http parse fail: ").unwrap_or(text)))
        }
    }
}

const CLOSED: &str = "connection closed by peer";

fn classify_io(error: &io::Error) -> TransportErrorKind {
    // This is how `rustls` wraps its own errors.
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return classify_tls(error);
    }
    // Windows' own texts are in the user's language.
    let why = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => return TimedOut,
        ErrorKind::UnexpectedEof => CLOSED,
        ErrorKind::InvalidData => return Unreadable(flatten(&os_error_text(error))),
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset by peer",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe => "broken pipe",
        ErrorKind::HostUnreachable => "no route to host",
        ErrorKind::NetworkUnreachable => "network is unreachable",
        ErrorKind::AddrNotAvailable => "address not available",
        // WSAHOST_NOT_FOUND has no kind of its own.
        _ if cfg!(windows) && error.raw_os_error() == Some(11001) => "no such host is known",
        _ => {
            // "failed to lookup address information: Name or service not known"
            let text = os_error_text(error);
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            return Failed(flatten(text));
        }
    };
    Failed(why.into())
}

fn classify_tls(error: &rustls::Error) -> TransportErrorKind {
    match error {
        rustls::Error::InvalidCertificate(error) => classify_certificate(error),
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            Failed("the server does not speak TLS".into())
        }
        other => Failed(flatten(&other.to_string())),
    }
}

fn classify_certificate(error: &CertificateError) -> TransportErrorKind {
    use CertificateError as E;
    let why = match error {
        // A bad signature: a trusted CA has the issuer's name, but another key.
        E::UnknownIssuer | E::BadSignature => return UnknownCa,
        E::ExpiredContext { time, not_after } => {
            format!("it expired {} ago", span(not_after.as_secs(), time.as_secs()))
        }
        E::Expired => "it has expired".into(),
        E::NotValidYetContext { time, not_before } => format!(
            "it becomes valid in {}; is the clock of this machine right?",
            span(time.as_secs(), not_before.as_secs())
        ),
        E::NotValidYet => "it is not valid yet; is the clock of this machine right?".into(),
        E::NotValidForNameContext { expected, presented } => match names(presented) {
            names if names.is_empty() => "it is valid for no name".into(),
            names => format!("it is valid for {}, not for {}", flatten(&names), expected.to_str()),
        },
        E::NotValidForName => "it is valid for another name".into(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "it is not a server certificate".into(),
        // `webpki` has no name for it that is within reach.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "it is a CA's certificate or a self-signed one, not a server certificate".into()
        }
        other => flatten(&other.to_string()),
    };
    Certificate(why)
}

fn span(from: u64, to: u64) -> String {
    humanize_duration(Duration::from_secs(to.saturating_sub(from)))
}

/// The names in entries such as `DnsName("a.example")`, `IpAddress(10.0.0.1)` and `Unsupported(0x01)`.
fn names(presented: &[String]) -> String {
    let name = |entry: &String| {
        let name = entry.strip_prefix("DnsName(\"").or_else(|| entry.strip_prefix("IpAddress("))?;
        Some(name.trim_end_matches(')').trim_end_matches('"').to_owned())
    };
    presented.iter().filter_map(name).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_can_not_be_started_is_no_time_out() {
        let error = io::Error::other("no thread could be started (resource temporarily unavailable)");
        assert!(matches!(classify_io(&error), Failed(why) if why.starts_with("no thread")));
        assert_eq!(classify_io(&ErrorKind::WouldBlock.into()), TimedOut, "a socket");
    }

    #[test]
    fn a_tls_error_is_recognized_by_its_type_also_within_others() {
        let error = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(classify(Error::Rustls(error())), UnknownCa);
        assert_eq!(classify(Error::Io(io::Error::new(ErrorKind::InvalidData, error()))), UnknownCa);
        assert_eq!(classify(Error::Io(io::Error::other(error()))), UnknownCa);
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
