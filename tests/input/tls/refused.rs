//! Certificates that are not trusted, and servers that don't speak TLS: what is said, that the token was not sent, and
//! that no certificate is looked at twice.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use rcgen::ExtendedKeyUsagePurpose;

use super::*;
use crate::token::{SECRET, is_kept};
use support::fake_coveo::{ApiKey, Certificate, Coveo, Fault, How, Point, first};

const ENDPOINT: &str =
    "no token goes to a server whose certificate can't be trusted; is this the right endpoint?";
const AUTHORITY: &str = "if a company's own CA issued the certificate, trust that CA with --cacert FILE";
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A name that no certificate should have, but that one may be given by somebody who knows the token.
const TELLING: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912.example";

#[test]
fn what_is_wrong_with_a_certificate_is_said_and_the_token_not_sent() {
    let clock = "is the clock of this machine right?";
    let cases = [
        (
            Settings { valid: (-30 * DAY, -3 * DAY - HOUR), ..GOOD },
            "it expired 3 days ago".to_owned(),
            ENDPOINT,
        ),
        (Settings { valid: (-DAY, -5 * HOUR - 60), ..GOOD }, "it expired 5 hours ago".to_owned(), ENDPOINT),
        (Settings { valid: (-DAY, -10 * 60 - 5), ..GOOD }, "it expired 10 minutes ago".to_owned(), ENDPOINT),
        (
            Settings { valid: (-30 * DAY, -3 * DAY - HOUR), versions: ONLY_TLS12, ..GOOD },
            "it expired 3 days ago".to_owned(),
            ENDPOINT,
        ),
        (
            Settings { valid: (3 * DAY + HOUR, 30 * DAY), ..GOOD },
            format!("it becomes valid in 3 days; {clock}"),
            ENDPOINT,
        ),
        (
            Settings { valid: (5 * HOUR + 60, 30 * DAY), versions: ONLY_TLS12, ..GOOD },
            format!("it becomes valid in 5 hours; {clock}"),
            ENDPOINT,
        ),
        (
            Settings { names: &["other.example"], ..GOOD },
            "it is valid for other.example, not for localhost".to_owned(),
            ENDPOINT,
        ),
        (
            Settings { names: &["a.example", "*.b.example"], ..GOOD },
            "it is valid for a.example or *.b.example, not for localhost".to_owned(),
            ENDPOINT,
        ),
        (
            Settings { names: &["127.0.0.1"], ..GOOD },
            "it is valid for 127.0.0.1, not for localhost".to_owned(),
            ENDPOINT,
        ),
        (
            Settings { names: &["*.localhost"], ..GOOD },
            "it is valid for *.localhost, not for localhost".to_owned(),
            ENDPOINT,
        ),
        (Settings { names: &[], ..GOOD }, "it is valid for no name".to_owned(), ENDPOINT),
        (
            Settings { names: &[TELLING], ..GOOD },
            "it is valid for (the access token).example, not for localhost".to_owned(),
            ENDPOINT,
        ),
        (
            Settings { purpose: ExtendedKeyUsagePurpose::ClientAuth, ..GOOD },
            "it is not a server certificate".to_owned(),
            ENDPOINT,
        ),
        (Settings { issuer: Issuer::HiddenIntermediate, ..GOOD }, "unknown CA".to_owned(), AUTHORITY),
        (
            Settings { issuer: Issuer::ItselfAsAuthority, ..GOOD },
            "it is a CA's certificate or a self-signed one, not a server certificate".to_owned(),
            ENDPOINT,
        ),
        (Settings { issuer: Issuer::Itself, ..GOOD }, "unknown CA".to_owned(), AUTHORITY),
    ];
    assert!(TELLING.starts_with(SECRET));
    let mut wrong = Vec::new();
    for (settings, why, hint) in cases {
        let server = Server::start(settings);
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), &server.authority).expect("a file");
        let endpoint = format!("https://localhost:{}", server.port);
        let tool =
            || trusting_nobody(&endpoint).env("COVEO_ACCESS_TOKEN", SECRET).arg("--cacert").arg(file.path());
        let ran = tool().arg("k1").run().ends_with(6);
        let wanted = format!(
            "coveo-delete-key: error: k1 was not deleted from {ORGANIZATION}: the certificate of localhost:{} can't be \
             trusted: {why}\ncoveo-delete-key: hint: {hint}\n",
            server.port
        );
        if ran.stderr != wanted {
            wrong.push((ran.stderr, wanted));
        }
        assert_eq!(server.connections(), 1, "time does not mend it");
        for (more, connections) in [
            (&["k1", "-v", "--disable", "--json"][..], 2),
            // The token's privileges, which may remain unknown, and the key.
            (&["k1", "-v", "--dry-run"], 4),
            (&["k1", "k2", "-v", "--bulk"], 8),
            (&["--unused-for", "30d", "--yes", "-v"], 9),
        ] {
            let ran = tool().args(more).run().ends_with(6);
            is_kept(SECRET, &ran);
            assert_eq!(server.connections(), connections, "{}", ran.stderr);
        }
        assert_eq!(server.heard(), "");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_organizations_own_servers_are_refused_in_the_same_words() {
    for (certificate, trusted, why, hint) in [
        (Certificate::Good, false, "unknown CA", AUTHORITY),
        (Certificate::Expired, true, "it expired 3 days ago", ENDPOINT),
        (Certificate::OtherName, true, "it is valid for other.example, not for localhost", ENDPOINT),
    ] {
        let coveo = Coveo::builder().https(certificate).start();
        coveo.add(ApiKey::new("k1"));
        let tool = trusting_nobody(coveo.endpoint()).arg("k1");
        let tool = if trusted { tool.env("SSL_CERT_FILE", coveo.authority_file()) } else { tool };
        let ran = tool.run().ends_with(6);
        assert_eq!(
            ran.stderr,
            format!(
                "coveo-delete-key: error: k1 was not deleted from {ORGANIZATION}: the certificate of localhost:{} can't \
                 be trusted: {why}\ncoveo-delete-key: hint: {hint}\n",
                coveo.port()
            )
        );
        assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
        assert_eq!((coveo.connections(), coveo.requests().len()), (1, 0));
        assert!(!coveo.saw_bytes(FULL_TOKEN.as_bytes()) && coveo.exists("k1"));
    }
}

#[test]
fn a_server_that_does_not_speak_tls_is_not_given_the_token() {
    let coveo = Coveo::http();
    coveo.add(ApiKey::new("k1"));
    let endpoint = format!("https://127.0.0.1:{}", coveo.port());
    for arguments in [&["k1"][..], &["k1", "--dry-run", "-v"], &["k1", "k2", "--bulk"]] {
        let ran = trusting_nobody(&endpoint).args(arguments).args(["--retries", "1"]).run().ends_with(6);
        assert!(
            ran.stderr.contains(&format!("TLS handshake with 127.0.0.1:{} failed: ", coveo.port())),
            "{}",
            ran.stderr
        );
    }
    assert!(coveo.connections() >= 6, "it is tried again, since a proxy may have been in the way");
    assert!(coveo.requests().is_empty() && coveo.exists("k1"));
    assert!(!coveo.saw_bytes(FULL_TOKEN.as_bytes()) && !coveo.saw_bytes(b"Bearer"));
}

#[test]
fn a_server_that_breaks_off_or_talks_nonsense_in_the_handshake_is_not_given_the_token() {
    for point in [Point::Accept, Point::Handshake] {
        for how in [How::Close, How::Reset, How::Garbage] {
            let coveo = Coveo::https();
            coveo.add(ApiKey::new("k1"));
            coveo.plan(first(9, Fault::At(point, how)));
            let tool = trusting_nobody(coveo.endpoint()).env("SSL_CERT_FILE", coveo.authority_file());
            let ran = tool.args(["k1", "--retries", "1"]).run().ends_with(6);
            assert!(ran.stderr.contains("k1 was not deleted"), "it is certain: {}", ran.stderr);
            assert!(ran.stderr.contains("(2 attempts)"), "{}", ran.stderr);
            // A reset may come in the midst of connecting, which makes it the next address's turn.
            let expected = if point == Point::Handshake { 2..=2 } else { 2..=4 };
            assert!(expected.contains(&coveo.connections()), "{point:?} {how:?}: {}", coveo.connections());
            assert!(coveo.requests().is_empty());
            assert!(!coveo.saw_bytes(FULL_TOKEN.as_bytes()));
        }
    }
}

/// Alerts of TLS, and what is not TLS at all.
#[test]
fn a_server_that_refuses_the_handshake_is_not_given_the_token() {
    let answers: [(&'static [u8], &str); 5] = [
        (b"\x15\x03\x01\x00\x02\x02\x46", "ProtocolVersion"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "HandshakeFailure"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "UnrecognisedName"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
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
        let ran = trusting_nobody(&endpoint).args(["k1", "--retries", "0", "-v"]).run().ends_with(6);
        assert!(ran.stderr.contains("TLS handshake with localhost:"), "{}", ran.stderr);
        assert!(ran.stderr.contains("k1 was not deleted") && ran.stderr.contains(why), "{}", ran.stderr);
        let heard = server.join().expect("it ends");
        assert!(heard.starts_with(b"\x16\x03"), "a message of TLS's handshake");
        assert!(!heard.windows(6).any(|bytes| bytes == b"Bearer"));
    }
}

/// The other way round: plain HTTP, which is for this machine alone, at a port that wants TLS.
#[test]
fn plain_http_at_a_port_for_tls_deletes_nothing() {
    let coveo = Coveo::https();
    coveo.add(ApiKey::new("k1"));
    let endpoint = format!("http://localhost:{}", coveo.port());
    let ran = trusting_nobody(&endpoint).args(["k1", "--retries", "0"]).run().ends_with(6);
    assert!(ran.stderr.contains("it is not known whether k1 was deleted"), "{}", ran.stderr);
    assert!(coveo.requests().is_empty() && coveo.exists("k1"));
}
