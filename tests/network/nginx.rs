//! A real web server in Coveo's place: nginx. Its pages prove nothing about a key.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::stub::Refusing;
use support::daemon::Daemon;
use support::fake_coveo::FULL_TOKEN;
use support::harness::{Cli, json_lines, parallel};
use support::proxy::{Proxy, Then};
use support::tls::Identity;

/// Starts nginx with these directives `beside` its only server and in it, and with TLS if there is a `certificate`. `None` if
/// it isn't installed.
#[track_caller]
pub fn start(certificate: Option<&Identity>, beside: &str, directives: &str) -> Option<Daemon> {
    Daemon::start("nginx", &["-p", ".", "-e", "errors", "-c", "settings"], |port, folder| {
        let tls = certificate.map_or("", |certificate| {
            certificate.write(folder);
            " ssl; ssl_certificate certificate.pem; ssl_certificate_key key.pem"
        });
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
        format!(
            "daemon off; master_process off; pid nginx.pid; error_log errors;
            events {{ worker_connections 64; }}
            http {{
                log_format short '$status $request_method $request_uri';
                access_log requests short;
                {temporary}
                limit_req_zone all zone=few:64k rate=1r/m;
                {beside}
                server {{ listen 127.0.0.1:{port}{tls}; root pages; {directives} }}
            }}"
        )
    })
}

/// The lines of its log, once there are `count` of them.
pub fn requests(nginx: &Daemon, count: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let lines: Vec<String> = nginx.file("requests").lines().map(str::to_owned).collect();
        // It logs after it has sent the response.
        if lines.len() >= count || started.elapsed() > Duration::from_secs(2) {
            return lines;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn ask(server: &Daemon, https: bool, authority: &Path) -> Cli {
    let scheme = if https { "https" } else { "http" };
    let cli = Cli::at(&format!("{scheme}://localhost:{}", server.port)).env("SSL_CERT_FILE", authority);
    cli.args(["--json", "--retries", "1", "--timeout", "5s", "k1"])
}

/// The directives, the status, the outcome, and how many requests it takes.
#[rustfmt::skip]
const PAGES: &[(&str, u64, &str, usize)] = &[
    // By default it serves a folder of pages, and DELETE isn't allowed for them.
    ("", 405, "unexpected", 1),
    ("error_page 405 =404 /gone.html; location = /gone.html { internal; return 404; }", 404, "unexpected", 1),
    ("return 404;", 404, "unexpected", 1),
    ("return 404 '{\"message\":\"no Route matched with those values\"}'; default_type application/json;", 404, "unexpected", 1),
    ("return 404 '{\"errorCode\":\"KEY_NOT_FOUND\"'; default_type application/json;", 404, "unexpected", 1),
    ("return 410;", 410, "unexpected", 1),
    ("deny all;", 403, "unexpected", 1),
    ("location / { limit_except GET { deny all; } }", 403, "unexpected", 1),
    ("return 403 'blocked';", 403, "unexpected", 1),
    ("auth_basic inside; auth_basic_user_file nobody;", 401, "unexpected", 1),
    ("auth_basic inside; auth_basic_user_file settings;", 401, "unexpected", 1),
    ("return 200 '<html>Welcome to nginx!</html>';", 200, "unexpected", 1),
    ("return 201;", 201, "unexpected", 1),
    ("return 400;", 400, "unexpected", 1),
    ("return 413;", 413, "unexpected", 1),
    ("rewrite ^/rest(.*)$ https://localhost:{elsewhere}/rest$1 permanent;", 301, "unexpected", 1),
    ("return 301 https://localhost:{elsewhere}$request_uri;", 301, "unexpected", 1),
    ("return 302 https://localhost:{elsewhere}$request_uri;", 302, "unexpected", 1),
    ("return 303 http://127.0.0.1:{elsewhere}$request_uri;", 303, "unexpected", 1),
    ("return 307 http://127.0.0.1:{elsewhere}$request_uri;", 307, "unexpected", 1),
    ("return 308 /rest/elsewhere;", 308, "unexpected", 1),
    ("return 429;", 429, "unavailable", 2),
    ("location / { rewrite ^(.*)$ /again$1 last; }", 500, "unknown", 2),
    ("return 500;", 500, "unknown", 2),
    ("location / { proxy_pass http://127.0.0.1:{nobody}; }", 502, "unknown", 2),
    ("location / { proxy_pass http://127.0.0.1:{mute}; }", 502, "unknown", 2),
    ("return 503;", 503, "unknown", 2),
    ("location / { proxy_pass http://127.0.0.1:{silent}; proxy_read_timeout 100ms; }", 504, "unknown", 2),
    // It closes the connection without a response, and logs 444.
    ("return 444;", 444, "unknown", 2),
];

#[test]
fn web_server_page_is_never_a_verdict() {
    // A client that follows redirects ends up here.
    let elsewhere = Proxy::start("HTTP/1.1 204 No Content\r\n\r\n", Then::Close);
    let silent = Proxy::start("", Then::Hang);
    let mute = Proxy::start("", Then::Close);
    let nobody = Refusing::start();
    let certificate = Identity::self_signed();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = certificate.write(folder.path());
    let names = ["{elsewhere}", "{silent}", "{mute}", "{nobody}"];
    let places = names.into_iter().zip([elsewhere.port, silent.port, mute.port, nobody.port]);
    let cases: Vec<_> = PAGES.iter().flat_map(|page| [(page, false), (page, true)]).collect();
    parallel(6, &cases, |((directives, status, outcome, count), https)| {
        let fill = |text: String, (name, port): (&str, u16)| text.replace(name, &port.to_string());
        let directives = places.clone().fold((*directives).to_owned(), fill);
        let Some(server) = start(https.then_some(&certificate), "", &directives) else { return };
        let run = ask(&server, *https, &authority).run().assert_outcomes(&[outcome]);
        assert_eq!(run.status, if *outcome == "unexpected" { 1 } else { 6 });
        let said = &json_lines(&run.stdout)[0];
        assert_eq!(said["httpStatus"].as_u64(), Some(*status).filter(|status| *status != 444));
        assert!(said["errorCode"].is_null(), "a page has no code of Coveo's: {said}");
        assert!(!run.stderr.contains('<'), "a page is not shown: {}", run.stderr);
        let lines = requests(&server, *count);
        assert_eq!(lines.len(), *count, "{lines:?}");
        let own = |line: &String| line.starts_with(&format!("{status} ")) && line.ends_with("/o/apikeys/k1");
        assert!(lines.iter().all(own), "{lines:?}");
    });
    assert_eq!(elsewhere.heard().len(), 0, "no redirect is followed");
}

/// At a port for TLS, nginx explains the error in plain HTTP; it may want a certificate from the client; and it doesn't read
/// a header of 8 KiB.
#[test]
fn bad_request_for_nginx_is_unexpected() {
    let certificate = Identity::self_signed();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = certificate.write(folder.path());
    let client = "ssl_verify_client on; ssl_client_certificate certificate.pem;";
    for (tls, https, directives, token) in [
        (true, false, "return 204;", FULL_TOKEN),
        (true, true, client, FULL_TOKEN),
        (false, false, "return 204;", &"x".repeat(8190)),
    ] {
        let Some(server) = start(tls.then_some(&certificate), "", directives) else { return };
        let cli = ask(&server, https, &authority).env("COVEO_ACCESS_TOKEN", token);
        let run = cli.run().assert_status(1).assert_outcomes(&["unexpected"]);
        assert_eq!(json_lines(&run.stdout)[0]["httpStatus"], 400);
        assert!(!run.stderr.contains("xxxx") && !run.stdout.contains("xxxx"));
    }
}

/// At a plain port, TLS gets a page.
#[test]
fn wrong_scheme_is_not_a_response_from_coveo() {
    let Some(server) = start(None, "", "return 204;") else { return };
    ask(&server, true, Path::new("")).run().assert_status(6).assert_outcomes(&["unavailable"]);
    assert!(requests(&server, 0).iter().all(|line| !line.contains("DELETE")));
}
