//! A forward proxy that writes down every byte it is sent, and connects its clients or fails them in a chosen way.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// What the proxy does once it has said its answer.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// Connects the client to this port of 127.0.0.1, whatever host it has asked for.
    Connect(u16),
    /// The same, but closes both connections after so many bytes from the client.
    ConnectFor(u16, usize),
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Says nothing more.
    Hang,
    /// Says this letter every 100 ms.
    Drip(u8),
}

/// A running proxy. Its threads end with the tests, unless it is stopped.
#[derive(Clone)]
pub struct Proxy {
    /// The port on 127.0.0.1.
    pub port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    stopped: Arc<AtomicBool>,
}

/// What a proxy says of a connection it has made.
pub const CONNECTED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

impl Proxy {
    /// Starts one that says `answer` to each client that has sent the head of a request.
    pub fn start(answer: impl Into<Vec<u8>>, then: Then) -> Proxy {
        let answer = answer.into();
        Proxy::start_each(move |_| (answer.clone(), then))
    }

    /// Starts one that says to each client what `answer` has for its number, which counts from 0.
    pub fn start_each(answer: impl Fn(usize) -> (Vec<u8>, Then) + Send + 'static) -> Proxy {
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
                    let mut heard = serving.lock();
                    heard.push(Vec::new());
                    heard.len() - 1
                };
                let (serving, (answer, then)) = (serving.clone(), answer(number));
                // An error is the end of a connection, which is no news here.
                thread::spawn(move || serving.serve(number, &client, &answer, then));
            }
        });
        proxy
    }

    /// One that connects its clients to this port of 127.0.0.1.
    pub fn to(port: u16) -> Proxy {
        Proxy::start(CONNECTED, Then::Connect(port))
    }

    /// Takes no more connections, and waits until they are refused.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // This wakes the thread from its wait.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What each connection has brought so far.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.lock().clone()
    }

    /// The first line of what each connection has brought.
    pub fn asked(&self) -> Vec<String> {
        let line = |heard: &Vec<u8>| {
            String::from_utf8_lossy(heard).lines().next().map(str::to_owned).unwrap_or_default()
        };
        self.heard().iter().map(line).collect()
    }

    /// Whether any one connection has brought these bytes.
    pub fn saw(&self, needle: &str) -> bool {
        self.heard().iter().any(|heard| heard.windows(needle.len()).any(|window| window == needle.as_bytes()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, number: usize, mut client: &TcpStream, answer: &[u8], then: Then) -> io::Result<()> {
        while !self.lock()[number].ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte)?;
            self.lock()[number].push(byte[0]);
        }
        client.write_all(answer)?;
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

    /// Writes down what the client says, up to `most` bytes, and hands it on.
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
            self.lock()[number].extend_from_slice(&buffer[..count]);
            hand_on(&buffer[..count])?;
            most -= count;
        }
        Ok(())
    }
}
