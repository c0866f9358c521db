//! HTTP: one request, one response. Certificates, proxy and deadline are applied here.

use std::io::Read;
use std::time::Instant;

use ureq::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use ureq::http::response::Parts;
use ureq::http::{HeaderMap, HeaderValue, Method};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

use crate::net::classify::classify;
use crate::net::error::TransportErrorKind::{Interrupted, TimedOut};
use crate::net::error::{Peer, Phase, TransportError};
use crate::net::proxy::Proxy;
use crate::net::resolver::CachingResolver;
use crate::net::tcp::LayeredConnector;
use crate::net::transport::SharedProgress;
pub use crate::net::transport::Timestamp;
use crate::signals;

/// The most bytes that are read of a response's body by default.
pub const MAX_BODY: usize = 64 * 1024;

/// The size of each buffer of a connection in bytes. Response headers have to fit in.
const BUFFER: usize = 16 * 1024;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// GET, PUT, POST or DELETE.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The JSON body, if any.
    pub json: Option<String>,
    /// The most bytes that are read of the response's body; by default [`MAX_BODY`].
    pub limit: usize,
    /// When the permission to send it expires: no byte is sent later. `None` by default.
    pub expires: Option<Timestamp>,
}

impl Request {
    /// Creates a request without a body and with a small response.
    pub fn new(method: Method, url: String) -> Self {
        Self { method, url, json: None, limit: MAX_BODY, expires: None }
    }
}

/// A response that was read to its end or to the limit.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// All headers, up to 16 KiB together.
    pub headers: HeaderMap,
    /// The body, up to the request's limit.
    pub body: Vec<u8>,
    /// The body was longer than the limit.
    pub truncated: bool,
}

impl Response {
    /// Returns the first header with this name; bytes that aren't UTF-8 are replaced.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// A response, or why there was none.
pub type SendResult = Result<Response, TransportError>;

/// A client that keeps one connection open and sends the same `Authorization` header with every request.
pub struct Http {
    agent: Agent,
    progress: SharedProgress,
    authorization: HeaderValue,
    /// The proxy, without its user and password; `None` if connections are direct.
    pub proxy: Option<Peer>,
}

impl Http {
    /// Creates a client that sends requests through `proxy`, if there is one, and trusts `roots`.
    pub fn new(mut authorization: HeaderValue, proxy: Option<Proxy>, roots: RootCerts) -> Self {
        authorization.set_sensitive(true);
        let progress = SharedProgress::default();
        let config = Agent::config_builder()
            // Every status is a response, even a redirect: following it would send the token along.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("coveo-delete-key/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            // Without this header, a gateway may choose any encoding.
            .accept_encoding("identity")
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            // If this were the size of the buffer, headers that are too long would look like a lost connection.
            .max_response_header_size(BUFFER - 1)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            // The transport enforces the deadline in all phases.
            .timeout_await_100(None)
            .proxy(proxy.as_ref().map(|proxy| proxy.url.clone()))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let connector = LayeredConnector::new(progress.clone(), proxy.is_some());
        let agent = Agent::with_parts(config, connector, CachingResolver(progress.clone()));
        Self { agent, progress, authorization, proxy: proxy.map(|proxy| proxy.peer) }
    }

    /// Sends `request` once and reads the response, both before `deadline`.
    ///
    /// # Errors
    /// There was no complete response; the error contains the phase that was reached.
    pub fn send(&self, request: &Request, deadline: Instant) -> SendResult {
        self.progress.begin(deadline, request.expires);
        let result = self.progress.remaining().and_then(|_| self.exchange(request));
        let result = result.map_err(|error| {
            let phase = self.progress.lock().phase;
            let proxy = self.proxy.clone().filter(|_| phase <= Phase::Proxy);
            let peer = proxy.unwrap_or_else(|| Peer::of_uri(&request.url.parse().unwrap_or_default()));
            let kind = match classify(error) {
                TimedOut if signals::received() && Instant::now() < deadline => Interrupted,
                kind => kind,
            };
            TransportError { phase, kind, peer }
        });
        let is_bad_node = match &result {
            Ok(response) => matches!(response.status, 500 | 502 | 503 | 504),
            Err(error) => error.phase >= Phase::Connect && error.is_transient(),
        };
        if is_bad_node {
            self.progress.lock().avoid_address();
        }
        result
    }

    fn exchange(&self, request: &Request) -> Result<Response, Error> {
        let mut builder = ureq::http::Request::builder()
            .method(&request.method)
            .uri(&request.url)
            .header(AUTHORIZATION, &self.authorization);
        if request.method == Method::GET {
            builder = builder.header(CACHE_CONTROL, "no-cache");
        }
        let response = match &request.json {
            Some(json) => self.agent.run(builder.header(CONTENT_TYPE, "application/json").body(json)?),
            // These methods send an empty body; the others send no body.
            None if matches!(request.method, Method::PUT | Method::POST) => self.agent.run(builder.body("")?),
            None => self.agent.run(builder.body(())?),
        };
        let (Parts { status, headers, .. }, mut body) = response?.into_parts();
        // A 204 has no body. A server that announces one may also send it, and it must not be read as the response to the
        // next request.
        let announced = headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        self.progress.lock().not_reusable |= announced && matches!(status.as_u16(), 204 | 304);
        let mut bytes = Vec::new();
        let mut reader = body.as_reader();
        (&mut reader).take(request.limit as u64).read_to_end(&mut bytes)?;
        let truncated = bytes.len() == request.limit && reader.read(&mut [0])? > 0;
        Ok(Response { status: status.as_u16(), headers, body: bytes, truncated })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::net::error::TransportErrorKind;

    #[test]
    fn expired_request_sends_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let server = TcpListener::bind("127.0.0.1:0")?;
        let http = Http::new(HeaderValue::from_static("Bearer x"), None, RootCerts::WebPki);
        let url = format!("http://{}/", server.local_addr()?);
        let request = Request { expires: Some(Timestamp::now()), ..Request::new(Method::DELETE, url) };
        let error = http.send(&request, Instant::now() + Duration::from_secs(5)).err().ok_or("sent")?;
        drop(http);
        assert_eq!((&error.kind, error.may_have_been_applied()), (&TransportErrorKind::Expired, false));
        assert_eq!(error.to_string(), "the request was not sent, because the key was read too long ago");
        let mut received = Vec::new();
        server.accept()?.0.read_to_end(&mut received)?;
        assert_eq!(received, b"");
        Ok(())
    }
}
