//! A Coveo organization on loopback: a real HTTP or HTTPS server with API keys, access tokens and privileges,
//! a journal of what was asked, and faults on demand. Tests start it in their own process, many side by side;
//! `cargo run --example fake-coveo` starts one for people.

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
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use crate::tls::Certificate;

pub use self::{
    faults::{Break, CannedResponse, Fault, Hook, Leftover, Point, always, first},
    journal::Recorded,
    key::{ApiKey, Date},
    organization::{ORGANIZATION, Organization},
    token::{EDIT_TOKEN, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, Privilege, SINGLE_KEY_TOKEN, VIEW_TOKEN},
    unknowns::{ErrorForm, MissingKey, OtherOrganization},
};
use self::{
    server::{Server, Sockets},
    tls::Tls,
    unknowns::Unknowns,
};
use crate::tls::Settings;

/// A running server with its one organization. Everything that [`Organization`] offers can be asked of it
/// directly.
///
/// Dropping it closes the listener and every connection and ends all threads. It panics then if the plan of
/// faults could not be carried out, so that no test passes because nothing went wrong.
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

    /// Starts an organization without keys over HTTPS, with a good certificate from an authority of its own.
    pub fn https() -> Coveo {
        Coveo::builder().https(Certificate::Good).start()
    }

    /// A server with other settings.
    pub fn builder() -> Builder {
        Builder {
            certificate: None,
            port: 0,
            organization: ORGANIZATION.to_owned(),
            unknowns: Unknowns::default(),
            dates: Date::Rfc3339,
            names: Vec::new(),
            directory: None,
        }
    }

    /// The base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The port, the same one on 127.0.0.1 and, over HTTPS where there is IPv6, on ::1.
    pub fn port(&self) -> u16 {
        self.sockets.port
    }

    /// The PEM file of the authority that signed the server's certificate; it lives as long as the server.
    ///
    /// # Panics
    ///
    /// Over plain HTTP, where there is none.
    pub fn authority_file(&self) -> &Path {
        &self.tls().file
    }

    /// What is in [`authority_file`](Self::authority_file).
    ///
    /// # Panics
    ///
    /// Over plain HTTP, where there is none.
    pub fn authority_pem(&self) -> &str {
        &self.tls().authority.pem
    }

    /// The certificate of the authority between that one and the server, if there is one.
    ///
    /// # Panics
    ///
    /// Over plain HTTP.
    pub fn intermediate_pem(&self) -> &str {
        &self.tls().authority.intermediate_pem
    }

    fn tls(&self) -> &Tls {
        self.server.tls.as_ref().expect("an authority is there over HTTPS alone")
    }

    /// Decides what goes wrong from now on; without a plan, nothing does. See [`Hook`] for when it is
    /// asked.
    pub fn plan(&self, plan: impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static) {
        *lock(&self.server.script.plan) = Arc::new(plan);
    }

    /// Has `fault` strike the requests with this method and a path that ends so, and nothing else go wrong.
    pub fn inject(&self, method: &'static str, tail: &'static str, fault: Fault) {
        self.plan(move |moment| match moment {
            Hook::Request(_, request) if request.is(method, tail) => fault.clone(),
            _ => Fault::None,
        });
    }

    /// Has `hook` called once a request has been read whole, before anything is done about it.
    pub fn on_request(&self, hook: impl Fn(&Recorded, &Organization) + Send + Sync + 'static) {
        *lock(&self.server.script.on_request) = Arc::new(hook);
    }

    /// Has `hook` called once a request has been dealt with, whether it was answered or not.
    pub fn on_done(&self, hook: impl Fn(&Recorded) + Send + Sync + 'static) {
        *lock(&self.server.script.on_done) = Arc::new(hook);
    }

    /// How many TCP connections have been accepted so far.
    pub fn connections(&self) -> usize {
        self.server.journal.connections()
    }

    /// The requests whose head has been read, in that order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.journal.requests()
    }

    /// How many requests there were with this method and a path that ends so.
    pub fn count(&self, method: &str, tail: &str) -> usize {
        self.requests().iter().filter(|request| request.is(method, tail)).count()
    }

    /// The requests, without what all their paths begin with: `GET apikeys?status=DEACTIVATED`.
    pub fn journal(&self) -> Vec<String> {
        let line = |request: Recorded| {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            let path = request.path.splitn(5, '/').last().expect("every path is below an organization's");
            format!("{} {path}{query}", request.method)
        };
        self.requests().into_iter().map(line).collect()
    }

    /// Whether any one connection has brought these bytes, decrypted, whether or not they made a request.
    pub fn saw_bytes(&self, needle: &[u8]) -> bool {
        self.server.journal.saw_bytes(needle)
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
        self.sockets.close();
        self.server.lifeline.cut();
        if let Some(complaint) = self.server.journal.complaint()
            && !std::thread::panicking()
        {
            panic!("{complaint}");
        }
    }
}

/// The settings of a [`Coveo`] that is yet to start.
pub struct Builder {
    certificate: Option<Settings>,
    port: u16,
    organization: String,
    unknowns: Unknowns,
    dates: fn(std::time::SystemTime) -> Date,
    names: Vec<String>,
    directory: Option<PathBuf>,
}

impl Builder {
    /// HTTPS with this certificate, instead of plain HTTP.
    pub fn https(mut self, certificate: impl Into<Settings>) -> Builder {
        self.certificate = Some(certificate.into());
        self
    }

    /// The port to listen on, instead of a free one.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// The organization's ID, instead of [`ORGANIZATION`].
    pub fn organization(mut self, id: &str) -> Builder {
        id.clone_into(&mut self.organization);
        self
    }

    /// Whether a bulk operation that is refused has changed the first half of its keys all the same. By
    /// default it has changed nothing. What Coveo does is not documented.
    pub fn partial_bulk(mut self, partial: bool) -> Builder {
        self.unknowns.partial_bulk = partial;
        self
    }

    /// The status and code by which a bulk operation is refused when one of its keys does not exist or may not be
    /// edited. By default 412, which is documented, with a code that is not.
    pub fn bulk_refusal(mut self, status: u16, code: &'static str) -> Builder {
        self.unknowns.bulk_refusal = (status, code);
        self
    }

    /// The answer to a change of a key that does not exist; by default 404 `API_KEY_NOT_FOUND`.
    pub fn missing_key(mut self, answer: MissingKey) -> Builder {
        self.unknowns.missing_key = answer;
        self
    }

    /// The answer to requests in the name of another organization; by default 404 `ORGANIZATION_NOT_FOUND`.
    pub fn other_organization(mut self, answer: OtherOrganization) -> Builder {
        self.unknowns.other_organization = answer;
        self
    }

    /// Whether a key that the token has no privilege on is answered as one that does not exist, instead of by 403.
    pub fn hides_keys(mut self, hides: bool) -> Builder {
        self.unknowns.hides_keys = hides;
        self
    }

    /// The form of errors with this status; by default [`ErrorForm::ErrorCode`], and
    /// [`ErrorForm::WithoutRequestId`] for `ORGANIZATION_NOT_FOUND`.
    pub fn error_form(mut self, status: u16, form: ErrorForm) -> Builder {
        self.unknowns.error_forms.push((status, form));
        self
    }

    /// How the organization writes the dates that it sets itself, such as `Date::Millis`; by default
    /// `Date::Rfc3339`.
    pub fn dates(mut self, dates: fn(std::time::SystemTime) -> Date) -> Builder {
        self.dates = dates;
        self
    }

    /// Host names that the certificate is valid for beside localhost.
    pub fn names(mut self, names: &[&str]) -> Builder {
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// The directory to leave the authority's `authority.pem` in, instead of a temporary one that goes with
    /// the server.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Builder {
        self.directory = Some(directory.into());
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    ///
    /// Where [`try_start`](Self::try_start) has an error.
    pub fn start(self) -> Coveo {
        self.try_start().expect("the fake organization starts")
    }

    /// Starts the server; an error is about the port or the directory.
    pub fn try_start(self) -> io::Result<Coveo> {
        let tls = self.certificate.map(|certificate| Tls::new(&certificate, self.names, self.directory));
        let tls = tls.transpose()?;
        let organization = Organization::new(self.organization, self.unknowns, self.dates);
        let https = tls.is_some();
        let server = Arc::new(Server::new(organization, tls));
        let sockets = Sockets::open(self.port, https, &server)?;
        let endpoint = if https {
            format!("https://localhost:{}", sockets.port)
        } else {
            format!("http://127.0.0.1:{}", sockets.port)
        };
        Ok(Coveo { server, sockets, endpoint })
    }
}

/// Locks a mutex whose holder may have panicked: the data behind every one of them stays whole at each step.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
