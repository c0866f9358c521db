//! Errors of requests without a response, and their messages.

use std::fmt;

use ureq::http::Uri;

use self::TransportErrorKind::*;

/// The phase that a request has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Default)]
pub enum Phase {
    /// Nothing was done yet.
    #[default]
    Start,
    /// DNS lookup of the host or the proxy.
    Lookup,
    /// TCP connection to an address.
    Connect,
    /// TLS handshake with an `https://` proxy.
    ProxyTls,
    /// CONNECT through the proxy. Up to here, errors are about the proxy if there is one.
    Proxy,
    /// TLS handshake with the host, certificates included.
    Tls,
    /// The first byte of the request may have been sent, so the request may be applied.
    Sent,
}

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

    /// Returns whether the permission to send expired before the first byte was sent.
    pub fn is_expired(&self) -> bool {
        self.kind == Expired && !self.may_have_been_applied()
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
    /// Returns the server of `uri`.
    pub fn of_uri(uri: &Uri) -> Self {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Self { host: uri.host().unwrap_or_default().into(), port, proxy: None }
    }

    /// The variable that names a proxy, to be shown after its address: ` (HTTPS_PROXY)`.
    fn source(&self) -> String {
        self.proxy.map_or_else(String::new, |variable| format!(" ({variable})"))
    }
}

/// `HOST:PORT`, for a proxy with its variable: `HOST:PORT (HTTPS_PROXY)`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}{}", self.host, self.port, self.source())
    }
}

const TOO_LATE: &str = "because the key was read too long ago";
const NO_COMMON_CIPHER: &str = "no common cipher or signature algorithm (handshake failure)";

/// In words: `connection to HOST:PORT failed: connection refused`.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { phase, kind, peer } = self;
        let step = match phase {
            Phase::Lookup => format!("DNS lookup of {}{}", peer.host, peer.source()),
            Phase::Start | Phase::Connect | Phase::Sent => format!("connection to {peer}"),
            Phase::Proxy => format!("CONNECT through {peer}"),
            Phase::ProxyTls | Phase::Tls => format!("TLS handshake with {peer}"),
        };
        match (kind, phase) {
            (TimedOut, Phase::Start) => write!(f, "no time was left for a request to {peer}"),
            (TimedOut, Phase::Sent) => write!(f, "no response from {peer} before the time-out"),
            (TimedOut, _) => write!(f, "{step} timed out"),
            (Interrupted, Phase::Sent) => write!(f, "no response from {peer} yet"),
            (Interrupted, _) => f.write_str("the request was not sent"),
            (Expired, Phase::Sent) => write!(f, "the request was not sent completely, {TOO_LATE}"),
            (Expired, _) => write!(f, "the request was not sent, {TOO_LATE}"),
            (Certificate(why), _) => write!(f, "the certificate of {peer} can't be trusted: {why}"),
            (UnknownCa, _) => write!(f, "the certificate of {peer} can't be trusted: unknown CA"),
            (NoCommonCipher, _) => write!(f, "TLS handshake with {peer} failed: {NO_COMMON_CIPHER}"),
            (ProxyRefused(status), _) => write!(f, "{peer} refused CONNECT: {status}"),
            (ProxyAuthentication(status), _) => write!(f, "{peer}: proxy authentication failed ({status})"),
            (Unreadable(what), _) => write!(f, "unreadable response from {peer}: {what}"),
            (Failed(why), Phase::Sent) => write!(f, "{step} lost: {why}"),
            (Failed(why), _) => write!(f, "{step} failed: {why}"),
        }
    }
}
