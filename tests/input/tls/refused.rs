//! Servers that aren't trusted: each message says why, no token is sent, and no certificate is checked twice.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use rcgen::ExtendedKeyUsagePurpose;

use super::*;
use crate::WIDTH;
use crate::token::{SECRET, assert_hidden};
use support::fake_coveo::{ApiKey, Break, Coveo, Fault, Point, first};
use support::harness::parallel;

const ENDPOINT: &str =
    "the token is never sent to a server whose certificate can't be trusted; is this the right endpoint?";
const INTERMEDIATE: &str = "does the server send its intermediate certificate? if not, add that one to the file of --cacert or SSL_CERT_FILE";
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A name that only someone who knows the token would put into a certificate.
const TELLING: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912.example";

#[test]
fn refused_certificate_is_explained() {
    const CA: &str = "it is a CA's certificate or a self-signed one, not a server certificate";
    let named = |names| Settings { names, ..GOOD };
    let tls12 = |valid| Settings { valid, versions: ONLY_TLS12, ..GOOD };
    #[rustfmt::skip]
    let cases = [
        (Settings { valid: (-30 * DAY, -3 * DAY - HOUR), ..GOOD }, "it expired 3 days ago", ENDPOINT),
        (Settings { valid: (-DAY, -5 * HOUR - 60), ..GOOD }, "it expired 5 hours ago", ENDPOINT),
        (Settings { valid: (-DAY, -10 * 60 - 5), ..GOOD }, "it expired 10 minutes ago", ENDPOINT),
        (tls12((-30 * DAY, -3 * DAY - HOUR)), "it expired 3 days ago", ENDPOINT),
        (Settings { valid: (3 * DAY + HOUR, 30 * DAY), ..GOOD }, "it becomes valid in 3 days; {clock}", ENDPOINT),
        (tls12((5 * HOUR + 60, 30 * DAY)), "it becomes valid in 5 hours; {clock}", ENDPOINT),
        (named(&["other.example"]), "it is valid for other.example, not for localhost", ENDPOINT),
        (named(&["a.example", "*.b.example"]), "it is valid for a.example or *.b.example, not for localhost", ENDPOINT),
        (named(&["127.0.0.1"]), "it is valid for 127.0.0.1, not for localhost", ENDPOINT),
        (named(&["*.localhost"]), "it is valid for *.localhost, not for localhost", ENDPOINT),
        (named(&[]), "it has no subject alternative name, so it is not valid for localhost", ENDPOINT),
        (named(&[TELLING]), "it is valid for (the access token).example, not for localhost", ENDPOINT),
        (Settings { purpose: ExtendedKeyUsagePurpose::ClientAuth, ..GOOD }, "it is not a server certificate (extended key usage)", ENDPOINT),
        (Settings { issuer: Issuer::HiddenIntermediate, ..GOOD }, "unknown CA", INTERMEDIATE),
        (Settings { issuer: Issuer::ItselfAsAuthority, ..GOOD }, CA, ENDPOINT),
        (Settings { issuer: Issuer::Itself, ..GOOD }, "unknown CA", INTERMEDIATE),
    ];
    assert!(TELLING.starts_with(SECRET));
    parallel(WIDTH, &cases, |(settings, why, hint)| {
        let coveo = Coveo::builder().https(settings.clone()).start();
        coveo.add(ApiKey::new("k1"));
        let cli = || trusting_nobody(coveo.endpoint()).arg("--cacert").arg(coveo.authority_file());
        let cli = || cli().env("COVEO_ACCESS_TOKEN", SECRET);
        let run = cli().arg("k1").run().assert_status(6);
        let wanted = format!(
            "coveo-delete-key: error: k1 was not deleted from {ORGANIZATION}: the certificate of localhost:{} can't be \
             trusted: {why}\ncoveo-delete-key: hint: {hint}\n",
            coveo.port()
        );
        let wanted = wanted.replace("{clock}", "is this machine's clock right?");
        assert_eq!(run.stderr, wanted);
        assert_eq!(coveo.connections(), 1, "a retry wouldn't help");
        for (more, connections) in [
            (&["k1", "-v", "--disable", "--json"][..], 2),
            // One for the token's privileges, which may stay unknown, and one for the key.
            (&["k1", "-v", "--dry-run"], 4),
            (&["k1", "k2", "-v", "--bulk"], 8),
            (&["--unused-for", "30d", "--yes", "-v"], 9),
        ] {
            let run = cli().args(more).run().assert_status(6);
            assert_hidden(SECRET, &run);
            assert_eq!(coveo.connections(), connections, "{}", run.stderr);
        }
        assert!(coveo.requests().is_empty() && !coveo.saw_bytes(SECRET.as_bytes()) && coveo.exists("k1"));
    });
}

#[test]
fn broken_handshake_sends_no_token() {
    let hows = [Break::Close, Break::Reset, Break::Garbage];
    let cases: Vec<_> =
        hows.into_iter().flat_map(|how| [(Point::Accept, how), (Point::Handshake, how)]).collect();
    parallel(cases.len(), &cases, |&(point, how)| {
        let coveo = Coveo::https();
        coveo.add(ApiKey::new("k1"));
        coveo.plan(first(9, Fault::At(point, how)));
        let cli = trusting_nobody(coveo.endpoint()).env("SSL_CERT_FILE", coveo.authority_file());
        let run = cli.args(["k1", "--retries", "1"]).run().assert_status(6);
        assert!(run.stderr.contains("k1 was not deleted"), "it is certain: {}", run.stderr);
        assert!(run.stderr.contains("(2 attempts)"), "{}", run.stderr);
        // A reset that arrives while connecting makes the tool try the next address.
        let expected = if point == Point::Handshake { 2..=2 } else { 2..=4 };
        assert!(expected.contains(&coveo.connections()), "{}", coveo.connections());
        assert!(coveo.requests().is_empty());
        assert!(!coveo.saw_bytes(FULL_TOKEN.as_bytes()));
    });
}

/// TLS alerts, and servers that don't speak TLS.
#[test]
fn refused_handshake_sends_no_token() {
    let answers: [(&'static [u8], &str); 5] = [
        (b"\x15\x03\x01\x00\x02\x02\x46", "the server supports neither TLS 1.2 nor TLS 1.3"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "no common cipher or signature algorithm"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "the server sent the TLS alert \"unrecognised name\""),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the server does not speak TLS"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "the server does not speak TLS"),
    ];
    for (answer, why) in answers {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let endpoint = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let server = thread::spawn(move || {
            let mut client = listener.accept().expect("a client").0;
            let mut heard = vec![0; 64 * 1024];
            let count = client.read(&mut heard).expect("the client's first message");
            client.write_all(answer).expect("the client is there");
            heard.truncate(count);
            let _ = client.read_to_end(&mut heard);
            heard
        });
        let run = trusting_nobody(&endpoint).args(["k1", "--retries", "0", "-v"]).run().assert_status(6);
        assert!(run.stderr.contains("TLS handshake with localhost:"), "{}", run.stderr);
        assert!(run.stderr.contains("k1 was not deleted") && run.stderr.contains(why), "{}", run.stderr);
        let heard = server.join().expect("it ends");
        assert!(heard.starts_with(b"\x16\x03"), "a message of TLS's handshake");
        assert!(!heard.windows(6).any(|bytes| bytes == b"Bearer"));
    }
}

/// Plain HTTP, which is allowed only to this machine, at a port that expects TLS.
#[test]
fn plain_http_to_tls_port_deletes_nothing() {
    let coveo = Coveo::https();
    coveo.add(ApiKey::new("k1"));
    let endpoint = format!("http://localhost:{}", coveo.port());
    let run = trusting_nobody(&endpoint).args(["k1", "--retries", "0"]).run().assert_status(6);
    assert!(run.stderr.contains("it is not known whether k1 was deleted"), "{}", run.stderr);
    assert!(coveo.requests().is_empty() && coveo.exists("k1"));
}
