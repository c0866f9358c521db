//! HTTP: one request in, one answer out. Certificates, proxy and time limits are settled here.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderValue, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Body, Error};

use crate::input::{InputError, one_line, quote};
use crate::token::AccessToken;
use crate::wire::{Dialler, Names, Stage, Wire, WitnessConnector};

/// The most bytes that are read of an answer's body, but for a list of keys.
pub const SMALL: usize = 64 * 1024;

/// The size of each buffer of a connection, in bytes; an answer's head has to fit in.
const BUFFER: usize = 16 * 1024;

/// The most bytes of a file of certificates that are read: some fifty times the system's.
const LARGEST_BUNDLE: u64 = 10 * 1024 * 1024;

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
pub struct Answer {
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

/// No answer: how far the exchange had come, and what went wrong.
#[derive(Debug)]
pub struct Failure {
    /// How far it had come. From [`Stage::Sent`] on, the request may have been carried out.
    pub stage: Stage,
    /// What went wrong.
    pub cause: Cause,
    /// The host that was asked: Coveo's, or the proxy in front of it.
    pub host: String,
}

/// What went wrong with an exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Cause {
    /// Time was up.
    TimedOut,
    /// The server's certificate can't be trusted; the text says why.
    Certificate(String),
    /// The certificate is not of an authority that is trusted.
    UnknownAuthority,
    /// The proxy said no; the text is its status.
    ProxyRefused(String),
    /// There was an answer that is not HTTP, or is too large.
    Unreadable(String),
    /// The connection failed or was lost; the text is the system's.
    Lost(String),
}

impl Failure {
    /// Whether the request can have been carried out.
    pub fn may_have_been_carried_out(&self) -> bool {
        self.stage == Stage::Sent
    }

    /// The same failure, with `token` struck out of what others have said.
    pub fn without(mut self, token: &AccessToken) -> Self {
        match &mut self.cause {
            Cause::Certificate(text)
            | Cause::ProxyRefused(text)
            | Cause::Unreadable(text)
            | Cause::Lost(text) => {
                *text = token.clean(text);
            }
            Cause::TimedOut | Cause::UnknownAuthority => {}
        }
        self
    }

    /// Whether another attempt may end better.
    pub fn may_pass(&self) -> bool {
        !matches!(self.cause, Cause::Certificate(_) | Cause::UnknownAuthority)
    }
}

/// In words: `the connection to HOST was refused`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let host = &self.host;
        match (&self.cause, self.stage) {
            (Cause::TimedOut, Stage::LookUp) => write!(f, "looking up {host} took too long"),
            (Cause::TimedOut, Stage::Start | Stage::Connect) => {
                write!(f, "connecting to {host} took too long")
            }
            (Cause::TimedOut, Stage::Proxy) => write!(f, "the proxy {host} took too long to connect"),
            (Cause::TimedOut, Stage::Tls) => write!(f, "agreeing on encryption with {host} took too long"),
            (Cause::TimedOut, Stage::Sent) => write!(f, "{host} did not answer in time"),
            (Cause::Certificate(why), _) => write!(f, "the certificate of {host} can't be trusted: {why}"),
            (Cause::UnknownAuthority, _) => {
                write!(f, "the certificate of {host} can't be trusted: it was issued by an unknown authority")
            }
            (Cause::ProxyRefused(status), _) => write!(f, "the proxy {host} refused to connect: {status}"),
            (Cause::Unreadable(what), _) => write!(f, "the answer of {host} can't be read: {what}"),
            (Cause::Lost(why), Stage::LookUp) => write!(f, "{host} could not be found: {why}"),
            (Cause::Lost(why), Stage::Start | Stage::Connect) => {
                write!(f, "could not connect to {host}: {why}")
            }
            (Cause::Lost(why), Stage::Proxy) => write!(f, "the proxy {host} did not connect: {why}"),
            (Cause::Lost(why), Stage::Tls) => write!(f, "could not agree on encryption with {host}: {why}"),
            (Cause::Lost(why), Stage::Sent) => write!(f, "the connection to {host} was lost: {why}"),
        }
    }
}

/// A client that keeps one connection open and sends the token with every request.
pub struct Http {
    agent: Agent,
    wire: Wire,
    authorization: HeaderValue,
    host: String,
    /// `HOST:PORT` of the proxy, without its user and password.
    proxy: Option<String>,
}

impl Http {
    /// A client for requests to `host`, which go through `proxy` where there is one.
    ///
    /// `roots` are the certificates to trust; `None` stands for the Mozilla roots that are built in.
    pub fn new(
        host: &str,
        token: &AccessToken,
        proxy: Option<ureq::Proxy>,
        roots: Option<Vec<Certificate<'static>>>,
    ) -> Self {
        let wire = Wire::new();
        let via = proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let roots = match roots {
            Some(certificates) => RootCerts::from(certificates),
            None => RootCerts::WebPki,
        };
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
                .chain(Dialler(wire.clone()))
                .chain(RustlsConnector::default())
                .chain(WitnessConnector { wire: wire.clone(), proxied: via.is_some() });
        let mut authorization =
            HeaderValue::from_str(&token.authorization()).expect("a token is printable ASCII");
        authorization.set_sensitive(true);
        Self {
            agent: Agent::with_parts(config, connector, Names::new(wire.clone())),
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
    pub fn send(&self, request: &Request, deadline: Instant) -> Result<Answer, Failure> {
        {
            let mut exchange = self.wire.exchange();
            exchange.deadline = deadline;
            exchange.stage = Stage::Start;
            exchange.tunnelled = false;
        }
        self.exchange(request).map_err(|error| self.failure(error))
    }

    fn exchange(&self, request: &Request) -> Result<Answer, Error> {
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

    fn read(&self, mut response: Response<Body>, limit: usize) -> Result<Answer, Error> {
        let status = response.status().as_u16();
        let headers = response.headers();
        // By the rules this answer has no body. A server that announces one anyway may send it, too,
        // and it must not be read as the answer to the next request.
        let announced = headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        if matches!(status, 204 | 304) && announced {
            self.wire.exchange().spoilt = true;
        }
        let mut answer = Answer {
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

    fn failure(&self, error: Error) -> Failure {
        let (stage, tunnelled) = {
            let exchange = self.wire.exchange();
            (exchange.stage, exchange.tunnelled)
        };
        let cause = cause_of(error);
        // Until the proxy has connected, it is the proxy that is dealt with, if there is one.
        let proxy = self.proxy.as_ref().filter(|_| !tunnelled && stage != Stage::Sent);
        Failure { stage, cause, host: proxy.unwrap_or(&self.host).clone() }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn cause_of(error: Error) -> Cause {
    match error {
        Error::Timeout(_) => Cause::TimedOut,
        Error::HostNotFound => Cause::Lost("no address is known".into()),
        Error::ConnectProxyFailed(reason) => {
            // `ureq` says "proxy server responded 407/407".
            let status = reason.rsplit(['/', ' ']).next().and_then(|status| status.parse::<u16>().ok());
            Cause::ProxyRefused(match status {
                Some(407) => "407, it wants a user name and a password".into(),
                Some(status) => status.to_string(),
                None => one_line(&reason),
            })
        }
        Error::Io(error) => cause_of_io(&error),
        Error::Rustls(error) => cause_of_tls(&error.to_string()),
        Error::LargeResponseHeader(..) => {
            Cause::Unreadable(format!("its head is longer than {} KiB", BUFFER / 1024))
        }
        other => Cause::Unreadable(one_line(&other.to_string())),
    }
}

fn cause_of_io(error: &io::Error) -> Cause {
    match error.kind() {
        // This is how `rustls` wraps its own errors.
        io::ErrorKind::InvalidData => cause_of_tls(&error.to_string()),
        io::ErrorKind::UnexpectedEof => Cause::Lost("the other side closed it".into()),
        io::ErrorKind::ConnectionRefused => Cause::Lost("the connection was refused".into()),
        io::ErrorKind::ConnectionReset => Cause::Lost("the other side reset it".into()),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Cause::TimedOut,
        _ => {
            // "failed to lookup address information: Name or service not known"
            let text = error.to_string();
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            let text = text.split(" (os error").next().unwrap_or(text);
            Cause::Lost(one_line(text))
        }
    }
}

/// Sorts an error of `rustls` by its text: its type is not within reach, since `ureq` does not name it.
/// Tests with real certificates hold these texts in place.
fn cause_of_tls(text: &str) -> Cause {
    let Some(problem) = text.strip_prefix("invalid peer certificate: ") else {
        return Cause::Lost(one_line(text));
    };
    // A bad signature: a trusted authority has the issuer's name, but another key.
    if problem.starts_with("UnknownIssuer") || problem.starts_with("BadSignature") {
        return Cause::UnknownAuthority;
    }
    let seconds = || problem.rsplit('(').next()?.split(' ').next()?.parse::<u64>().ok();
    if problem.contains("certificate expired") || problem == "Expired" {
        return Cause::Certificate(match seconds() {
            Some(seconds) => format!("it expired {} ago", roughly(seconds)),
            None => "it has expired".into(),
        });
    }
    if problem.contains("not valid yet") || problem == "NotValidYet" {
        return Cause::Certificate(match seconds() {
            Some(seconds) => {
                format!("it becomes valid in {}; is the clock of this machine right?", roughly(seconds))
            }
            None => "it is not valid yet; is the clock of this machine right?".into(),
        });
    }
    if let Some((_, names)) = problem.split_once("certificate is only valid for ") {
        let names =
            names.replace("DnsName(\"", "").replace("IpAddress(", "").replace("\")", "").replace(')', "");
        return Cause::Certificate(format!("it is for another name ({})", one_line(&names)));
    }
    if problem.contains("not valid for") || problem.contains("NotValidForName") {
        return Cause::Certificate("it is for another name".into());
    }
    Cause::Certificate(one_line(problem))
}

/// A span of time as people say it: `3 days`.
fn roughly(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        172_800..63_072_000 => (seconds / 86400, "day"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// How long `duration` is, for messages: `0.52 s`, `60 s`.
pub fn seconds(duration: Duration) -> String {
    let text = format!("{:.2}", duration.as_secs_f64());
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Reads the certificates of a PEM file; `source` names where its path was given.
///
/// # Errors
/// A file that can't be read, or that holds no certificate.
pub fn read_certificates(source: &str, path: &str) -> Result<Vec<Certificate<'static>>, InputError> {
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_BUNDLE).read_to_end(&mut pem))
        .map_err(|error| InputError::new(format!("{source} {}: {}", quote(path), system(&error))))?;
    let unreadable =
        || InputError::new(format!("{source} {} has a certificate that can't be read", quote(path)));
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) if is_whole(certificate.der()) => {
                certificates.push(certificate)
            }
            Ok(PemItem::Certificate(_)) => return Err(unreadable()),
            Ok(_) => {}
            Err(_) => return Err(unreadable()),
        }
    }
    if certificates.is_empty() {
        return Err(InputError::new(format!("{source} {} holds no certificate in PEM form", quote(path))));
    }
    Ok(certificates)
}

/// Whether `der` is one DER sequence and nothing else, as a certificate is. One that is not would be passed over later,
/// in silence.
fn is_whole(der: &[u8]) -> bool {
    match *der {
        [0x30, length @ ..=0x7f, ref rest @ ..] => rest.len() == usize::from(length),
        [0x30, 0x81, length, ref rest @ ..] => rest.len() == usize::from(length),
        [0x30, 0x82, high, low, ref rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([high, low])),
        _ => false,
    }
}

/// What the system says of a file, without the error's number.
pub fn system(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        for (seconds, words) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (180, "3 minutes"),
            (7200, "2 hours"),
            (3 * 86400, "3 days"),
            (3650 * 86400, "10 years"),
        ] {
            assert_eq!(roughly(seconds), words);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_error_of_tls_can_be_said(text in ".{0,200}") {
            let _ = cause_of_tls(&text);
            let _ = cause_of_tls(&format!("invalid peer certificate: {text}"));
        }
    }
}
