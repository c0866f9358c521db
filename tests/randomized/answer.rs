//! Answers other than the true one: their forms, and what they mean to whoever gets them.

use crate::scene::NO_ORGANIZATION;
use support::fake_coveo::{CannedResponse, ErrorForm};

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
    /// 404 with a code that names a missing organization.
    NoOrganization(&'static str),
    /// 404 with this text, which is not about a key.
    Gateway(&'static str),
    /// 200 with a body that is longer than any list.
    TooLong,
}

/// What an answer that arrives whole and at once means for a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// It was carried out.
    Done,
    /// There is no such key.
    Missing,
    /// There is no such organization.
    Elsewhere,
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
pub const ANSWERS: [Form; 43] = [
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
    Form::NoOrganization(NO_ORGANIZATION[0]),
    Form::NoOrganization(NO_ORGANIZATION[1]),
    Form::Gateway(GATEWAY[0]),
    Form::Gateway(GATEWAY[1]),
    Form::Gateway(GATEWAY[2]),
    Form::Gateway(GATEWAY[3]),
    Form::Gateway(GATEWAY[4]),
    Form::Gateway(GATEWAY[5]),
    Form::Gateway(GATEWAY[6]),
];

/// What gateways and Coveo say of a route that they don't know, and of something else than a key.
const GATEWAY: [&str; 7] = [
    r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404}"#,
    r#"{"code":"404","message":"no Route matched with those values"}"#,
    r#"{"message":"Not Found"}"#,
    r#"{"errorCode":404,"message":"There is no such thing.","requestID":"1"}"#,
    r#"{"code":"not-found","detail":"no"}"#,
    r#"{"errorCode":"NOT_FOUND","message":"The requested '/rest/organizations' endpoint does not exist."}"#,
    r#"{"errorCode":"ROUTE_NOT_FOUND","message":"no","requestID":"1"}"#,
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
    pub fn scripted(self) -> CannedResponse {
        match self {
            Form::Page(status) => {
                CannedResponse::status(status).header("Content-Type", "text/html").body(PAGE)
            }
            Form::Error(status) => CannedResponse::error(status, "SOME_CODE", "It can't be done."),
            Form::Empty(status) => CannedResponse::status(status),
            Form::Busy("") => CannedResponse::status(429),
            Form::Busy(after) => CannedResponse::status(429).header("Retry-After", after),
            Form::Down(after) => CannedResponse::status(503).header("Retry-After", after),
            Form::Blocked => CannedResponse::status(403).header("x-coveo-waf-action", "block").body(PAGE),
            Form::LargeHead => CannedResponse::status(204).header("X-Large", &"l".repeat(20 * 1024)),
            Form::NotHttp => CannedResponse::raw("204 No Content\r\n\r\n").closing(),
            Form::NoOrganization(code) => CannedResponse::error_in(
                ErrorForm::WithoutRequestId,
                404,
                code,
                "There is no such organization.",
            ),
            Form::Gateway(text) => {
                CannedResponse::status(404).header("Content-Type", "application/problem+json").body(text)
            }
            Form::TooLong => CannedResponse::status(200).body_of(33 << 20),
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
            Form::NoOrganization(_) => Meaning::Elsewhere,
            Form::Page(_) | Form::Error(_) | Form::Empty(_) | Form::Gateway(_) | Form::TooLong => {
                Meaning::Odd
            }
        }
    }

    /// What it means for a request about many keys: these statuses refuse the whole of it, whatever the body says.
    pub fn bulk_meaning(self) -> Meaning {
        match self {
            Form::Gateway(_) | Form::NoOrganization(_) => Meaning::Refused,
            Form::Page(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Error(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Empty(400 | 401 | 403 | 404 | 405 | 413 | 415) => Meaning::Refused,
            Form::Error(409 | 412) => Meaning::Odd,
            other => other.meaning(),
        }
    }
}
