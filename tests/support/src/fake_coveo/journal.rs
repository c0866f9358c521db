//! What clients did: the connections they opened, the bytes they sent, the requests they made.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::lock;

/// A request as it came, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Its number, as [`Hook`](super::Hook) counts. Requests that broke off before the end of their head
    /// have one too.
    pub number: usize,
    /// The connection it came on, from 0.
    pub connection: usize,
    /// `GET`, say.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// What stands behind the `?`; empty if nothing does.
    pub query: String,
    /// The headers in the order they were sent.
    pub headers: Vec<(String, String)>,
    /// The body; empty until it has been read.
    pub body: Vec<u8>,
    /// Whether the organization has carried the request out, be it to read or to change something.
    pub acted: bool,
    /// The status of the answer, if one was sent that was not to be cut short. 0 stands for raw bytes.
    pub status: Option<u16>,
}

impl Recorded {
    /// Whether it has this method, and a path that ends so.
    pub fn is(&self, method: &str, tail: &str) -> bool {
        self.method == method && self.path.ends_with(tail)
    }

    /// The value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server writes down.
#[derive(Default)]
pub(super) struct Journal {
    bytes: Mutex<Vec<Vec<u8>>>,
    begun: AtomicUsize,
    requests: Mutex<Vec<Recorded>>,
    complaint: Mutex<Option<String>>,
}

impl Journal {
    /// Notes a new connection and gives it its number.
    pub fn connected(&self) -> usize {
        let mut bytes = lock(&self.bytes);
        bytes.push(Vec::new());
        bytes.len() - 1
    }

    /// Notes bytes that a connection brought.
    pub fn heard(&self, connection: usize, heard: &[u8]) {
        lock(&self.bytes)[connection].extend_from_slice(heard);
    }

    /// Gives a request whose first byte has come its number.
    pub fn begun(&self) -> usize {
        self.begun.fetch_add(1, Ordering::SeqCst)
    }

    /// Writes down a request and says where.
    pub fn record(&self, request: Recorded) -> usize {
        let mut requests = lock(&self.requests);
        requests.push(request);
        requests.len() - 1
    }

    /// Changes what is written down at `index`, and reads it.
    pub fn amend(&self, index: usize, change: impl FnOnce(&mut Recorded)) -> Recorded {
        let request = &mut lock(&self.requests)[index];
        change(request);
        request.clone()
    }

    /// Notes the first reason why a test can't be trusted.
    pub fn complain(&self, complaint: String) {
        lock(&self.complaint).get_or_insert(complaint);
    }

    pub fn complaint(&self) -> Option<String> {
        lock(&self.complaint).clone()
    }

    pub fn connections(&self) -> usize {
        lock(&self.bytes).len()
    }

    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.requests).clone()
    }

    pub fn saw_bytes(&self, needle: &[u8]) -> bool {
        lock(&self.bytes).iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }
}
