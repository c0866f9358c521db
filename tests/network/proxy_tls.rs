//! Proxies over TLS (`https://PROXY`): TLS within TLS, and two certificates.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

use crate::proxy_password::{PROXY_USER, tells_no_password};
use support::fake_coveo::{CannedResponse, Coveo, FULL_TOKEN, Fault, Hook, Leftover};
use support::harness::{PROXY_PASSWORD, cli, outcomes, parallel};
use support::proxy::{CONNECTED, Proxy, Then};
use support::tls::Identity;

/// Terminates TLS and forwards to this port of 127.0.0.1. Returns the port that it listens on.
fn front(certificate: &Identity, port: u16) -> u16 {
    let config = Arc::clone(&certificate.config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let own = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // An error is the end of a connection, and expected.
            thread::spawn(move || {
                relay(StreamOwned::new(ServerConnection::new(config).expect("settings of TLS"), client), port)
            });
        }
    });
    own
}

fn relay(mut client: StreamOwned<ServerConnection, TcpStream>, port: u16) -> io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    while client.conn.is_handshaking() {
        client.conn.complete_io(&mut client.sock)?;
    }
    let turn = Some(Duration::from_millis(2));
    client.sock.set_read_timeout(turn)?;
    server.set_read_timeout(turn)?;
    let mut buffer = [0; 16 * 1024];
    // Two threads can't share a TLS connection, so both directions take turns.
    loop {
        match client.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => server.write_all(&buffer[..count])?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        match server.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => client.write_all(&buffer[..count]).and_then(|()| client.flush())?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file with the certificates of both.
fn trusting_both(proxy: &Identity, coveo: &Coveo) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), proxy.pem.clone() + coveo.authority_pem()).expect("certificates can be written");
    file
}

#[test]
fn tls_within_tls_to_proxy() {
    let coveo = Coveo::https();
    let keys = coveo.add_keys(3);
    let certificate = Identity::self_signed();
    let both = trusting_both(&certificate, &coveo);
    let proxy = Proxy::to(coveo.port());
    let url = format!("https://{PROXY_USER}:{PROXY_PASSWORD}@127.0.0.1:{}", front(&certificate, proxy.port));
    let run = cli(&coveo)
        .env("HTTPS_PROXY", url)
        .env("SSL_CERT_FILE", both.path())
        .args(["--json", "-v"])
        .args(&keys)
        .run()
        .assert_status(0);
    assert_eq!(outcomes(&run.stdout), ["deleted"; 3]);
    assert_eq!(proxy.asked(), [format!("CONNECT localhost:{} HTTP/1.1", coveo.port())]);
    assert!(proxy.saw("Proxy-Authorization: Basic"));
    for secret in [FULL_TOKEN, "Bearer", "/rest/"] {
        assert!(!proxy.saw(secret), "the proxy has seen {secret}");
    }
    tells_no_password(&run);
}

/// Records within records: bytes left over in the inner ones are noticed too.
#[test]
fn leftover_inside_tls_proxy_is_not_about_next_key() {
    let certificate = Identity::self_signed();
    // No padding, or as much as a record holds, which fills a buffer.
    let cases: Vec<_> = [1, 5, 20, usize::MAX]
        .into_iter()
        .flat_map(|at_once| [(at_once, 0), (at_once, 16 * 1024 - 72)])
        .collect();
    parallel(4, &cases, |&(at_once, padding)| {
        let coveo = Coveo::https();
        let keys = coveo.add_keys(3);
        let body = format!(r#"{{"message":"{}","errorCode":"C"}}"#, "m".repeat(padding));
        let response = format!("HTTP/1.1 403 No\r\nContent-Length: {:05}\r\n\r\n{body}", body.len());
        assert!(padding == 0 || response.len() == 16 * 1024);
        let leftover = Leftover { bytes: b"HTTP/1.1 204 No Content\r\n\r\n".into(), at_once };
        let first = CannedResponse::raw(response).leaving(leftover);
        coveo.plan(move |moment| match moment {
            Hook::Request(0, _) => Fault::Answer(first.clone()),
            Hook::Request(1, _) => Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no")),
            _ => Fault::None,
        });
        let proxy = Proxy::to(coveo.port());
        let both = trusting_both(&certificate, &coveo);
        let run = cli(&coveo)
            .env("HTTPS_PROXY", format!("https://127.0.0.1:{}", front(&certificate, proxy.port)))
            .env("SSL_CERT_FILE", both.path())
            .arg("--json")
            .args(&keys)
            .run()
            .assert_status(4);
        assert_eq!(outcomes(&run.stdout), ["forbidden", "forbidden", "deleted"], "{}", run.stderr);
        assert_eq!(coveo.connections(), 2);
    });
}

#[test]
fn untrusted_tls_proxy_gets_nothing_and_is_named() {
    let coveo = Coveo::https();
    let keys = coveo.add_keys(1);
    let proxy = Proxy::to(coveo.port());
    let port = front(&Identity::self_signed(), proxy.port);
    let url = format!("https://{PROXY_USER}:{PROXY_PASSWORD}@127.0.0.1:{port}");
    let run = cli(&coveo).env("HTTPS_PROXY", url).args(["--json", "-v"]).args(&keys).run().assert_status(6);
    assert_eq!(outcomes(&run.stdout), ["unavailable"]);
    assert_eq!(proxy.asked().concat(), "", "not even its password");
    assert_eq!(coveo.connections(), 0);
    tells_no_password(&run);
    let words = format!("the certificate of 127.0.0.1:{port} (HTTPS_PROXY) can't be trusted");
    assert!(run.stderr.contains(&words), "it is the proxy's certificate, not Coveo's: {}", run.stderr);
}

/// The tunnel keeps to `--timeout` too, and a proxy's response inside TLS still isn't Coveo's.
#[test]
fn tls_proxy_without_tunnel_is_not_coveo() {
    let certificate = Identity::self_signed();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = certificate.write(folder.path());
    for (answer, then, words) in [
        (
            &b"HTTP/1.1 404 Not Found\r\n\r\n{\"errorCode\":\"KEY_NOT_FOUND\"}"[..],
            Then::Close,
            "(HTTPS_PROXY) refused CONNECT: 404",
        ),
        (b"", Then::Hang, "CONNECT through 127.0.0.1:"),
        (CONNECTED, Then::Hang, "TLS handshake with localhost:"),
    ] {
        let coveo = Coveo::https();
        let keys = coveo.add_keys(1);
        let proxy = Proxy::start(answer, then);
        let run = cli(&coveo)
            .env("HTTPS_PROXY", format!("https://127.0.0.1:{}", front(&certificate, proxy.port)))
            .env("SSL_CERT_FILE", &file)
            .args(["--json", "--retries", "0", "--timeout", "1s"])
            .args(&keys)
            .run_within(Duration::from_secs(1))
            .assert_status(6);
        assert_eq!(outcomes(&run.stdout), ["unavailable"]);
        assert!(run.stderr.contains(words), "{}", run.stderr);
        assert!(!proxy.saw(FULL_TOKEN));
    }
}
