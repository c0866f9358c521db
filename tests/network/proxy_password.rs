//! The password of a proxy, which no run may print.

use support::harness::{PROXY_PASSWORD, Run};

/// Checks that a run printed the proxy's password in none of its forms: as it is, as an URL or a header has it, or with
/// its user before it.
#[track_caller]
pub fn tells_no_password(run: &Run) {
    let forms = [PROXY_PASSWORD, ENCODED_PASSWORD, PROXY_USER, BASIC];
    for form in forms {
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(form), "{form} was printed: {text}");
        }
    }
}

/// The user of proxies with a password; with it alone, a password is half known.
pub const PROXY_USER: &str = "somebody";

/// [`PROXY_PASSWORD`] as it may stand in an URL.
pub const ENCODED_PASSWORD: &str = "%70roxy%2Dgeheim";

/// [`PROXY_USER`] and [`PROXY_PASSWORD`] as they go to the proxy: `somebody:proxy-geheim` in base 64.
pub const BASIC: &str = "c29tZWJvZHk6cHJveHktZ2VoZWlt";
