//! What is left over on a connection is never taken for the response about the next key: neither a whole response behind
//! one that fills every buffer, nor the first bytes of one whose rest comes later.

use std::fmt;

use crate::case::{WIDTH, organization, results};
use support::fake_coveo::{Fault, Leftover, Moment, Scripted};
use support::harness::{parallel, tool};

/// What the next response would be if it were read.
const LIE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// The first of three keys is answered with an error of this length, and something is left over; the second is refused,
/// and the third deleted.
struct Case {
    https: bool,
    /// The length of the response, its headers included. 16 KiB fill a buffer and are the most that a TLS record holds.
    length: usize,
    at_once: usize,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let scheme = if self.https { "HTTPS" } else { "HTTP" };
        write!(f, "{} bytes behind a response of {} ({scheme})", self.at_once, self.length)
    }
}

/// A 404 in Coveo's form that is `length` bytes long.
pub fn response(length: usize) -> String {
    let response = |message: usize| {
        let body = format!(r#"{{"message":"{}","errorCode":"KEY_NOT_FOUND"}}"#, "m".repeat(message));
        format!("HTTP/1.1 404 Not Found\r\nContent-Length: {:05}\r\n\r\n{body}", body.len())
    };
    response(length - response(0).len())
}

impl Case {
    fn check(&self) {
        let (coveo, ids) = organization(self.https, 3);
        let leftover = Leftover { bytes: LIE.into(), at_once: self.at_once };
        let first = Scripted::raw(response(self.length)).leaving(leftover);
        coveo.plan(move |moment| match moment {
            Moment::Request(_, request) if request.path.ends_with("/k1") => Fault::Answer(first.clone()),
            Moment::Request(_, request) if request.path.ends_with("/k2") => {
                Fault::Answer(Scripted::error(403, "ACCESS_DENIED", "no"))
            }
            _ => Fault::None,
        });
        let ran = tool(&coveo).args(["--json", "--timeout", "2s", "--retries", "0"]).args(&ids).run();
        let outcomes: Vec<String> = results(&ran, &ids).into_iter().map(|told| told.outcome).collect();
        assert_eq!(outcomes[1..], ["forbidden", "deleted"], "{}", ran.stderr);
        assert!(coveo.exists("k2") && !coveo.exists("k3"));
        assert_eq!(coveo.connections(), 2, "{}", ran.stderr);
    }
}

#[test]
fn what_is_left_over_on_a_connection_is_not_the_response_about_the_next_key() {
    let mut cases = Vec::new();
    for https in [false, true] {
        for length in [200, 4096 - 22, 4096, 16 * 1024 - 1, 16 * 1024] {
            // A TLS record begins with a header of 5 bytes.
            for at_once in [1, 4, 5, 6, LIE.len() - 1, usize::MAX] {
                cases.push(Case { https, length, at_once });
            }
        }
    }
    parallel(WIDTH, &cases, Case::check);
}
