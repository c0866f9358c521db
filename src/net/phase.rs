//! The phases of a request.

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
    /// CONNECT through the proxy.
    Proxy,
    /// TLS handshake, certificates included.
    Tls,
    /// The first byte of the request may have been sent, so the request may be applied.
    Sent,
}
