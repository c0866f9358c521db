//! The organization, folder and environment of a page, and the lines of its `organization` blocks.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::mem::replace;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use std::{env, fs};

use regex::Regex;
use tempfile::TempDir;

use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Date, EXPIRED_TOKEN, FULL_TOKEN, Fault, Hook, NONE_TOKEN, Point,
    Privilege, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};
use support::harness::{PROXY_PASSWORD, binary};

/// An organization and a folder, both empty.
pub struct Stage {
    coveo: Coveo,
    /// The faults of the next requests, in order.
    faults: Arc<Mutex<VecDeque<Fault>>>,
    directory: TempDir,
    own_token: String,
    /// The number of connections and requests that the page has shown.
    shown: (usize, usize),
}

impl Stage {
    /// Creates an organization. Over HTTPS the authority's certificate is in the folder.
    pub fn new(https: bool) -> Stage {
        let coveo = if https { Coveo::https() } else { Coveo::http() };
        let directory = tempfile::tempdir().expect("a temporary directory");
        if https {
            fs::copy(coveo.authority_file(), directory.path().join("authority.pem"))
                .expect("a file can be copied");
        }
        let faults = Arc::<Mutex<VecDeque<Fault>>>::default();
        let next = Arc::clone(&faults);
        coveo.plan(move |hook| match hook {
            Hook::Request(..) => next.lock().unwrap().pop_front().unwrap_or_default(),
            _ => Fault::None,
        });
        Stage { coveo, faults, directory, own_token: String::new(), shown: (0, 0) }
    }

    /// Applies a line of an `organization` block.
    pub fn set(&mut self, line: &str) {
        if let Some(day) = line.strip_prefix("it is ") {
            self.coveo.set_now(noon(day));
        } else if let Some((count, what)) = line.strip_prefix("next").and_then(|rest| rest.split_once(": ")) {
            let count = if count.is_empty() { Ok(1) } else { count.trim().parse() };
            let count = count.unwrap_or_else(|_| panic!("{line}"));
            self.faults.lock().unwrap().extend(vec![fault(what); count]);
        } else if let Some(id) = line.strip_suffix(" is enabled again") {
            self.coveo.enable(id);
            assert_eq!(self.coveo.is_enabled(id), Some(true), "{line}");
        } else if let Some(id) = line.strip_suffix(" is enabled again once it has been listed") {
            let (id, key) = (id.to_owned(), format!("/apikeys/{id}"));
            self.coveo.on_request(move |request, organization| {
                if request.path.ends_with(&key) {
                    organization.enable(&id);
                }
            });
        } else if let Some(id) = line.strip_suffix(" is the key in OWN_TOKEN") {
            let value = self.coveo.key(id).unwrap_or_else(|| panic!("{line}")).value();
            self.coveo.grant(&value, &["VIEW", "EDIT"].map(|kind| Privilege::new(kind, "*")));
            self.own_token = value;
        } else if let Some(id) = line.strip_suffix(" is the one that SINGLE_KEY_TOKEN may edit") {
            self.coveo.set_single_key(id);
        } else if line != "over HTTPS" && line != "no keys" {
            self.coveo.add(key(line).unwrap_or_else(|| panic!("invalid line: {line}")));
        }
    }

    /// Checks that all faults were used.
    pub fn assert_done(&self) {
        let left = self.faults.lock().unwrap().len();
        assert_eq!(left, 0, "{left} faults were never used");
    }

    /// The keys that exist now, in the form of an `organization` block.
    pub fn keys(&self) -> String {
        let ids = self.coveo.ids();
        let keys: String = ids.iter().filter_map(|id| self.coveo.key(id)).map(describe).collect();
        if keys.is_empty() { "none\n".into() } else { keys }
    }

    /// The requests since the last call.
    pub fn requests(&mut self) -> String {
        let requests = self.coveo.requests();
        let (connections, shown) = replace(&mut self.shown, (self.coveo.connections(), requests.len()));
        let home = format!("/rest/organizations/{}/", self.coveo.id());
        let lines = requests[shown..].iter().map(|request| {
            let path = request.path.strip_prefix(&home).unwrap_or(&request.path);
            let query = if request.query.is_empty() { "" } else { "?" };
            format!("{} {path}{query}{}\n", request.method, request.query)
        });
        match lines.collect::<String>() {
            none if none.is_empty() && connections == self.shown.0 => "none\n".into(),
            none if none.is_empty() => "a connection, and no request\n".into(),
            lines => lines,
        }
    }

    /// The folder in which commands run.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.directory().join(name), content).expect("a file can be written");
    }

    /// The environment of commands.
    pub fn variables(&self) -> Vec<(&str, OsString)> {
        let folder = binary().parent().expect("the folder of the binary").to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([folder].into_iter().chain(env::split_paths(&path)));
        vec![
            ("PATH", path.expect("folders can be joined")),
            ("COVEO_ENDPOINT", self.coveo.endpoint().into()),
            ("COVEO_ORGANIZATION_ID", self.coveo.id().into()),
            ("COVEO_ACCESS_TOKEN", FULL_TOKEN.into()),
            ("VIEW_TOKEN", VIEW_TOKEN.into()),
            ("SINGLE_KEY_TOKEN", SINGLE_KEY_TOKEN.into()),
            ("NONE_TOKEN", NONE_TOKEN.into()),
            ("EXPIRED_TOKEN", EXPIRED_TOKEN.into()),
            ("OWN_TOKEN", self.own_token.clone().into()),
            ("PROXY_PASSWORD", PROXY_PASSWORD.into()),
        ]
    }

    /// Replaces values that differ in each run.
    pub fn mask(&self, shown: &str) -> String {
        let shown = shown.replace(&format!(":{}", self.coveo.port()), ":[PORT]");
        let masks = [
            (r#"(request ID |"requestId":")[0-9a-f-]{36}"#, "${1}[UUID]"),
            (r#"("elapsedMs":)[0-9]+"#, "${1}[MS]"),
            (r"( in |, after )[0-9]+ ms", "${1}[MS] ms"),
            (r" in [0-9.]+ s\n", " in [S] s\n"),
            (r#""time":"[0-9TZ:.-]+"#, "\"time\":\"[TIME]"),
        ];
        masks.iter().fold(shown, |shown, (pattern, mask)| {
            Regex::new(pattern).expect("a pattern").replace_all(&shown, *mask).into_owned()
        })
    }
}

/// Parses a fault: `nothing`, `the response is lost`, `503`, `503 with Retry-After: 120`, `404 with a page`,
/// `409 with code CODE`.
fn fault(what: &str) -> Fault {
    match what {
        "nothing" => Fault::None,
        "the request is lost" => Fault::At(Point::BeforeActing, Break::Close),
        "the response is lost" => Fault::At(Point::AfterActing, Break::Close),
        "no response" => Fault::At(Point::BeforeActing, Break::Hang),
        _ => {
            let (status, with) = what.split_once(" with ").unwrap_or((what, ""));
            let response =
                CannedResponse::status(status.parse().unwrap_or_else(|_| panic!("unknown fault: {what}")));
            Fault::Answer(match (with, with.split_once(": ")) {
                ("", _) => response,
                ("a page", _) => response.header("Content-Type", "text/html").body("<html>Hello!</html>"),
                (_, None) if with.starts_with("code ") => {
                    response.body(serde_json::json!({"errorCode": with[5..]}).to_string())
                }
                (_, Some((name, value))) => response.header(name, value),
                _ => panic!("unknown fault: {what}"),
            })
        }
    }
}

/// Parses `ID "NAME" STATUS, created DAY, used DAY, expires DAY, disabled DAY, exposed DAY`; the days are optional.
fn key(line: &str) -> Option<ApiKey> {
    let (id, rest) = line.split_once(" \"")?;
    let (name, facts) = rest.split_once("\" ")?;
    let mut facts = facts.split(", ");
    let status = facts.next()?.to_owned();
    let mut key = ApiKey {
        display_name: name.to_owned(),
        enabled: ["ENABLED", "SOON_TO_BE_EXPIRED", "SOON_TO_BE_DISABLED"].contains(&&*status),
        status,
        created_date: Date::Absent,
        ..ApiKey::new(id)
    };
    for fact in facts {
        let (what, day) = fact.split_once(' ')?;
        if what == "exposed" {
            key.exposure = ApiKey::exposed(id, noon(day)).exposure;
        } else {
            let (_, date) = dates(&mut key).into_iter().find(|(word, _)| *word == what)?;
            *date = Date::Rfc3339(noon(day));
        }
    }
    Some(key)
}

/// The dates of a key, and the word for each.
fn dates(key: &mut ApiKey) -> [(&'static str, &mut Date); 5] {
    [
        ("created", &mut key.created_date),
        ("used", &mut key.last_used_date),
        ("expires", &mut key.expiration_date),
        ("disabled", &mut key.disabled_date),
        ("activated", &mut key.activation_date),
    ]
}

/// The reverse of [`key`], without the date of the activation.
fn describe(mut key: ApiKey) -> String {
    let mut line = format!("{} \"{}\" {}", key.id, key.display_name, key.status);
    let mut add = |what: &str, time| {
        line += &format!(", {what} {:.10}", humantime::format_rfc3339_seconds(time).to_string());
    };
    for (what, date) in &dates(&mut key)[..4] {
        if let Date::Rfc3339(time) = date {
            add(what, *time);
        }
    }
    if let Some(exposure) = &key.exposure {
        add("exposed", exposure.reported);
    }
    line + "\n"
}

fn noon(day: &str) -> SystemTime {
    humantime::parse_rfc3339(&format!("{day}T12:00:00Z")).unwrap_or_else(|_| panic!("{day} isn't a day"))
}
