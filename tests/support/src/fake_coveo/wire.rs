//! The bytes of a connection, plain or through TLS, and the ways to break it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::server::{Accepted, Acceptor};
use rustls::{ServerConfig, ServerConnection, Stream};
use socket2::SockRef;

use super::faults::{Break, Leftover};
use super::server::Server;

const DRIP: Duration = Duration::from_millis(100);

/// Not HTTP, not TLS, not UTF-8, and hostile to terminals.
const GARBAGE: &[u8] =
    b"\x00\xff\xfe\x1b[31m\xc3\x28\x07\x80\r\x9f%s%n\xf0\x28\x8c\xbc\x1b]0;\x07\0\0\xde\xad\xbe\xef\n\n\xff";

/// A connection. Everything it reads goes into the journal.
pub(super) struct Wire {
    pub number: usize,
    pub server: Arc<Server>,
    tcp: Arc<TcpStream>,
    tls: Option<Box<ServerConnection>>,
    /// Encrypted bytes to send before the next write.
    held_back: Vec<u8>,
}

impl Wire {
    pub fn new(number: usize, server: Arc<Server>, tcp: Arc<TcpStream>) -> Wire {
        Wire { number, server, tcp, tls: None, held_back: Vec::new() }
    }

    /// Reads the client's first message of the handshake.
    pub fn read_client_hello(&mut self) -> io::Result<Accepted> {
        let mut acceptor = Acceptor::default();
        loop {
            if acceptor.read_tls(self)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match acceptor.accept() {
                Ok(Some(accepted)) => return Ok(accepted),
                Ok(None) => {}
                Err((error, mut alert)) => {
                    alert.write_all(self)?;
                    return Err(io::Error::other(error));
                }
            }
        }
    }

    /// Completes the handshake; `first_words` go out with the server's last message of it.
    pub fn shake_hands(
        &mut self,
        accepted: Accepted,
        config: &Arc<ServerConfig>,
        first_words: &[u8],
    ) -> io::Result<()> {
        let mut config = Arc::clone(config);
        if !first_words.is_empty() {
            // With TLS 1.3 a server may send data before it has the client's last message.
            Arc::make_mut(&mut config).send_half_rtt_data = true;
        }
        let mut tls = match accepted.into_connection(config) {
            Ok(tls) => tls,
            Err((error, mut alert)) => {
                alert.write_all(self)?;
                return Err(io::Error::other(error));
            }
        };
        tls.writer().write_all(first_words)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut &*self.tcp)?;
        }
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    /// Writes a response together with the first bytes of what follows it.
    pub fn write_and_leave(&mut self, response: &[u8], leftover: &Leftover) -> io::Result<()> {
        let mut network = self.encrypted(response)?;
        let mut rest = self.encrypted(&leftover.bytes)?;
        self.held_back = rest.split_off(leftover.at_once.min(rest.len()));
        network.append(&mut rest);
        (&*self.tcp).write_all(&network)
    }

    /// Encrypts `bytes`, if there is TLS.
    fn encrypted(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let Some(tls) = &mut self.tls else { return Ok(bytes.to_vec()) };
        let mut records = Vec::new();
        tls.writer().write_all(bytes)?;
        while tls.wants_write() {
            tls.write_tls(&mut records)?;
        }
        Ok(records)
    }

    /// Sends `close_notify` and closes the connection.
    pub fn close(mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            while tls.wants_write() && tls.write_tls(&mut &*self.tcp).is_ok() {}
        }
    }

    /// Breaks the connection. `endless` are the bytes of a server that drips.
    pub fn break_off(mut self, how: Break, endless: impl Iterator<Item = u8>) {
        match how {
            // Closing a socket with a linger time of zero resets it.
            Break::Reset => _ = SockRef::from(&*self.tcp).set_linger(Some(Duration::ZERO)),
            Break::Close => self.close_gently(),
            Break::Hang => self.ignore_the_rest(),
            Break::Garbage => {
                _ = self.write_all(GARBAGE).and_then(|()| self.flush());
                self.close_gently();
            }
            Break::Drip => {
                for byte in endless {
                    let written = self.write_all(&[byte]).and_then(|()| self.flush());
                    if written.is_err() || self.server.lifeline.wait(DRIP) {
                        return;
                    }
                }
            }
        }
    }

    /// Keeps reading one byte at a time until the client is gone.
    pub fn read_in_drips(mut self) {
        while matches!(self.read(&mut [0]), Ok(1)) && !self.server.lifeline.wait(DRIP) {}
        self.ignore_the_rest();
    }

    /// Closes the sending half first: closing a socket with unread bytes would reset it.
    fn close_gently(&mut self) {
        _ = self.tcp.shutdown(Shutdown::Write);
        self.ignore_the_rest();
    }

    fn ignore_the_rest(&mut self) {
        while self.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.leave(self.number);
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tcp = &*self.tcp;
        let count = match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut tcp).read(buffer)?,
            None => tcp.read(buffer)?,
        };
        self.server.journal.heard(self.number, &buffer[..count]);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut tcp = &*self.tcp;
        tcp.write_all(&std::mem::take(&mut self.held_back))?;
        match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut tcp).write(bytes),
            None => tcp.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut tcp = &*self.tcp;
        match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut tcp).flush(),
            None => tcp.flush(),
        }
    }
}
