//! Answers other than the true one: their forms, and what they mean to whoever gets them.

use support::fake_coveo::Scripted;

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

/// What a server may answer that has done nothing.
pub const ANSWERS: [Form; 34] = [
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
///
/// 400 is not among them: it refuses a request, which was then not carried out. 409 and 412 say so of a single key only.
pub const ACTING: [Form; 15] = [
    Form::Page(200),
    Form::Empty(200),
    Form::Empty(202),
    Form::Page(302),
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

const PAGE: &str = "<!DOCTYPE html><html><head><title>Hello</title></head><body>204 No Content</body></html>";

impl Form {
    pub fn scripted(self) -> Scripted {
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

    /// What it means for a request about a single key.
    pub fn meaning(self) -> Meaning {
        match self {
            Form::Error(400..=428) | Form::Empty(401 | 403) | Form::Blocked => Meaning::Refused,
            Form::Busy(_) => Meaning::Busy,
            Form::Page(500 | 502..=504) | Form::Error(500 | 502..=504) | Form::Empty(500 | 502..=504) => {
                Meaning::Open
            }
            Form::Down(_) | Form::LargeHead | Form::NotHttp => Meaning::Open,
            Form::Page(_) | Form::Error(_) | Form::Empty(_) => Meaning::Odd,
        }
    }

    /// What it means for a request about many keys: these statuses refuse the whole of it, whatever the body says.
    pub fn bulk_meaning(self) -> Meaning {
        match self {
            Form::Page(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Error(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Empty(400 | 401 | 403 | 404 | 405 | 413 | 415) => Meaning::Refused,
            Form::Error(409 | 412) => Meaning::Odd,
            other => other.meaning(),
        }
    }
}
