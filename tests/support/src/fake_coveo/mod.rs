//! A fake Coveo organization on loopback: an HTTP or HTTPS server with API keys, access tokens and privileges, a journal
//! of all requests, and faults on demand. Tests start many of them in their own process; people start one with
//! `cargo run --example fake-coveo`.

mod cache;
mod connection;
mod faults;
mod http;
mod journal;
mod key;
mod operations;
mod organization;
mod routes;
mod server;
mod tls;
mod token;
mod unknowns;
mod wire;

use std::io;
use std::ops::{Deref, RangeBounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::tls::Certificate;

pub use self::{
    faults::{Break, CannedResponse, Fault, Hook, Leftover, Point, always, first},
    journal::Recorded,
    key::{ApiKey, Date, Exposure, K1, K2, M1, M2, days_ago, key_id},
    organization::{ORGANIZATION, Organization},
    token::{EDIT_TOKEN, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, Privilege, SINGLE_KEY_TOKEN, VIEW_TOKEN},
    unknowns::{ErrorForm, MissingKey, OtherOrganization, Unknowns},
};
use self::{
    server::{Server, Sockets},
    tls::Tls,
};
use crate::lock;
use crate::tls::{Authority, Settings};

/// A running server with one organization, to which it dereferences.
///
/// Dropping it closes all sockets and ends all threads. The drop panics if a fault of the plan was impossible, so that no
/// test passes because nothing went wrong.
pub struct Coveo {
    server: Arc<Server>,
    sockets: Sockets,
    endpoint: String,
}

impl Coveo {
    /// Starts an organization without keys over plain HTTP on a free port of 127.0.0.1.
    pub fn http() -> Coveo {
        Coveo::builder().start()
    }

    pub fn with(keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
        Coveo::builder().start_with(keys)
    }

    /// Starts an organization with this many enabled keys over plain HTTP, and returns their IDs.
    pub fn with_keys(count: usize) -> (Coveo, Vec<String>) {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        (coveo, ids)
    }

    pub fn with_unknowns(unknowns: Unknowns, keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
        Coveo::builder().unknowns(unknowns).start_with(keys)
    }

    /// Starts an organization without keys over HTTPS, with a good certificate from its own authority.
    pub fn https() -> Coveo {
        Coveo::builder().https(Certificate::Good).start()
    }

    pub fn builder() -> Builder {
        Builder {
            certificate: None,
            port: 0,
            unknowns: Unknowns::default(),
            names: Vec::new(),
            directory: None,
        }
    }

    /// The base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The port on 127.0.0.1 and, over HTTPS with IPv6, on ::1.
    pub fn port(&self) -> u16 {
        self.sockets.port
    }

    pub fn authority(&self) -> &Authority {
        &self.tls().authority
    }

    /// The PEM file of the authority. It is removed with the server.
    pub fn authority_file(&self) -> &Path {
        &self.tls().file
    }

    fn tls(&self) -> &Tls {
        self.server.tls.as_ref().expect("the server speaks HTTPS")
    }

    /// Sets the plan of faults: what goes wrong at each [`Hook`]. Without a plan, nothing does.
    pub fn plan(&self, plan: impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static) {
        *lock(&self.server.plan) = Arc::new(plan);
    }

    /// Causes `fault` on requests with this method and end of the path, and no other fault.
    pub fn inject(&self, method: &'static str, tail: &'static str, fault: Fault) {
        self.plan(move |hook| match hook {
            Hook::Request(_, request) if request.is(method, tail) => fault.clone(),
            _ => Fault::None,
        });
    }

    /// Causes `fault` on requests with these numbers, counted from 0, and no other fault.
    pub fn inject_at(&self, numbers: impl RangeBounds<usize> + Send + Sync + 'static, fault: Fault) {
        self.plan(move |hook| match hook {
            Hook::Request(number, _) if numbers.contains(&number) => fault.clone(),
            _ => Fault::None,
        });
    }

    /// Calls `hook` after reading a request, before carrying it out.
    pub fn on_request(&self, hook: impl Fn(&Recorded, &Organization) + Send + Sync + 'static) {
        *lock(&self.server.on_request) = Arc::new(hook);
    }

    /// Calls `hook` at the end of a request, with or without a response.
    pub fn on_done(&self, hook: impl Fn(&Recorded) + Send + Sync + 'static) {
        *lock(&self.server.on_done) = Arc::new(hook);
    }

    pub fn connections(&self) -> usize {
        lock(&self.server.journal.bytes).len()
    }

    /// All requests whose head was read, in this order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.server.journal.requests).clone()
    }

    /// The number of requests with this method and end of the path.
    pub fn count(&self, method: &str, tail: &str) -> usize {
        self.requests().iter().filter(|request| request.is(method, tail)).count()
    }

    /// All requests without the common start of their paths: `GET apikeys?status=DEACTIVATED`.
    pub fn journal(&self) -> Vec<String> {
        let line = |request: Recorded| {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            let path = request.path.splitn(5, '/').last().expect("every path is below an organization's");
            format!("{} {path}{query}", request.method)
        };
        self.requests().into_iter().map(line).collect()
    }

    /// Checks that there were requests, and that all of them were `GET`.
    #[track_caller]
    pub fn assert_only_reads(&self) {
        let journal = self.journal();
        assert!(!journal.is_empty(), "no request");
        assert!(journal.iter().all(|line| line.starts_with("GET ")), "{journal:?}");
    }

    /// Whether any connection brought these bytes, decrypted, in a request or not.
    pub fn saw_bytes(&self, needle: &[u8]) -> bool {
        let connections = lock(&self.server.journal.bytes);
        connections.iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }
}

impl Deref for Coveo {
    type Target = Organization;

    fn deref(&self) -> &Organization {
        &self.server.organization
    }
}

impl Drop for Coveo {
    fn drop(&mut self) {
        self.sockets.close(&self.server);
        self.server.lifeline.cut();
        let complaint = lock(&self.server.journal.complaint).clone();
        assert!(complaint.is_none() || std::thread::panicking(), "{}", complaint.unwrap_or_default());
    }
}

pub struct Builder {
    certificate: Option<Settings>,
    /// Default: a free one.
    pub port: u16,
    unknowns: Unknowns,
    names: Vec<String>,
    /// The directory for the authority's `authority.pem`, instead of a temporary one.
    pub directory: Option<PathBuf>,
}

impl Builder {
    pub fn https(mut self, certificate: impl Into<Settings>) -> Builder {
        self.certificate = Some(certificate.into());
        self
    }

    pub fn unknowns(mut self, unknowns: Unknowns) -> Builder {
        self.unknowns = unknowns;
        self
    }

    /// More host names for the certificate, in addition to localhost.
    pub fn names(mut self, names: &[&str]) -> Builder {
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    pub fn start(self) -> Coveo {
        self.try_start().expect("the fake organization starts")
    }

    pub fn start_with(self, keys: impl IntoIterator<Item = ApiKey>) -> Coveo {
        let coveo = self.start();
        keys.into_iter().for_each(|key| coveo.add(key));
        coveo
    }

    /// Starts the server. Fails if the port or the directory is unusable.
    pub fn try_start(self) -> io::Result<Coveo> {
        let tls = self.certificate.map(|certificate| Tls::new(&certificate, self.names, self.directory));
        let tls = tls.transpose()?;
        let organization = Organization::new(self.unknowns);
        let https = tls.is_some();
        let server = Arc::new(Server::new(organization, tls));
        let sockets = Sockets::open(self.port, https, &server)?;
        let base = if https { "https://localhost" } else { "http://127.0.0.1" };
        let endpoint = format!("{base}:{}", sockets.port);
        Ok(Coveo { server, sockets, endpoint })
    }
}
