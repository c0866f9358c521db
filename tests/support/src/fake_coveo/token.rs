//! Access tokens and their privileges on API keys.

use serde_json::{Value, json};

/// May view, edit and create all API keys.
pub const FULL_TOKEN: &str = "xxf0000000-0000-4000-8000-0000000000f0";
/// May view all API keys, and change none.
pub const VIEW_TOKEN: &str = "xxa1111111-1111-4111-8111-1111111111a1";
/// May edit all API keys, and view none.
pub const EDIT_TOKEN: &str = "xxe5555555-5555-4555-8555-5555555555e5";
/// May edit the API key of [`set_single_key`](super::Organization::set_single_key), and view none.
pub const SINGLE_KEY_TOKEN: &str = "xxb2222222-2222-4222-8222-2222222222b2";
/// Is valid, without any privilege.
pub const NONE_TOKEN: &str = "xxc3333333-3333-4333-8333-3333333333c3";
/// Has expired.
pub const EXPIRED_TOKEN: &str = "xxd4444444-4444-4444-8444-4444444444d4";

/// A privilege on API keys (owner `PLATFORM`, target domain `API_KEY`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// `VIEW`, `EDIT` or `CREATE`.
    pub kind: String,
    /// The ID of one API key, or `*`.
    pub target: String,
}

impl Privilege {
    /// The privilege of this kind on this key, or on `*`.
    pub fn new(kind: &str, target: &str) -> Privilege {
        Privilege { kind: kind.to_owned(), target: target.to_owned() }
    }

    /// Whether it is of this kind and covers this key, or all keys for `*`.
    pub(super) fn covers(&self, kind: &str, key: &str) -> bool {
        self.kind == kind && (self.target == "*" || self.target == key)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "owner": "PLATFORM",
            "targetDomain": "API_KEY",
            "type": self.kind,
            "targetId": self.target,
            "level": "GLOBAL",
        })
    }
}

#[derive(Clone, Debug)]
pub(super) enum Standing {
    Valid(Vec<Privilege>),
    Expired,
}

pub(super) fn initial() -> [(String, Standing); 6] {
    let all = |kinds: &[&str]| Standing::Valid(kinds.iter().map(|kind| Privilege::new(kind, "*")).collect());
    [
        (FULL_TOKEN, all(&["VIEW", "EDIT", "CREATE"])),
        (VIEW_TOKEN, all(&["VIEW"])),
        (EDIT_TOKEN, all(&["EDIT"])),
        (SINGLE_KEY_TOKEN, all(&[])),
        (NONE_TOKEN, all(&[])),
        (EXPIRED_TOKEN, Standing::Expired),
    ]
    .map(|(token, standing)| (token.to_owned(), standing))
}
