//! Errors of Coveo in all documented forms, and of its OAuth server.

use super::Meaning::{
    self, Blocked, Busy, Failing, Forbidden, Foreign, NoSuchKey, NoSuchOrganization, Refused, Unauthorized,
};
use super::{Body, each};

/// All errors of Coveo.
pub fn bodies() -> Vec<Body> {
    [
        missing_keys(),
        something_else(),
        missing_organizations(),
        tokens(),
        privileges(),
        refusals(),
        failures(),
    ]
    .concat()
}

/// 404 with a code. The code of a missing key isn't documented, so any counts.
fn missing_keys() -> Vec<Body> {
    let spellings = [
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
    let mut bodies = each(NoSuchKey, 404, &spellings);
    let long = format!(r#"{{"errorCode":"KEY_NOT_FOUND","message":"{}"}}"#, "m".repeat(60 * 1024));
    bodies.push(Body::new(NoSuchKey, 404, long).named("an error of 60 KiB"));
    bodies
}

/// 404 with a code or a text about something other than a key or a missing organization.
fn something_else() -> Vec<Body> {
    let spellings = [
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
    each(Foreign, 404, &spellings)
}

fn missing_organizations() -> Vec<Body> {
    let spellings = [
        r#"{"errorCode":"ORGANIZATION_NOT_FOUND","message":"Organization 'myorganizationid' does not exist."}"#,
        r#"{"errorCode":"ORGANIZATION_DOES_NOT_EXIST","message":"m","requestID":"r-1"}"#,
        r#"{"statusCode":404,"message":"m","errorCode":"ORGANIZATION_DOES_NOT_EXIST"}"#,
        r#"{"code":"ORGANIZATION_NOT_FOUND","detail":"d"}"#,
        r#"{"type":"ORGANIZATION_NOT_FOUND","title":"t","status":404}"#,
        r#"{"status":404,"title":"ORGANIZATION_NOT_FOUND","detail":"d"}"#,
        r#"{"type":"about:blank","status":404,"title":"ORGANIZATION_DOES_NOT_EXIST"}"#,
        r#"{"errorCode":"ORGANIZATION_ID_NOT_FOUND"}"#,
    ];
    each(NoSuchOrganization, 404, &spellings)
}

fn tokens() -> Vec<Body> {
    let spellings = [
        r#"{"errorCode":"INVALID_TOKEN","message":"Token is invalid.","requestID":"r-1"}"#,
        r#"{"errorCode":"UNAUTHORIZED","message":"m"}"#,
        r#"{"status":401,"title":"INVALID_TOKEN","detail":"d"}"#,
        r#"{"message":"Unauthorized"}"#,
        r#"{"error":"invalid_token","error_description":"The access token expired"}"#,
        "",
    ];
    each(Unauthorized, 401, &spellings)
}

fn privileges() -> Vec<Body> {
    let spellings = [
        r#"{"errorCode":"ACCESS_DENIED","message":"Access is denied","requestID":"r-1"}"#,
        r#"{"message":"Forbidden"}"#,
        r#"{"status":403,"title":"ACCESS_DENIED","detail":"d"}"#,
    ];
    let mut bodies = each(Forbidden, 403, &spellings);
    bodies.push(Body::new(Blocked, 403, ""));
    let firewall = Body::new(Blocked, 403, "<html><body>Request blocked.</body></html>");
    bodies.push(firewall.header("x-coveo-waf-action", "block").named("of the firewall, with a page"));
    bodies
}

/// Any other 4xx with a code, about one key. Without a code it may come from anywhere.
fn refusals() -> Vec<Body> {
    let code = |meaning: Meaning, status| {
        Body::new(meaning, status, r#"{"errorCode":"SOME_CODE","message":"m","requestID":"r-1"}"#)
    };
    let mut bodies = vec![
        Body::new(Refused, 400, r#"{"errorCode":"ORGANIZATION_IS_PAUSED","message":"m","requestID":"r-1"}"#),
        Body::new(Refused, 400, r#"{"status":400,"title":"INVALID_REQUEST","detail":"d"}"#),
    ];
    bodies.extend([400, 405, 409, 410, 412, 422].map(|status| code(Refused, status)));
    // They don't say whether the request was carried out before the time-out.
    bodies.extend([408, 419].map(|status| code(Foreign, status)));
    bodies.extend([400, 412].map(|status| Body::new(Foreign, status, r#"{"message":"Bad parameter"}"#)));
    bodies
}

fn failures() -> Vec<Body> {
    vec![
        Body::new(Busy, 429, r#"{"statusCode":429,"message":"Too many requests."}"#),
        Body::new(Failing, 500, r#"{"errorCode":"INTERNAL_ERROR","message":"m","requestID":"r-1"}"#),
        Body::new(Foreign, 501, r#"{"errorCode":"NOT_IMPLEMENTED","message":"m"}"#),
        Body::new(Foreign, 200, r#"{"errorCode":"API_KEY_NOT_FOUND","message":"m"}"#),
        Body::new(Foreign, 202, ""),
    ]
}
