//! Errors of requests without a response, and their messages.

use std::fmt;

use ureq::http::Uri;

use crate::net::phase::Phase;

use self::TransportErrorKind::*;

/// Why there was no response: the phase that the request reached, and what went wrong.
#[derive(Debug)]
pub struct TransportError {
    /// The phase that it reached. From [`Phase::Sent`] on, the request may have been applied.
    pub phase: Phase,
    /// What went wrong.
    pub kind: TransportErrorKind,
    /// Where it went wrong.
    pub peer: Peer,
}

/// The other end of a connection: the host of the request, or the proxy in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The host, with brackets around an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// For a proxy, the variable that names it.
    pub proxy: Option<&'static str>,
}

/// What went wrong. Its texts are untrusted and on one line: see [`TransportError::redacted`].
#[derive(Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The deadline passed.
    TimedOut,
    /// A signal ended the attempt.
    Interrupted,
    /// The permission to send the request expired before it was sent.
    Expired,
    /// The server's certificate is not accepted; the text says why.
    Certificate(String),
    /// No trusted CA issued the server's certificate.
    UnknownCa,
    /// The server refused the handshake, usually because it shares no cipher or signature algorithm.
    NoCommonCipher,
    /// The proxy refused CONNECT with this status.
    ProxyRefused(u16),
    /// The proxy answered CONNECT with 407; some answer 401.
    ProxyAuthentication(u16),
    /// The response is not HTTP, or is too large.
    Unreadable(String),
    /// The lookup or the connection failed; the text is the system's.
    Failed(String),
}

impl TransportError {
    /// Returns whether the request may have been applied.
    pub fn may_have_been_applied(&self) -> bool {
        self.phase == Phase::Sent
    }

    /// Applies `redact` to untrusted texts, which may repeat secrets.
    pub fn redacted(mut self, redact: impl Fn(&str) -> String) -> Self {
        match &mut self.kind {
            Certificate(text) | Unreadable(text) | Failed(text) => *text = redact(text),
            TimedOut | Interrupted | Expired | UnknownCa | NoCommonCipher => {}
            ProxyRefused(_) | ProxyAuthentication(_) => {}
        }
        self
    }

    /// Returns whether another attempt may succeed.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            TimedOut | NoCommonCipher | ProxyRefused(_) | Unreadable(_) | Failed(_) => true,
            Interrupted | Expired | Certificate(_) | UnknownCa | ProxyAuthentication(_) => false,
        }
    }
}

impl Peer {
    /// Returns the server of `url`.
    pub fn of_url(url: &str) -> Self {
        let uri = url.parse::<Uri>().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Self { host: uri.host().unwrap_or_default().into(), port, proxy: None }
    }

    /// The host as it is looked up.
    fn name(&self) -> String {
        let host = &self.host;
        self.proxy.map_or_else(|| host.clone(), |variable| format!("{host} ({variable})"))
    }
}

/// `HOST:PORT`, for a proxy with its variable: `HOST:PORT (HTTPS_PROXY)`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)?;
        self.proxy.map_or(Ok(()), |variable| write!(f, " ({variable})"))
    }
}

/// In words: `connection to HOST:PORT failed: connection refused`.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let peer = &self.peer;
        match (&self.kind, self.phase) {
            (TimedOut, Phase::Lookup) => write!(f, "DNS lookup of {} timed out", peer.name()),
            (TimedOut, Phase::Start) => write!(f, "no time was left for a request to {peer}"),
            (TimedOut, Phase::Connect) => write!(f, "connection to {peer} timed out"),
            (TimedOut, Phase::Proxy) => write!(f, "CONNECT through {peer} timed out"),
            (TimedOut, Phase::Tls) => write!(f, "TLS handshake with {peer} timed out"),
            (TimedOut, Phase::Sent) => write!(f, "no response from {peer} before the time-out"),
            (Interrupted, Phase::Sent) => write!(f, "no response from {peer} yet"),
            (Interrupted, _) => f.write_str("the request was not sent"),
            (Expired, Phase::Sent) => {
                f.write_str("the request was not sent completely, because the key was read too long ago")
            }
            (Expired, _) => f.write_str("the request was not sent, because the key was read too long ago"),
            (Certificate(why), _) => write!(f, "the certificate of {peer} can't be trusted: {why}"),
            (UnknownCa, _) => write!(f, "the certificate of {peer} can't be trusted: unknown CA"),
            (NoCommonCipher, _) => {
                write!(
                    f,
                    "TLS handshake with {peer} failed: no common cipher or signature algorithm (handshake failure)"
                )
            }
            (ProxyRefused(status), _) => write!(f, "{peer} refused CONNECT: {status}"),
            (ProxyAuthentication(status), _) => write!(f, "{peer}: proxy authentication failed ({status})"),
            (Unreadable(what), _) => write!(f, "unreadable response from {peer}: {what}"),
            (Failed(why), Phase::Lookup) => write!(f, "DNS lookup of {} failed: {why}", peer.name()),
            (Failed(why), Phase::Start | Phase::Connect) => write!(f, "connection to {peer} failed: {why}"),
            (Failed(why), Phase::Proxy) => write!(f, "CONNECT through {peer} failed: {why}"),
            (Failed(why), Phase::Tls) => write!(f, "TLS handshake with {peer} failed: {why}"),
            (Failed(why), Phase::Sent) => write!(f, "connection to {peer} lost: {why}"),
        }
    }
}
