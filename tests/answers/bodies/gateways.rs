//! Errors of gateways, web servers, frameworks and caches.

use super::Meaning::{Busy, Failing, Foreign};
use super::{Body, each};

/// All errors that aren't Coveo's.
pub fn bodies() -> Vec<Body> {
    let page = ["<html><head><title>Error</title></head><body></body></html>"];
    let invalid =
        r#"{"type":"https://tools.ietf.org/html/rfc7231#section-6.5.1","title":"Invalid","status":400}"#;
    let mut bodies = vec![Body::new(Foreign, 302, page[0]).header("Location", "/login")];
    for (meaning, status, texts) in [
        (Foreign, 404, JSON),
        (Foreign, 404, PAGES),
        (Busy, 429, &page),
        (Failing, 500, &page),
        (Failing, 502, &page),
        (Failing, 503, &["upstream connect error or disconnect/reset before headers"]),
        (Failing, 504, &page),
        (Foreign, 400, &[invalid]),
        (Foreign, 405, &[r#"{"code":"405","message":"Method Not Allowed"}"#]),
    ] {
        bodies.extend(each(meaning, status, texts));
    }
    let others = [200, 400, 401, 403, 405, 407, 409, 413, 451, 520];
    bodies.extend(others.iter().flat_map(|status| each(Foreign, *status, &page)));
    bodies
}

/// 404 in JSON.
const JSON: &[&str] = &[
    // ASP.NET
    r#"{"type":"https://tools.ietf.org/html/rfc7231#section-6.5.4","title":"Not Found","status":404,"traceId":"00-1-2-00"}"#,
    r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404}"#,
    r#"{"Message":"No HTTP resource was found that matches the request URI 'https://h/'."}"#,
    // RFC 9457
    r#"{"type":"about:blank","title":"Not Found","status":404}"#,
    r#"{"type":"urn:problem:not-found","title":"Not Found","status":404,"detail":"d"}"#,
    r#"{"type":"/problems/not-found","title":"Not Found"}"#,
    r#"{"type":"NotFound","title":"Not Found"}"#,
    // Spring
    r#"{"timestamp":"2026-11-24T07:00:00.000+00:00","status":404,"error":"Not Found","path":"/rest/organizations"}"#,
    r#"{"timestamp":1764000000000,"status":404,"error":"Not Found","message":"No message available","path":"/rest"}"#,
    r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"No static resource rest.","instance":"/rest"}"#,
    // Kong
    r#"{"message":"no Route matched with those values"}"#,
    "{\n  \"message\":\"no Route matched with those values\",\n  \"request_id\":\"9b1f6d6c2f0d4e2b\"\n}",
    // AWS: API Gateway and services
    r#"{"message":"Missing Authentication Token"}"#,
    r#"{"message":"Not Found"}"#,
    r#"{"message":null}"#,
    r#"{"__type":"ResourceNotFoundException","message":"m"}"#,
    r#"{"code":"NotFoundException","message":"Invalid API identifier specified"}"#,
    // Azure: API Management, services
    r#"{ "statusCode": 404, "message": "Resource not found" }"#,
    r#"{"error":{"code":"ResourceNotFound","message":"m"}}"#,
    // Google, gRPC, Envoy
    r#"{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#,
    r#"{"code":5,"message":"Method does not exist.","details":[]}"#,
    r#"{"status":"NOT_FOUND","message":"m"}"#,
    // Apigee, WSO2, MuleSoft, Tyk, Gravitee
    r#"{"fault":{"faultstring":"Unable to identify proxy for host","detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}"#,
    r#"{"code":"404","type":"Status report","message":"Not Found","description":"The requested resource is not available."}"#,
    r#"{"fault":{"code":900906,"type":"Status report","message":"No matching resource found in the API"}}"#,
    r#"{"error":"Not Found"}"#,
    r#"{"message":"No context-path matches the request URI.","http_status_code":404}"#,
    // Kubernetes, Elasticsearch, Consul, GitHub, Cloudflare
    r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m","reason":"NotFound","code":404}"#,
    r#"{"error":"no handler found for uri [/rest] and method [DELETE]"}"#,
    r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#,
    r#"{"success":false,"errors":[{"code":7003,"message":"Could not route"}],"messages":[],"result":null}"#,
    // Frameworks: FastAPI, NestJS, Fastify, Rails, JSON:API, GraphQL, Laravel, Django
    r#"{"detail":"Not Found"}"#,
    r#"{"statusCode":404,"message":"Cannot DELETE /rest/organizations","error":"Not Found"}"#,
    r#"{"message":"Route DELETE:/rest not found","error":"Not Found","statusCode":404}"#,
    r#"{"status":404,"error":"Not Found"}"#,
    r#"{"errors":[{"status":"404","code":"NOT_FOUND","title":"Not Found"}]}"#,
    r#"{"errors":[{"message":"m","extensions":{"code":"NOT_FOUND"}}]}"#,
    r#"{"message":"","exception":"Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException"}"#,
    // Vercel, Netlify, Deno
    r#"{"error":{"code":"NOT_FOUND","message":"The page could not be found"}}"#,
];

/// 404 in HTML, XML, text, or empty.
const PAGES: &[&str] = &[
    "",
    // nginx, OpenResty
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
    "<html><head><title>404 Not Found</title></head><body><center>openresty</center></body></html>",
    // IIS, Apache, Tomcat, Jetty
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><html><head><title>404 - File or directory not found.</title></head></html>",
    "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n",
    "<!doctype html><html lang=\"en\"><head><title>HTTP Status 404 – Not Found</title></head><body></body></html>",
    "<html><body><h2>HTTP ERROR 404 Not Found</h2><table><tr><th>URI:</th><td>/rest</td></tr></table></body></html>",
    // HAProxy, Squid, Varnish, F5
    "<html><body><h1>404 Not Found</h1>\nThe resource could not be found.\n</body></html>\n",
    "<html><head><title>ERROR: The requested URL could not be retrieved</title></head><body id=ERR_DNS_FAIL></body></html>",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><html><head><title>404 Not Found</title></head><body><p>XID: 32770</p><p>Varnish cache server</p></body></html>",
    "<html><head><title>Request Rejected</title></head><body>Your support ID is: 123</body></html>",
    // Cloudflare, Akamai, CloudFront, Google
    "<!DOCTYPE html><html><head><title>Not Found | Cloudflare</title></head><body>Ray ID: 8c1</body></html>",
    "error code: 1016",
    "<HTML><HEAD>\n<TITLE>Not Found</TITLE>\n</HEAD><BODY>\nReference&#32;&#35;18&#46;0\n</BODY></HTML>\n",
    "<!DOCTYPE HTML><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD></HTML>",
    "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title></html>",
    // S3, Azure storage
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>",
    "\u{feff}<?xml version=\"1.0\"?><Error><Code>ResourceNotFound</Code></Error>",
    // Go, Traefik, the default backend of Kubernetes, Express, Flask, Vercel
    "404 page not found\n",
    "default backend - 404",
    "<pre>Cannot DELETE /rest/organizations/o/apikeys/k</pre>",
    "<pre>{\"errorCode\":\"API_KEY_NOT_FOUND\"}</pre>",
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n",
    "The page could not be found\n\nNOT_FOUND\n\nfra1::abcde\n",
    "NOT_FOUND",
    "API_KEY_NOT_FOUND",
];
