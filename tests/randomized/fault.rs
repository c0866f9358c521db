//! What can go wrong in a run. No fault makes the server lie: nothing that is carried out is answered with 401, 403, 404
//! or 429, no single key with an error of another 4xx, and nothing that is not carried out is answered with 204.

use std::fmt;
use std::time::Duration;

use crate::answer::{ACTING, ANSWERS, Form, Meaning};
use crate::random::Random;
use support::fake_coveo::How::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Fault, How, Point, Scripted};

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

    /// The same for a request about many keys.
    pub fn bulk_meaning(self) -> Option<Meaning> {
        match self {
            Wrong::Answer(form) | Wrong::Acting(form) => Some(form.bulk_meaning()),
            other => other.meaning(),
        }
    }

    /// Whether it strikes requests about many keys alone.
    pub fn is_of_bulk(self) -> bool {
        matches!(self, Wrong::HalfBody(_) | Wrong::Acting(Form::Error(400..=499)))
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
