//! Addresses that never answer, refuse connections, reset them, or forward them.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Binds a socket to a free port of 127.0.0.1.
fn bound() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&ANY_PORT.into()).expect("a free port");
    let address = socket.local_addr().expect("an address").as_socket().expect("an address of IP");
    (socket, address)
}

/// A port of 127.0.0.1 that never answers: its queue is full, and what doesn't fit is dropped, as on the way to a machine
/// that isn't there.
pub struct Dead {
    pub port: u16,
    listener: Socket,
    filling: Vec<TcpStream>,
}

impl Dead {
    pub fn start() -> Dead {
        let (listener, address) = bound();
        listener.listen(0).expect("a bound socket can listen");
        let mut filling = Vec::new();
        // The system doesn't say how many fit.
        for _ in 0..8 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
                Ok(stream) => filling.push(stream),
                Err(_) => return Dead { port: address.port(), listener, filling },
            }
        }
        panic!("a queue that never fills");
    }

    /// Accepts connections from now on, and forwards them to this port of 127.0.0.1. A waiting client retries within a second.
    pub fn come_alive(self, port: u16) {
        drop(self.filling);
        forward_from(self.listener.into(), port);
    }
}

/// A port of 127.0.0.1 that refuses connections: it is bound, so nobody else gets it, but doesn't listen.
pub struct Refusing {
    pub port: u16,
    _socket: Socket,
}

impl Refusing {
    pub fn start() -> Refusing {
        let (socket, address) = bound();
        Refusing { port: address.port(), _socket: socket }
    }
}

/// Accepts connections at this address and resets each. Returns the port, a free one for 0.
pub fn reset_at(address: &str, port: u16) -> u16 {
    let listener = TcpListener::bind((address, port)).expect("nobody else is here");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            // After the client's first message, when it is connected.
            let _ = client.read(&mut [0; 16]);
            let _ = SockRef::from(&client).set_linger(Some(Duration::ZERO));
        }
    });
    port
}

/// Forwards connections to this address and port to another port, of 127.0.0.1.
///
/// # Errors
/// The address is missing on this machine.
pub fn forward(address: &str, port: u16, to: u16) -> io::Result<()> {
    TcpListener::bind((address, port)).map(|listener| forward_from(listener, to))
}

fn forward_from(listener: TcpListener, port: u16) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
            for (mut from, mut to) in [(clone(&client), clone(&server)), (clone(&server), clone(&client))] {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a second handle on a connection")
}
