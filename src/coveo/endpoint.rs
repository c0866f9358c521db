//! Coveo's endpoints: regions, base URLs, and the URL of each operation.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU16;

use rustls::pki_types::ServerName;

use crate::coveo::ids::{KeyId, OrganizationId};
use crate::error::{Result, UsageError};
use crate::sanitize::quote;

/// Coveo's regions and their hosts (docs.coveo.com/en/mcc80216).
const REGIONS: [(&str, &str); 5] = [
    ("us", "platform.cloud.coveo.com"),
    ("ca", "platform-ca.cloud.coveo.com"),
    ("eu", "platform-eu.cloud.coveo.com"),
    ("au", "platform-au.cloud.coveo.com"),
    ("hipaa", "platformhipaa.cloud.coveo.com"),
];

const FORM: &str = "an endpoint is https://HOST or https://HOST:PORT";

/// A base URL that a token may be sent to: HTTPS, or plain HTTP to this machine.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://HOST[:PORT]`, without a slash at the end.
    base: String,
    /// The host, without brackets around an IPv6 address.
    pub host: String,
    /// Whether connections are encrypted; if not, they stay on this machine.
    pub is_https: bool,
}

impl Endpoint {
    /// Returns the endpoint of a region; case doesn't matter. `source` is the option or variable, for the error.
    ///
    /// # Errors
    /// The name isn't one of Coveo's regions.
    pub fn of_region(source: &str, name: &str) -> Result<Self> {
        let Some((_, host)) = REGIONS.iter().find(|(region, _)| region.eq_ignore_ascii_case(name)) else {
            let error = UsageError::new(format!("{source} {} is not a Coveo region", quote(name)));
            return Err(error.hint("the regions are us, ca, eu, au and hipaa"));
        };
        Ok(Self { base: format!("https://{host}"), host: (*host).into(), is_https: true })
    }

    /// Parses `https://HOST[:PORT]`. `source` is the option or variable, for the error.
    ///
    /// # Errors
    /// Anything else: another scheme, a user, a path, a query, a fragment; plain HTTP to another machine.
    pub fn parse(source: &str, url: &str) -> Result<Self> {
        // The part before an @ is usually a secret, so don't repeat such a URL.
        if url.contains('@') {
            let error = format!("{source} has a user name or a password in it (not shown here)");
            return Err(UsageError::new(error).hint(FORM));
        }
        let fail = |problem: &str| UsageError::new(format!("{source} {} {problem}", quote(url)));
        let endpoint = Self::read(url).map_err(|problem| fail(problem).hint(FORM))?;
        if !endpoint.is_https && !endpoint.is_loopback() {
            return Err(fail("would send the access token in clear text over the network").hint(
                "use https://; plain http:// works only for this machine (localhost, 127.0.0.1, [::1])",
            ));
        }
        Ok(endpoint)
    }

    fn read(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").ok_or("does not begin with https://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(&*scheme, "https" | "http") {
            return Err("has a scheme other than https");
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let parts = [('#', "has a fragment in it"), ('?', "has a query in it"), ('/', "has a path in it")];
        if let Some((_, problem)) = parts.into_iter().find(|(sign, _)| authority.contains(*sign)) {
            return Err(problem);
        }
        // An IPv6 address has colons within its brackets.
        let end = match authority.rfind(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(end);
        let port = match port.strip_prefix(':').map(str::parse::<NonZeroU16>) {
            _ if port.is_empty() => String::new(),
            Some(Ok(number)) if !port.starts_with(":+") => format!(":{number}"),
            _ => return Err("has a port that is not a number from 1 to 65535"),
        };
        if !is_host(host) {
            return Err("has no DNS name or IP address as its host");
        }
        Ok(Self {
            base: format!("{scheme}://{host}{port}"),
            host: host.trim_matches(['[', ']']).into(),
            is_https: scheme == "https",
        })
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Returns the URL of the organization's keys, or of those that match the API's filter `status`.
    pub fn keys(&self, organization: &OrganizationId, status: Option<&str>) -> String {
        let filter = status.map_or_else(String::new, |status| format!("?status={status}"));
        format!("{}/rest/organizations/{organization}/apikeys{filter}", self.base)
    }

    /// Returns the URL of one key, for GET and DELETE.
    pub fn key(&self, organization: &OrganizationId, key: &KeyId) -> String {
        format!("{}/{key}", self.keys(organization, None))
    }

    /// Returns the URL to `disable` or `activate` one key, for PUT.
    pub fn action(&self, organization: &OrganizationId, key: &KeyId, verb: &str) -> String {
        format!("{}/{verb}", self.key(organization, key))
    }

    /// Returns the URL to `delete` (POST), `disable` or `activate` (PUT) several keys.
    pub fn bulk(&self, organization: &OrganizationId, verb: &str) -> String {
        format!("{}/{verb}/bulk", self.keys(organization, None))
    }

    /// Returns the URL of the token's own privileges.
    pub fn privileges(&self, organization: &OrganizationId) -> String {
        format!("{}/rest/organizations/{organization}/privileges/token", self.base)
    }
}

/// Whether `host`, in lower case, is a DNS name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').map(|address| address.strip_suffix(']')) {
        Some(address) => address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        // Its last label is never a number: resolvers read such a host as an address in an old notation, 127.1 or 0x7f.1.
        None => ServerName::try_from(host).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_coveos_hosts() {
        for (region, base) in [
            ("us", "https://platform.cloud.coveo.com"),
            ("ca", "https://platform-ca.cloud.coveo.com"),
            ("eu", "https://platform-eu.cloud.coveo.com"),
            ("au", "https://platform-au.cloud.coveo.com"),
            ("hipaa", "https://platformhipaa.cloud.coveo.com"),
        ] {
            assert_eq!(Endpoint::of_region("--region", region).unwrap().base, base);
        }
        assert_eq!(Endpoint::of_region("--region", "EU").unwrap().host, "platform-eu.cloud.coveo.com");
        assert!(Endpoint::of_region("--region", "uk").is_err());
    }

    #[test]
    fn an_endpoint_is_a_scheme_and_a_host() {
        for (url, base) in [
            ("https://org.admin.org.coveo.com", "https://org.admin.org.coveo.com"),
            ("HTTPS://Example.COM:8443/", "https://example.com:8443"),
            ("https://[::1]:9", "https://[::1]:9"),
            ("http://localhost:80", "http://localhost:80"),
            ("http://127.0.0.53", "http://127.0.0.53"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(Endpoint::parse("--endpoint", url).unwrap().base, base, "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "example.com",
            "ftp://example.com",
            "https://",
            "https:///",
            "https://a b",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://u@a",
            "https://u:p@a",
            "https://a:",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://a:1:2",
            "https://a..b",
            "https://-a",
            "https://[::1",
            "https://[::1]x",
            "https://[x]",
            "https://ä.de",
            "https://a\\b",
            "https://a%62",
            "http://example.com",
            "http://127.1",
            "http://0.0.0.0",
            "http://2130706433",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://[::2]",
            "https://a//",
            "https://a\n",
            "https://127.1",
            "https://127.0.0.1.",
            "https://127.0.0.01",
            "https://256.0.0.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://0X7f.1",
            "https://a.1",
            "https://a-",
        ] {
            assert!(Endpoint::parse("--endpoint", url).is_err(), "{url:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_an_endpoint_never_panics(url in "(https?://)?.{0,40}") {
            if let Ok(endpoint) = Endpoint::parse("--endpoint", &url) {
                proptest::prop_assert!(endpoint.is_https || endpoint.is_loopback());
                proptest::prop_assert!(endpoint.base.parse::<ureq::http::Uri>().is_ok());
            }
        }
    }
}
