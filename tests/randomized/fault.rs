//! The faults of a run. None of them makes the server lie: the response to a request that was carried out is never 401,
//! 403, 404 or 429, nor for a single key an error with another 4xx; the response to one that wasn't is never 204.

use std::time::{Duration, SystemTime};

use crate::random::Random;
use crate::response::{Form, Meaning, after_acting, without_acting};
use support::fake_coveo::Break::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Certificate, Fault, Leftover, Point};
use support::proxy::Then;

/// The moment of a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Occasion {
    Connection,
    Reading,
    Request,
    /// A proxy was asked to connect.
    Tunnel,
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RandomFault {
    /// The connection breaks.
    Break(Point, Break),
    /// The connection breaks in the middle of a request's body.
    HalfBody(Break),
    /// The true response comes this many milliseconds after the request was carried out.
    Slow(u64),
    /// The request is carried out this many milliseconds after it was read.
    Late(u64),
    /// The connection is closed after the true response, without notice.
    CloseAfter,
    /// A false response, without carrying out the request.
    Response(Form),
    /// A false response after carrying out the request.
    Acting(Form),
    /// An unusual form of 204, after carrying out the request.
    Unusual204(&'static str),
    /// Another form of a 404 about a missing key.
    Unusual404(&'static str),
    /// The server presents this certificate from now on.
    TurnsBad(Certificate),
    /// The request is refused. A 204 follows: `at_once` bytes with the response, the rest before the next one.
    Stray { fills_buffer: bool, at_once: usize },
    /// The true response with the `Age` of a cache.
    Aged(&'static str),
    /// The true response with a `Date` this many days off.
    DateOff(i64),
    /// The true response with a `Date` 23 hours ahead, followed by the right one.
    TwoDates,
    /// The true response, as the first of several pages.
    NextPage,
    /// The server sends a 204 before the first request, with the end of the TLS handshake.
    SpeaksFirst,
    /// The response of a proxy that is asked to connect, and what it does then.
    Tunnel(&'static str, Then),
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

/// After a response, this would be read as the next one.
pub const LIE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A 204 that announces a body, which is [`LIE`] and comes later.
const WITH_LATE_BODY: &str = "HTTP/1.1 204 No Content\r\nContent-Length: 27\r\n\r\n";

const UNUSUAL_204: [&str; 8] = [
    LIE,
    WITH_LATE_BODY,
    "HTTP/1.0 204 No Content\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 27\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n0\r\n\r\n",
];

const UNUSUAL_404: [&str; 3] = [
    r#"{"code":"KEY_NOT_FOUND","detail":"There is no such key."}"#,
    r#"{"type":"NOT_FOUND","title":"no"}"#,
    r#"{"errorCode":"X","message":"","requestID":null}"#,
];

/// The numbers of bytes of a stray response that come immediately. The header of a TLS record has 5 bytes.
const AT_ONCE: [usize; 5] = [1, 4, 6, 27, usize::MAX];

const AGES: [&str; 3] = ["60", "86400", "a while"];

const DAYS_OFF: [i64; 4] = [2, 400, -2, -400];

/// The responses of a proxy, and what it does then. The last one cuts the connection, perhaps in a request.
pub const TUNNELS: [(&str, Then); 10] = [
    ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Then::Close),
    ("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", Then::Close),
    ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Then::Close),
    ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", Then::Close),
    ("", Then::Close),
    ("", Then::Reset),
    ("", Then::Hang),
    ("HTTP/1.1 200 ", Then::Drip(b'a')),
    ("HTTP/1.1 200 Connection established\r\n\r\n", Then::Close),
    ("HTTP/1.1 200 Connection established\r\n\r\n", Then::ConnectFor(0, 0)),
];

const BAD: [Certificate; 2] = [Certificate::Expired, Certificate::OtherName];

impl RandomFault {
    /// All faults. Durations count as one.
    pub fn all() -> Vec<RandomFault> {
        use RandomFault::*;
        let mut all = vec![Slow(0), Late(0), CloseAfter, TwoDates, NextPage, SpeaksFirst];
        all.extend(POINTS.iter().flat_map(|&point| BREAKS.map(|how| Break(point, how))));
        all.extend(BREAKS.map(HalfBody));
        all.extend(without_acting().into_iter().map(Response));
        all.extend(after_acting().into_iter().map(Acting));
        all.extend(UNUSUAL_204.map(Unusual204));
        all.extend(UNUSUAL_404.map(Unusual404));
        all.extend(BAD.map(TurnsBad));
        for fills_buffer in [false, true] {
            all.extend(AT_ONCE.map(|at_once| Stray { fills_buffer, at_once }));
        }
        all.extend(AGES.map(Aged));
        all.extend(DAYS_OFF.map(DateOff));
        all.extend(TUNNELS.map(|(response, then)| Tunnel(response, then)));
        all
    }

    pub fn draw(random: &mut Random, https: bool, bulk: bool) -> RandomFault {
        use RandomFault::*;
        let points = if https { &POINTS[..] } else { &[&POINTS[..1], &POINTS[2..]].concat() };
        match random.between(0, 119) {
            100..103 if https => TurnsBad(random.one_of(&BAD)),
            103 if https => SpeaksFirst,
            100..109 => Stray { fills_buffer: random.percent(50), at_once: random.one_of(&AT_ONCE) },
            109..115 => Aged(random.one_of(&AGES)),
            115..118 => DateOff(random.one_of(&DAYS_OFF)),
            118 => TwoDates,
            119 => NextPage,
            0..40 => Break(random.one_of(points), random.one_of(&BREAKS)),
            40..45 if bulk => HalfBody(random.one_of(&BREAKS)),
            40..50 => Slow(0).with_time(random),
            50..58 => Late(0).with_time(random),
            58..65 => CloseAfter,
            // Several in a row leave no doubt, and would be rare among all others.
            65..68 => Response(Form::Busy("")),
            68..80 => Response(random.one_of(&without_acting())),
            80..90 => Acting(random.one_of(&after_acting())),
            90..96 => Unusual204(random.one_of(&UNUSUAL_204)),
            _ => Unusual404(random.one_of(&UNUSUAL_404)),
        }
    }

    /// The same with a random time or length, if it has one.
    pub fn with_time(self, random: &mut Random) -> RandomFault {
        use RandomFault::*;
        match self {
            Slow(_) => Slow(random.between(20, 2500)),
            Late(_) => Late(random.between(20, 1500)),
            // A handshake has about 300 bytes, a request 400.
            Tunnel(response, Then::ConnectFor(port, _)) => {
                Tunnel(response, Then::ConnectFor(port, random.between(1, 2500) as usize))
            }
            other => other,
        }
    }

    /// The same without its time or length, for counting.
    pub fn kind(self) -> RandomFault {
        use RandomFault::*;
        match self {
            Slow(_) => Slow(0),
            Late(_) => Late(0),
            Tunnel(response, Then::ConnectFor(port, _)) => Tunnel(response, Then::ConnectFor(port, 0)),
            other => other,
        }
    }

    /// Its moment.
    pub fn occasion(self) -> Occasion {
        use RandomFault::*;
        match self {
            Break(Point::Accept | Point::Handshake, _) | TurnsBad(_) | SpeaksFirst => Occasion::Connection,
            Tunnel(..) => Occasion::Tunnel,
            Break(Point::Reading, _) => Occasion::Reading,
            _ => Occasion::Request,
        }
    }

    pub fn fault(self) -> Fault {
        use RandomFault::*;
        match self {
            Break(point, how) => Fault::At(point, how),
            HalfBody(how) => Fault::At(Point::Reading, how),
            Slow(millis) => Fault::Slow(Duration::from_millis(millis)),
            Late(_) => Fault::None,
            CloseAfter => Fault::CloseAfter,
            Response(form) => Fault::Answer(form.response()),
            Acting(form) => Fault::Answer(form.response().acting()),
            Unusual204(bytes) => Fault::Answer(CannedResponse::raw(bytes).acting()),
            Unusual404(body) => Fault::Answer(CannedResponse::status(404).body(body)),
            TurnsBad(certificate) => Fault::Certificate(certificate),
            Stray { fills_buffer, at_once } => Fault::Answer(stray(fills_buffer, at_once)),
            Aged(age) => Fault::header("Age", age),
            DateOff(days) => Fault::header("Date", &date_off(days * 24)),
            TwoDates => Fault::Headers([23, 0].map(|hours| ("Date".to_owned(), date_off(hours))).into()),
            NextPage => Fault::header("Link", "</rest/organizations?page=1>; rel=\"next\""),
            SpeaksFirst => Fault::SpeakFirst(LIE.into()),
            // The proxy causes it.
            Tunnel(..) => Fault::None,
        }
    }

    /// Whether the announced body comes only after the next request.
    pub fn owes_a_body(self) -> bool {
        self == RandomFault::Unusual204(WITH_LATE_BODY)
    }

    /// The meaning of its response; `None` for the true response.
    pub fn meaning(self) -> Option<Meaning> {
        use RandomFault::*;
        match self {
            Break(..) | HalfBody(_) | Slow(_) | Late(_) => Some(Meaning::Unclear),
            CloseAfter | Aged(_) | DateOff(_) | TwoDates | NextPage => None,
            Response(form) | Acting(form) => Some(form.meaning()),
            Unusual204(_) => Some(Meaning::Done),
            Unusual404(_) => Some(Meaning::Missing),
            TurnsBad(_) | SpeaksFirst => Some(Meaning::Busy),
            Stray { .. } => Some(Meaning::Refused),
            Tunnel(_, Then::ConnectFor(..)) => Some(Meaning::Unclear),
            // The request isn't sent.
            Tunnel(..) => Some(Meaning::Busy),
        }
    }

    /// The same for a bulk request.
    pub fn bulk_meaning(self) -> Option<Meaning> {
        match self {
            RandomFault::Response(form) | RandomFault::Acting(form) => Some(form.bulk_meaning()),
            // 409 doesn't refuse all of it.
            RandomFault::Stray { .. } => Some(Meaning::Undocumented),
            other => other.meaning(),
        }
    }

    /// Whether it is only possible for bulk requests.
    pub fn is_of_bulk(self) -> bool {
        matches!(self, RandomFault::HalfBody(_) | RandomFault::Acting(Form::Error(400..=499)))
    }
}

/// A refusal followed by [`LIE`]. 16 KiB fill a buffer of the tool, and a TLS record.
fn stray(fills_buffer: bool, at_once: usize) -> CannedResponse {
    let refusal = |letters: usize| {
        let body = format!(r#"{{"message":"{}","errorCode":"SOME_CODE"}}"#, "m".repeat(letters));
        format!("HTTP/1.1 409 Conflict\r\nContent-Length: {:05}\r\n\r\n{body}", body.len())
    };
    let letters = if fills_buffer { 16 * 1024 - refusal(0).len() } else { 10 };
    CannedResponse::raw(refusal(letters)).leaving(Leftover { bytes: LIE.into(), at_once })
}

/// A `Date` this many hours from now.
fn date_off(hours: i64) -> String {
    let off = Duration::from_secs(hours.unsigned_abs() * 3600);
    let now = SystemTime::now();
    httpdate::fmt_http_date(if hours < 0 { now - off } else { now + off })
}
