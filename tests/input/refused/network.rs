//! Certificates to trust and proxies.

use super::files::UTF_16;
use super::{Case, no};

const PEM: &str = "a PEM certificate begins with -----BEGIN CERTIFICATE-----";
const FORM: &str =
    "a proxy is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %XX for special characters";
const UNREADABLE: &str =
    "the proxy in HTTPS_PROXY can't be read (not shown here, since it may contain a password)";

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    no(&["k1", "--cacert"], r#"--cacert "{last}" can't be read: no such file or directory"#).each(&[
        "missing", "", "-",
    ]),
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
    no(&["k1"], r#"SSL_CERT_FILE "missing" can't be read: no such file or directory"#).set("SSL_CERT_FILE", &["missing"]),
    no(&["k1"], r#"SSL_CERT_FILE "empty" contains no PEM certificate"#).hint(PEM).set("SSL_CERT_FILE", &["empty"]),
    no(&["k1"], r#"SSL_CERT_FILE "truncated" has a certificate that can't be read"#).set("SSL_CERT_FILE", &["truncated"]),
    // The port is the organization's, so that a wrong guess would be noticed.
    no(&["k1"], UNREADABLE).hint(FORM).set("HTTPS_PROXY", &[
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
    no(&["k1"], "the proxy in HTTPS_PROXY is a SOCKS proxy, which is not supported")
        .hint(FORM)
        .set("HTTPS_PROXY", &["socks5://user:proxy-geheim@localhost:{port}"]),
    no(&["k1"], "the proxy in ALL_PROXY is a SOCKS proxy, which is not supported")
        .hint(FORM)
        .set("ALL_PROXY", &["socks5h://localhost:{port}"]),
    no(&["k1"], "the proxy in all_proxy is a SOCKS proxy, which is not supported")
        .hint(FORM)
        .set("all_proxy", &["socks4://localhost:{port}"]),
    no(&["k1"], "the proxy in https_proxy can't be read (not shown here, since it may contain a password)")
        .hint(FORM)
        .with(&[("https_proxy", "http://localhost:x"), ("HTTPS_PROXY", "http://localhost:{port}")]),
    no(&["k1"], "the proxy in all_proxy can't be read (not shown here, since it may contain a password)")
        .hint(FORM)
        .with(&[("all_proxy", "http://localhost:x"), ("ALL_PROXY", "http://localhost:{port}")]),
    no(&["k1"], "the proxy in ALL_PROXY can't be read (not shown here, since it may contain a password)")
        .hint(FORM)
        .with(&[("ALL_PROXY", "http://localhost:x"), ("HTTP_PROXY", "http://localhost:{port}")]),
    // An exception that doesn't cover the host changes nothing.
    no(&["k1"], UNREADABLE).hint(FORM).with(&[("HTTPS_PROXY", "http://localhost:x"), ("NO_PROXY", "example.com")]),
    no(&["k1"], "the value of COVEO_ORGANIZATION_ID is not UTF-8 text").set("COVEO_ORGANIZATION_ID", &["o{ff}"]),
    no(&["k1"], "the value of COVEO_ACCESS_TOKEN is not UTF-8 text").set("COVEO_ACCESS_TOKEN", &["{token}{ff}"]),
    no(&["k1"], "the value of COVEO_ACCESS_TOKEN_FILE is not UTF-8 text").set("COVEO_ACCESS_TOKEN_FILE", &["{ff}"]),
    no(&["k1"], "the value of COVEO_ENDPOINT is not UTF-8 text").set("COVEO_ENDPOINT", &["https://{ff}"]),
    no(&["k1"], "the value of COVEO_REGION is not UTF-8 text").set("COVEO_REGION", &["{ff}"]),
    no(&["k1"], "the value of SSL_CERT_FILE is not UTF-8 text").set("SSL_CERT_FILE", &["{ff}"]),
    no(&["k1"], "the value of HTTPS_PROXY is not UTF-8 text").set("HTTPS_PROXY", &["http://proxy-geheim{ff}@a"]),
    no(&["k1"], "the value of no_proxy is not UTF-8 text")
        .with(&[("HTTPS_PROXY", "http://localhost:{port}"), ("no_proxy", "{ff}")]),
];
