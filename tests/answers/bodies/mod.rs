//! Error bodies, documented and made up by gateways, and what each of them may be taken for. What they mean was written
//! down by reading them, not by running anything.

mod coveos;
mod encodings;
mod gateways;
mod lookalikes;

use support::fake_coveo::CannedResponse;

/// What an answer says, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// 404 with an error code of Coveo's: there is no such key, if the organization is the right one.
    NoSuchKey,
    /// 404 with an error code that names the organization.
    NoSuchOrganization,
    /// 401 of Coveo's or of an OAuth server.
    Unauthorized,
    /// 403 of Coveo's.
    Forbidden,
    /// Another 4xx with an error code of Coveo's.
    Refused,
    /// 429.
    Busy,
    /// 500, 502, 503, 504.
    Failing,
    /// Nothing that the tool could rely on: it is somebody else's.
    Foreign,
}

/// An answer and its meaning.
#[derive(Clone, Debug)]
pub struct Body {
    pub name: String,
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub bytes: Vec<u8>,
    pub meaning: Meaning,
}

impl Body {
    fn new(meaning: Meaning, status: u16, bytes: impl Into<Vec<u8>>) -> Body {
        let bytes = bytes.into();
        let text = String::from_utf8_lossy(&bytes);
        let name = format!("{status} {}", text.chars().take(70).collect::<String>().escape_debug());
        Body { name, status, headers: Vec::new(), bytes, meaning }
    }

    /// The same under another name.
    fn named(self, name: &str) -> Body {
        Body { name: format!("{} {name}", self.status), ..self }
    }

    /// The same with this header.
    fn header(mut self, name: &'static str, value: &'static str) -> Body {
        self.headers.push((name, value));
        self
    }

    /// The answer to a request.
    pub fn answer(&self) -> CannedResponse {
        let answer = CannedResponse::status(self.status).body(self.bytes.clone());
        self.headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}

/// All of them.
pub fn all() -> Vec<Body> {
    [coveos::bodies(), gateways::bodies(), lookalikes::bodies(), encodings::bodies()].concat()
}

/// The same meaning for several bodies of 404.
fn each(meaning: Meaning, status: u16, bodies: &[&str]) -> Vec<Body> {
    bodies.iter().map(|body| Body::new(meaning, status, *body)).collect()
}
