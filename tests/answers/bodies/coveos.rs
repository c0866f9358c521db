//! Errors of Coveo in all documented forms, and of its OAuth server.

use super::Meaning::{
    Blocked, Busy, Failing, Forbidden, Foreign, NoSuchKey, NoSuchOrganization, Refused, Unauthorized,
};
use super::{Body, each};

/// All errors of Coveo.
pub fn bodies() -> Vec<Body> {
    let code = [r#"{"errorCode":"SOME_CODE","message":"m","requestID":"r-1"}"#];
    let no_code = [r#"{"message":"Bad parameter"}"#];
    let paused = r#"{"errorCode":"ORGANIZATION_IS_PAUSED","message":"m","requestID":"r-1"}"#;
    let long = format!(r#"{{"errorCode":"KEY_NOT_FOUND","message":"{}"}}"#, "m".repeat(60 * 1024));
    let page = Body::new(Blocked, 403, "<html><body>Request blocked.</body></html>");
    let mut bodies = vec![Body::new(NoSuchKey, 404, long), page.header("x-coveo-waf-action", "block")];
    for (meaning, status, texts) in [
        (NoSuchKey, 404, MISSING_KEYS),
        (Foreign, 404, SOMETHING_ELSE),
        (NoSuchOrganization, 404, MISSING_ORGANIZATIONS),
        (Unauthorized, 401, UNAUTHORIZED),
        (Forbidden, 403, FORBIDDEN),
        (Blocked, 403, &[""]),
        (Refused, 400, &[paused, r#"{"status":400,"title":"INVALID_REQUEST","detail":"d"}"#]),
        // Any other 4xx with a code is about one key. Without a code it may come from anywhere.
        (Refused, 400, &code),
        (Refused, 405, &code),
        (Refused, 409, &code),
        (Refused, 410, &code),
        (Refused, 412, &code),
        (Refused, 422, &code),
        (Foreign, 400, &no_code),
        (Foreign, 412, &no_code),
        // They don't say whether the request was carried out before the time-out.
        (Foreign, 408, &code),
        (Foreign, 419, &code),
        (Busy, 429, &[r#"{"statusCode":429,"message":"Too many requests."}"#]),
        (Failing, 500, &[r#"{"errorCode":"INTERNAL_ERROR","message":"m","requestID":"r-1"}"#]),
        (Foreign, 501, &[r#"{"errorCode":"NOT_IMPLEMENTED","message":"m"}"#]),
        (Foreign, 200, &[r#"{"errorCode":"API_KEY_NOT_FOUND","message":"m"}"#]),
        (Foreign, 202, &[""]),
    ] {
        bodies.extend(each(meaning, status, texts));
    }
    bodies
}

/// 404 with a code. The code of a missing key isn't documented, so any counts.
const MISSING_KEYS: &[&str] = &[
    r#"{"message":"The API key 'k' does not exist.","errorCode":"API_KEY_NOT_FOUND","requestID":"r-1"}"#,
    r#"{"message":"The API key 'k' does not exist.","errorCode":"API_KEY_NOT_FOUND"}"#,
    r#"{"errorCode":"INVALID_API_KEY_ID"}"#,
    r#"{"errorCode":"C"}"#,
    r#"{"errorCode":"E404_2"}"#,
    r#"{"detail":"no such key","code":"RESOURCE_NOT_FOUND","requestId":"r-1"}"#,
    r#"{"title":"no such key","type":"RESOURCE_NOT_FOUND","status":404}"#,
    r#"{"status":404,"title":"ORIGINAL_QUERY_NOT_FOUND","detail":"The original query was not found."}"#,
    r#"{"title":"KEY_NOT_FOUND"}"#,
    r#"{"type":"about:blank","title":"KEY_NOT_FOUND","status":404}"#,
    r#"{"type":"https://docs.coveo.com/errors","title":"KEY_NOT_FOUND","status":404}"#,
    r#"{"statusCode":404,"message":"m","errorCode":"NOT_FOUND"}"#,
    r#"{"errorCode":null,"code":"KEY_NOT_FOUND","message":null}"#,
    r#"{"errorCode":"KEY_NOT_FOUND","more":{"errorCode":[]},"list":[{"code":"404"}]}"#,
    " \r\n{\"message\":null,\r\n\t\"errorCode\" : \"KEY_NOT_FOUND\"}\r\n\r\n",
    r#"{"errorCode":"KEY\u005fNOT\u005FFOUND"}"#,
];

/// 404 with a code or a text about something other than a key or a missing organization.
const SOMETHING_ELSE: &[&str] = &[
    r#"{"statusCode":404,"message":"The requested API endpoint does not exist.","errorCode":"NOT_FOUND"}"#,
    r#"{"errorCode":"ROUTE_NOT_FOUND"}"#,
    r#"{"errorCode":"ENDPOINT_UNKNOWN"}"#,
    r#"{"errorCode":"ORGANIZATION_IS_PAUSED","message":"paused"}"#,
    r#"{"errorCode":"MISSING_ORGANIZATION"}"#,
    r#"{"errorCode":"UNKNOWN_ORGANIZATION"}"#,
    r#"{"errorCode":"TENANT_NOT_FOUND","message":"m"}"#,
    r#"{"errorCode":"USER_NOT_FOUND","message":"m"}"#,
    r#"{"errorCode":"PATH_NOT_FOUND","message":"m"}"#,
    r#"{"errorCode":"NO_HANDLER_FOUND","message":"m"}"#,
    r#"{"errorCode":"NOT_FOUND","message":"No static resource rest/organizations/o/apikeys/k."}"#,
    r#"{"status":404,"title":"NOT_FOUND","detail":"No static resource rest/organizations."}"#,
    r#"{"errorCode":"NOT_FOUND","message":"The requested URL was not found."}"#,
    r#"{"errorCode":"NOT_FOUND","message":"No handler found for DELETE /rest"}"#,
];

/// 404 with a code that names the organization.
const MISSING_ORGANIZATIONS: &[&str] = &[
    r#"{"errorCode":"ORGANIZATION_NOT_FOUND","message":"Organization 'myorganizationid' does not exist."}"#,
    r#"{"errorCode":"ORGANIZATION_DOES_NOT_EXIST","message":"m","requestID":"r-1"}"#,
    r#"{"statusCode":404,"message":"m","errorCode":"ORGANIZATION_DOES_NOT_EXIST"}"#,
    r#"{"code":"ORGANIZATION_NOT_FOUND","detail":"d"}"#,
    r#"{"type":"ORGANIZATION_NOT_FOUND","title":"t","status":404}"#,
    r#"{"status":404,"title":"ORGANIZATION_NOT_FOUND","detail":"d"}"#,
    r#"{"type":"about:blank","status":404,"title":"ORGANIZATION_DOES_NOT_EXIST"}"#,
    r#"{"errorCode":"ORGANIZATION_ID_NOT_FOUND"}"#,
];

/// 401.
const UNAUTHORIZED: &[&str] = &[
    r#"{"errorCode":"INVALID_TOKEN","message":"Token is invalid.","requestID":"r-1"}"#,
    r#"{"errorCode":"UNAUTHORIZED","message":"m"}"#,
    r#"{"status":401,"title":"INVALID_TOKEN","detail":"d"}"#,
    r#"{"message":"Unauthorized"}"#,
    r#"{"error":"invalid_token","error_description":"The access token expired"}"#,
    "",
];

/// 403.
const FORBIDDEN: &[&str] = &[
    r#"{"errorCode":"ACCESS_DENIED","message":"Access is denied","requestID":"r-1"}"#,
    r#"{"message":"Forbidden"}"#,
    r#"{"status":403,"title":"ACCESS_DENIED","detail":"d"}"#,
];
