//! What can go wrong with an exchange, and how it is said.

use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Error;
use ureq::http::Uri;

use crate::net::progress::Phase;
use crate::sanitize::flatten;

/// No response: how far the request had come, and what went wrong.
#[derive(Debug)]
pub struct TransportError {
    /// How far it had come. From [`Phase::Sent`] on, the request may have been applied.
    pub phase: Phase,
    /// What went wrong.
    pub kind: TransportErrorKind,
    /// Where it went wrong.
    pub peer: Peer,
}

/// A server that was talked to: the host of the request, or the proxy in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The host, with brackets around an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// For a proxy, the variable that names it.
    pub proxy: Option<&'static str>,
}

/// What went wrong. The texts are those of others, on one line: see [`TransportError::redacted`].
#[derive(Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The deadline passed.
    TimedOut,
    /// A signal ended the attempt.
    Interrupted,
    /// The server's certificate is not accepted; the text says why.
    Certificate(String),
    /// No trusted CA issued the server's certificate.
    UnknownCa,
    /// The proxy refused CONNECT; the text is its status.
    ProxyRefused(String),
    /// The proxy answered 407 (some answer 401): user and password are missing or wrong.
    ProxyAuthentication(u16),
    /// The response is not HTTP, or is too large.
    Unreadable(String),
    /// The lookup or the connection failed; the text is the system's.
    Failed(String),
}

impl TransportError {
    /// Whether the request can have been applied.
    pub fn may_have_been_applied(&self) -> bool {
        self.phase == Phase::Sent
    }

    /// The same error, with `redact` applied to the texts of others, which may repeat secrets.
    pub fn redacted(mut self, redact: impl Fn(&str) -> String) -> Self {
        match &mut self.kind {
            TransportErrorKind::Certificate(text)
            | TransportErrorKind::ProxyRefused(text)
            | TransportErrorKind::Unreadable(text)
            | TransportErrorKind::Failed(text) => *text = redact(text),
            TransportErrorKind::TimedOut
            | TransportErrorKind::Interrupted
            | TransportErrorKind::UnknownCa
            | TransportErrorKind::ProxyAuthentication(_) => {}
        }
        self
    }

    /// Whether another attempt may end better.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            TransportErrorKind::TimedOut
            | TransportErrorKind::ProxyRefused(_)
            | TransportErrorKind::Unreadable(_)
            | TransportErrorKind::Failed(_) => true,
            TransportErrorKind::Interrupted
            | TransportErrorKind::Certificate(_)
            | TransportErrorKind::UnknownCa
            | TransportErrorKind::ProxyAuthentication(_) => false,
        }
    }
}

impl Peer {
    /// The server of `url`.
    pub fn of_url(url: &str) -> Self {
        let uri = url.parse::<Uri>().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Self { host: uri.host().unwrap_or_default().into(), port, proxy: None }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.proxy {
            Some(_) => write!(f, "the proxy {}:{}", self.host, self.port),
            None => f.write_str(self.host.trim_matches(['[', ']'])),
        }
    }
}

/// In words: `the connection to HOST was refused`.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let peer = &self.peer;
        match (&self.kind, self.phase) {
            (TransportErrorKind::TimedOut, Phase::Lookup) => write!(f, "looking up {peer} took too long"),
            (TransportErrorKind::TimedOut, Phase::Start | Phase::Connect) => {
                write!(f, "connecting to {peer} took too long")
            }
            (TransportErrorKind::TimedOut, Phase::Proxy) => write!(f, "{peer} took too long to connect"),
            (TransportErrorKind::TimedOut, Phase::Tls) => {
                write!(f, "agreeing on encryption with {peer} took too long")
            }
            (TransportErrorKind::TimedOut, Phase::Sent) => write!(f, "{peer} did not answer in time"),
            (TransportErrorKind::Interrupted, _) => write!(f, "interrupted"),
            (TransportErrorKind::Certificate(why), _) => {
                write!(f, "the certificate of {peer} can't be trusted: {why}")
            }
            (TransportErrorKind::UnknownCa, _) => {
                write!(f, "the certificate of {peer} can't be trusted: it was issued by an unknown authority")
            }
            (TransportErrorKind::ProxyRefused(status), _) => write!(f, "{peer} refused to connect: {status}"),
            (TransportErrorKind::ProxyAuthentication(status), _) => {
                write!(
                    f,
                    "{peer} refused to connect: {status}, it wants a user name and a password that it knows"
                )
            }
            (TransportErrorKind::Unreadable(what), _) => {
                write!(f, "the answer of {peer} can't be read: {what}")
            }
            (TransportErrorKind::Failed(why), Phase::Lookup) => write!(f, "{peer} could not be found: {why}"),
            (TransportErrorKind::Failed(why), Phase::Start | Phase::Connect) => {
                write!(f, "could not connect to {peer}: {why}")
            }
            (TransportErrorKind::Failed(why), Phase::Proxy) => write!(f, "{peer} did not connect: {why}"),
            (TransportErrorKind::Failed(why), Phase::Tls) => {
                write!(f, "could not agree on encryption with {peer}: {why}")
            }
            (TransportErrorKind::Failed(why), Phase::Sent) => {
                write!(f, "the connection to {peer} was lost: {why}")
            }
        }
    }
}

/// Sorts an error of `ureq`.
pub fn classify(error: Error) -> TransportErrorKind {
    match error {
        Error::Timeout(_) => TransportErrorKind::TimedOut,
        Error::HostNotFound => TransportErrorKind::Failed("no address is known".into()),
        Error::ConnectProxyFailed(reason) => {
            // `ureq` says "proxy server responded 407/407".
            let status = reason.rsplit(['/', ' ']).next().and_then(|status| status.parse::<u16>().ok());
            match status {
                Some(status @ (401 | 407)) => TransportErrorKind::ProxyAuthentication(status),
                Some(status) => TransportErrorKind::ProxyRefused(status.to_string()),
                None => TransportErrorKind::ProxyRefused(flatten(&reason)),
            }
        }
        Error::Io(error) => classify_io(&error),
        Error::Rustls(error) => classify_tls(&error.to_string()),
        Error::LargeResponseHeader(_, most) => {
            TransportErrorKind::Unreadable(format!("its head is longer than {} KiB", most / 1024))
        }
        other => {
            // "protocol: http parse fail: invalid HTTP version"
            let text = other.to_string();
            let text = text.strip_prefix("protocol: ").unwrap_or(&text);
            TransportErrorKind::Unreadable(flatten(text.strip_prefix("http parse fail: ").unwrap_or(text)))
        }
    }
}

fn classify_io(error: &io::Error) -> TransportErrorKind {
    match error.kind() {
        // This is how `rustls` wraps its own errors.
        io::ErrorKind::InvalidData => classify_tls(&error.to_string()),
        io::ErrorKind::UnexpectedEof => TransportErrorKind::Failed("the other side closed it".into()),
        io::ErrorKind::ConnectionRefused => TransportErrorKind::Failed("the connection was refused".into()),
        io::ErrorKind::ConnectionReset => TransportErrorKind::Failed("the other side reset it".into()),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => TransportErrorKind::TimedOut,
        _ => {
            // "failed to lookup address information: Name or service not known"
            let text = error.to_string();
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            let text = text.split(" (os error").next().unwrap_or(text);
            TransportErrorKind::Failed(flatten(text))
        }
    }
}

/// Sorts an error of `rustls` by its text: its type is not within reach, since `ureq` does not name it.
/// Tests with real certificates hold these texts in place.
fn classify_tls(text: &str) -> TransportErrorKind {
    let Some(problem) = text.strip_prefix("invalid peer certificate: ") else {
        return TransportErrorKind::Failed(flatten(text));
    };
    // A bad signature: a trusted authority has the issuer's name, but another key.
    if problem.starts_with("UnknownIssuer") || problem.starts_with("BadSignature") {
        return TransportErrorKind::UnknownCa;
    }
    let seconds = || problem.rsplit('(').next()?.split(' ').next()?.parse().ok().map(Duration::from_secs);
    if problem.contains("certificate expired") || problem == "Expired" {
        return TransportErrorKind::Certificate(match seconds() {
            Some(since) => format!("it expired {} ago", humanize_duration(since)),
            None => "it has expired".into(),
        });
    }
    if problem.contains("not valid yet") || problem == "NotValidYet" {
        return TransportErrorKind::Certificate(match seconds() {
            Some(until) => {
                format!(
                    "it becomes valid in {}; is the clock of this machine right?",
                    humanize_duration(until)
                )
            }
            None => "it is not valid yet; is the clock of this machine right?".into(),
        });
    }
    if let Some((_, names)) = problem.split_once("certificate is only valid for ") {
        return TransportErrorKind::Certificate(match names_in(names) {
            names if names.is_empty() => "it is for no name".into(),
            names => format!("it is for another name ({})", flatten(&names)),
        });
    }
    if problem.contains("not valid for any names") {
        return TransportErrorKind::Certificate("it is for no name".into());
    }
    if problem.contains("not valid for") || problem.contains("NotValidForName") {
        return TransportErrorKind::Certificate("it is for another name".into());
    }
    if problem.contains("extended key usage") {
        return TransportErrorKind::Certificate("it is not one for servers".into());
    }
    if problem.contains("CaUsedAsEndEntity") {
        return TransportErrorKind::Certificate(
            "it is an authority's own, or a self-signed one, and not a server's".into(),
        );
    }
    TransportErrorKind::Certificate(flatten(problem))
}

/// The names in a list such as `DnsName("a.example"), IpAddress(10.0.0.1) or Unsupported(0x01)`.
fn names_in(list: &str) -> String {
    let name = |part: &str| {
        let (_, name) = part.split_once("DnsName(\"").or_else(|| part.split_once("IpAddress("))?;
        Some(name.split(['"', ')']).next()?.to_owned())
    };
    list.split([',', ' ']).filter_map(name).collect::<Vec<_>>().join(" or ")
}

/// How long `duration` is, to be counted with: `0.52 s`, `86400 s`.
pub fn format_duration(duration: Duration) -> String {
    if duration.as_secs() > 31_536_000 {
        return humanize_duration(duration);
    }
    let text = format!("{:.2}", duration.as_secs_f64());
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// How long `duration` is, as people say it: `3 days`.
fn humanize_duration(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".into(),
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds @ 172_800..63_072_000 => format!("{} days", seconds / 86400),
        seconds @ 63_072_000..3_153_600_000 => format!("{} years", seconds / 31_536_000),
        _ => "more than 100 years".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        for (seconds, words) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (180, "3 minutes"),
            (7200, "2 hours"),
            (3 * 86400, "3 days"),
            (3650 * 86400, "10 years"),
            (u64::MAX, "more than 100 years"),
        ] {
            assert_eq!(humanize_duration(Duration::from_secs(seconds)), words);
        }
        for (milliseconds, words) in [
            (0, "0 s"),
            (520, "0.52 s"),
            (60_000, "60 s"),
            (86_400_000, "86400 s"),
            (u64::MAX, "more than 100 years"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(milliseconds)), words);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_error_of_tls_can_be_said(text in ".{0,200}") {
            let _ = classify_tls(&text);
            let _ = classify_tls(&format!("invalid peer certificate: {text}"));
        }
    }
}
