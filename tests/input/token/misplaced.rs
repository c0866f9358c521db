//! The token in the wrong place: nothing is sent, and it is not repeated.

use std::fs;

use super::is_kept;
use crate::WIDTH;
use support::fake_coveo::Coveo;
use support::harness::cli;
use support::harness::parallel;

/// Tokens of every form that there is: an API key's value, a JSON Web Token, an encrypted one, one with signs in it,
/// one that could be an ID.
const TOKENS: [&str; 5] = [
    super::SECRET,
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjcifQ.eyJzdWIiOiJhbGljZUBleGFtcGxlLmNvbSJ9.c2lnbmF0dXJlLW9mLWl0LWFsbA",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..q1w2e3r4t5y6u7i8.b3BlbiBzZXNhbWUgb3BlbiBzZXNhbWU.dGFnLXRhZy10YWc",
    "ya29.a0AfB_byC7f3kQ~x1Zp+8Lw/9RtYv2Nm4Hs6Jd0Gq5Kc",
    "Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5",
];

/// Where it is given: arguments, and a variable. `{t}` stands for the token, `{list}` for a file that holds it, `{port}`
/// for the organization's port.
type Place = (&'static [&'static str], (&'static str, &'static str));

const NONE: (&str, &str) = ("UNUSED", "");

const PLACES: &[Place] = &[
    (&["{t}"], NONE),
    (&["k1", "{t}"], NONE),
    (&["--", "{t}"], NONE),
    (&["k-{t}"], NONE),
    (&["k1", "--disable", "--dry-run", "{t}"], NONE),
    (&["k1", "--org", "{t}"], NONE),
    (&["k1", "--org={t}"], NONE),
    (&["k1", "-o", "o-{t}"], NONE),
    (&["k1", "--region", "{t}"], NONE),
    (&["k1", "-r={t}"], NONE),
    (&["k1", "--endpoint", "{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}:{port}"], NONE),
    (&["k1", "--endpoint", "https://{t}.coveo.example"], NONE),
    (&["k1", "--endpoint", "https://localhost:{port}/{t}"], NONE),
    (&["k1", "--endpoint", "https://localhost:{port}?access_token={t}"], NONE),
    (&["k1", "--endpoint", "https://localhost:{t}"], NONE),
    (&["k1", "--endpoint", "https://{t}@localhost:{port}"], NONE),
    (&["k1", "--endpoint", "https://user:{t}@localhost:{port}"], NONE),
    (&["k1", "--endpoint", "http://{t}"], NONE),
    (&["k1", "--token-file", "{t}"], NONE),
    (&["k1", "--token-file=./{t}"], NONE),
    (&["k1", "--cacert", "{t}"], NONE),
    (&["--from", "{t}"], NONE),
    (&["--from", "{list}"], NONE),
    (&["k1", "--timeout", "{t}"], NONE),
    (&["k1", "--retries", "{t}"], NONE),
    (&["--disabled-for", "{t}"], NONE),
    (&["--unused-for={t}"], NONE),
    (&["--name", "a*", "--older-than", "{t}"], NONE),
    (&["--unused-for", "90d", "--max", "{t}"], NONE),
    (&["--unused-for", "90d", "--name", "{t}"], NONE),
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
fn a_token_in_the_wrong_place_is_neither_sent_nor_repeated() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut cases = Vec::new();
    for (index, token) in TOKENS.iter().enumerate() {
        let file = directory.path().join(index.to_string()).display().to_string();
        fs::write(&file, format!("{token}\n")).expect("a file");
        for place in PLACES {
            cases.push((token, file.clone(), ("COVEO_ACCESS_TOKEN", (*token).to_owned()), place));
            // Where the token comes from a file, it may not be known yet as something else is found to be wrong. With
            // another file, it is not known at all.
            let (arguments, (variable, _)) = place;
            let other = arguments.iter().any(|argument| argument.starts_with("--token-file"));
            if !other && *variable != "COVEO_ACCESS_TOKEN_FILE" {
                cases.push((token, file.clone(), ("COVEO_ACCESS_TOKEN_FILE", file.clone()), place));
            }
        }
    }
    assert!(cases.len() >= 545, "{} cases", cases.len());
    let coveo = Coveo::https();
    parallel(WIDTH, &cases, |(token, file, source, (arguments, (variable, value)))| {
        let fill = |text: &str| {
            let text = text.replace("{t}", token).replace("{port}", &coveo.port().to_string());
            text.replace("{list}", file)
        };
        let run = cli(&coveo)
            .without("COVEO_ACCESS_TOKEN")
            // Whatever host is called by mistake, the call arrives at the organization, but for a proxy of the case's own.
            .env("ALL_PROXY", format!("http://127.0.0.1:{}", coveo.port()))
            .env(source.0, &source.1)
            .env(variable, fill(value))
            .args(["-v", "--json"])
            .args(arguments.iter().map(|argument| fill(argument)))
            .run()
            .assert_status(2);
        is_kept(token, &run);
        assert_eq!(run.stdout, "");
        assert_eq!(coveo.connections(), 0, "{}", run.stderr);
    });
}
