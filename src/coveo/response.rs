//! How Coveo's answers are read: what a status means, error bodies, keys, privileges and dates.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::coveo::ids::KeyId;
use crate::coveo::token::AccessToken;
use crate::net::http::Response;

/// What an answer says about the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// 204: it was carried out.
    Done,
    /// 401 of Coveo's.
    Unauthorized,
    /// 403 of Coveo's.
    Forbidden,
    /// 404 of Coveo's: there is no such key.
    NotFound,
    /// 429: turned away, for now.
    Busy,
    /// 500, 502, 503, 504: whether it was carried out is open.
    Failing,
    /// Anything else; it is not Coveo's, or not documented.
    Unexpected,
}

/// What an answer says in words; every text is on one line and holds no token.
#[derive(Debug, Default)]
pub struct ApiError {
    /// The status code.
    pub status: u16,
    /// Coveo's name of the error.
    pub code: Option<String>,
    /// The text that came with it.
    pub message: Option<String>,
    /// The number of the request in Coveo's logs.
    pub request_id: Option<String>,
    /// The web application firewall blocked the request.
    pub blocked_by_firewall: bool,
}

/// Reads the status and, where it matters, the form of the body.
///
/// A 404 counts only in Coveo's own form: a web server's page does not say that a key is gone.
pub fn read(answer: &Response) -> ResponseKind {
    let error = error_fields(answer);
    let of_coveo = error.is_some() || answer.body.is_empty();
    match answer.status {
        204 => ResponseKind::Done,
        401 if of_coveo => ResponseKind::Unauthorized,
        403 if of_coveo || is_blocked(answer) => ResponseKind::Forbidden,
        404 if error.is_some_and(|error| error.code.is_some()) => ResponseKind::NotFound,
        429 => ResponseKind::Busy,
        500 | 502 | 503 | 504 => ResponseKind::Failing,
        _ => ResponseKind::Unexpected,
    }
}

/// Coveo's web application firewall blocked the request.
fn is_blocked(answer: &Response) -> bool {
    answer.header("x-coveo-waf-action").is_some_and(|action| action.eq_ignore_ascii_case("block"))
}

/// What the answer says in words, with `token` struck out.
pub fn reply(answer: &Response, token: &AccessToken) -> ApiError {
    let clean = |text: String| Some(token.sanitize_and_redact(&text)).filter(|text| !text.is_empty());
    let error = error_fields(answer).unwrap_or_default();
    ApiError {
        status: answer.status,
        code: error.code.and_then(clean),
        message: error.message.and_then(clean),
        request_id: error.request_id.or(answer.header("x-request-id")).and_then(clean),
        blocked_by_firewall: is_blocked(answer),
    }
}

/// The fields of an error, as they came.
#[derive(Default)]
struct ErrorFields {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

/// The fields of Coveo's errors in each of their spellings (the official client reads them all); `None` if the
/// body is not a JSON object, or has neither a code nor a text.
fn error_fields(answer: &Response) -> Option<ErrorFields> {
    if answer.truncated || !matches!(answer.body.trim_ascii_start().first(), Some(b'{')) {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    let first = |names: &[&str]| {
        names.iter().find_map(|name| {
            object.get(*name)?.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        })
    };
    let fields = ErrorFields {
        // "about:blank" is how RFC 9457 says that there is no code.
        code: first(&["errorCode", "code", "type"]).filter(|code| code != "about:blank"),
        message: first(&["message", "detail", "title"]),
        request_id: first(&["requestID", "requestId"]),
    };
    (fields.code.is_some() || fields.message.is_some()).then_some(fields)
}

/// What the token may do to keys.
#[derive(Debug, PartialEq, Eq)]
pub enum Privileges {
    /// The keys that it may edit: `*` for all.
    Edit(Vec<String>),
    /// It could not be found out.
    Unchecked,
}

impl Privileges {
    /// Whether the token may edit `key`; `None` if that could not be found out.
    pub fn cover(&self, key: &KeyId) -> Option<bool> {
        match self {
            Self::Edit(targets) => Some(targets.iter().any(|target| target == "*" || target == key.as_str())),
            Self::Unchecked => None,
        }
    }
}

/// Reads the privileges of a token: those with owner `PLATFORM`, domain `API_KEY`, type `EDIT`. One that can't be read
/// might be the one in question, so it leaves all of them unchecked.
pub fn read_privileges(answer: &Response) -> Privileges {
    let edits = || {
        let privileges: Vec<Map<String, Value>> = serde_json::from_slice(&answer.body).ok()?;
        let mut targets = Vec::new();
        for privilege in &privileges {
            let field = |name: &str| privilege.get(name).and_then(Value::as_str);
            if [field("owner")?, field("targetDomain")?, field("type")?] == ["PLATFORM", "API_KEY", "EDIT"] {
                targets.push(field("targetId")?.to_owned());
            }
        }
        Some(targets)
    };
    edits().map_or(Privileges::Unchecked, Privileges::Edit)
}

/// Reads the `Date` of an answer: the server's own idea of now.
pub fn read_now(answer: &Response) -> Option<SystemTime> {
    httpdate::parse_http_date(&answer.header("date")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16, body: &str) -> Response {
        let mut headers = ureq::http::HeaderMap::new();
        headers.insert("x-request-id", ureq::http::HeaderValue::from_static("from-the-header"));
        Response { status, headers, body: body.into(), truncated: false }
    }

    fn token() -> AccessToken {
        AccessToken::parse("t", b"secret-token").ok().unwrap()
    }

    #[test]
    fn an_answer_is_taken_for_what_it_says_and_no_more() {
        use ResponseKind::*;
        let error = r#"{"message":"m","errorCode":"C","requestID":"r"}"#;
        for (status, body, reading) in [
            (204, "", Done),
            (204, "<html>", Done),
            (200, "", Unexpected),
            (200, "{}", Unexpected),
            (202, error, Unexpected),
            (301, "", Unexpected),
            (400, error, Unexpected),
            (401, error, Unauthorized),
            (401, "", Unauthorized),
            (401, "<html>", Unexpected),
            (401, "{}", Unexpected),
            (401, "[]", Unexpected),
            (403, error, Forbidden),
            (403, "", Forbidden),
            (403, "blocked", Unexpected),
            (404, error, NotFound),
            (404, r#"{"code":"C","detail":"d"}"#, NotFound),
            (404, r#"{"type":"C","title":"t"}"#, NotFound),
            (404, r#"{"type":"about:blank","title":"Not Found"}"#, Unexpected),
            (404, r#"{"message":"no Route matched with those values"}"#, Unexpected),
            (404, r#"{"errorCode":""}"#, Unexpected),
            (404, r#"{"errorCode":404}"#, Unexpected),
            (404, "", Unexpected),
            (404, "<html>404 Not Found</html>", Unexpected),
            (404, r#"{"errorCode":"C""#, Unexpected),
            (404, r#"[{"errorCode":"C"}]"#, Unexpected),
            (407, error, Unexpected),
            (409, error, Unexpected),
            (412, error, Unexpected),
            (429, "", Busy),
            (500, error, Failing),
            (501, error, Unexpected),
            (502, "<html>", Failing),
            (503, "", Failing),
            (504, "", Failing),
        ] {
            assert_eq!(read(&answer(status, body)), reading, "{status} {body}");
        }
        let cut = Response { truncated: true, ..answer(404, error) };
        assert_eq!(read(&cut), Unexpected, "a body that was not read whole");
        let mut blocked = answer(403, "<html>");
        blocked.headers.insert("x-coveo-waf-action", ureq::http::HeaderValue::from_static("block"));
        assert_eq!(read(&blocked), Forbidden);
    }

    #[test]
    fn an_error_is_read_in_each_of_its_spellings_and_without_the_token() {
        let all = [
            r#"{"message":"no secret-token\n","errorCode":"C","requestID":"r"}"#,
            r#"{"detail":"no secret-token\u0007","code":"C","requestId":"r"}"#,
            r#"{"title":"no \u0073ecret-token","type":"C","requestID":"r"}"#,
        ];
        for body in all {
            let reply = reply(&answer(404, body), &token());
            assert_eq!(reply.message.as_deref(), Some("no (the access token)"));
            assert_eq!(reply.code.as_deref(), Some("C"));
            assert_eq!(reply.request_id.as_deref(), Some("r"));
        }
        assert_eq!(reply(&answer(404, "<html>"), &token()).request_id.as_deref(), Some("from-the-header"));
    }

    #[test]
    fn privileges_are_those_on_keys() {
        let body = r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":"k1"},
            {"owner":"PLATFORM","targetDomain":"API_KEY","type":"VIEW","targetId":"*"},
            {"owner":"SEARCH_API","targetDomain":"API_KEY","type":"EDIT","targetId":"*"}]"#;
        let privileges = read_privileges(&answer(200, body));
        assert_eq!(privileges.cover(&KeyId::parse("k1").ok().unwrap()), Some(true));
        assert_eq!(privileges.cover(&KeyId::parse("k2").ok().unwrap()), Some(false));
        assert_eq!(read_privileges(&answer(200, "[]")), Privileges::Edit(Vec::new()));
        for unreadable in [
            "{}",
            "[1]",
            r#"[{"id":"k1"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":["k1"]}]"#,
        ] {
            assert_eq!(read_privileges(&answer(200, unreadable)), Privileges::Unchecked, "{unreadable}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_a_panic(status in 100u16..1000, body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            for body in [body, text.into_bytes()] {
                let answer = Response { body, ..answer(status, "") };
                let done = read(&answer) == ResponseKind::Done;
                proptest::prop_assert_eq!(done, status == 204);
                let _ = (reply(&answer, &token()), read_privileges(&answer));
            }
        }

        #[test]
        fn a_404_without_coveos_code_never_says_that_a_key_is_gone(message in ".{0,30}", other in "[a-z]{1,10}", value in ".{0,20}") {
            proptest::prop_assume!(!["type", "code"].contains(&other.as_str()));
            let body = json!({"message": message, other: value}).to_string();
            proptest::prop_assert_eq!(read(&answer(404, &body)), ResponseKind::Unexpected);
        }

    }
}
