//! The forward proxy in the environment, read as curl reads it. A proxy that can't be read is an error.

use std::net::IpAddr;
use std::num::NonZeroU16;

use ureq::ProxyProtocol;

use crate::error::UsageError;
use crate::net::error::Peer;

/// The variables that may name a proxy. The first one that is set is used; as with curl, lower case comes first.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// A forward proxy and where it was found. Its URL may contain a password.
#[derive(Clone)]
pub struct Proxy {
    /// The URL.
    pub url: ureq::Proxy,
    /// Where it is, for messages: without the user and password.
    pub peer: Peer,
}

/// Returns the proxy for `host`, if there is one. `variable` reads the environment, and returns `None` for a
/// variable that is unset or empty.
///
/// Plain HTTP stays on this machine, so it never goes through a proxy: that would send the token in clear text.
/// `HTTP_PROXY` is only for http, so it isn't read.
///
/// # Errors
/// The proxy can't be read, or its kind isn't supported. No error repeats the URL, which may contain a password.
pub fn from_environment(
    host: &str,
    is_https: bool,
    variable: impl Fn(&'static str) -> Result<Option<String>, UsageError>,
) -> Result<Option<Proxy>, UsageError> {
    let first = |names: &[&'static str]| {
        let set = |name: &&'static str| Some(variable(name).transpose()?.map(|value| (*name, value)));
        names.iter().find_map(set).transpose()
    };
    let Some((name, url)) = (if is_https { first(&VARIABLES)? } else { None }) else { return Ok(None) };
    if first(&["no_proxy", "NO_PROXY"])?.is_some_and(|(_, exceptions)| is_exempt(host, &exceptions)) {
        return Ok(None);
    }
    let url = parse(name, &url)?;
    let peer = Peer { host: url.host().into(), port: url.port(), proxy: Some(name) };
    Ok(Some(Proxy { url, peer }))
}

fn parse(name: &str, url: &str) -> Result<ureq::Proxy, UsageError> {
    const FORM: &str =
        "a proxy is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %XX for special characters";
    let error = |what| UsageError::new(format!("the proxy in {name} {what}")).hint(FORM);
    let unreadable = || error("can't be read (not shown here, since it may contain a password)");
    // `ureq` knows `host:port`, but not `host:port/`.
    let url = url.trim();
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    // `ureq` would drop the text after `#` and use the rest as the host.
    let proxy = ureq::Proxy::new(&url).ok().filter(|_| !url.contains('#')).ok_or_else(unreadable)?;
    if !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) {
        return Err(error("is a SOCKS proxy, which is not supported"));
    }
    let path = proxy.uri().path_and_query().map_or("/", |path| path.as_str());
    // `ureq` treats a port that isn't a number like a missing one.
    let authority = proxy.uri().authority().map_or("", |authority| authority.as_str());
    let after_host = authority.rsplit(['@', ']']).next().unwrap_or("");
    let has_bad_port =
        after_host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<NonZeroU16>().is_err());
    if proxy.host().is_empty() || has_bad_port || !matches!(path, "/" | "") {
        return Err(unreadable());
    }
    Ok(proxy)
}

/// Returns whether `host` is covered by a `NO_PROXY` list as curl reads it: names cover their subdomains, with or
/// without a dot before them; addresses, also as `ADDRESS/BITS`; `*` alone covers everything.
pub fn is_exempt(host: &str, exceptions: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let covers = |entry: &str| {
        let entry = entry.trim_matches(['[', ']']).to_ascii_lowercase();
        match host.parse::<IpAddr>() {
            Ok(address) => covers_address(&entry, address),
            Err(_) => covers_name(entry.trim_matches('.'), &host),
        }
    };
    exceptions.trim() == "*" || exceptions.split([',', ' ', '\t']).any(covers)
}

fn covers_name(domain: &str, host: &str) -> bool {
    !domain.is_empty() && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn covers_address(entry: &str, address: IpAddr) -> bool {
    use IpAddr::{V4, V6};
    let Some((network, bits)) = entry.split_once('/') else { return entry.parse() == Ok(address) };
    let shared = match (network.parse(), address) {
        (Ok(V4(network)), V4(address)) => (network.to_bits() ^ address.to_bits()).leading_zeros(),
        (Ok(V6(network)), V6(address)) => (network.to_bits() ^ address.to_bits()).leading_zeros(),
        _ => return false,
    };
    bits.parse::<u32>().is_ok_and(|bits| bits <= shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_read_like_curl() {
        for (host, list, exempt) in [
            ("example.com", "example.com", true),
            ("a.example.com", "example.com", true),
            ("a.example.com", ".example.com", true),
            ("example.com", ".example.com", true),
            ("EXAMPLE.com.", "Example.COM", true),
            ("notexample.com", "example.com", false),
            ("example.com.evil", "example.com", false),
            ("example.com", "a.example.com", false),
            ("example.com", "b, example.com", true),
            ("example.com", "b example.com", true),
            ("example.com", "*", true),
            ("example.com", " * ", true),
            ("example.com", "*.com", false),
            ("example.com", "", false),
            ("example.com", ",,", false),
            ("example.com", ".", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.0/8", true),
            ("127.0.0.1", "127.0.0.0/33", false),
            ("127.0.0.1", "127.0.0.0/x", false),
            ("127.0.0.1", "0.0.1", false),
            ("10.0.0.1", "127.0.0.0/8", false),
            ("10.0.0.1", "10.0.0.1/0", true),
            ("::1", "[::1]", true),
            ("::1", "::1", true),
            ("fe80::1", "fe80::/10", true),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(is_exempt(host, list), exempt, "{host} in {list:?}");
        }
    }

    #[test]
    fn unreadable_proxy_is_refused_without_password() {
        for url in [
            "http://",
            "://",
            "ftp://u:geheim@a",
            "http://u:geheim@a:x",
            "http://u:geheim@a:99999",
            "http://a/p",
            "http://a:0",
            "socks5://u:geheim@a",
            "http://u:%ff@a",
            "a b",
            "http://u:geheim@",
        ] {
            let error = parse("HTTPS_PROXY", url).expect_err(url);
            assert!(!error.message.contains("geheim"), "{}", error.message);
        }
        for url in [
            "http://a",
            "a:3128",
            "a:3128/",
            "u:p@a:3128/",
            "http://u:p%40@a:1/",
            "https://a",
            "http://[::1]:3128",
            " http://a ",
        ] {
            assert!(parse("HTTPS_PROXY", url).is_ok(), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_the_lists_never_panics(host in ".{0,30}", list in ".{0,60}", url in ".{0,60}") {
            let _ = is_exempt(&host, &list);
            let _ = parse("HTTPS_PROXY", &url);
        }

        #[test]
        fn a_name_covers_itself_and_its_subdomains(name in "[a-z]{1,9}\\.[a-z]{2,5}", sub in "[a-z]{1,9}", other in "[a-z]{1,9}") {
            let list = format!("x.y,{name}");
            proptest::prop_assert!(is_exempt(&name, &list));
            let subdomain = format!("{sub}.{name}");
            proptest::prop_assert!(is_exempt(&subdomain, &name));
            let neighbour = format!("{other}{name}");
            proptest::prop_assert!(!is_exempt(&neighbour, &name));
        }
    }
}
