//! The faults of a proxy that is asked to CONNECT.

use crate::random::Random;
use crate::response::Meaning;
use support::proxy::{CONNECTED, Then};

/// A fault of a proxy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TunnelFault {
    /// It refuses with this status line.
    Refuse(&'static str),
    /// It closes the connection.
    Close,
    /// It resets the connection.
    Reset,
    /// It stays silent.
    Hang,
    /// It sends a line without an end.
    Drip,
    /// It claims to have connected, and closes.
    CloseConnected,
    /// It connects, and closes both connections after this many bytes from the client, perhaps in a request.
    Cut(usize),
}

impl TunnelFault {
    /// All faults. Lengths count as one.
    pub const ALL: [TunnelFault; 10] = [
        TunnelFault::Refuse("403 Forbidden"),
        TunnelFault::Refuse("407 Proxy Authentication Required"),
        TunnelFault::Refuse("502 Bad Gateway"),
        TunnelFault::Refuse("503 Service Unavailable"),
        TunnelFault::Close,
        TunnelFault::Reset,
        TunnelFault::Hang,
        TunnelFault::Drip,
        TunnelFault::CloseConnected,
        TunnelFault::Cut(0),
    ];

    /// The same with a random length, if it has one.
    pub fn with_length(self, random: &mut Random) -> TunnelFault {
        match self {
            // A handshake has about 300 bytes, a request 400.
            TunnelFault::Cut(_) => TunnelFault::Cut(random.between(1, 2500) as usize),
            other => other,
        }
    }

    /// The proxy's response, and what it does then.
    pub fn behaviour(self, port: u16) -> (Vec<u8>, Then) {
        let text = |text: &str| text.as_bytes().to_vec();
        match self {
            TunnelFault::Refuse(status) => {
                (text(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")), Then::Close)
            }
            TunnelFault::Close => (Vec::new(), Then::Close),
            TunnelFault::Reset => (Vec::new(), Then::Reset),
            TunnelFault::Hang => (Vec::new(), Then::Hang),
            TunnelFault::Drip => (text("HTTP/1.1 200 "), Then::Drip(b'a')),
            TunnelFault::CloseConnected => (CONNECTED.to_vec(), Then::Close),
            TunnelFault::Cut(length) => (CONNECTED.to_vec(), Then::ConnectFor(port, length)),
        }
    }

    /// Its meaning for a request: not sent, unless the tunnel is cut later.
    pub fn meaning(self) -> Meaning {
        if let TunnelFault::Cut(_) = self { Meaning::Unclear } else { Meaning::Busy }
    }
}
