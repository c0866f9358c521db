//! Proxies that refuse, lie, break off or stay silent. Whatever they do, no request has left the tool, so each key is
//! `unavailable`; and no proxy ever sees the token or a request.

use std::fmt;
use std::time::Duration;

use support::fake_coveo::{ApiKey, Certificate, Coveo, FULL_TOKEN};
use support::harness::{PROXY_BASIC, PROXY_PASSWORD, PROXY_USER, cli, json_lines, outcomes, parallel};
use support::proxy::{CONNECTED, Proxy, Then};

/// Most of these wait.
const WIDTH: usize = 8;

/// Coveo's response about a key that is gone.
const GONE: &str = r#"{"message":"API key not found","errorCode":"KEY_NOT_FOUND","requestID":"1"}"#;

/// What a proxy answers to CONNECT, what it does then, and what is reported.
struct Case {
    name: &'static str,
    answer: Vec<u8>,
    then: Then,
    words: &'static str,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A response with this status line and this body.
fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Then::{Close, Drip, Hang, Reset};
    let case = |name, answer: Vec<u8>, then, words| Case { name, answer, then, words };
    let page = "<html>Please sign in</html>";
    let head = |size: usize| format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "a".repeat(size)).into();
    vec![
        // It refuses, as a proxy does or as Coveo would.
        case("204", answer("204 No Content", ""), Close, " (HTTPS_PROXY) refused CONNECT: 204"),
        case("202", answer("202 Accepted", ""), Close, " (HTTPS_PROXY) refused CONNECT: 202"),
        case("100", b"HTTP/1.1 100 Continue\r\n\r\n".into(), Close, " (HTTPS_PROXY) refused CONNECT: 100"),
        case("302 to a portal", b"HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\n\r\n".into(), Close, " (HTTPS_PROXY) refused CONNECT: 302"),
        case("401 in Coveo's form", answer("401 Unauthorized", GONE), Close, "proxy authentication failed (401)"),
        case("401, empty", answer("401 Unauthorized", ""), Hang, "proxy authentication failed (401)"),
        case("403 in Coveo's form", answer("403 Forbidden", GONE), Close, " (HTTPS_PROXY) refused CONNECT: 403"),
        case("403, a page", answer("403 Forbidden", page), Close, " (HTTPS_PROXY) refused CONNECT: 403"),
        case("404 in Coveo's form", answer("404 Not Found", GONE), Close, " (HTTPS_PROXY) refused CONNECT: 404"),
        case("404, a page", answer("404 Not Found", page), Hang, " (HTTPS_PROXY) refused CONNECT: 404"),
        case("407", answer("407 Proxy Authentication Required", page), Close, "proxy authentication failed (407)"),
        case("407 in Coveo's form", answer("407 Proxy Authentication Required", GONE), Close, "proxy authentication failed (407)"),
        case("429 for a day", b"HTTP/1.1 429 Too Many\r\nRetry-After: 86400\r\n\r\n".into(), Close, " (HTTPS_PROXY) refused CONNECT: 429"),
        case("500", answer("500 Internal Server Error", page), Close, " (HTTPS_PROXY) refused CONNECT: 500"),
        case("502", answer("502 Bad Gateway", page), Close, " (HTTPS_PROXY) refused CONNECT: 502"),
        case("503", answer("503 Service Unavailable", page), Reset, " (HTTPS_PROXY) refused CONNECT: 503"),
        case("504", answer("504 Gateway Timeout", page), Hang, " (HTTPS_PROXY) refused CONNECT: 504"),
        // It accepts, but Coveo isn't there.
        case("200, a page", answer("200 OK", page), Close, "TLS handshake with localhost:"),
        case("200, a page, and no end", answer("200 OK", page), Hang, "TLS handshake with localhost:"),
        case("200, Coveo's answer", [CONNECTED, b"HTTP/1.1 204 No Content\r\n\r\n"].concat(), Hang, "TLS handshake with localhost:"),
        case("200, and closes", CONNECTED.into(), Close, " failed: connection closed by peer"),
        case("200, and resets", CONNECTED.into(), Reset, "TLS handshake with localhost:"),
        case("200, and hangs", CONNECTED.into(), Hang, "TLS handshake with localhost:"),
        case("200, and drips a record without an end", [CONNECTED, &[0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3]].concat(), Drip(0), "TLS handshake with localhost:"),
        // Its response is unreadable.
        case("nothing, and closes", Vec::new(), Close, " failed: connection closed by peer"),
        case("nothing, and resets", Vec::new(), Reset, " failed: connection reset by peer"),
        case("nothing, and hangs", Vec::new(), Hang, "CONNECT through 127.0.0.1:"),
        case("a status line that drips", b"HTTP/1.1 200 ".into(), Drip(b'a'), "CONNECT through 127.0.0.1:"),
        case("a header that drips", b"HTTP/1.1 200 OK\r\nX: ".into(), Drip(b'a'), "CONNECT through 127.0.0.1:"),
        case("a header that breaks off", b"HTTP/1.1 200 OK\r\nX: ".into(), Close, " failed: connection closed by peer"),
        case("not HTTP", b"220 mail.example ESMTP\r\n\r\n".into(), Close, "unreadable response from 127.0.0.1:"),
        case("TLS", vec![0x15, 3, 3, 0, 2, 2, 70], Close, "unreadable response from 127.0.0.1:"),
        case("noise", (0..200u8).map(|byte| byte.wrapping_mul(7)).collect(), Close, "unreadable response from 127.0.0.1:"),
        case("more headers than are read", format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: a\r\n".repeat(25)).into(), Hang, "unreadable response from 127.0.0.1:"),
        case("a head of 64 KiB", head(64 * 1024), Hang, "response headers are longer than 16 KiB"),
        case("a head of 8 MiB", head(8 * 1024 * 1024), Hang, "response headers are longer than 16 KiB"),
    ]
}

/// No proxy ever sees the token or a request, and only the proxy gets its password.
#[track_caller]
fn assert_learned_nothing(proxy: &Proxy) {
    for secret in [FULL_TOKEN, "Bearer", "/rest/", "apikeys", "DELETE"] {
        assert!(!proxy.saw(secret), "the proxy has seen {secret}");
    }
    for head in proxy.heard() {
        let head = String::from_utf8_lossy(&head);
        let head = head.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
        let names = head.lines().skip(1).filter_map(|line| line.split(':').next());
        let known = ["host", "user-agent", "proxy-connection", "proxy-authorization"];
        assert!(names.clone().all(|name| known.contains(&name)), "{head}");
        assert!(
            head.contains(&format!("proxy-authorization: basic {}", PROXY_BASIC.to_lowercase())),
            "{head}"
        );
    }
}

#[test]
fn proxy_without_tunnel_is_not_coveo() {
    let timeout = Duration::from_millis(1500);
    parallel(WIDTH, &cases(), |case| {
        let coveo = Coveo::https();
        coveo.add(ApiKey::new("k1"));
        let proxy = Proxy::start(case.answer.clone(), case.then);
        let address = format!("127.0.0.1:{}", proxy.port);
        let run = cli(&coveo)
            .env("HTTPS_PROXY", format!("http://{PROXY_USER}:{PROXY_PASSWORD}@{address}"))
            .args(["-v", "--json", "--timeout", "1500ms", "--retries", "1", "k1"])
            .run_within(timeout)
            .assert_status(6)
            .assert_outcomes(&["unavailable"]);
        let said = &json_lines(&run.stdout)[0];
        assert!(said["httpStatus"].is_null() && said["errorCode"].is_null() && said["requestId"].is_null());
        let last = run.stderr.lines().find(|line| line.contains("error: ")).unwrap_or_default();
        assert!(last.contains("k1 was not deleted from") && last.contains(case.words), "{last}");
        assert!(last.contains("localhost") || last.contains(&address), "{last}");
        assert_eq!((coveo.exists("k1"), coveo.connections()), (true, 0));
        let asked = proxy.asked();
        assert_eq!(asked, vec![format!("CONNECT localhost:{} HTTP/1.1", coveo.port()); asked.len()]);
        assert!((1..=2).contains(&asked.len()), "{asked:?}");
        assert_learned_nothing(&proxy);
    });
}

#[test]
fn unusual_connect_responses_are_accepted() {
    for answer in [
        "HTTP/1.0 200 Connection established\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        // RFC 9110 (9.3.6): both are ignored.
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nProxy-Agent: x/1\r\nVia: 1.1 x\r\n\r\n",
    ] {
        let coveo = Coveo::https();
        let proxy = Proxy::start(answer, Then::Connect(coveo.port()));
        let cli = cli(&coveo).env("https_proxy", proxy.url()).arg("--json").args(coveo.add_keys(2));
        cli.run().assert_status(0).assert_outcomes(&["deleted"; 2]);
        assert_eq!(proxy.asked().len(), 1, "{answer:?}");
    }
}

/// It answers in Coveo's place, with a certificate that isn't valid or that Coveo's authority didn't issue.
#[test]
fn intercepting_proxy_gets_no_token() {
    for (certificate, words) in [
        // Its authority has the same name and another key.
        (Certificate::Good, "bad signature: "),
        (Certificate::Expired, "it expired 3 days ago"),
        (Certificate::OtherName, "bad signature: "),
    ] {
        let coveo = Coveo::https();
        let impostor = Coveo::builder().https(certificate).start();
        let proxy = Proxy::to(impostor.port());
        let cli = cli(&coveo).env("HTTPS_PROXY", proxy.url()).args(["--json", "-v", "k1"]);
        let run = cli.run().assert_status(6).assert_outcomes(&["unavailable"]);
        let certificate = format!("the certificate of localhost:{} can't be trusted: ", coveo.port());
        run.assert_stderr(&(certificate + words));
        assert_eq!(proxy.asked().len(), 1, "time does not mend it, so it is not tried again");
        assert!(impostor.requests().is_empty() && !impostor.saw_bytes(FULL_TOKEN.as_bytes()));
        assert!(!proxy.saw(FULL_TOKEN));
    }
}

/// Wherever the proxy cuts the connection after CONNECT, the report is true, and certain if the request can't have left.
#[test]
fn proxy_cut_at_any_byte_makes_no_lie() {
    let cuts: Vec<usize> = (0..16).map(|step| step * 75).chain([4000]).collect();
    parallel(WIDTH, &cuts, |cut| {
        let coveo = Coveo::https();
        let proxy = Proxy::start(CONNECTED, Then::ConnectFor(coveo.port(), *cut));
        let cli = cli(&coveo).env("HTTPS_PROXY", proxy.url()).args(coveo.add_keys(1));
        let run = cli.args(["--json", "--retries", "0", "--timeout", "5s"]).run();
        let outcome = outcomes(&run.stdout).remove(0);
        let is_true = match outcome.as_str() {
            "deleted" => coveo.ids().is_empty(),
            "unavailable" => coveo.ids().len() == 1 && coveo.requests().is_empty(),
            outcome => outcome == "unknown",
        };
        // The handshake's first message is longer than 200 bytes, and all messages together are shorter than 4000.
        let is_expected = match cut {
            0..200 => outcome == "unavailable",
            200..4000 => true,
            4000.. => outcome == "deleted",
        };
        assert!(is_true && is_expected, "{outcome}: {}", run.stderr);
    });
}
