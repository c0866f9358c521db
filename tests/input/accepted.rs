//! Good input: the accepted forms, and exactly the requests that follow.

use std::fs;
use std::path::Path;

use crate::WIDTH;
use support::fake_coveo::{ApiKey, Coveo, FULL_TOKEN, ORGANIZATION, Privilege, Recorded};
use support::harness::{cli, parallel};

/// A command line that is accepted, and the keys that it deletes, in this order.
///
/// In its texts `{org}` stands for the organization, `{port}` for its port, `{dir}` for a directory with some files,
/// `{token}` for the access token, and `{x128}` for as many letters x.
#[derive(Clone, Copy, Debug)]
struct Case {
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    input: &'static str,
    deletes: &'static [&'static str],
}

const fn yes(arguments: &'static [&'static str], deletes: &'static [&'static str]) -> Case {
    Case { arguments, environment: &[], input: "", deletes }
}

impl Case {
    const fn with(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    const fn reading(self, input: &'static str) -> Self {
        Self { input, ..self }
    }
}

const ORG: &str = "COVEO_ORGANIZATION_ID";
const TOKEN: &str = "COVEO_ACCESS_TOKEN";
const FILE: &str = "COVEO_ACCESS_TOKEN_FILE";
const ENDPOINT: &str = "COVEO_ENDPOINT";
const REGION: &str = "COVEO_REGION";
const REAL: &str = "wduuqg3ip2c3i3gpopapxhcgxe";

const CASES: &[Case] = &[
    yes(&["k1"], &["k1"]),
    yes(&["k3", "k1", "k2"], &["k3", "k1", "k2"]),
    yes(&["k1", "k1"], &["k1"]),
    yes(&["k1", "k2", "k1", "k2"], &["k1", "k2"]),
    yes(&["--", "k1"], &["k1"]),
    yes(&["k1", "--"], &["k1"]),
    yes(&["k1", "--", "k2"], &["k1", "k2"]),
    yes(&["--yes", "-q", "--", "k1", "k2"], &["k1", "k2"]),
    yes(&["nightly"], &["nightly"]),
    yes(&["--", "--Abcdefghijklmnop0123456789"], &["--Abcdefghijklmnop0123456789"]),
    yes(&["k1", "Abcdefghijklmnopqrstuvwxyz"], &["k1", "Abcdefghijklmnopqrstuvwxyz"]),
    // Next to an ID of Coveo's form, words are shorter than 16 characters.
    yes(&["abcdefghijklmno1", REAL], &["abcdefghijklmno1", REAL]),
    yes(&[REAL, "k3vqzmd5yhw2j7txc4rnb6aeu"], &[REAL, "k3vqzmd5yhw2j7txc4rnb6aeu"]),
    yes(&["--from", "-"], &["-k3vqzmd5yhw2j7txc4rnb6aeu1a"]).reading("-k3vqzmd5yhw2j7txc4rnb6aeu1a"),
    yes(&["k1", "--timeout", "60"], &["k1"]),
    yes(&["k1", "--timeout=2.5"], &["k1"]),
    yes(&["k1", "--json", "k2", "-v", "k3", "--timeout", "30s"], &["k1", "k2", "k3"]),
    yes(&["{x128}"], &["{x128}"]),
    yes(&["A-b_9"], &["A-b_9"]),
    yes(&["_"], &["_"]),
    // The same letters in another case are another key.
    yes(&["a-B_9"], &["a-B_9"]),
    yes(&["xx12345678-1234-1234-1234-12345678"], &["xx12345678-1234-1234-1234-12345678"]),
    yes(&["k1", "--org", "{org}"], &["k1"]).with(&[(ORG, "")]),
    yes(&["k1", "--org", "{org}"], &["k1"]).with(&[(ORG, "another")]),
    yes(&["--org", "{org}", "k1"], &["k1"]).with(&[(ORG, "not/an id")]),
    yes(&["--org={org}", "k1"], &["k1"]).with(&[(ORG, "another")]),
    yes(&["-o", "{org}", "k1"], &["k1"]).with(&[(ORG, "another")]),
    yes(&["k1", "-o={org}"], &["k1"]).with(&[(ORG, "another")]),
    yes(&["k1"], &["k1"]).with(&[(REGION, "")]),
    yes(&["k1", "--endpoint", "http://127.0.0.1:{port}"], &["k1"]).with(&[(ENDPOINT, "https://example.com")]),
    yes(&["k1", "--endpoint=http://127.0.0.1:{port}"], &["k1"]).with(&[(ENDPOINT, "nonsense")]),
    yes(&["k1", "--endpoint", "http://127.0.0.1:{port}"], &["k1"]).with(&[(REGION, "us")]),
    yes(&["k1", "--endpoint", "http://127.0.0.1:{port}"], &["k1"])
        .with(&[(REGION, "nowhere"), (ENDPOINT, "")]),
    yes(&["k1"], &["k1"]).with(&[(ENDPOINT, "http://127.0.0.1:{port}/")]),
    // Files that variables are read from end with a line break.
    yes(&["k1"], &["k1"]).with(&[(ENDPOINT, "http://127.0.0.1:{port}\r\n")]),
    yes(&["k1"], &["k1"]).with(&[(ORG, "{org}\n")]),
    yes(&["k1"], &["k1"]).with(&[(REGION, "\n")]),
    yes(&["k1"], &["k1"]).with(&[(ENDPOINT, "http://localhost:{port}")]),
    yes(&["k1"], &["k1"]).with(&[(ENDPOINT, "HTTP://LocalHost:{port}/")]),
    yes(&["k1"], &["k1"]).with(&[(TOKEN, " \t{token}\r\n")]),
    yes(&["k1"], &["k1"]).with(&[(TOKEN, "\u{feff}{token}")]),
    yes(&["k1"], &["k1"]).with(&[(FILE, "")]),
    yes(&["k1"], &["k1"]).with(&[(TOKEN, ""), (FILE, "{dir}/token")]),
    yes(&["k1", "--token-file", "{dir}/token"], &["k1"]).with(&[(TOKEN, "")]),
    yes(&["k1", "--token-file={dir}/token"], &["k1"]).with(&[(TOKEN, "another")]),
    yes(&["k1", "--token-file", "{dir}/token"], &["k1"]).with(&[(TOKEN, "no token"), (FILE, "missing")]),
    yes(&["k1", "--token-file", "{dir}/token-bom-crlf"], &["k1"]).with(&[(TOKEN, "")]),
    yes(&["k1", "--token-file", "{dir}/token-blanks"], &["k1"]).with(&[(TOKEN, "")]),
    yes(&["k1", "--token-file", "{dir}/token-bare"], &["k1"]).with(&[(TOKEN, "")]),
    yes(&["k1", "--token-file", "-"], &["k1"]).with(&[(TOKEN, "another")]).reading("{token}\n"),
    yes(&["k1", "--token-file=-"], &["k1"]).with(&[(TOKEN, "")]).reading("\u{feff}{token}\r\n\r\n"),
    yes(&["k1"], &["k1"]).with(&[(TOKEN, ""), (FILE, "-")]).reading("{token}"),
    yes(&["--from", "{dir}/list"], &["k1", "k2", "k3"]),
    yes(&["--from={dir}/list"], &["k1", "k2", "k3"]),
    yes(&["--from", "{dir}/list-bom-crlf"], &["k1", "k2", "k3"]),
    yes(&["--from", "{dir}/list-repeated"], &["k2", "k1"]),
    yes(&["--from", "-"], &["k1"]).reading("k1"),
    yes(&["--from=-"], &["k2", "k1"]).reading("\n\t k2 \t\r\n# k3\n #k3\n   \nk1\n\n"),
    yes(&["--from", "-", "--token-file", "{dir}/token"], &["k1"]).with(&[(TOKEN, "")]).reading("k1\n"),
    yes(&["--from", "{dir}/list", "--token-file", "-"], &["k1", "k2", "k3"])
        .with(&[(TOKEN, "")])
        .reading("{token}"),
    yes(&["k1", "--timeout=1500ms"], &["k1"]),
    yes(&["k1", "--timeout", "0.5m"], &["k1"]),
    yes(&["k1", "--timeout", "1d"], &["k1"]),
    yes(&["k1", "--retries", "0"], &["k1"]),
    yes(&["-vy", "k1"], &["k1"]),
    yes(&["k1", "--retries=100"], &["k1"]),
    yes(&["k1", "--retries", "007"], &["k1"]),
    // Settings for HTTPS don't affect plain HTTP, which stays on this machine.
    yes(&["k1"], &["k1"])
        .with(&[("HTTPS_PROXY", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")]),
    yes(&["k1"], &["k1"]).with(&[("SSL_CERT_FILE", ""), ("HTTPS_PROXY", ""), ("no_proxy", "")]),
    // Variables of other names are ignored.
    yes(&["k1"], &["k1"]).with(&[
        ("COVEO_TOKEN", "another"),
        ("COVEO_ORG", "a/b"),
        ("SSL_CERT_DIR", "missing"),
    ]),
];

fn create_files(directory: &Path) {
    for (name, content) in [
        ("token", format!("{FULL_TOKEN}\n")),
        ("token-bare", FULL_TOKEN.to_owned()),
        ("token-bom-crlf", format!("\u{feff}{FULL_TOKEN}\r\n")),
        ("token-blanks", format!("\n\n\t {FULL_TOKEN} \t\n\n")),
        ("list", "k1\nk2\nk3\n".to_owned()),
        ("list-bom-crlf", "\u{feff}# keys\r\nk1\r\n\r\n  k2\t\r\n# k4\r\nk3".to_owned()),
        ("list-repeated", "k2\nk1\nk2\n k1\n".to_owned()),
    ] {
        fs::write(directory.join(name), content).expect("a file");
    }
}

#[test]
fn accepted_input_makes_exactly_its_requests() {
    assert!(CASES.len() >= 60, "{} cases", CASES.len());
    let directory = tempfile::tempdir().expect("a temporary directory");
    create_files(directory.path());
    parallel(WIDTH, CASES, |case| {
        let coveo = Coveo::http();
        let fill = |text: &str| {
            let text = text.replace("{org}", ORGANIZATION).replace("{port}", &coveo.port().to_string());
            let text = text.replace("{token}", FULL_TOKEN).replace("{x128}", &"x".repeat(128));
            text.replace("{dir}", directory.path().to_str().expect("a path in UTF-8"))
        };
        for key in CASES.iter().flat_map(|case| case.deletes).chain(&["k4"]).map(|key| fill(key)) {
            coveo.add(ApiKey::new(&key));
        }
        let before = coveo.ids();

        let mut cli = cli(&coveo).args(case.arguments.iter().map(|text| fill(text)));
        for (name, value) in case.environment {
            cli = cli.env(name, fill(value));
        }
        cli.input(fill(case.input)).run().assert_status(0);

        let deleted: Vec<String> = case.deletes.iter().map(|key| fill(key)).collect();
        let wanted: Vec<_> = deleted.iter().map(|key| format!("DELETE apikeys/{key}")).collect();
        assert_eq!(coveo.journal(), wanted);
        for request in coveo.requests() {
            assert!(request.path.starts_with(&format!("/rest/organizations/{ORGANIZATION}/")));
            check_head(&request, FULL_TOKEN, &[]);
        }
        assert_eq!(coveo.connections(), 1, "the requests share a connection");
        let left: Vec<_> = before.into_iter().filter(|key| !deleted.contains(key)).collect();
        assert_eq!(coveo.ids(), left);
    });
}

/// Checks that a request has exactly these headers, each once: a proxy or a log may see any other.
#[track_caller]
fn check_head(request: &Recorded, token: &str, more: &[&str]) {
    let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    let mut wanted = [&["accept", "accept-encoding", "authorization", "host", "user-agent"], more].concat();
    wanted.sort();
    assert_eq!(names, wanted);
    assert_eq!(request.header("Accept"), Some("application/json"));
    assert_eq!(request.header("Authorization"), Some(&*format!("Bearer {token}")));
    let host = request.header("Host").unwrap_or_default();
    assert!(host.starts_with("127.0.0.1:") || host.starts_with("localhost:"), "{host}");
    assert!(request.header("User-Agent").unwrap_or_default().starts_with("coveo-delete-key/"));
    assert_eq!(request.query, "");
    if !more.contains(&"content-type") {
        assert_eq!(request.body, b"");
    }
}

#[test]
fn actions_make_exactly_their_requests() {
    let coveo = Coveo::with(["k1", "k2"].map(ApiKey::new));
    let rows: [(&[&str], &[&str]); 10] = [
        (&["--dry-run", "k1"], &["GET privileges/token", "GET apikeys/k1"]),
        (&["--disable", "k1"], &["PUT apikeys/k1/disable"]),
        (&["--activate", "k1"], &["PUT apikeys/k1/activate"]),
        (&["--list", "k1"], &["GET apikeys/k1"]),
        (&["--list"], &["GET apikeys"]),
        (&["--list", "--name", "*", "--exclude", "*", "--older-than", "1d"], &["GET apikeys"]),
        (&["--name", "no such name", "k1"], &["GET apikeys/k1"]),
        (&["--name", "Ann's \"key\" [a]", "--exclude", &REAL[..24], "k1"], &["GET apikeys/k1"]),
        (&["--exposed", "--disable", "k1"], &["GET apikeys/k1"]),
        (&["--bulk", "k1", "k2"], &["GET apikeys", "POST apikeys/delete/bulk"]),
    ];
    for (arguments, wanted) in rows {
        let before = coveo.requests().len();
        cli(&coveo).args(arguments).run().assert_status(0);
        assert_eq!(coveo.journal()[before..], *wanted, "{arguments:?}");
        for request in coveo.requests().split_off(before) {
            let more: &[&str] = match &*request.method {
                "GET" => &["cache-control"],
                "PUT" => &["content-length"],
                _ => &["content-length", "content-type"],
            };
            check_head(&request, FULL_TOKEN, more);
        }
    }
    assert_eq!(coveo.requests().pop().expect("the bulk request").body, br#"["k1","k2"]"#);
    assert!(coveo.ids().is_empty());
}

#[test]
fn token_of_printable_characters_is_sent_unchanged() {
    let signs: String = ('!'..='~').collect();
    for token in [
        signs,
        "x".repeat(8192),
        "Bearer".to_owned() + ":abc",
        "a".to_owned(),
        "/a+b/c".to_owned(),
        "/abc".to_owned(),
        REAL[..24].to_owned(),
    ] {
        let coveo = Coveo::http();
        coveo.add(ApiKey::new("k1"));
        coveo.grant(&token, &[Privilege::new("EDIT", "*")]);
        let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", format!(" {token}\n")).arg("k1");
        let run = cli.run().assert_status(0);
        assert_eq!(run.stdout, format!("deleted k1 from {ORGANIZATION}\n"));
        check_head(&coveo.requests()[0], &token, &[]);
    }
}

/// A name that looks like a token is the path of a file if that file exists.
#[test]
fn file_named_like_a_token_is_read() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("opaqueTokenOf0123456789"), FULL_TOKEN).expect("a file");
    let coveo = Coveo::http();
    coveo.add(ApiKey::new("k1"));
    let cli = cli(&coveo).without("COVEO_ACCESS_TOKEN").directory(directory.path());
    cli.args(["k1", "--token-file", "opaqueTokenOf0123456789"]).run().assert_status(0);
    assert!(coveo.ids().is_empty());
}
