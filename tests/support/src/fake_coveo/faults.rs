//! What can go wrong on demand: when a plan of faults is asked, and what it can answer.

use std::time::Duration;

use super::http::{Answer, Body};
use super::journal::Recorded;
use super::unknowns::ErrorForm;
use crate::tls::Certificate;

/// When a plan is asked what is to go wrong. All numbers count from 0 over the server's whole life.
#[derive(Clone, Copy, Debug)]
pub enum Hook<'a> {
    /// A connection has been accepted, and nothing been read from it. Takes [`Point::Accept`] and
    /// [`Point::Handshake`], and [`Fault::Certificate`].
    Connection(usize),
    /// The first byte of a request has come. Takes [`Point::Reading`].
    Reading(usize),
    /// The head of a request has been read, with the same number as at `Reading`; its body has not. Takes all
    /// else, and [`Point::Reading`], which is then in the middle of the body.
    Request(usize, &'a Recorded),
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The connection breaks at that point, in that way.
    At(Point, Break),
    /// The server shows another certificate of its authority's, over HTTPS.
    Certificate(Certificate),
    /// Another answer than the true one.
    Answer(CannedResponse),
    /// The true answer, after which the connection is closed although nothing has said so.
    CloseAfter,
    /// The true answer, this long after the request has been carried out.
    Slow(Duration),
    /// The true answer with these headers too, or in the place of others, as a middlebox writes them.
    Headers(Vec<(String, String)>),
    /// The answer that the organization gave when the same path was first read, with its `Date`, and with this
    /// `Age` if there is one: a cache. What was never read, and what changes something, gets the true answer.
    Cached(Option<Duration>),
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// As soon as it has been accepted.
    Accept,
    /// In the TLS handshake, after the client's first message.
    Handshake,
    /// Partway through reading the request.
    Reading,
    /// The request has been read, and nothing been done about it.
    BeforeActing,
    /// The request has been carried out, and nothing been answered.
    AfterActing,
    /// The request has been carried out; the answer ends within its status line.
    StatusLine,
    /// The request has been carried out; the answer ends within its header.
    Header,
    /// The request has been carried out; the answer ends within its body, or within its header if it has
    /// none.
    Body,
}

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The server closes it (FIN, without TLS's farewell).
    Close,
    /// The server resets it (RST).
    Reset,
    /// The server says nothing more, until the client goes away or the server stops.
    Hang,
    /// The server goes on with one byte every 100 ms and never comes to an end. At `Point::Reading` it is its
    /// reading that is so slow.
    Drip,
    /// The server writes bytes that are neither HTTP nor TLS nor text, and closes it.
    Garbage,
}

impl Fault {
    /// Whether this can go wrong at that moment of a server with or without TLS.
    pub(super) fn fits(&self, moment: Hook<'_>, tls: bool) -> bool {
        match (self, moment) {
            (Fault::None, _) | (Fault::At(Point::Accept, _), Hook::Connection(_)) => true,
            (Fault::At(Point::Handshake, _) | Fault::Certificate(_), Hook::Connection(_)) => tls,
            (Fault::At(Point::Accept | Point::Handshake, _) | Fault::Certificate(_), _) => false,
            (Fault::At(Point::Reading, _), Hook::Reading(_)) => true,
            (_, Hook::Request(..)) => true,
            _ => false,
        }
    }
}

impl Fault {
    /// The true answer with this header, or with this one in the place of another.
    pub fn header(name: &str, value: &str) -> Fault {
        Fault::Headers(vec![(name.to_owned(), value.to_owned())])
    }
}

/// A plan in which `fault` strikes every connection or request, whichever it is about.
pub fn always(fault: Fault) -> impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static {
    first(usize::MAX, fault)
}

/// A plan in which `fault` strikes the first `count` connections or requests, whichever it is about.
pub fn first(count: usize, fault: Fault) -> impl Fn(Hook<'_>) -> Fault + Send + Sync + 'static {
    move |moment| {
        let struck = match (&fault, moment) {
            (
                Fault::At(Point::Accept | Point::Handshake, _) | Fault::Certificate(_),
                Hook::Connection(number),
            ) => number < count,
            (Fault::At(Point::Accept | Point::Handshake, _) | Fault::Certificate(_), _) => false,
            (Fault::At(Point::Reading, _), Hook::Reading(number)) => number < count,
            (Fault::At(Point::Reading, _), _) => false,
            (_, Hook::Request(number, _)) => number < count,
            _ => false,
        };
        if struck { fault.clone() } else { Fault::None }
    }
}

/// What an answer leaves behind on its connection: over TLS, a record of its own.
#[derive(Clone, Debug)]
pub struct Leftover {
    /// What it says.
    pub bytes: Vec<u8>,
    /// How many bytes, as they go over the network, come together with the answer. The rest comes ahead of the next one.
    pub at_once: usize,
}

/// An answer made up by a test. Nothing is done about the request unless it says so.
///
/// Beside the headers given it has a `Date`, and a `Content-Length` unless a header of that name or a
/// `Transfer-Encoding` is given.
#[derive(Clone, Debug)]
pub struct CannedResponse {
    pub(super) answer: Answer,
    pub(super) raw: Option<Vec<u8>>,
    pub(super) leftover: Option<Leftover>,
    pub(super) acts: bool,
    pub(super) closes: bool,
}

impl CannedResponse {
    /// An answer with this status and an empty body.
    pub fn status(status: u16) -> CannedResponse {
        CannedResponse { answer: Answer::new(status), raw: None, leftover: None, acts: false, closes: false }
    }

    /// An answer in Coveo's form of an error.
    pub fn error(status: u16, code: &str, message: &str) -> CannedResponse {
        CannedResponse::error_in(ErrorForm::ErrorCode, status, code, message)
    }

    /// An answer in another form that an error may have.
    pub fn error_in(form: ErrorForm, status: u16, code: &str, message: &str) -> CannedResponse {
        let answer = Answer::error(form, status, code, message, "5b1c9e7a-3d42-4f68-9a0b-c7d1e2f36845");
        CannedResponse { answer, ..CannedResponse::status(status) }
    }

    /// These bytes and no others, HTTP or not.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> CannedResponse {
        CannedResponse { raw: Some(bytes.into()), ..CannedResponse::status(200) }
    }

    /// With something behind it; for raw answers.
    pub fn leaving(mut self, leftover: Leftover) -> CannedResponse {
        self.leftover = Some(leftover);
        self
    }

    /// With this header too.
    pub fn header(mut self, name: &str, value: &str) -> CannedResponse {
        self.answer = self.answer.header(name, value);
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> CannedResponse {
        self.answer.body = Body::Bytes(body.into());
        self
    }

    /// With a body of so many letters, which is written without being held in memory.
    pub fn body_of(mut self, length: u64) -> CannedResponse {
        self.answer.body = Body::Letters(length);
        self
    }

    /// After carrying out the request.
    pub fn acting(mut self) -> CannedResponse {
        self.acts = true;
        self
    }

    /// And closes the connection, which a header announces unless the answer is raw.
    pub fn closing(mut self) -> CannedResponse {
        self.closes = true;
        self
    }
}
