//! Endpoints and regions: each refusal.

use super::{Case, no};

const FORM: &str = "an endpoint is https://HOST or https://HOST:PORT";
const CLEAR: &str = "use https://; plain http:// is for this machine alone (localhost, 127.0.0.1, [::1])";
const REGIONS: &str = "the regions are us, ca, eu, au and hipaa";
const ONE: &str = "a region stands for an endpoint: give one of them";
const ENDPOINT: &str = "COVEO_ENDPOINT";
const REGION: &str = "COVEO_REGION";

/// This endpoint is refused.
const fn bad(arguments: &'static [&'static str], error: &'static str) -> Case {
    no(arguments, error).hint(FORM)
}

pub const CASES: &[Case] = &[
    bad(&["k1", "--endpoint", ""], r#"--endpoint "" does not begin with https://"#),
    bad(&["k1", "--endpoint", "localhost:{port}"], r#"--endpoint "{last}" does not begin with https://"#),
    bad(&["k1", "--endpoint", "//localhost"], r#"--endpoint "{last}" does not begin with https://"#),
    bad(&["k1", "--endpoint", "https:/localhost"], r#"--endpoint "{last}" does not begin with https://"#),
    bad(&["k1", "--endpoint", "us"], r#"--endpoint "us" does not begin with https://"#),
    bad(&["k1", "--endpoint", "ftp://localhost"], r#"--endpoint "{last}" has a scheme other than https"#),
    bad(&["k1", "--endpoint", "file:///etc"], r#"--endpoint "{last}" has a scheme other than https"#),
    bad(&["k1", "--endpoint", "://localhost"], r#"--endpoint "{last}" has a scheme other than https"#),
    bad(&["k1", "--endpoint", " https://localhost"], r#"--endpoint "{last}" has a scheme other than https"#),
    bad(
        &["k1", "--endpoint", "https://"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https:///"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(&["k1", "--endpoint", "https://localhost:{port}/rest"], r#"--endpoint "{last}" has a path in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}//"], r#"--endpoint "{last}" has a path in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}/.."], r#"--endpoint "{last}" has a path in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}?a=b"], r#"--endpoint "{last}" has a query in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}/?"], r#"--endpoint "{last}" has a query in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}#a"], r#"--endpoint "{last}" has a fragment in it"#),
    bad(&["k1", "--endpoint", "https://localhost:{port}/#"], r#"--endpoint "{last}" has a fragment in it"#),
    bad(
        &["k1", "--endpoint", "https://user@localhost:{port}"],
        "--endpoint has a user name or a password in it (not repeated here)",
    ),
    bad(
        &["k1", "--endpoint", "https://user:{token}@localhost:{port}"],
        "--endpoint has a user name or a password in it (not repeated here)",
    ),
    bad(
        &["k1", "--endpoint", "https://@localhost:{port}"],
        "--endpoint has a user name or a password in it (not repeated here)",
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:0"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:65536"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:+{port}"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:-1"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:https"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost:{port}:1"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://::1"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://[::1"],
        r#"--endpoint "https://[::1" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://[::1]x"],
        r#"--endpoint "{last}" has a port that is not a number from 1 to 65535"#,
    ),
    bad(
        &["k1", "--endpoint", "https://[::g]"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://[localhost]:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://local host"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost "],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost\n"],
        r#"--endpoint "https://localhost " has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://localhost\\x"],
        r#"--endpoint "https://localhost\x" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://local%68ost"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://a..b"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://-a.example"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://*.example"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://organisation.é.example"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    ),
    bad(
        &["k1", "--endpoint", "https://{x64}"],
        r#"--endpoint "https://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" has no DNS name or IP address as its host"#,
    ),
    bad(&["k1", "--endpoint", "$ENDPOINT"], r#"--endpoint "{last}" does not begin with https://"#),
    bad(&["k1"], r#"COVEO_ENDPOINT "localhost" does not begin with https://"#)
        .with(&[(ENDPOINT, "localhost")]),
    bad(&["k1"], r#"COVEO_ENDPOINT " " does not begin with https://"#).with(&[(ENDPOINT, " ")]),
    bad(&["k1"], r#"COVEO_ENDPOINT "https://localhost:{port}/rest" has a path in it"#)
        .with(&[(ENDPOINT, "https://localhost:{port}/rest")]),
    no(
        &["k1", "--endpoint", "http://example.com"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "HTTP://10.0.0.1:8080"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "http://0.0.0.0:{port}"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "http://127.1:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "https://127.1:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "http://2130706433:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "https://2130706433:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "http://0x7f.0.0.1:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "https://0x7f.0.0.1:{port}"],
        r#"--endpoint "{last}" has no DNS name or IP address as its host"#,
    )
    .hint(FORM),
    no(
        &["k1", "--endpoint", "http://localhost.example"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "http://localhost.:{port}"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "http://[::2]"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1", "--endpoint", "http://[::]:{port}"],
        r#"--endpoint "{last}" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR),
    no(
        &["k1"],
        r#"COVEO_ENDPOINT "http://example.com" would send the access token in clear text over the network"#,
    )
    .hint(CLEAR)
    .with(&[(ENDPOINT, "http://example.com")]),
    no(&["k1", "--region", ""], r#"--region "" is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "--region", "UK"], r#"--region "UK" is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "-r", "emea"], r#"--region "{last}" is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "-r", "us "], r#"--region "us " is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "--region=eu-west-1"], r#"--region "eu-west-1" is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "--region", "https://localhost:{port}"], r#"--region "{last}" is not a region of Coveo's"#)
        .hint(REGIONS),
    no(&["k1", "--region=\"us\""], r#"--region ""us"" is not a region of Coveo's"#).hint(REGIONS),
    no(&["k1", "--region", "{value}"], "--region {hidden} is not a region of Coveo's").hint(REGIONS),
    no(&["k1"], r#"COVEO_REGION "E U" is not a region of Coveo's"#)
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
