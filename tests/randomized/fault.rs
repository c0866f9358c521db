//! What can go wrong in a run. No fault makes the server lie: nothing that is carried out is answered with 401, 403, 404
//! or 429, no single key with an error of another 4xx, and nothing that is not carried out is answered with 204.

use std::time::{Duration, SystemTime};

use crate::answer::{ACTING, ANSWERS, Form, Meaning};
use crate::random::Random;
use crate::tunnel::TunnelFault;
use support::fake_coveo::Break::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Certificate, Fault, Leftover, Point};

/// What the server is about to do when something may go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Occasion {
    Connection,
    Reading,
    Request,
    /// A proxy has been asked to connect.
    Tunnel,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrong {
    /// The connection breaks.
    Break(Point, Break),
    /// The connection breaks in the middle of a request's body.
    HalfBody(Break),
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
    /// The server shows this certificate from now on.
    TurnsBad(Certificate),
    /// The request is refused. So many bytes of something more come with the answer, the rest ahead of the next.
    Stray { fills_buffer: bool, at_once: usize },
    /// The true answer, from a cache: with `Age`.
    Aged(&'static str),
    /// The true answer, with a `Date` that is so many days off.
    DateOff(i64),
    /// The proxy fails.
    Tunnel(TunnelFault),
}

const BREAKS: [Break; 5] = [Close, Reset, Hang, Drip, Garbage];

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

/// How many bytes of a stray answer come at once. A TLS record begins with a header of 5 bytes.
const AT_ONCE: [usize; 5] = [1, 4, 6, 27, usize::MAX];

const AGES: [&str; 3] = ["60", "86400", "a while"];

const DAYS_OFF: [i64; 4] = [2, 400, -2, -400];

const BAD: [Certificate; 2] = [Certificate::Expired, Certificate::OtherName];

impl Wrong {
    /// All that can go wrong, for a look at what did. Durations count as one.
    pub fn all() -> Vec<Wrong> {
        let mut all = vec![Wrong::Slow(0), Wrong::Late(0), Wrong::CloseAfter];
        all.extend(POINTS.iter().flat_map(|&point| BREAKS.map(|how| Wrong::Break(point, how))));
        all.extend(BREAKS.map(Wrong::HalfBody));
        all.extend(ANSWERS.map(Wrong::Answer));
        all.extend(ACTING.map(Wrong::Acting));
        all.extend(ODD_204.map(Wrong::Odd204));
        all.extend(ODD_404.map(Wrong::Odd404));
        all.extend(BAD.map(Wrong::TurnsBad));
        for fills_buffer in [false, true] {
            all.extend(AT_ONCE.map(|at_once| Wrong::Stray { fills_buffer, at_once }));
        }
        all.extend(AGES.map(Wrong::Aged));
        all.extend(DAYS_OFF.map(Wrong::DateOff));
        all.extend(TunnelFault::ALL.map(Wrong::Tunnel));
        all
    }

    pub fn draw(random: &mut Random, https: bool, bulk: bool) -> Wrong {
        let points = if https { &POINTS[..] } else { &[&POINTS[..1], &POINTS[2..]].concat() };
        match random.between(0, 119) {
            100..103 if https => Wrong::TurnsBad(random.one_of(&BAD)),
            100..109 => Wrong::Stray { fills_buffer: random.percent(50), at_once: random.one_of(&AT_ONCE) },
            109..115 => Wrong::Aged(random.one_of(&AGES)),
            115..120 => Wrong::DateOff(random.one_of(&DAYS_OFF)),
            0..40 => Wrong::Break(random.one_of(points), random.one_of(&BREAKS)),
            40..45 if bulk => Wrong::HalfBody(random.one_of(&BREAKS)),
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

    /// The same, with a time or a length of its own where it has one.
    pub fn with_time(self, random: &mut Random) -> Wrong {
        match self {
            Wrong::Slow(_) => Wrong::Slow(random.between(20, 2500)),
            Wrong::Late(_) => Wrong::Late(random.between(20, 1500)),
            Wrong::Tunnel(fault) => Wrong::Tunnel(fault.with_length(random)),
            other => other,
        }
    }

    /// The same without a time or a length of its own, by which it is counted.
    pub fn kind(self) -> Wrong {
        match self {
            Wrong::Slow(_) => Wrong::Slow(0),
            Wrong::Late(_) => Wrong::Late(0),
            Wrong::Tunnel(TunnelFault::Cut(_)) => Wrong::Tunnel(TunnelFault::Cut(0)),
            other => other,
        }
    }

    /// When it can go wrong.
    pub fn occasion(self) -> Occasion {
        match self {
            Wrong::Break(Point::Accept | Point::Handshake, _) | Wrong::TurnsBad(_) => Occasion::Connection,
            Wrong::Tunnel(_) => Occasion::Tunnel,
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
            Wrong::Odd204(bytes) => Fault::Answer(CannedResponse::raw(bytes).acting()),
            Wrong::Odd404(body) => Fault::Answer(CannedResponse::status(404).body(body)),
            Wrong::TurnsBad(certificate) => Fault::Certificate(certificate),
            Wrong::Stray { fills_buffer, at_once } => Fault::Answer(stray(fills_buffer, at_once)),
            Wrong::Aged(age) => Fault::header("Age", age),
            Wrong::DateOff(days) => Fault::header("Date", &date_off(days)),
            // It is the proxy's.
            Wrong::Tunnel(_) => Fault::None,
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
            Wrong::CloseAfter | Wrong::Aged(_) | Wrong::DateOff(_) => None,
            Wrong::Answer(form) | Wrong::Acting(form) => Some(form.meaning()),
            Wrong::Odd204(_) => Some(Meaning::Done),
            Wrong::Odd404(_) => Some(Meaning::Missing),
            Wrong::TurnsBad(_) => Some(Meaning::Busy),
            Wrong::Stray { .. } => Some(Meaning::Refused),
            Wrong::Tunnel(fault) => Some(fault.meaning()),
        }
    }

    /// The same for a request about many keys.
    pub fn bulk_meaning(self) -> Option<Meaning> {
        match self {
            Wrong::Answer(form) | Wrong::Acting(form) => Some(form.bulk_meaning()),
            // 409 is none of the statuses that refuse the whole of it.
            Wrong::Stray { .. } => Some(Meaning::Odd),
            other => other.meaning(),
        }
    }

    /// Whether it strikes requests about many keys alone.
    pub fn is_of_bulk(self) -> bool {
        matches!(self, Wrong::HalfBody(_) | Wrong::Acting(Form::Error(400..=499)))
    }
}

/// A refusal with [`LIE`] behind it. 16 KiB fill a buffer of the tool's, and are the most that a TLS record holds.
fn stray(fills_buffer: bool, at_once: usize) -> CannedResponse {
    let refusal = |letters: usize| {
        let body = format!(r#"{{"message":"{}","errorCode":"SOME_CODE"}}"#, "m".repeat(letters));
        format!("HTTP/1.1 409 Conflict\r\nContent-Length: {:05}\r\n\r\n{body}", body.len())
    };
    let letters = if fills_buffer { 16 * 1024 - refusal(0).len() } else { 10 };
    CannedResponse::raw(refusal(letters)).leaving(Leftover { bytes: LIE.into(), at_once })
}

/// A `Date` that is so many days ahead of now.
fn date_off(days: i64) -> String {
    let off = Duration::from_secs(days.unsigned_abs() * 86_400);
    let now = SystemTime::now();
    httpdate::fmt_http_date(if days < 0 { now - off } else { now + off })
}
