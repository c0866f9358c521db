//! A proxy's password is as secret as the token, and the proxy never sees the token.

use super::{SECRET, assert_hidden};
use crate::WIDTH;
use support::harness::{Cli, PROXY_BASIC, PROXY_PASSWORD, PROXY_USER, parallel};
use support::proxy::{Proxy, Then};

/// Responses of the proxy; `{c}` stands for [`PROXY_BASIC`], `{p}` for the password.
const ANSWERS: [&str; 16] = [
    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"{c} {p}\"\r\n\r\n",
    "HTTP/1.1 407 Basic {c}\r\n\r\n",
    "HTTP/1.1 407 user:{p}@proxy\r\n\r\n{p}",
    "HTTP/1.1 403 {p}\r\nX-Request-ID: {c}\r\nContent-Length: 12\r\n\r\n{p}",
    "HTTP/1.1 302 Found\r\nLocation: http://user:{p}@127.0.0.1/\r\n\r\n",
    "HTTP/1.1 503 {c}\r\nRetry-After: {c}\r\n\r\n",
    "HTTP/1.1 200 {p}\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n{p} {c}",
    "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 204 {p}\r\n\r\n",
    "HTTP/1.1 {c}\r\n\r\n",
    "HTTP/{p} 200\r\n\r\n",
    "HTTP/1.1 2{p}\r\n\r\n",
    "{p}\r\n\r\n",
    "{c}",
    "HTTP/1.1 200 OK\r\n{p}\r\n\r\n",
    "",
];

#[test]
fn proxy_password_is_sent_and_never_shown() {
    let modes: [&[&str]; 2] = [&["-v", "--json"], &["--dry-run", "-v"]];
    let passwords = ["{p}", "%70roxy-geheim", "proxy%2Dgeheim", "%70%72oxy-gehei%6D"];
    let mut cases = Vec::new();
    for answer in ANSWERS {
        for mode in modes {
            cases.extend(passwords.map(|password| (answer, mode, password)));
        }
    }
    parallel(WIDTH, &cases, |&(answer, mode, password)| {
        let answer = answer.replace("{c}", PROXY_BASIC).replace("{p}", PROXY_PASSWORD);
        let proxy = Proxy::start(answer, Then::Close);
        let address = format!("127.0.0.1:{}", proxy.port);
        let password = password.replace("{p}", PROXY_PASSWORD);
        let run = Cli::without_environment()
            .env("HTTPS_PROXY", format!("http://{PROXY_USER}:{password}@{address}"))
            .env("COVEO_ACCESS_TOKEN", SECRET)
            .args(["--org", "o", "--endpoint", "https://coveo.example", "--retries", "0", "--timeout", "10s"])
            .args(["k1"])
            .args(mode)
            .run();
        assert!(matches!(run.status, 1 | 6), "{run:?}");
        assert_hidden(SECRET, &run);
        assert!(!run.stderr.contains(&password) && !run.stdout.contains(&password), "{run:?}");
        assert!(run.stderr.contains(&address), "the proxy was not named: {run:?}");
        let heard = proxy.heard();
        let first = String::from_utf8_lossy(&heard[0]);
        assert!(first.starts_with("CONNECT coveo.example:443 HTTP/1.1\r\n"), "{first}");
        assert!(first.contains(&format!("\r\nProxy-Authorization: Basic {PROXY_BASIC}\r\n")), "{first}");
        for heard in heard {
            let heard = String::from_utf8_lossy(&heard);
            assert!(!heard.contains(SECRET) && !heard.contains("\r\nAuthorization"), "{heard}");
        }
    });
}
