//! Servers that are trusted, and by which setting.

use std::fs;
use std::net::TcpListener;

use super::*;
use support::fake_coveo::{ApiKey, Coveo};
use support::harness::skip;
use support::tls::Identity;

/// A file for `--cacert`, another one for `SSL_CERT_FILE`, and what keeps the server from being trusted.
type Row = (Option<&'static str>, Option<&'static str>, &'static str);

const TRUSTED: &str = "";
const UNKNOWN: &str = "unknown CA\n";
const SIGNATURE: &str = "bad signature: ";

const ROWS: [Row; 18] = [
    (Some("good"), None, TRUSTED),
    (None, Some("good"), TRUSTED),
    // The option wins, even if it is the wrong one.
    (Some("good"), Some("other"), TRUSTED),
    (Some("other"), Some("good"), UNKNOWN),
    (Some("good"), Some("missing"), TRUSTED),
    (Some("good"), Some(""), TRUSTED),
    // The built-in roots don't have it, and a file replaces them.
    (None, None, UNKNOWN),
    (None, Some(""), UNKNOWN),
    (Some("other"), None, UNKNOWN),
    (None, Some("other"), UNKNOWN),
    (Some("namesake"), None, SIGNATURE),
    (None, Some("namesake"), SIGNATURE),
    (Some("bundle"), None, TRUSTED),
    (None, Some("bundle"), TRUSTED),
    (Some("bundle-good-first"), None, TRUSTED),
    (Some("bundle-crlf"), None, TRUSTED),
    (Some("bundle-with-text"), None, TRUSTED),
    (Some("bundle-of-others"), None, SIGNATURE),
];

#[test]
fn only_given_authorities_are_trusted() {
    let coveo = Coveo::https();
    let (good, another) = (coveo.authority().pem.clone(), Coveo::https());
    // The same name with another key, like a CA that has renewed its key.
    let namesake = &another.authority().pem;
    let other = Identity::self_signed().pem;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    for (name, content) in [
        ("good", good.clone()),
        ("other", other.clone()),
        ("namesake", namesake.to_owned()),
        ("bundle", format!("{other}{namesake}{good}")),
        ("bundle-good-first", format!("{good}\n\n{other}{namesake}")),
        ("bundle-crlf", format!("{other}{good}").replace('\n', "\r\n")),
        (
            "bundle-with-text",
            format!("# Authorities\n\n{other}\n{key}Issuer: CN = Authority\n{good}\nThe end"),
        ),
        ("bundle-of-others", format!("{other}{namesake}")),
    ] {
        fs::write(directory.path().join(name), content).expect("a file");
    }
    let path = |name: &str| if name.is_empty() { "".into() } else { directory.path().join(name) };
    for (index, (cacert, variable, refused)) in ROWS.into_iter().enumerate() {
        coveo.add(ApiKey::new("k1"));
        let mut cli = trusting_nobody(coveo.endpoint()).arg("k1");
        if let Some(name) = cacert {
            cli = cli.arg("--cacert").arg(path(name));
        }
        if let Some(name) = variable {
            cli = cli.env("SSL_CERT_FILE", path(name));
        }
        let (connections, requests) = (coveo.connections(), coveo.requests().len());
        let run = cli.run();
        let row = format!("row {index}: {} {}", run.stdout, run.stderr);
        let trusted = refused == TRUSTED;
        assert_eq!((run.status, coveo.exists("k1")), if trusted { (0, false) } else { (6, true) }, "{row}");
        assert!(run.stderr.contains(refused), "{row}");
        let has_file = cacert.or(variable).is_some_and(|name| !name.is_empty());
        let hints = ["send its intermediate", "with --cacert FILE, such as /"];
        let unknown = refused == UNKNOWN;
        let hinted = hints.map(|hint| run.stderr.contains(hint));
        assert_eq!(hinted, [unknown && has_file, unknown && !has_file], "{row}");
        assert_eq!(coveo.connections(), connections + 1, "{row}");
        assert_eq!(coveo.requests().len(), requests + usize::from(trusted), "{row}");
    }
}

#[test]
fn good_certificate_is_accepted() {
    let servers = [
        (GOOD, "localhost"),
        (GOOD, "127.0.0.1"),
        (GOOD, "[::1]"),
        (Settings { versions: ONLY_TLS12, ..GOOD }, "localhost"),
        (Settings { versions: ONLY_TLS13, ..GOOD }, "localhost"),
        (Settings { issuer: Issuer::Intermediate, ..GOOD }, "localhost"),
        (Settings { issuer: Issuer::Intermediate, versions: ONLY_TLS12, ..GOOD }, "localhost"),
        (Settings { names: &["127.0.0.1"], ..GOOD }, "127.0.0.1"),
        (Settings { names: &["other.example", "localhost", "10.0.0.1"], ..GOOD }, "localhost"),
        // Issued moments ago, or about to expire.
        (Settings { valid: (-5, 3600), ..GOOD }, "localhost"),
        (Settings { valid: (-3600, 60), ..GOOD }, "LocalHost"),
    ];
    for (index, (settings, host)) in servers.into_iter().enumerate() {
        if host == "[::1]" && TcpListener::bind("[::1]:0").is_err() {
            skip("::1 is missing: this machine has no IPv6");
            continue;
        }
        let coveo = Coveo::builder().https(settings).start();
        let keys = coveo.add_keys(2);
        let endpoint = format!("https://{host}:{}", coveo.port());
        let cli = trusting_nobody(&endpoint).arg("--cacert").arg(coveo.authority_file());
        let run = cli.args(keys).run();
        assert_eq!((run.status, coveo.connections()), (0, 1), "server {index}: {run:?}");
        assert!(coveo.ids().is_empty());
    }
}

#[test]
fn intermediate_may_be_trusted() {
    let coveo = Coveo::builder().https(Settings { issuer: Issuer::HiddenIntermediate, ..GOOD }).start();
    coveo.add(ApiKey::new("k1"));
    let intermediate = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(intermediate.path(), &coveo.authority().intermediate_pem).expect("a file");
    let cli = trusting_nobody(coveo.endpoint()).args(["k1", "--cacert"]).arg(intermediate.path());
    cli.run().assert_status(0);
    assert!(coveo.ids().is_empty());
}
