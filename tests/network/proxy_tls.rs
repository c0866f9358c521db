//! Proxies over TLS (`https://PROXY`): TLS within TLS, and two certificates.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use support::fake_coveo::{CannedResponse, Coveo, FULL_TOKEN, Fault, Hook, Leftover};
use support::harness::{Cli, PROXY_PASSWORD, PROXY_USER, cli, parallel};
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
    // Two threads can't share a TLS connection, so both directions take turns.
    while hand_on(&mut client, &mut server)? && hand_on(&mut server, &mut client)? {}
    Ok(())
}

/// Forwards what can be read now. False at the end.
fn hand_on(from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => to.write_all(&buffer[..count]).and_then(|()| to.flush()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}

/// The tool on `coveo`, through `proxy` behind TLS with this certificate. It trusts both.
fn through(coveo: &Coveo, proxy: &Proxy, certificate: &Identity) -> Cli {
    let both = coveo.authority_file().with_file_name("both.pem");
    fs::write(&both, certificate.pem.clone() + &coveo.authority().pem).expect("certificates can be written");
    let address = format!("127.0.0.1:{}", front(certificate, proxy.port));
    cli(coveo)
        .env("HTTPS_PROXY", format!("https://{PROXY_USER}:{PROXY_PASSWORD}@{address}"))
        .env("SSL_CERT_FILE", both)
        .args(["--json", "-v"])
}

#[test]
fn tls_within_tls_to_proxy() {
    let coveo = Coveo::https();
    let proxy = Proxy::to(coveo.port());
    let cli = through(&coveo, &proxy, &Identity::self_signed());
    cli.args(coveo.add_keys(3)).run().assert_status(0).assert_outcomes(&["deleted"; 3]);
    assert_eq!(proxy.asked(), [format!("CONNECT localhost:{} HTTP/1.1", coveo.port())]);
    assert!(proxy.saw("Proxy-Authorization: Basic"));
    for secret in [FULL_TOKEN, "Bearer", "/rest/"] {
        assert!(!proxy.saw(secret), "the proxy has seen {secret}");
    }
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
        let body = format!(r#"{{"message":"{}","errorCode":"C"}}"#, "m".repeat(padding));
        let response = format!("HTTP/1.1 403 No\r\nContent-Length: {:05}\r\n\r\n{body}", body.len());
        assert!(padding == 0 || response.len() == 16 * 1024);
        let leftover = Leftover { bytes: b"HTTP/1.1 204 No Content\r\n\r\n".into(), at_once };
        let first = CannedResponse::raw(response).leaving(leftover);
        coveo.plan(move |hook| match hook {
            Hook::Request(0, _) => Fault::Answer(first.clone()),
            Hook::Request(1, _) => Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no")),
            _ => Fault::None,
        });
        let proxy = Proxy::to(coveo.port());
        let cli = through(&coveo, &proxy, &certificate).args(coveo.add_keys(3));
        cli.run().assert_status(4).assert_outcomes(&["forbidden", "forbidden", "deleted"]);
        assert_eq!(coveo.connections(), 2);
    });
}

#[test]
fn untrusted_tls_proxy_gets_nothing_and_is_named() {
    let coveo = Coveo::https();
    let proxy = Proxy::to(coveo.port());
    let cli = through(&coveo, &proxy, &Identity::self_signed());
    let run = cli.env("SSL_CERT_FILE", coveo.authority_file()).arg("k1").run();
    let run = run.assert_status(6).assert_outcomes(&["unavailable"]);
    assert_eq!(proxy.asked().concat(), "", "not even its password");
    assert_eq!(coveo.connections(), 0);
    // It is the proxy's certificate, not Coveo's.
    run.assert_stderr("the certificate of 127.0.0.1:").assert_stderr(" (HTTPS_PROXY) can't be trusted");
}

/// The tunnel keeps to `--timeout` too, and a proxy's response inside TLS still isn't Coveo's.
#[test]
fn tls_proxy_without_tunnel_is_not_coveo() {
    let not_found = &b"HTTP/1.1 404 Not Found\r\n\r\n{\"errorCode\":\"KEY_NOT_FOUND\"}"[..];
    for (answer, then, words) in [
        (not_found, Then::Close, "(HTTPS_PROXY) refused CONNECT: 404"),
        (b"", Then::Hang, "CONNECT through 127.0.0.1:"),
        (CONNECTED, Then::Hang, "TLS handshake with localhost:"),
    ] {
        let coveo = Coveo::https();
        let proxy = Proxy::start(answer, then);
        let cli = through(&coveo, &proxy, &Identity::self_signed());
        let run = cli.args(["--retries", "0", "--timeout", "1s", "k1"]).run_within(Duration::from_secs(1));
        run.assert_status(6).assert_outcomes(&["unavailable"]).assert_stderr(words);
        assert!(!proxy.saw(FULL_TOKEN));
    }
}
