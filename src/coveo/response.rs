//! Coveo's responses: what a status and an error body say about a request.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::coveo::token::AccessToken;
use crate::net::http::Response;

/// What a response says about its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// 204: it was applied.
    Done,
    /// 401 from Coveo or from an OAuth server.
    Unauthorized,
    /// 403 from Coveo.
    Forbidden,
    /// 404 from Coveo that names a missing organization.
    OrganizationNotFound,
    /// 404 from Coveo that may be about a key. A wrong organization, region or route gets the same response.
    NotFound,
    /// Another 4xx with one of Coveo's error codes: the request was not applied.
    Refused,
    /// 429 from the rate limiter: the request was not applied.
    RateLimited,
    /// 500, 502, 503, 504: the request may have been applied.
    ServerError,
    /// Anything else: a response that isn't Coveo's, or isn't documented.
    Unexpected,
}

/// The facts of a response, for messages. Every text is on one line, without the token.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    /// What the response says about its request.
    pub kind: ResponseKind,
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `INVALID_TOKEN`; `None` if the body has none.
    pub code: Option<String>,
    /// The text of the error, for people.
    pub message: Option<String>,
    /// The ID of the request in Coveo's logs.
    pub request_id: Option<String>,
    /// Whether Coveo's web application firewall blocked the request.
    pub blocked_by_firewall: bool,
}

impl ApiResponse {
    /// Reads `response` and redacts `token` in its texts. The status decides, and if needed, the form of the body: a gateway's
    /// HTML page says nothing about a key.
    pub fn read(response: &Response, token: &AccessToken) -> Self {
        use ResponseKind::*;
        let body: Map<String, Value> = match response.truncated {
            true => Map::new(),
            false => serde_json::from_slice(&response.body).unwrap_or_default(),
        };
        // Each of Coveo's services has its own spelling.
        let texts = |names: &'static [&str]| {
            let values = names.iter().filter_map(|name| body.get(*name)?.as_str());
            values.filter(|text| !text.trim().is_empty())
        };
        let code = texts(&["errorCode", "code", "type", "title"]).find(|text| is_code(text));
        let message = texts(&["message", "detail", "title"]).next();
        let is_error = code.is_some() || message.is_some();
        let is_coveos = is_error || response.body.is_empty();
        // RFC 6750. The OAuth endpoints share a host with the API.
        let is_oauth_error = body.get("error").is_some_and(Value::is_string);
        // Coveo's official client reads this header.
        let action = response.header("x-coveo-waf-action");
        let blocked_by_firewall = action.is_some_and(|action| action.eq_ignore_ascii_case("block"));
        let all_texts = || texts(&["message", "detail", "title", "error"]).collect::<Vec<_>>().join(" ");
        let kind = match (response.status, code) {
            (204, _) => Done,
            (401, _) if is_coveos || is_oauth_error => Unauthorized,
            (403, _) if is_coveos || blocked_by_firewall => Forbidden,
            (404, Some(code)) if names_missing_organization(code) => OrganizationNotFound,
            (404, Some(code)) if !is_about_something_else(code, &all_texts()) => NotFound,
            (429, _) => RateLimited,
            (500 | 502 | 503 | 504, _) => ServerError,
            // From a proxy (407), about the connection (408, 421, 425), or a session that timed out (419).
            (401 | 403 | 404 | 407 | 408 | 419 | 421 | 425, _) => Unexpected,
            // Others may come from a gateway whose request was applied (424, 460, 499).
            (400..=423 | 426 | 428 | 431 | 451, Some(_)) => Refused,
            _ => Unexpected,
        };
        let header = response.header("x-request-id");
        let request_id = texts(&["requestID", "requestId"]).next().filter(|_| is_error).or(header.as_deref());
        let clean = |text: &str| Some(token.sanitize_and_redact(text)).filter(|text| !text.is_empty());
        Self {
            kind,
            status: response.status,
            code: code.and_then(clean),
            message: message.and_then(clean),
            request_id: request_id.and_then(clean),
            blocked_by_firewall,
        }
    }

    /// Whether Coveo itself denies access: with an error body, and not by its firewall.
    pub fn is_access_denied(&self) -> bool {
        self.kind == ResponseKind::Forbidden
            && !self.blocked_by_firewall
            && (self.code.is_some() || self.message.is_some())
    }

    /// Whether the organization is paused (docs.coveo.com/en/95, push API).
    pub fn is_organization_paused(&self) -> bool {
        self.code.as_deref() == Some("ORGANIZATION_IS_PAUSED")
    }
}

/// Coveo's documents have `ORGANIZATION_NOT_FOUND` and `ORGANIZATION_DOES_NOT_EXIST`.
fn names_missing_organization(code: &str) -> bool {
    code.starts_with("ORGANIZATION_") && (code.ends_with("NOT_FOUND") || code.ends_with("NOT_EXIST"))
}

/// Names of things other than a key or an organization that a 404 may be about. Coveo's response for a route that doesn't exist
/// is `NOT_FOUND` with "The requested … endpoint does not exist." (search API); Spring's is "No static resource rest/…".
const OTHER_THINGS: [&str; 13] = [
    "tenant", "user", "route", "endpoint", "path", "url", "uri", "handler", "mapping", "static", "service",
    "upstream", "host",
];

/// Whether a 404 names something other than a key. A text may say where the key is missing: "no key k1 in organization o1".
fn is_about_something_else(code: &str, texts: &str) -> bool {
    let names = |text: &str, thing: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case(thing))
    };
    let texts = &texts.to_ascii_lowercase();
    let places = [" in organization", " in the organization", " in your organization"];
    let is_place = names(texts, "key") && places.iter().any(|place| texts.contains(place));
    OTHER_THINGS.iter().any(|thing| names(code, thing) || names(texts, thing))
        || names(code, "organization")
        || names(texts, "organization") && !is_place
}

/// Whether `text` is a code such as `KEY_NOT_FOUND`. Gateways put URLs, numbers and sentences in the same fields.
fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

/// Reads the `Date` of a response, the server's time; `None` unless there is exactly one that can be read.
pub fn read_date(response: &Response) -> Option<SystemTime> {
    let mut dates = response.headers.get_all("date").iter();
    let date = dates.next().filter(|_| dates.next().is_none())?;
    httpdate::parse_http_date(date.to_str().ok()?).ok()
}

/// Whether a list is one page of several, by its `Link` header (RFC 8288). Coveo documents no pages, so such a list is
/// incomplete.
pub fn has_next_page(response: &Response) -> bool {
    response.headers.get_all("link").iter().any(|link| {
        let link = String::from_utf8_lossy(link.as_bytes()).to_ascii_lowercase();
        link.split(['"', '\'', ';', ',', ' ', '=']).any(|word| word == "next")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use ureq::http::{HeaderMap, HeaderName, HeaderValue};

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: HeaderMap::new(), body: body.into(), truncated: false }
    }

    fn with_header(mut response: Response, name: &'static str, value: &'static str) -> Response {
        response.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        response
    }

    fn read_kind(response: &Response) -> ResponseKind {
        ApiResponse::read(response, &token()).kind
    }

    fn token() -> AccessToken {
        AccessToken::parse("t", b"secret-token").ok().unwrap()
    }

    #[test]
    fn status_and_body_decide_the_kind() {
        use ResponseKind::*;
        let error = r#"{"message":"m","errorCode":"C","requestID":"r"}"#;
        for (status, body, kind) in [
            (204, "", Done),
            (204, "<html>", Done),
            (200, "", Unexpected),
            (200, "{}", Unexpected),
            (202, error, Unexpected),
            (301, "", Unexpected),
            (400, error, Refused),
            (400, r#"{"message":"m"}"#, Unexpected),
            (400, "", Unexpected),
            (401, error, Unauthorized),
            (401, "", Unauthorized),
            (401, r#"{"error":"invalid_token","error_description":"d"}"#, Unauthorized),
            (401, r#"{"error":401}"#, Unexpected),
            (401, "<html>", Unexpected),
            (401, "{}", Unexpected),
            (401, "[]", Unexpected),
            (403, error, Forbidden),
            (403, "", Forbidden),
            (403, r#"{"message":"Forbidden"}"#, Forbidden),
            (403, r#"{"error":"forbidden"}"#, Unexpected),
            (403, "blocked", Unexpected),
            (404, error, NotFound),
            (404, r#"{"code":"C","detail":"d"}"#, NotFound),
            (404, r#"{"type":"C","title":"t"}"#, NotFound),
            (404, r#"{"status":404,"title":"KEY_NOT_FOUND","detail":"d"}"#, NotFound),
            (404, r#"{"type":"https://a/b","errorCode":"C"}"#, NotFound),
            (404, r#"{"errorCode":"ORGANIZATION_NOT_FOUND","message":"m"}"#, OrganizationNotFound),
            (404, r#"{"errorCode":"ORGANIZATION_DOES_NOT_EXIST"}"#, OrganizationNotFound),
            (404, r#"{"title":"ORGANIZATION_NOT_FOUND"}"#, OrganizationNotFound),
            (404, r#"{"errorCode":"NOT_FOUND","message":"no such key"}"#, NotFound),
            (
                404,
                r#"{"errorCode":"NOT_FOUND","message":"The requested delete endpoint does not exist."}"#,
                Unexpected,
            ),
            (404, r#"{"errorCode":"ROUTE_NOT_FOUND"}"#, Unexpected),
            (404, r#"{"errorCode":"ORGANIZATION_IS_PAUSED"}"#, Unexpected),
            (404, r#"{"errorCode":"UNKNOWN_ORGANIZATION"}"#, Unexpected),
            (404, r#"{"errorCode":"TENANT_NOT_FOUND"}"#, Unexpected),
            (404, r#"{"errorCode":"USER_NOT_FOUND"}"#, Unexpected),
            (404, r#"{"errorCode":"NO_HANDLER_FOUND"}"#, Unexpected),
            (
                404,
                r#"{"errorCode":"NOT_FOUND","message":"No static resource rest/organizations/o/apikeys/k."}"#,
                Unexpected,
            ),
            (404, r#"{"errorCode":"NOT_FOUND","title":"NOT_FOUND","detail":"No such path"}"#, Unexpected),
            (404, r#"{"errorCode":"NOT_FOUND","message":"m","detail":"no URL"}"#, Unexpected),
            (404, r#"{"errorCode":"NOT_FOUND","message":"Organization 'o' does not exist."}"#, Unexpected),
            (404, r#"{"errorCode":"NOT_FOUND","message":"No key k in organization o"}"#, NotFound),
            (404, r#"{"type":"about:blank","title":"Not Found"}"#, Unexpected),
            (
                404,
                r#"{"type":"https://tools.ietf.org/html/rfc7231#section-6.5.4","title":"Not Found"}"#,
                Unexpected,
            ),
            (404, r#"{"code":"404","message":"m"}"#, Unexpected),
            (404, r#"{"code":"not-found"}"#, Unexpected),
            (404, r#"{"code":"_C"}"#, Unexpected),
            (404, r#"{"message":"no Route matched with those values"}"#, Unexpected),
            (404, r#"{"errorCode":""}"#, Unexpected),
            (404, r#"{"errorCode":404}"#, Unexpected),
            (404, "", Unexpected),
            (404, "<html>404 Not Found</html>", Unexpected),
            (404, r#"{"errorCode":"C""#, Unexpected),
            (404, r#"[{"errorCode":"C"}]"#, Unexpected),
            (405, error, Refused),
            (407, error, Unexpected),
            (408, error, Unexpected),
            (409, error, Refused),
            (410, error, Refused),
            (412, error, Refused),
            (419, error, Unexpected),
            (422, error, Refused),
            (429, "", RateLimited),
            (500, error, ServerError),
            (501, error, Unexpected),
            (502, "<html>", ServerError),
            (503, "", ServerError),
            (504, "", ServerError),
        ] {
            assert_eq!(read_kind(&response(status, body)), kind, "{status} {body}");
        }
        let truncated = Response { truncated: true, ..response(404, error) };
        assert_eq!(read_kind(&truncated), Unexpected, "a body that was not read whole");
        let blocked = with_header(response(403, "<html>"), "x-coveo-waf-action", "block");
        assert_eq!(read_kind(&blocked), Forbidden);
    }

    #[test]
    fn errors_are_read_in_every_spelling_and_redacted() {
        let all = [
            r#"{"message":"no secret-token\n","errorCode":"C","requestID":"r"}"#,
            r#"{"detail":"no secret-token\u0007","code":"C","requestId":"r"}"#,
            r#"{"title":"no \u0073ecret-token","type":"C","requestID":"r"}"#,
        ];
        for body in all {
            let read = ApiResponse::read(&response(404, body), &token());
            assert_eq!(read.message.as_deref(), Some("no (the access token)"));
            assert_eq!(read.code.as_deref(), Some("C"));
            assert_eq!(read.request_id.as_deref(), Some("r"));
        }
        let page = with_header(response(404, "<html>"), "x-request-id", "from-the-header");
        assert_eq!(ApiResponse::read(&page, &token()).request_id.as_deref(), Some("from-the-header"));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(status in 100u16..1000, body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            for body in [body, text.into_bytes()] {
                let response = Response { body, ..response(status, "") };
                let done = read_kind(&response) == ResponseKind::Done;
                proptest::prop_assert_eq!(done, status == 204);
                let _ = ApiResponse::read(&response, &token());
            }
        }

        #[test]
        fn not_found_requires_a_code(message in ".{0,30}", field in "[a-zA-Z]{1,10}", value in ".{0,20}") {
            proptest::prop_assume!(!is_code(&value));
            let body = json!({"message": message, field: value}).to_string();
            proptest::prop_assert_eq!(read_kind(&response(404, &body)), ResponseKind::Unexpected);
        }
    }
}
