//! Error bodies of Coveo and of gateways, each with its meaning, which was written down by reading them.

mod coveos;
mod gateways;
mod lookalikes;

use std::fmt;

use support::fake_coveo::CannedResponse;

/// The meaning of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// 404 with one of Coveo's codes: the key doesn't exist, if access is proven.
    NoSuchKey,
    /// 404 with a code that names the organization.
    NoSuchOrganization,
    /// 401 from Coveo or an OAuth server.
    Unauthorized,
    /// 403 from Coveo.
    Forbidden,
    /// 403 from Coveo's firewall, or without a body.
    Blocked,
    /// Another 4xx with one of Coveo's codes.
    Refused,
    /// 429.
    Busy,
    /// 500, 502, 503, 504.
    Failing,
    /// Not from Coveo, or about something else.
    Foreign,
}

/// A response and its meaning.
#[derive(Clone)]
pub struct Body {
    pub meaning: Meaning,
    status: u16,
    bytes: Vec<u8>,
    header: Option<(&'static str, &'static str)>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let start: String = String::from_utf8_lossy(&self.bytes).chars().take(70).collect();
        write!(f, "{:?}: {} {start:?} {:?}", self.meaning, self.status, self.header)
    }
}

impl Body {
    fn new(meaning: Meaning, status: u16, bytes: impl Into<Vec<u8>>) -> Body {
        Body { meaning, status, bytes: bytes.into(), header: None }
    }

    /// The same with this header.
    fn header(self, name: &'static str, value: &'static str) -> Body {
        Body { header: Some((name, value)), ..self }
    }

    /// The response to send.
    pub fn response(&self) -> CannedResponse {
        let response = CannedResponse::status(self.status).body(self.bytes.clone());
        self.header.iter().fold(response, |response, (name, value)| response.header(name, value))
    }
}

/// All bodies.
pub fn all() -> Vec<Body> {
    [coveos::bodies(), gateways::bodies(), lookalikes::bodies()].concat()
}

/// Several bodies with the same meaning.
fn each(meaning: Meaning, status: u16, bodies: &[&str]) -> Vec<Body> {
    bodies.iter().map(|body| Body::new(meaning, status, *body)).collect()
}
