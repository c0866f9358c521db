//! The proxy's password, which no run may print.

use support::harness::{PROXY_PASSWORD, Run};

/// Checks that a run printed the proxy's password in no form: as it is, percent-encoded, in base64, or with its user.
#[track_caller]
pub fn tells_no_password(run: &Run) {
    let forms = [PROXY_PASSWORD, ENCODED_PASSWORD, PROXY_USER, BASIC];
    for form in forms {
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(form), "{form} was printed: {text}");
        }
    }
}

/// The user of proxies with a password. It isn't printed either.
pub const PROXY_USER: &str = "somebody";

/// [`PROXY_PASSWORD`], partly percent-encoded.
pub const ENCODED_PASSWORD: &str = "%70roxy%2Dgeheim";

/// [`PROXY_USER`] and [`PROXY_PASSWORD`] as sent to the proxy: `somebody:proxy-geheim` in base64.
pub const BASIC: &str = "c29tZWJvZHk6cHJveHktZ2VoZWlt";
