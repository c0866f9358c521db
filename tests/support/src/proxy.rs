//! A forward proxy that records all bytes, and connects its clients or fails in a chosen way.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::lock;

/// What the proxy does after its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Connects the client to this port of 127.0.0.1, for any host.
    Connect(u16),
    /// The same, but closes both connections after this many bytes from the client.
    ConnectFor(u16, usize),
    Close,
    Reset,
    /// Sends nothing more.
    Hang,
    /// Sends this letter every 100 ms.
    Drip(u8),
}

/// A running proxy. It runs until the tests end, unless it is stopped.
#[derive(Clone)]
pub struct Proxy {
    pub port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    stopped: Arc<AtomicBool>,
}

/// The response of a proxy that has connected its client.
pub const CONNECTED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

impl Proxy {
    /// Starts a proxy that sends `response` after each request head.
    pub fn start(response: impl Into<Vec<u8>>, then: Then) -> Proxy {
        let response = response.into();
        Proxy::start_each(move |_| (response.clone(), then))
    }

    /// Starts a proxy whose response to each connection depends on its number, from 0.
    pub fn start_each(response: impl Fn(usize) -> (Vec<u8>, Then) + Send + 'static) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Proxy { port, heard: Arc::default(), stopped: Arc::default() };
        let serving = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let number = {
                    let mut heard = lock(&serving.heard);
                    heard.push(Vec::new());
                    heard.len() - 1
                };
                let (serving, (response, then)) = (serving.clone(), response(number));
                // An error is the end of the connection.
                thread::spawn(move || serving.serve(number, &client, &response, then));
            }
        });
        proxy
    }

    pub fn to(port: u16) -> Proxy {
        Proxy::start(CONNECTED, Then::Connect(port))
    }

    /// Stops listening, and waits until connections are refused.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // A connection wakes the thread.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The bytes of each connection so far.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        lock(&self.heard).clone()
    }

    /// The first line of each connection.
    pub fn asked(&self) -> Vec<String> {
        let line =
            |heard: &Vec<u8>| String::from_utf8_lossy(heard).lines().next().unwrap_or_default().to_owned();
        self.heard().iter().map(line).collect()
    }

    pub fn saw(&self, needle: &str) -> bool {
        self.heard().iter().any(|heard| heard.windows(needle.len()).any(|window| window == needle.as_bytes()))
    }

    fn serve(&self, number: usize, mut client: &TcpStream, response: &[u8], then: Then) -> io::Result<()> {
        while !lock(&self.heard)[number].ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte)?;
            lock(&self.heard)[number].push(byte[0]);
        }
        client.write_all(response)?;
        match then {
            Then::Connect(port) => self.connect(number, client, port, usize::MAX),
            Then::ConnectFor(port, most) => self.connect(number, client, port, most),
            Then::Close => {
                client.shutdown(Shutdown::Write)?;
                self.listen(number, client, usize::MAX, |_| Ok(()))
            }
            Then::Reset => SockRef::from(client).set_linger(Some(Duration::ZERO)),
            Then::Hang => self.listen(number, client, usize::MAX, |_| Ok(())),
            Then::Drip(letter) => {
                let mut listener = client.try_clone()?;
                let proxy = self.clone();
                thread::spawn(move || proxy.listen(number, &mut listener, usize::MAX, |_| Ok(())));
                loop {
                    thread::sleep(Duration::from_millis(100));
                    client.write_all(&[letter])?;
                }
            }
        }
    }

    fn connect(&self, number: usize, mut client: &TcpStream, port: u16, most: usize) -> io::Result<()> {
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let result = self.listen(number, &mut client, most, |bytes| server.write_all(bytes));
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
        result
    }

    /// Records and forwards the client's bytes, up to `most`.
    fn listen(
        &self,
        number: usize,
        mut client: impl Read,
        mut most: usize,
        mut hand_on: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        while most > 0 {
            let count = client.read(&mut buffer)?.min(most);
            if count == 0 {
                break;
            }
            lock(&self.heard)[number].extend_from_slice(&buffer[..count]);
            hand_on(&buffer[..count])?;
            most -= count;
        }
        Ok(())
    }
}
