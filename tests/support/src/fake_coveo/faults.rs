//! Faults on demand, and the hooks at which a plan of faults can cause them.

use std::time::Duration;

use serde_json::Value;

use super::http::{Body, Response};
use super::journal::Recorded;
use super::unknowns::ErrorForm;
use crate::tls::Certificate;

/// The moment at which a plan chooses a fault. All numbers count from 0 over the server's whole life.
#[derive(Clone, Copy, Debug)]
pub enum Hook<'a> {
    /// A connection has been accepted and nothing read from it. Allows [`Point::Accept`], [`Point::Handshake`],
    /// [`Fault::Certificate`], [`Fault::Stall`] and [`Fault::SpeakFirst`].
    Connection(usize),
    /// The first byte of a request has arrived. Allows [`Point::Reading`].
    Reading(usize),
    /// The head of a request has been read, its body has not; the number is the one of `Reading`. Allows all other
    /// faults, and [`Point::Reading`], which is in the middle of the body then.
    Request(usize, &'a Recorded),
}

#[derive(Clone, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    At(Point, Break),
    /// The server presents another certificate of its authority (HTTPS only).
    Certificate(Certificate),
    /// The TLS handshake, or without TLS the first read, stalls for this long.
    Stall(Duration),
    /// The server sends these bytes before the first request: plain, or together with the end of the TLS handshake.
    SpeakFirst(Vec<u8>),
    /// A made-up response.
    Answer(CannedResponse),
    /// The true response; then the connection is closed without notice.
    CloseAfter,
    /// The true response, this long after the request was carried out.
    Slow(Duration),
    /// The true response with these headers, which replace all of the same name. A name may be given twice.
    Headers(Vec<(String, String)>),
    /// The true response with its JSON body changed.
    Edited(fn(&mut Value)),
    /// The response of a cache: the one to the first read of the same path, with its `Date`, and with this `Age` if any.
    /// The true response if the path was never read, and for changes.
    Cached(Option<Duration>),
}

/// The point at which a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Right after it was accepted.
    Accept,
    /// In the TLS handshake, after the client's first message.
    Handshake,
    /// While the request is being read.
    Reading,
    /// After reading the request, before carrying it out.
    BeforeActing,
    /// After carrying out the request, before responding.
    AfterActing,
    /// In the status line of the response, after carrying out the request.
    StatusLine,
    /// In the headers of the response, after carrying out the request.
    Header,
    /// In the body of the response, or in the headers if it has none, after carrying out the request.
    Body,
}

/// The way in which a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The server closes it (FIN, without `close_notify`).
    Close,
    /// The server resets it (RST).
    Reset,
    /// The server stays silent until the client closes the connection or the server stops.
    Hang,
    /// The server sends one byte every 100 ms and never ends. At `Point::Reading` it reads that slowly.
    Drip,
    /// The server sends bytes that are neither HTTP nor TLS nor text, and closes it.
    Garbage,
}

impl Fault {
    /// Whether the fault is possible at this hook, with or without TLS.
    pub(super) fn fits(&self, hook: Hook<'_>, tls: bool) -> bool {
        match (self, hook) {
            (Fault::None, _) => true,
            (Fault::At(Point::Handshake, _) | Fault::Certificate(_), _) => {
                tls && matches!(hook, Hook::Connection(_))
            }
            (Fault::At(Point::Accept, _) | Fault::Stall(_) | Fault::SpeakFirst(_), _) => {
                matches!(hook, Hook::Connection(_))
            }
            (Fault::At(Point::Reading, _), Hook::Reading(_)) => true,
            (_, Hook::Request(..)) => true,
            _ => false,
        }
    }

    /// A 200 with this JSON.
    pub fn json(body: impl Into<Vec<u8>>) -> Fault {
        Fault::Answer(CannedResponse::status(200).header("Content-Type", "application/json").body(body))
    }

    /// The true response with this header, which replaces all of the same name.
    pub fn header(name: &str, value: &str) -> Fault {
        Fault::Headers(vec![(name.to_owned(), value.to_owned())])
    }
}

/// A plan that causes `fault` on every connection or request.
pub fn always(fault: Fault) -> impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static {
    first(usize::MAX, fault)
}

/// A plan that causes `fault` on the first `count` connections or requests.
pub fn first(count: usize, fault: Fault) -> impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static {
    move |hook| {
        let (Hook::Connection(number) | Hook::Reading(number) | Hook::Request(number, _)) = hook;
        let in_a_body = matches!((&fault, hook), (Fault::At(Point::Reading, _), Hook::Request(..)));
        if number < count && fault.fits(hook, true) && !in_a_body { fault.clone() } else { Fault::None }
    }
}

/// Bytes after a response, over TLS in a separate record.
#[derive(Clone, Debug)]
pub struct Leftover {
    pub bytes: Vec<u8>,
    /// How many bytes on the wire come together with the response; the rest comes before the next one.
    pub at_once: usize,
}

/// A made-up response. The request is not carried out, except with [`acting`](Self::acting).
///
/// A `Date` is added if missing, and a `Content-Length` unless it or a `Transfer-Encoding` is given.
#[derive(Clone, Debug)]
pub struct CannedResponse {
    pub(super) response: Response,
    pub(super) raw: Option<Vec<u8>>,
    pub(super) leftover: Option<Leftover>,
    pub(super) acts: bool,
    pub(super) closes: bool,
}

impl CannedResponse {
    /// A response with this status and an empty body.
    pub fn status(status: u16) -> CannedResponse {
        CannedResponse {
            response: Response::new(status),
            raw: None,
            leftover: None,
            acts: false,
            closes: false,
        }
    }

    /// An error in Coveo's form.
    pub fn error(status: u16, code: &str, message: &str) -> CannedResponse {
        CannedResponse::error_in(ErrorForm::ErrorCode, status, code, message)
    }

    pub fn error_in(form: ErrorForm, status: u16, code: &str, message: &str) -> CannedResponse {
        let response = Response::error(form, status, code, message, "5b1c9e7a-3d42-4f68-9a0b-c7d1e2f36845");
        CannedResponse { response, ..CannedResponse::status(status) }
    }

    /// Exactly these bytes, HTTP or not.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> CannedResponse {
        CannedResponse { raw: Some(bytes.into()), ..CannedResponse::status(200) }
    }

    /// With more bytes after it; for raw responses.
    pub fn leaving(mut self, leftover: Leftover) -> CannedResponse {
        self.leftover = Some(leftover);
        self
    }

    /// With this header, which replaces others of the same name.
    pub fn header(mut self, name: &str, value: &str) -> CannedResponse {
        self.response = self.response.header(name, value);
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> CannedResponse {
        self.response.body = Body::Bytes(body.into());
        self
    }

    /// With a body of `length` letters, which is never held in memory.
    pub fn body_of(mut self, length: u64) -> CannedResponse {
        self.response.body = Body::Letters(length);
        self
    }

    /// Carries out the request first.
    pub fn acting(mut self) -> CannedResponse {
        self.acts = true;
        self
    }

    /// Closes the connection afterwards; a header says so unless the response is raw.
    pub fn closing(mut self) -> CannedResponse {
        self.closes = true;
        self
    }
}
