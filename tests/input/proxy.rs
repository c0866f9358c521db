//! A forward proxy that writes down what it is asked, and connects nobody.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A proxy that gives every client the same answer.
pub struct Proxy {
    port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Proxy {
    /// Starts one whose answer is what `answer` makes of the request's head. Its thread ends with the tests.
    pub fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let bytes = serve(client, &answer);
                notes.lock().expect("nobody panics with it").push(bytes);
            }
        });
        Proxy { port, heard }
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What each client has sent so far, up to its end.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        // A client that has ended may not have been written down yet.
        for _ in 0..100 {
            if !self.heard.lock().expect("nobody panics with it").is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.heard.lock().expect("nobody panics with it").clone()
    }
}

/// Answers one client, and reads whatever it says after that.
fn serve(mut client: TcpStream, answer: &impl Fn(&str) -> String) -> Vec<u8> {
    let _ = client.set_read_timeout(Some(Duration::from_secs(5)));
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    let mut answered = false;
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        heard.extend_from_slice(&buffer[..count]);
        if !answered && heard.ends_with(b"\r\n\r\n") {
            answered = true;
            let answer = answer(&String::from_utf8_lossy(&heard));
            if client.write_all(answer.as_bytes()).is_err()
                || client.shutdown(std::net::Shutdown::Write).is_err()
            {
                break;
            }
        }
    }
    heard
}
