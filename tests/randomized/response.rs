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
pub fn without_acting() -> Vec<Form> {
    let mut all = vec![Form::Blocked, Form::LargeHead, Form::NotHttp];
    all.extend([200, 302, 401, 403, 404, 500, 501, 502, 503, 999].map(Form::Page));
    all.extend([202, 400, 401, 403, 409, 412, 500].map(Form::Error));
    all.extend([200, 307, 401, 403, 404, 504].map(Form::Empty));
    all.extend(["", "0", "1", "86400", "Sun, 06 Nov 1994 08:49:37 GMT"].map(Form::Busy));
    all.extend(["1", "86400", "soon"].map(Form::Down));
    all.extend(NO_ORGANIZATION.map(Form::NoOrganization));
    all.extend(GATEWAY.map(Form::Gateway));
    all
}

/// 404s of gateways, and of Coveo about routes and other things than keys.
const GATEWAY: [&str; 7] = [
    r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404}"#,
    r#"{"code":"404","message":"no Route matched with those values"}"#,
    r#"{"message":"Not Found"}"#,
    r#"{"errorCode":404,"message":"There is no such thing.","requestID":"1"}"#,
    r#"{"code":"not-found","detail":"no"}"#,
    r#"{"errorCode":"NOT_FOUND","message":"The requested '/rest/organizations' endpoint does not exist."}"#,
    r#"{"errorCode":"ROUTE_NOT_FOUND","message":"no","requestID":"1"}"#,
];

/// The responses of a server that has carried out the request.
///
/// 400 isn't one of them, since it refuses a request. 409 and 412 refuse only requests about a single key.
pub fn after_acting() -> Vec<Form> {
    let mut all = vec![Form::Down("1"), Form::Down("86400"), Form::LargeHead, Form::NotHttp];
    all.extend([200, 302, 500, 502, 503].map(Form::Page));
    all.extend([409, 412, 500].map(Form::Error));
    all.extend([200, 202, 504].map(Form::Empty));
    all
}

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
        use Form::*;
        match self {
            Error(400..=428) | Empty(401 | 403) | Blocked => Meaning::Refused,
            Busy(_) => Meaning::Busy,
            Page(500 | 502..=504) | Error(500 | 502..=504) | Empty(500 | 502..=504) => Meaning::Unclear,
            Down(_) | LargeHead | NotHttp => Meaning::Unclear,
            NoOrganization(_) => Meaning::NoOrganization,
            Page(_) | Error(_) | Empty(_) | Gateway(_) | TooLong => Meaning::Undocumented,
        }
    }

    /// Its meaning for a bulk request: some statuses refuse all of it, with any body.
    pub fn bulk_meaning(self) -> Meaning {
        match self {
            Form::Gateway(_) | Form::NoOrganization(_) => Meaning::Refused,
            Form::Page(status) | Form::Error(status) | Form::Empty(status)
                if [400, 401, 403, 404, 405, 413, 415].contains(&status) =>
            {
                Meaning::Refused
            }
            Form::Error(409 | 412) => Meaning::Undocumented,
            other => other.meaning(),
        }
    }
}
