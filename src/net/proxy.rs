//! The forward proxy in the environment, read as curl reads it. A proxy that can't be read is an error.

use std::net::IpAddr;

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
    let first = |names: &[&'static str]| -> Result<Option<(&'static str, String)>, UsageError> {
        for name in names {
            if let Some(value) = variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    };
    let Some((name, url)) = (if is_https { first(&VARIABLES)? } else { None }) else { return Ok(None) };
    match first(&["no_proxy", "NO_PROXY"])? {
        Some((_, exceptions)) if is_exempt(host, &exceptions) => Ok(None),
        _ => {
            let url = parse(name, &url)?;
            let peer = Peer { host: url.host().into(), port: url.port(), proxy: Some(name) };
            Ok(Some(Proxy { url, peer }))
        }
    }
}

fn parse(name: &str, url: &str) -> Result<ureq::Proxy, UsageError> {
    const FORM: &str =
        "a proxy is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %XX for special characters";
    let unreadable = || {
        UsageError::new(format!(
            "the proxy in {name} can't be read (not shown here, since it may contain a password)"
        ))
        .hint(FORM)
    };
    // `ureq` would drop the text after `#` and use the rest as the host.
    if url.contains('#') {
        return Err(unreadable());
    }
    // `ureq` knows `host:port`, but not `host:port/`.
    let url = url.trim();
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let proxy = ureq::Proxy::new(&url).map_err(|_| unreadable())?;
    if !matches!(proxy.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https) {
        return Err(UsageError::new(format!("the proxy in {name} is a SOCKS proxy, which is not supported"))
            .hint(FORM));
    }
    let rest = proxy.uri().path_and_query().map_or("/", |path| path.as_str());
    if proxy.host().is_empty() || proxy.port() == 0 || !matches!(rest, "/" | "") {
        return Err(unreadable());
    }
    // `ureq` treats a port that isn't a number like a missing one.
    let authority = proxy.uri().authority().map_or("", |authority| authority.as_str());
    let after_host = authority.rsplit('@').next().unwrap_or("").rsplit(']').next().unwrap_or("");
    match after_host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_err() => Err(unreadable()),
        _ => Ok(proxy),
    }
}

/// Returns whether `host` is covered by a `NO_PROXY` list as curl reads it: names cover their subdomains, with or
/// without a dot before them; addresses, also as `ADDRESS/BITS`; `*` alone covers everything.
pub fn is_exempt(host: &str, exceptions: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if exceptions.trim() == "*" {
        return true;
    }
    exceptions.split([',', ' ', '\t']).any(|entry| {
        let entry = entry.trim_matches(['[', ']']).to_ascii_lowercase();
        match host.parse::<IpAddr>() {
            Ok(address) => covers_address(&entry, address),
            Err(_) => covers_name(entry.trim_matches('.'), &host),
        }
    })
}

fn covers_name(domain: &str, host: &str) -> bool {
    !domain.is_empty() && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn covers_address(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()),
        None => (entry, Some(128)),
    };
    let shared = match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) => {
            (u32::from(network) ^ u32::from(address)).leading_zeros()
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) => {
            (u128::from(network) ^ u128::from(address)).leading_zeros()
        }
        _ => return false,
    };
    let width = if address.is_ipv4() { 32 } else { 128 };
    match bits {
        Some(bits) if bits <= width || !entry.contains('/') => shared >= bits.min(width),
        _ => false,
    }
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
