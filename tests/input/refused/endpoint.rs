//! Endpoints and regions: each refusal.

use super::*;

const FORM: &str = "an endpoint is https://HOST or https://HOST:PORT";
const CLEAR: &str = "use https://; plain http:// works only for this machine (localhost, 127.0.0.1, [::1])";
const ONE: &str = "a region is a short name for an endpoint: use only one of them";
const ENDPOINT: &str = "COVEO_ENDPOINT";
const REGION: &str = "COVEO_REGION";

/// These endpoints are refused.
const fn bad(error: &'static str, endpoints: &'static [&'static str]) -> Row {
    no(&["k1", "--endpoint"], error).hint(FORM).each(endpoints)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    bad(r#"--endpoint "{last}" does not begin with https://"#, &[
        "", "localhost:{port}", "//localhost", "https:/localhost", "us", "$ENDPOINT",
    ]),
    bad(r#"--endpoint "{last}" has a scheme other than https"#, &[
        "ftp://localhost", "file:///etc", "://localhost", " https://localhost",
    ]),
    bad(r#"--endpoint "{last}" has no DNS name or IP address as its host"#, &[
        "https://", "https:///", "https://:{port}", "https://[::g]", "https://[localhost]:{port}",
        "https://local host", "https://localhost ", "https://localhost\\x", "https://local%68ost",
        "https://a..b", "https://-a.example", "https://*.example", "https://organisation.é.example",
        "http://127.1:{port}", "https://127.1:{port}", "http://2130706433:{port}",
        "https://2130706433:{port}", "http://0x7f.0.0.1:{port}", "https://0x7f.0.0.1:{port}",
    ]),
    bad(r#"--endpoint "https://localhost " has no DNS name or IP address as its host"#, &["https://localhost\n"]),
    bad(
        r#"--endpoint "https://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" has no DNS name or IP address as its host"#,
        &["https://{x64}"],
    ),
    bad(r#"--endpoint "{last}" has a path in it"#, &[
        "https://localhost:{port}/rest", "https://localhost:{port}//", "https://localhost:{port}/..",
    ]),
    bad(r#"--endpoint "{last}" has a query in it"#, &["https://localhost:{port}?a=b", "https://localhost:{port}/?"]),
    bad(r#"--endpoint "{last}" has a fragment in it"#, &["https://localhost:{port}#a", "https://localhost:{port}/#"]),
    bad("--endpoint has a user name or a password in it (not shown here)", &[
        "https://user@localhost:{port}", "https://user:{token}@localhost:{port}", "https://@localhost:{port}",
    ]),
    bad(r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#, &[
        "https://localhost:", "https://localhost:0", "https://localhost:65536",
        "https://localhost:+{port}", "https://localhost:-1", "https://localhost:https",
        "https://localhost:{port}:1", "https://::1", "https://[::1", "https://[::1]x",
    ]),
    bad(r#"--endpoint "{last}" would send the access token in clear text over the network"#, &[
        "http://example.com", "HTTP://10.0.0.1:8080", "http://0.0.0.0:{port}", "http://localhost.example",
        "http://localhost.:{port}", "http://[::2]", "http://[::]:{port}",
    ]).hint(CLEAR),
    no(&["k1"], r#"COVEO_ENDPOINT "localhost" does not begin with https://"#).hint(FORM).with(&[(ENDPOINT, "localhost")]),
    no(&["k1"], r#"COVEO_ENDPOINT " " does not begin with https://"#).hint(FORM).with(&[(ENDPOINT, " ")]),
    no(&["k1"], r#"COVEO_ENDPOINT "https://localhost:{port}/rest" has a path in it"#).hint(FORM)
        .with(&[(ENDPOINT, "https://localhost:{port}/rest")]),
    no(&["k1"], r#"COVEO_ENDPOINT "http://example.com" would send the access token in clear text over the network"#).hint(CLEAR)
        .with(&[(ENDPOINT, "http://example.com")]),
    no(&["k1", "--region"], r#"--region "{last}" is not a Coveo region"#).hint(REGIONS).each(&["", "UK", "https://localhost:{port}"]),
    no(&["k1", "-r"], r#"--region "{last}" is not a Coveo region"#).hint(REGIONS).each(&["emea", "us "]),
    no(&["k1"], r#"--region "{option}" is not a Coveo region"#).hint(REGIONS).each(&["--region=eu-west-1", "--region=\"us\""]),
    no(&["k1", "--region", "{value}"], "--region {hidden} is not a Coveo region").hint(REGIONS),
    no(&["k1"], r#"COVEO_REGION "E U" is not a Coveo region"#).hint(REGIONS).with(&[(ENDPOINT, ""), (REGION, "E U")]),
    no(&["k1", "--region", "us", "--endpoint", "https://localhost:{port}"], "--region and --endpoint can't be used together").hint(ONE)
        .or(&[&["k1", "--region", "nowhere", "--endpoint", "nowhere"]]),
    no(&["k1"], "COVEO_REGION and COVEO_ENDPOINT are both set").hint(ONE).set(&[REGION], &["us", "nowhere"]),
];
