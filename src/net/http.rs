//! HTTP: one request in, one answer out. Certificates, proxy and time limits are settled here.

use std::io::Read;
use std::time::Instant;

use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderValue};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Body, Error};

use crate::coveo::token::AccessToken;
use crate::net::error::{TransportError, cause_of};
use crate::net::tcp::{CachingResolver, DirectConnector, Phase, SendMarkerConnector, SharedProgress};

/// The most bytes that are read of an answer's body, but for a list of keys.
pub const SMALL: usize = 64 * 1024;

/// The size of each buffer of a connection, in bytes; an answer's head has to fit in.
const BUFFER: usize = 16 * 1024;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads; changes nothing.
    Get,
    /// Deletes a key.
    Delete,
    /// Disables a key, or several.
    Put,
    /// Deletes several keys.
    Post,
}

impl Method {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Delete => "DELETE",
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// JSON to send along.
    pub json: Option<String>,
    /// The most bytes of the answer's body that are of use.
    pub limit: usize,
}

impl Request {
    /// A request without a body, whose answer is small.
    pub fn new(method: Method, url: String) -> Self {
        Self { method, url, json: None, limit: SMALL }
    }
}

/// What came back: a head that arrived whole, and a body that did.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `X-Request-ID`.
    pub request_id: Option<String>,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// `Date`, as it came.
    pub date: Option<String>,
    /// Coveo's web application firewall blocked the request (`x-coveo-waf-action: block`).
    pub blocked_by_firewall: bool,
    /// The body, as far as the request's limit goes.
    pub body: Vec<u8>,
    /// The body was longer than the limit.
    pub cut: bool,
}

/// A client that keeps one connection open and sends the token with every request.
pub struct Http {
    agent: Agent,
    wire: SharedProgress,
    authorization: HeaderValue,
    host: String,
    /// `HOST:PORT` of the proxy, without its user and password.
    proxy: Option<String>,
}

impl Http {
    /// A client for requests to `host`, which go through `proxy` where there is one. `roots` are the certificates to
    /// trust.
    pub fn new(host: &str, token: &AccessToken, proxy: Option<ureq::Proxy>, roots: RootCerts) -> Self {
        let wire = SharedProgress::new();
        let via = proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let config = Agent::config_builder()
            // Statuses are answers. A redirect is one too: following it would take the token along.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("coveo-delete-key/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .max_response_header_size(BUFFER)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            // Time is kept by the wire, for all stages alike.
            .timeout_await_100(None)
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(DirectConnector(wire.clone()))
                .chain(RustlsConnector::default())
                .chain(SendMarkerConnector { wire: wire.clone(), proxied: via.is_some() });
        let mut authorization =
            HeaderValue::from_str(&token.authorization()).expect("a token is printable ASCII");
        authorization.set_sensitive(true);
        Self {
            agent: Agent::with_parts(config, connector, CachingResolver::new(wire.clone())),
            wire,
            authorization,
            host: host.to_owned(),
            proxy: via,
        }
    }

    /// The proxy that requests go through, as `HOST:PORT`.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Sends `request` once and reads the answer, both before `deadline`.
    ///
    /// # Errors
    /// Whatever keeps the answer from arriving whole.
    pub fn send(&self, request: &Request, deadline: Instant) -> Result<Response, TransportError> {
        {
            let mut exchange = self.wire.exchange();
            exchange.deadline = deadline;
            exchange.stage = Phase::Start;
            exchange.tunnelled = false;
        }
        self.exchange(request).map_err(|error| self.failure(error))
    }

    fn exchange(&self, request: &Request) -> Result<Response, Error> {
        let authorization = self.authorization.clone();
        let response = match (request.method, &request.json) {
            (Method::Get, _) => self.agent.get(&request.url).header(AUTHORIZATION, authorization).call(),
            (Method::Delete, _) => {
                self.agent.delete(&request.url).header(AUTHORIZATION, authorization).call()
            }
            (method, json) => {
                let request = match method {
                    Method::Put => self.agent.put(&request.url),
                    _ => self.agent.post(&request.url),
                };
                let request = request.header(AUTHORIZATION, authorization);
                match json {
                    Some(json) => request.content_type("application/json").send(json),
                    None => request.send_empty(),
                }
            }
        }?;
        self.read(response, request.limit)
    }

    fn read(&self, mut response: ureq::http::Response<Body>, limit: usize) -> Result<Response, Error> {
        let status = response.status().as_u16();
        let headers = response.headers();
        // By the rules this answer has no body. A server that announces one anyway may send it, too,
        // and it must not be read as the answer to the next request.
        let announced = headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        if matches!(status, 204 | 304) && announced {
            self.wire.exchange().not_reusable = true;
        }
        let mut answer = Response {
            status,
            request_id: text(headers, "x-request-id"),
            retry_after: text(headers, "retry-after"),
            date: text(headers, "date"),
            blocked_by_firewall: text(headers, "x-coveo-waf-action")
                .is_some_and(|action| action.eq_ignore_ascii_case("block")),
            body: Vec::new(),
            cut: false,
        };
        let mut body = response.body_mut().as_reader();
        (&mut body).take(limit as u64).read_to_end(&mut answer.body)?;
        answer.cut = answer.body.len() == limit && body.read(&mut [0])? > 0;
        Ok(answer)
    }

    fn failure(&self, error: Error) -> TransportError {
        let (stage, tunnelled) = {
            let exchange = self.wire.exchange();
            (exchange.stage, exchange.tunnelled)
        };
        let cause = cause_of(error);
        // Until the proxy has connected, it is the proxy that is dealt with, if there is one.
        let proxy = self.proxy.as_ref().filter(|_| !tunnelled && stage != Phase::Sent);
        let peer = proxy.map_or_else(|| self.host.clone(), |proxy| format!("the proxy {proxy}"));
        TransportError { stage, cause, peer }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
