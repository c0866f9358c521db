//! The journal: connections, bytes and requests of all clients.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::lock;

/// A request and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Its number, as in [`Hook`](super::Hook). Requests cut off within their head are counted too.
    pub number: usize,
    /// The number of its connection, from 0.
    pub connection: usize,
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    pub headers: Vec<(String, String)>,
    /// The body; empty until it was read.
    pub body: Vec<u8>,
    /// Whether the organization has carried it out.
    pub acted: bool,
    /// The status of the response, if a whole one was sent; 0 for raw bytes.
    pub status: Option<u16>,
}

impl Recorded {
    /// Whether it has this method and end of the path.
    pub fn is(&self, method: &str, tail: &str) -> bool {
        self.method == method && self.path.ends_with(tail)
    }

    /// The value of the first header with this name, case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
pub(super) struct Journal {
    /// The bytes of each connection.
    pub bytes: Mutex<Vec<Vec<u8>>>,
    begun: AtomicUsize,
    pub requests: Mutex<Vec<Recorded>>,
    /// The first reason why the test can't be trusted.
    pub complaint: Mutex<Option<String>>,
}

impl Journal {
    /// Adds a connection and returns its number.
    pub fn connected(&self) -> usize {
        let mut bytes = lock(&self.bytes);
        bytes.push(Vec::new());
        bytes.len() - 1
    }

    pub fn heard(&self, connection: usize, heard: &[u8]) {
        lock(&self.bytes)[connection].extend_from_slice(heard);
    }

    /// Returns the number of a request whose first byte has arrived.
    pub fn begun(&self) -> usize {
        self.begun.fetch_add(1, Ordering::SeqCst)
    }

    /// Adds a request and returns its index.
    pub fn record(&self, request: Recorded) -> usize {
        let mut requests = lock(&self.requests);
        requests.push(request);
        requests.len() - 1
    }

    /// Changes the request at `index` and returns it.
    pub fn amend(&self, index: usize, change: impl FnOnce(&mut Recorded)) -> Recorded {
        let request = &mut lock(&self.requests)[index];
        change(request);
        request.clone()
    }

    pub fn complain(&self, complaint: String) {
        lock(&self.complaint).get_or_insert(complaint);
    }
}
