//! Addresses that never answer, refuse connections, reset them, or forward them.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// An address that never answers: its queue is full, and what doesn't fit is dropped, as on the way to a machine that isn't
/// there.
pub struct Dead {
    pub port: u16,
    listener: Socket,
    filling: Vec<TcpStream>,
}

impl Dead {
    /// Makes one at this loopback address, at a free port for 0.
    pub fn at(address: impl Into<IpAddr>, port: u16) -> io::Result<Dead> {
        let address = SocketAddr::new(address.into(), port);
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        listener.bind(&address.into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().expect("an address of IP");
        let mut filling = Vec::new();
        // The system doesn't say how many fit.
        for _ in 0..8 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
                Ok(stream) => filling.push(stream),
                Err(_) => return Ok(Dead { port: address.port(), listener, filling }),
            }
        }
        panic!("a queue that never fills");
    }

    /// Accepts connections from now on, and forwards them to this port of 127.0.0.1. A waiting client retries within a second.
    pub fn come_alive(self, port: u16) {
        drop(self.filling);
        hand_on_from(self.listener.into(), port);
    }
}

/// A port of 127.0.0.1 that refuses connections: it is bound, so nobody else gets it, but doesn't listen.
pub struct Refusing {
    pub port: u16,
    _socket: Socket,
}

impl Refusing {
    /// Binds a free one.
    pub fn start() -> Refusing {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0).into()).expect("a free port");
        let address = socket.local_addr().expect("an address").as_socket().expect("an address of IP");
        Refusing { port: address.port(), _socket: socket }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Accepts connections at this address and resets each. Returns the port, a free one for 0.
pub fn reset_at(address: &str, port: u16) -> u16 {
    let address: IpAddr = address.parse().expect("an address of IP");
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

/// Forwards connections to `from` to this port of 127.0.0.1.
pub fn hand_on(from: SocketAddr, port: u16) -> io::Result<()> {
    hand_on_from(TcpListener::bind(from)?, port);
    Ok(())
}

fn hand_on_from(listener: TcpListener, port: u16) {
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
