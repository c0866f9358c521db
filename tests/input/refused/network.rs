//! Certificates to trust and proxies.

use super::*;

const PEM: &str = "a PEM certificate begins with -----BEGIN CERTIFICATE-----";
const FORM: &str =
    "a proxy is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %XX for special characters";
const UNREADABLE: &str =
    "the proxy in {variable} can't be read (not shown here, since it may contain a password)";
const BROKEN: &str = "http://localhost:x";
const GOOD: &str = "http://localhost:{port}";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    no(&["k1", "--cacert"], r#"--cacert "{last}" can't be read: no such file or directory"#).each(&["missing", "", "-"]),
    no(&["k1", "--cacert", "directory"], r#"--cacert "{last}" can't be read: is a directory"#),
    no(&["k1", "--cacert", "utf-16"], r#"--cacert "{last}" is UTF-16 text, not UTF-8"#).hint(UTF_16),
    no(&["k1", "--cacert"], r#"--cacert "{last}" contains no PEM certificate"#).hint(PEM).each(&[
        "empty", "blank", "json", "nul", "private-key", "request",
    ]),
    no(&["k1", "--cacert"], r#"--cacert "{last}" has a certificate that can't be read"#).each(&[
        // The last is PEM without a certificate inside: skipping it would leave nothing to trust.
        "broken-base64", "truncated", "authority",
    ]),
    no(&["k1", "--cacert", "{value}"], "--cacert (path not shown here, since it may be a secret) can't be read: no such file or directory"),
    no(&["k1"], r#"SSL_CERT_FILE "missing" can't be read: no such file or directory"#).set(&["SSL_CERT_FILE"], &["missing"]),
    no(&["k1"], r#"SSL_CERT_FILE "empty" contains no PEM certificate"#).hint(PEM).set(&["SSL_CERT_FILE"], &["empty"]),
    no(&["k1"], r#"SSL_CERT_FILE "truncated" has a certificate that can't be read"#).set(&["SSL_CERT_FILE"], &["truncated"]),
    // The port is the organization's, so that a wrong guess would be noticed.
    no(&["k1"], UNREADABLE).hint(FORM).set(&["HTTPS_PROXY"], &[
        " ", "http://", "://localhost:{port}", "ftp://user:proxy-geheim@localhost:{port}",
        "http://user:proxy-geheim@", "http://user:proxy-geheim@localhost:",
        "http://user:proxy-geheim@localhost:x", "http://user:proxy-geheim@localhost:0",
        "http://user:proxy-geheim@localhost:65536", "http://user:proxy-geheim@localhost:{port}/path",
        "http://user:proxy-geheim@localhost:{port}?query", "http://[::1:{port}", "http://localhost:{port}:1",
        "http://local host:{port}", "http://éxample:{port}", "http://localhost:{port}, http://localhost:{port}",
        // Special characters of a password that are not written as %XX. The part before them looks like host and port.
        "http://localhost:{port}/proxy-geheim@proxy.example:3128",
        "http://localhost:{port}?proxy-geheim@proxy.example:3128",
        "http://localhost:{port}#proxy-geheim@proxy.example:3128",
        "http://user:proxy-geheim%ff@localhost:{port}", "http://user:proxy-geheim @localhost:{port}",
        "http://user:proxy-geheim\\@localhost:{port}", "http://user:proxy-geheim\n@localhost:{port}",
        "http://user:proxy-geheim^@localhost:{port}",
    ]),
    no(&["k1"], "the proxy in {variable} is a SOCKS proxy, which is not supported").hint(FORM)
        .set(&["HTTPS_PROXY", "ALL_PROXY", "all_proxy"], &[
            "socks5://user:proxy-geheim@localhost:{port}", "socks5h://localhost:{port}", "socks4://localhost:{port}",
        ]),
    // The variables that take precedence, and exceptions that don't cover the host.
    no(&["k1"], UNREADABLE).hint(FORM).with(&[("HTTPS_PROXY", GOOD)]).set(&["https_proxy"], &[BROKEN]),
    no(&["k1"], UNREADABLE).hint(FORM).with(&[("ALL_PROXY", GOOD)]).set(&["all_proxy"], &[BROKEN]),
    no(&["k1"], UNREADABLE).hint(FORM).with(&[("HTTP_PROXY", GOOD)]).set(&["ALL_PROXY"], &[BROKEN]),
    no(&["k1"], UNREADABLE).hint(FORM).with(&[("NO_PROXY", "example.com")]).set(&["HTTPS_PROXY"], &[BROKEN]),
    no(&["k1"], "the value of {variable} is not UTF-8 text").with(&[("HTTPS_PROXY", GOOD)]).set(&["no_proxy"], &["{ff}"]),
    no(&["k1"], "the value of {variable} is not UTF-8 text").set(
        &["COVEO_ORGANIZATION_ID", TOKEN, FILE, "COVEO_ENDPOINT", "COVEO_REGION", "SSL_CERT_FILE", "HTTPS_PROXY"],
        &["https://proxy-geheim{token}{ff}"],
    ),
];
