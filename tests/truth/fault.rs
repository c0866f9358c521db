//! What can go wrong in a run. No fault makes the server lie: nothing that is carried out is answered with 401, 403, 404
//! or 429, and nothing that is not is answered with 204.

use std::fmt;
use std::time::Duration;

use crate::fake_coveo::How::{Close, Drip, Garbage, Hang, Reset};
use crate::fake_coveo::{Fault, How, Point, Scripted};
use crate::random::Random;

/// What the server is about to do when something may go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Occasion {
    Connection,
    Reading,
    Request,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrong {
    /// The connection breaks.
    Break(Point, How),
    /// The connection breaks in the middle of a request's body.
    HalfBody(How),
    /// The true answer comes so many milliseconds after the request was carried out.
    Slow(u64),
    /// The request is carried out so many milliseconds after it was read.
    Late(u64),
    /// The connection is closed behind the true answer, which does not say so.
    CloseAfter,
    /// Another answer, without carrying out the request.
    Answer(Form),
    /// Another answer after carrying out the request.
    Acting(Form),
    /// An odd form of 204 after carrying out the request, which is possible.
    Odd204(&'static str),
    /// A 404 in another spelling; the key is not there.
    Odd404(&'static str),
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// This status, with a page as body.
    Page(u16),
    /// This status, with an error of Coveo's.
    Error(u16),
    /// This status, with nothing.
    Empty(u16),
    /// 429 with this `Retry-After`.
    Busy(&'static str),
    /// 503 with this `Retry-After`.
    Down(&'static str),
    /// 403 of the firewall.
    Blocked,
    /// A head of 20 KiB.
    LargeHead,
    /// Something else than HTTP.
    NotHttp,
}

const HOWS: [How; 5] = [Close, Reset, Hang, Drip, Garbage];

const POINTS: [Point; 8] = [
    Point::Accept,
    Point::Handshake,
    Point::Reading,
    Point::BeforeActing,
    Point::AfterActing,
    Point::StatusLine,
    Point::Header,
    Point::Body,
];

/// What a server may answer that has done nothing.
const ANSWERS: [Form; 34] = [
    Form::Page(200),
    Form::Empty(200),
    Form::Error(202),
    Form::Page(302),
    Form::Empty(307),
    Form::Error(400),
    Form::Page(401),
    Form::Error(401),
    Form::Empty(401),
    Form::Page(403),
    Form::Error(403),
    Form::Empty(403),
    Form::Blocked,
    Form::Page(404),
    Form::Empty(404),
    Form::Error(409),
    Form::Error(412),
    Form::Busy(""),
    Form::Busy("0"),
    Form::Busy("1"),
    Form::Busy("86400"),
    Form::Busy("Sun, 06 Nov 1994 08:49:37 GMT"),
    Form::Page(500),
    Form::Error(500),
    Form::Page(501),
    Form::Page(502),
    Form::Page(503),
    Form::Empty(504),
    Form::Down("1"),
    Form::Down("86400"),
    Form::Down("soon"),
    Form::LargeHead,
    Form::NotHttp,
    Form::Page(999),
];

/// What a server may answer that has done what it was asked.
const ACTING: [Form; 16] = [
    Form::Page(200),
    Form::Empty(200),
    Form::Empty(202),
    Form::Page(302),
    Form::Error(400),
    Form::Error(409),
    Form::Error(412),
    Form::Page(500),
    Form::Error(500),
    Form::Page(502),
    Form::Page(503),
    Form::Empty(504),
    Form::Down("1"),
    Form::Down("86400"),
    Form::LargeHead,
    Form::NotHttp,
];

/// Behind an answer, this is what the next one would be if it were read.
pub const LIE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// The head of a 204 that has yet to send the body that it announces, which is [`LIE`].
const WITH_LATE_BODY: &str = "HTTP/1.1 204 No Content\r\nContent-Length: 27\r\n\r\n";

const ODD_204: [&str; 8] = [
    LIE,
    WITH_LATE_BODY,
    "HTTP/1.0 204 No Content\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 27\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n0\r\n\r\n",
];

const ODD_404: [&str; 3] = [
    r#"{"code":"KEY_NOT_FOUND","detail":"There is no such key."}"#,
    r#"{"type":"NOT_FOUND","title":"no"}"#,
    r#"{"errorCode":"X","message":"","requestID":null}"#,
];

const PAGE: &str = "<!DOCTYPE html><html><head><title>Hello</title></head><body>204 No Content</body></html>";

/// What an answer that arrives whole and at once means for a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// It was carried out.
    Done,
    /// There is no such key.
    Missing,
    /// It was refused.
    Refused,
    /// It was turned away for now.
    Busy,
    /// Nothing that is documented.
    Odd,
    /// It may have been carried out or not.
    Open,
}

impl Wrong {
    /// All that can go wrong, for a look at what did. Durations count as one.
    pub fn all() -> Vec<Wrong> {
        let mut all = vec![Wrong::Slow(0), Wrong::Late(0), Wrong::CloseAfter];
        all.extend(POINTS.iter().flat_map(|&point| HOWS.map(|how| Wrong::Break(point, how))));
        all.extend(HOWS.map(Wrong::HalfBody));
        all.extend(ANSWERS.map(Wrong::Answer));
        all.extend(ACTING.map(Wrong::Acting));
        all.extend(ODD_204.map(Wrong::Odd204));
        all.extend(ODD_404.map(Wrong::Odd404));
        all
    }

    pub fn draw(random: &mut Random, https: bool, bulk: bool) -> Wrong {
        let points = if https { &POINTS[..] } else { &[&POINTS[..1], &POINTS[2..]].concat() };
        match random.between(0, 99) {
            0..40 => Wrong::Break(random.one_of(points), random.one_of(&HOWS)),
            40..45 if bulk => Wrong::HalfBody(random.one_of(&HOWS)),
            40..50 => Wrong::Slow(0).with_time(random),
            50..58 => Wrong::Late(0).with_time(random),
            58..65 => Wrong::CloseAfter,
            // Several of them in a row leave no doubt, and are rare among all others.
            65..68 => Wrong::Answer(Form::Busy("")),
            68..80 => Wrong::Answer(random.one_of(&ANSWERS)),
            80..90 => Wrong::Acting(random.one_of(&ACTING)),
            90..96 => Wrong::Odd204(random.one_of(&ODD_204)),
            _ => Wrong::Odd404(random.one_of(&ODD_404)),
        }
    }

    /// The same, with a time of its own where it takes time.
    pub fn with_time(self, random: &mut Random) -> Wrong {
        match self {
            Wrong::Slow(_) => Wrong::Slow(random.between(20, 2500)),
            Wrong::Late(_) => Wrong::Late(random.between(20, 1500)),
            other => other,
        }
    }

    /// When it can go wrong.
    pub fn occasion(self) -> Occasion {
        match self {
            Wrong::Break(Point::Accept | Point::Handshake, _) => Occasion::Connection,
            Wrong::Break(Point::Reading, _) => Occasion::Reading,
            _ => Occasion::Request,
        }
    }

    pub fn fault(self) -> Fault {
        match self {
            Wrong::Break(point, how) => Fault::At(point, how),
            Wrong::HalfBody(how) => Fault::At(Point::Reading, how),
            Wrong::Slow(millis) => Fault::Slow(Duration::from_millis(millis)),
            Wrong::Late(_) => Fault::None,
            Wrong::CloseAfter => Fault::CloseAfter,
            Wrong::Answer(form) => Fault::Answer(form.scripted()),
            Wrong::Acting(form) => Fault::Answer(form.scripted().acting()),
            Wrong::Odd204(bytes) => Fault::Answer(Scripted::raw(bytes).acting()),
            Wrong::Odd404(body) => Fault::Answer(Scripted::status(404).body(body)),
        }
    }

    /// Whether the body that this answer announces comes only once the next request has been made.
    pub fn owes_a_body(self) -> bool {
        self == Wrong::Odd204(WITH_LATE_BODY)
    }

    /// What its answer means; `None` for the true answer.
    pub fn meaning(self) -> Option<Meaning> {
        match self {
            Wrong::Break(..) | Wrong::HalfBody(_) | Wrong::Slow(_) | Wrong::Late(_) => Some(Meaning::Open),
            Wrong::CloseAfter => None,
            Wrong::Answer(form) | Wrong::Acting(form) => Some(form.meaning()),
            Wrong::Odd204(_) => Some(Meaning::Done),
            Wrong::Odd404(_) => Some(Meaning::Missing),
        }
    }
}

impl Form {
    fn scripted(self) -> Scripted {
        match self {
            Form::Page(status) => Scripted::status(status).header("Content-Type", "text/html").body(PAGE),
            Form::Error(status) => Scripted::error(status, "SOME_CODE", "It can't be done."),
            Form::Empty(status) => Scripted::status(status),
            Form::Busy("") => Scripted::status(429),
            Form::Busy(after) => Scripted::status(429).header("Retry-After", after),
            Form::Down(after) => Scripted::status(503).header("Retry-After", after),
            Form::Blocked => Scripted::status(403).header("x-coveo-waf-action", "block").body(PAGE),
            Form::LargeHead => Scripted::status(204).header("X-Large", &"l".repeat(20 * 1024)),
            Form::NotHttp => Scripted::raw("204 No Content\r\n\r\n").closing(),
        }
    }

    fn meaning(self) -> Meaning {
        match self {
            Form::Error(401 | 403) | Form::Empty(401 | 403) | Form::Blocked => Meaning::Refused,
            Form::Busy(_) => Meaning::Busy,
            Form::Page(500 | 502..=504) | Form::Error(500 | 502..=504) | Form::Empty(500 | 502..=504) => {
                Meaning::Open
            }
            Form::Down(_) | Form::LargeHead | Form::NotHttp => Meaning::Open,
            Form::Page(_) | Form::Error(_) | Form::Empty(_) => Meaning::Odd,
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Wrong::Break(point, how) => write!(f, "{how:?} at {point:?}"),
            Wrong::HalfBody(how) => write!(f, "{how:?} within the request's body"),
            Wrong::Slow(_) => f.write_str("answered late"),
            Wrong::Late(_) => f.write_str("carried out late"),
            Wrong::CloseAfter => f.write_str("closed behind the answer"),
            Wrong::Answer(form) => write!(f, "{form:?} without acting"),
            Wrong::Acting(form) => write!(f, "{form:?} after acting"),
            Wrong::Odd204(text) => write!(f, "{text:?} after acting"),
            Wrong::Odd404(text) => write!(f, "404 {text}"),
        }
    }
}
