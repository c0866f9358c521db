//! A proxy that repeats requests, like a load balancer after a lost response: it sends a request, drops the response,
//! sends the request again and forwards the second response.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The header of a request whose response will be dropped.
pub const FIRST_COPY: &str = "X-First-Copy";

/// The longest wait for a response that will be dropped.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running proxy. Dropping it stops it.
pub struct Repeater {
    pub port: u16,
    stopped: Arc<AtomicBool>,
}

impl Drop for Repeater {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // A connection wakes the thread.
        _ = connect(self.port);
    }
}

/// Starts a proxy in front of the server at `port`. `repeats` says whether the change of a single key with this number,
/// from 0, is sent twice.
pub fn start(port: u16, repeats: impl Fn(usize) -> bool + Send + Sync + 'static) -> Repeater {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let own = listener.local_addr().expect("an address").port();
    let (repeats, number) = (Arc::new(repeats), Arc::new(AtomicUsize::new(0)));
    let repeater = Repeater { port: own, stopped: Arc::default() };
    let stopped = Arc::clone(&repeater.stopped);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            let (repeats, number) = (Arc::clone(&repeats), Arc::clone(&number));
            // An error is the end of the connection.
            thread::spawn(move || serve(&client, port, || repeats(number.fetch_add(1, Ordering::SeqCst))));
        }
    });
    repeater
}

fn serve(client: &TcpStream, port: u16, repeats: impl Fn() -> bool) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = connect(port)?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        _ = io::copy(&mut from, &mut to);
        _ = to.shutdown(Shutdown::Both);
    });
    let mut requests = BufReader::new(client);
    while let Ok(Some((head, body))) = read_request(&mut requests) {
        if (head.starts_with("DELETE ") || head.starts_with("PUT ")) && !head.contains("/bulk") && repeats() {
            _ = send_first_copy(port, &head, &body);
        }
        if server.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            break;
        }
    }
    _ = server.shutdown(Shutdown::Both);
    client.shutdown(Shutdown::Both)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    server.set_nodelay(true)?;
    Ok(server)
}

/// Sends the request, and drops the response when it begins.
fn send_first_copy(port: u16, head: &str, body: &[u8]) -> io::Result<()> {
    let mut server = connect(port)?;
    let head = head.replacen("\r\n", &format!("\r\n{FIRST_COPY}: yes\r\n"), 1);
    server.write_all(&[head.as_bytes(), body].concat())?;
    server.set_read_timeout(Some(PATIENCE))?;
    server.read(&mut [0]).map(|_| ())
}

/// Reads the next request: its head with the empty line, and its body; `None` at the end.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let begin = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        if let Some((name, value)) = head[begin..].split_once(':')
            && name.eq_ignore_ascii_case("Content-Length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((head, body)))
}
