//! Sorts the errors of `ureq` and the system into kinds that need different messages or hints.

use std::io::{self, ErrorKind};

use ureq::{Error, Timeout};

use crate::error::os_error_text;
use crate::net::error::TransportErrorKind::{self, *};
use crate::net::tls_errors::classify_tls;
use crate::sanitize::flatten;

/// Returns the kind of an error of `ureq`.
pub fn classify(error: Error) -> TransportErrorKind {
    match error {
        // See `EXPIRED`.
        Error::Timeout(Timeout::SendRequest) => Expired,
        Error::Timeout(_) => TimedOut,
        Error::HostNotFound => Failed("no address found".into()),
        Error::ConnectProxyFailed(reason) => {
            // "proxy server responded 407/407", or "proxy server did not respond".
            match reason.rsplit(['/', ' ']).next().and_then(|status| status.parse().ok()) {
                Some(status @ (401 | 407)) => ProxyAuthentication(status),
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
    // `rustls` wraps its errors like this.
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return classify_tls(error);
    }
    // Windows' texts are in the user's language.
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
        // WSAHOST_NOT_FOUND has no `ErrorKind`.
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

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

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
}
