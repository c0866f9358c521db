//! The privileges of the access token.

use serde_json::{Map, Value};

use crate::coveo::ids::KeyId;

/// What the access token may do to API keys: the privileges of owner `PLATFORM` and domain `API_KEY`
/// (docs.coveo.com/en/1707). The default is for privileges that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privileges {
    /// The IDs of the keys that the token may edit, `*` for all; `None` if a privilege could not be read.
    edit: Option<Vec<String>>,
    /// Whether the token has any privilege on API keys.
    any: bool,
}

impl Privileges {
    /// Parses the body of a 200. If a privilege can't be read, it's unknown which keys the token may edit: the
    /// privilege could be the one to edit the key in question.
    pub fn parse(body: &[u8]) -> Self {
        let Ok(privileges) = serde_json::from_slice::<Vec<Map<String, Value>>>(body) else {
            return Self::default();
        };
        let mut found = Self { edit: Some(Vec::new()), any: false };
        for privilege in &privileges {
            let field = |name: &str| privilege.get(name).and_then(Value::as_str);
            match (field("owner"), field("targetDomain"), field("type"), field("targetId")) {
                (Some("PLATFORM"), Some("API_KEY"), Some(kind), target) => {
                    found.any = true;
                    match (kind, target) {
                        ("EDIT", Some(id)) => found.edit.iter_mut().for_each(|ids| ids.push(id.to_owned())),
                        ("EDIT", None) => found.edit = None,
                        _ => {}
                    }
                }
                (Some(_), Some(_), Some(_), _) => {}
                _ => found.edit = None,
            }
        }
        found
    }

    /// The same for one page of several: it doesn't say what the token may not do.
    pub fn of_one_page(self) -> Self {
        Self { edit: None, ..self }
    }

    /// Whether the token may edit `key`; `None` if that is unknown.
    pub fn may_edit(&self, key: &KeyId) -> Option<bool> {
        let targets = self.edit.as_ref()?;
        Some(targets.iter().any(|target| target == "*" || target == key.as_str()))
    }

    /// Whether the token has any privilege on API keys.
    pub fn include_keys(&self) -> bool {
        self.any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_platform_api_key_privileges_count() {
        let body = r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":"k1"},
            {"owner":"PLATFORM","targetDomain":"API_KEY","type":"VIEW","targetId":"*"},
            {"owner":"SEARCH_API","targetDomain":"API_KEY","type":"EDIT","targetId":"*"}]"#;
        let (k1, k2) = (KeyId::parse("k1").ok().unwrap(), KeyId::parse("k2").ok().unwrap());
        let privileges = Privileges::parse(body.as_bytes());
        assert_eq!((privileges.may_edit(&k1), privileges.may_edit(&k2)), (Some(true), Some(false)));
        assert!(privileges.include_keys());
        let page = privileges.of_one_page();
        assert_eq!((page.may_edit(&k1), page.may_edit(&k2), page.include_keys()), (None, None, true));
        let none = Privileges::parse(b"[]");
        assert_eq!((none.may_edit(&k1), none.include_keys()), (Some(false), false));
        for unreadable in [
            "{}",
            "[1]",
            r#"[{"id":"k1"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":["k1"]}]"#,
        ] {
            assert_eq!(Privileges::parse(unreadable.as_bytes()).may_edit(&k1), None, "{unreadable}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            let _ = (Privileges::parse(&body), Privileges::parse(text.as_bytes()));
        }
    }
}
