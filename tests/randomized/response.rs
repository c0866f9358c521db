//! False responses: their forms, and what they mean for a client.

use crate::scene::NO_ORGANIZATION;
use support::fake_coveo::{CannedResponse, ErrorForm};

/// The form of a response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// This status and an HTML page.
    Page(u16),
    /// This status and one of Coveo's errors.
    Error(u16),
    /// This status and no body.
    Empty(u16),
    /// 429 with this `Retry-After`.
    Busy(&'static str),
    /// 503 with this `Retry-After`.
    Down(&'static str),
    /// 403 from the firewall.
    Blocked,
    /// 204 with headers of 20 KiB.
    LargeHead,
    /// Not HTTP.
    NotHttp,
    /// 404 with a code that names a missing organization.
    NoOrganization(&'static str),
    /// 404 with this body, of a gateway, or of Coveo about a route or another thing than a key.
    Gateway(&'static str),
    /// 200 with a body longer than any list.
    TooLong,
}

/// What a complete, immediate response means for its request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// It was carried out.
    Done,
    /// The key doesn't exist.
    Missing,
    /// The organization doesn't exist.
    NoOrganization,
    /// It was refused.
    Refused,
    /// It was turned away for the moment.
    Busy,
    /// Undocumented.
    Undocumented,
    /// It may have been carried out or not.
    Unclear,
}

/// The responses of a server that has done nothing.
pub const WITHOUT_ACTING: [Form; 43] = [
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
    Form::Gateway(
        r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404}"#,
    ),
    Form::Gateway(r#"{"code":"404","message":"no Route matched with those values"}"#),
    Form::Gateway(r#"{"message":"Not Found"}"#),
    Form::Gateway(r#"{"errorCode":404,"message":"There is no such thing.","requestID":"1"}"#),
    Form::Gateway(r#"{"code":"not-found","detail":"no"}"#),
    Form::Gateway(
        r#"{"errorCode":"NOT_FOUND","message":"The requested '/rest/organizations' endpoint does not exist."}"#,
    ),
    Form::Gateway(r#"{"errorCode":"ROUTE_NOT_FOUND","message":"no","requestID":"1"}"#),
];

/// The responses of a server that has carried out the request.
///
/// 400 isn't one of them, since it refuses a request. 409 and 412 refuse only requests about a single key.
pub const AFTER_ACTING: [Form; 15] = [
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
    pub fn response(self) -> CannedResponse {
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

    /// Its meaning for a request about a single key.
    pub fn meaning(self) -> Meaning {
        match self {
            Form::Error(400..=428) | Form::Empty(401 | 403) | Form::Blocked => Meaning::Refused,
            Form::Busy(_) => Meaning::Busy,
            Form::Page(500 | 502..=504) | Form::Error(500 | 502..=504) | Form::Empty(500 | 502..=504) => {
                Meaning::Unclear
            }
            Form::Down(_) | Form::LargeHead | Form::NotHttp => Meaning::Unclear,
            Form::NoOrganization(_) => Meaning::NoOrganization,
            Form::Page(_) | Form::Error(_) | Form::Empty(_) | Form::Gateway(_) | Form::TooLong => {
                Meaning::Undocumented
            }
        }
    }

    /// Its meaning for a bulk request: some statuses refuse all of it, with any body.
    pub fn bulk_meaning(self) -> Meaning {
        match self {
            Form::Gateway(_) | Form::NoOrganization(_) => Meaning::Refused,
            Form::Page(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Error(400 | 401 | 403 | 404 | 405 | 413 | 415)
            | Form::Empty(400 | 401 | 403 | 404 | 405 | 413 | 415) => Meaning::Refused,
            Form::Error(409 | 412) => Meaning::Undocumented,
            other => other.meaning(),
        }
    }
}
