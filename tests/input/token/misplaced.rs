//! The token in place of another value: nothing is sent, and no message repeats it.

use std::fs;

use super::assert_hidden;
use crate::WIDTH;
use support::fake_coveo::Coveo;
use support::harness::help::options;
use support::harness::{cli, parallel};

/// An API key's value, a JSON Web Token, an encrypted one, a token with punctuation, and one that could be an ID.
const TOKENS: [&str; 5] = [
    super::SECRET,
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjcifQ.eyJzdWIiOiJhbGljZUBleGFtcGxlLmNvbSJ9.c2lnbmF0dXJlLW9mLWl0LWFsbA",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..q1w2e3r4t5y6u7i8.b3BlbiBzZXNhbWUgb3BlbiBzZXNhbWU.dGFnLXRhZy10YWc",
    "ya29.a0AfB_byC7f3kQ~x1Zp+8Lw/9RtYv2Nm4Hs6Jd0Gq5Kc",
    "Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5",
];

/// Arguments, and a variable. `{t}` stands for the token, `{list}` for a file with it, `{port}` for the organization's
/// port. Besides these, the token is tried as the value of each option.
type Place = (&'static [&'static str], (&'static str, &'static str));

const NONE: (&str, &str) = ("UNUSED", "");

const PLACES: &[Place] = &[
    (&["{t}"], NONE),
    (&["k1", "{t}"], NONE),
    (&["--", "{t}"], NONE),
    (&["k-{t}"], NONE),
    (&["k1", "--disable", "--dry-run", "{t}"], NONE),
    (&["k1", "-o", "o-{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}:{port}"], NONE),
    (&["k1", "--endpoint", "https://{t}.coveo.example"], NONE),
    (&["k1", "--endpoint", "https://localhost:{port}/{t}"], NONE),
    (&["k1", "--endpoint", "https://localhost:{port}?access_token={t}"], NONE),
    (&["k1", "--endpoint", "https://localhost:{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}@localhost:{port}"], NONE),
    (&["k1", "--endpoint", "https://user:{t}@localhost:{port}"], NONE),
    (&["k1", "--endpoint", "http://{t}"], NONE),
    (&["k1", "--token-file=./{t}"], NONE),
    (&["--from", "{list}"], NONE),
    (&["--unused-for", "90d", "--yes", "--name=*{t}*"], NONE),
    (&["k1", "--{t}"], NONE),
    (&["k1", "-{t}"], NONE),
    (&["k1", "--{t}=x"], NONE),
    (&["k1", "--token", "{t}"], NONE),
    (&["k1", "--token={t}"], NONE),
    (&["k1", "-t", "{t}"], NONE),
    (&["k1", "-t={t}"], NONE),
    (&["k1", "--access-token", "{t}"], NONE),
    (&["k1", "--api-key={t}"], NONE),
    (&["k1", "--yes={t}"], NONE),
    (&["k1"], ("COVEO_ORGANIZATION_ID", "{t}")),
    (&["k1"], ("COVEO_REGION", "{t}")),
    (&["k1"], ("COVEO_ENDPOINT", "{t}")),
    (&["k1"], ("COVEO_ENDPOINT", "https://{t}")),
    (&["k1"], ("COVEO_ENDPOINT", "https://org.{t}.example")),
    (&["k1"], ("COVEO_ACCESS_TOKEN_FILE", "{t}")),
    (&["k1"], ("SSL_CERT_FILE", "{t}")),
    (&["k1"], ("HTTPS_PROXY", "{t}")),
    (&["k1"], ("HTTPS_PROXY", "http://{t}")),
    (&["k1"], ("HTTPS_PROXY", "http://{t}:{port}")),
    (&["k1"], ("HTTPS_PROXY", "http://user:{t}@localhost:{port}")),
    (&["k1"], ("https_proxy", "http://{t}@localhost:{port}")),
    (&["k1"], ("HTTPS_PROXY", "http://localhost:{port}/{t}")),
];

#[test]
fn misplaced_token_is_neither_sent_nor_repeated() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let named = |arguments: &[&str], (variable, value): (&str, &str)| {
        (arguments.iter().map(ToString::to_string).collect::<Vec<_>>(), variable.to_owned(), value.to_owned())
    };
    let mut places: Vec<_> = PLACES.iter().map(|(arguments, variable)| named(arguments, *variable)).collect();
    let options = options();
    for option in options.iter().filter(|option| !option.value.is_empty()) {
        places.push(named(&["k1", &option.long, "{t}"], NONE));
        places.push(named(&["--exposed", &format!("{}={{t}}", option.long)], NONE));
    }
    let mut cases = Vec::new();
    for (index, token) in TOKENS.iter().enumerate() {
        let file = directory.path().join(index.to_string()).display().to_string();
        fs::write(&file, format!("{token}\n")).expect("a file");
        for place in &places {
            cases.push((token, file.clone(), ("COVEO_ACCESS_TOKEN", (*token).to_owned()), place));
            // A token from a file may not be known yet when another error is found. With another file, it isn't known
            // at all.
            let (arguments, variable, _) = place;
            let other = arguments.iter().any(|argument| argument.starts_with("--token-file"));
            if !other && variable != "COVEO_ACCESS_TOKEN_FILE" {
                cases.push((token, file.clone(), ("COVEO_ACCESS_TOKEN_FILE", file.clone()), place));
            }
        }
    }
    assert!(cases.len() >= 600, "{} cases", cases.len());
    let coveo = Coveo::https();
    parallel(WIDTH, &cases, |(token, file, source, (arguments, variable, value))| {
        let fill = |text: &str| {
            let text = text.replace("{t}", token).replace("{port}", &coveo.port().to_string());
            text.replace("{list}", file)
        };
        let run = cli(&coveo)
            .without("COVEO_ACCESS_TOKEN")
            // Any unexpected call goes to the organization, unless the case has a proxy.
            .env("ALL_PROXY", format!("http://127.0.0.1:{}", coveo.port()))
            .env(source.0, &source.1)
            .env(variable, fill(value))
            .args(["-v", "--json"])
            .args(arguments.iter().map(|argument| fill(argument)))
            .run()
            .assert_status(2);
        assert_hidden(token, &run);
        assert_eq!(run.stdout, "");
        assert_eq!(coveo.connections(), 0, "{}", run.stderr);
    });
}
