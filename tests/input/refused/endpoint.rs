//! Endpoints and regions: each refusal.

use super::{Case, no};

const FORM: &str = "an endpoint is https://HOST or https://HOST:PORT";
const CLEAR: &str = "use https://; plain http:// works only for this machine (localhost, 127.0.0.1, [::1])";
const REGIONS: &str = "the regions are us, ca, eu, au and hipaa";
const ONE: &str = "a region is a short name for an endpoint: use only one of them";
const ENDPOINT: &str = "COVEO_ENDPOINT";
const REGION: &str = "COVEO_REGION";

/// This endpoint is refused.
const fn bad(arguments: &'static [&'static str], error: &'static str) -> Case {
    no(arguments, error).hint(FORM)
}

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" does not begin with https://"#).each(&[
        "", "localhost:{port}", "//localhost", "https:/localhost", "us", "$ENDPOINT",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has a scheme other than https"#).each(&[
        "ftp://localhost", "file:///etc", "://localhost", " https://localhost",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has no DNS name or IP address as its host"#).each(&[
        "https://", "https:///", "https://:{port}", "https://[::g]", "https://[localhost]:{port}",
        "https://local host", "https://localhost ", "https://localhost\\x", "https://local%68ost",
        "https://a..b", "https://-a.example", "https://*.example", "https://organisation.é.example",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has a path in it"#).each(&[
        "https://localhost:{port}/rest", "https://localhost:{port}//", "https://localhost:{port}/..",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has a query in it"#).each(&[
        "https://localhost:{port}?a=b", "https://localhost:{port}/?",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has a fragment in it"#).each(&[
        "https://localhost:{port}#a", "https://localhost:{port}/#",
    ]),
    bad(&["k1", "--endpoint"], "--endpoint has a user name or a password in it (not shown here)").each(&[
        "https://user@localhost:{port}", "https://user:{token}@localhost:{port}",
        "https://@localhost:{port}",
    ]),
    bad(&["k1", "--endpoint"], r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#).each(&[
        "https://localhost:", "https://localhost:0", "https://localhost:65536",
        "https://localhost:+{port}", "https://localhost:-1", "https://localhost:https",
        "https://localhost:{port}:1", "https://::1", "https://[::1", "https://[::1]x",
    ]),
    bad(
        &["k1", "--endpoint", "https://localhost\n"],
        r#"--endpoint "https://localhost " has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://{x64}"],
        r#"--endpoint "https://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" has no DNS name or IP address as its host"#,
    ),
    bad(&["k1"], r#"COVEO_ENDPOINT "localhost" does not begin with https://"#)
        .with(&[(ENDPOINT, "localhost")]),
    bad(&["k1"], r#"COVEO_ENDPOINT " " does not begin with https://"#).with(&[(ENDPOINT, " ")]),
    bad(&["k1"], r#"COVEO_ENDPOINT "https://localhost:{port}/rest" has a path in it"#)
        .with(&[(ENDPOINT, "https://localhost:{port}/rest")]),
    no(&["k1", "--endpoint"], r#"--endpoint "{last}" would send the access token in clear text over the network"#).hint(CLEAR).each(&[
        "http://example.com", "HTTP://10.0.0.1:8080", "http://0.0.0.0:{port}", "http://localhost.example",
        "http://localhost.:{port}", "http://[::2]", "http://[::]:{port}",
    ]),
    no(&["k1", "--endpoint"], r#"--endpoint "{last}" has no DNS name or IP address as its host"#).hint(FORM).each(&[
        "http://127.1:{port}", "https://127.1:{port}", "http://2130706433:{port}",
        "https://2130706433:{port}", "http://0x7f.0.0.1:{port}", "https://0x7f.0.0.1:{port}",
    ]),
    no(
        &["k1"],
        r#"COVEO_ENDPOINT "http://example.com" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR)
    .with(&[(ENDPOINT, "http://example.com")]),
    no(&["k1", "--region"], r#"--region "{last}" is not a Coveo region"#).hint(REGIONS).each(&[
        "", "UK", "https://localhost:{port}",
    ]),
    no(&["k1", "-r"], r#"--region "{last}" is not a Coveo region"#).hint(REGIONS).each(&[
        "emea", "us ",
    ]),
    no(&["k1", "--region=eu-west-1"], r#"--region "eu-west-1" is not a Coveo region"#).hint(REGIONS),
    no(&["k1", "--region=\"us\""], r#"--region ""us"" is not a Coveo region"#).hint(REGIONS),
    no(&["k1", "--region", "{value}"], "--region {hidden} is not a Coveo region").hint(REGIONS),
    no(&["k1"], r#"COVEO_REGION "E U" is not a Coveo region"#)
        .hint(REGIONS)
        .with(&[(ENDPOINT, ""), (REGION, "E U")]),
    no(
        &["k1", "--region", "us", "--endpoint", "https://localhost:{port}"],
        "--region and --endpoint can't be used together",
    )
    .hint(ONE),
    no(
        &["k1", "--region", "nowhere", "--endpoint", "nowhere"],
        "--region and --endpoint can't be used together",
    )
    .hint(ONE),
    no(&["k1"], "COVEO_REGION and COVEO_ENDPOINT are both set").hint(ONE).with(&[(REGION, "us")]),
    no(&["k1"], "COVEO_REGION and COVEO_ENDPOINT are both set").hint(ONE).with(&[(REGION, "nowhere")]),
];
