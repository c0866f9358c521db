//! Each outcome of `--json`, produced through the binary and validated against `schema.json` in this folder, which is
//! strict, and the published `doc/result.schema.json`, which allows more fields.

use std::collections::BTreeSet;
use std::net::TcpListener;

use serde_json::{Value, json};

use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Date, EXPIRED_TOKEN, FULL_TOKEN, Fault, Hook, NONE_TOKEN, Point,
    SINGLE_KEY_TOKEN, VIEW_TOKEN, first,
};
use support::harness::{Cli, cli};
use support::pty::on_terminal;

use crate::validator::Validator;

/// A key that doesn't exist.
const NO_KEY: &str = "nosuchkeynosuchkeynosuchke";

fn schema() -> Value {
    serde_json::from_str(include_str!("schema.json")).expect("the schema is JSON")
}

fn published() -> Value {
    serde_json::from_str(include_str!("../../doc/result.schema.json")).expect("the schema is JSON")
}

/// Reads lines of the program, and validates them against both schemas.
struct Reader([Validator; 2]);

impl Reader {
    #[track_caller]
    fn new() -> Option<Reader> {
        Some(Reader([Validator::new(&schema())?, Validator::new(&published())?]))
    }

    /// Reads a line, and validates it and the order of its fields.
    fn read(&mut self, line: &str) -> Value {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for validator in &mut self.0 {
            assert_eq!(validator.errors(&value), Vec::<String>::new(), "{line}");
        }
        check_order(line);
        value
    }
}

/// Checks that the fields of a line are in the order of the schema.
fn check_order(line: &str) {
    let mut rest = line.strip_prefix('{').expect("an object");
    for (index, field) in schema()["required"].as_array().unwrap().iter().enumerate() {
        let name = format!("{}{field}:", if index == 0 { "" } else { "," });
        rest = rest.strip_prefix(&name).unwrap_or_else(|| panic!("{field} is out of order: {line}"));
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        values.next().expect("a field has a value").expect("a value is JSON");
        rest = &rest[values.byte_offset()..];
    }
    assert_eq!(rest, "}", "{line}");
}

/// A name, the outcome of each line, the exit status, and the run on an organization with three keys.
type Case = (&'static str, &'static str, i32, fn(&Coveo, Cli, &[String]) -> Cli);

/// `cancelled` needs a terminal and has a separate function.
const CASES: [Case; 41] = [
    ("a deletion", "deleted", 0, |_, cli, ids| cli.arg(&ids[0])),
    ("deletions", "deleted deleted deleted", 0, |_, cli, ids| cli.args(ids)),
    ("a bulk deletion", "deleted deleted deleted", 0, |_, cli, ids| cli.arg("--bulk").args(ids)),
    ("a disabled key", "disabled", 0, |_, cli, ids| cli.arg("--disable").arg(&ids[0])),
    ("bulk disabling", "disabled disabled disabled", 0, |_, cli, ids| {
        cli.args(["--disable", "--bulk"]).args(ids)
    }),
    ("a lost response", "gone", 0, |coveo, cli, ids| {
        coveo.plan(first(1, Fault::At(Point::AfterActing, Break::Close)));
        cli.arg(&ids[0])
    }),
    ("a lost bulk response", "gone gone gone", 0, |coveo, cli, ids| {
        coveo.plan(|hook| match hook {
            Hook::Request(_, request) if request.method == "POST" => {
                Fault::At(Point::AfterActing, Break::Close)
            }
            _ => Fault::None,
        });
        cli.args(["--bulk", "--retries", "0"]).args(ids)
    }),
    ("a missing key, ignored", "alreadyGone", 0, |_, cli, _| cli.args(["--ignore-not-found", NO_KEY])),
    ("a missing key, ignored in a dry run", "alreadyGone", 0, |_, cli, _| {
        cli.args(["--dry-run", "--ignore-not-found", NO_KEY])
    }),
    ("a missing key", "notFound", 5, |_, cli, _| cli.arg(NO_KEY)),
    ("a missing key to disable", "notFound", 5, |_, cli, _| cli.args(["--disable", NO_KEY])),
    ("a dry run", "wouldDelete", 0, |_, cli, ids| cli.arg("--dry-run").arg(&ids[0])),
    ("a dry run without VIEW", "forbidden forbidden", 4, |coveo, cli, ids| {
        coveo.set_single_key(&ids[0]);
        cli.env("COVEO_ACCESS_TOKEN", SINGLE_KEY_TOKEN).arg("--dry-run").args(&ids[..2])
    }),
    ("selected keys without --yes", "wouldDelete wouldDelete wouldDelete", 0, |_, cli, _| {
        cli.args(["--name", "Key ?"])
    }),
    ("activated keys", "activated activated", 0, |_, cli, ids| cli.arg("--activate").args(&ids[..2])),
    ("a dry run that activates", "wouldActivate", 0, |_, cli, ids| cli.args(["--activate", "-n", &ids[0]])),
    ("a list", "listed listed listed", 0, |coveo, cli, ids| {
        coveo.edit(&ids[1], |key| "DISABLED_EXPOSED".clone_into(&mut key.status));
        cli.arg("--list")
    }),
    ("a list of named keys", "listed notFound", 5, |coveo, cli, ids| {
        coveo.edit(&ids[0], |key| key.display_name = "prod".to_owned());
        cli.args(["--list", "--name", "prod", &ids[0], &ids[1], NO_KEY])
    }),
    ("a dry run that disables", "wouldDisable", 0, |_, cli, ids| cli.args(["-n", "--disable"]).arg(&ids[0])),
    ("a key enabled after the list", "kept deleted", 0, |coveo, cli, ids| {
        disable(coveo, &ids[..2]);
        let (id, path) = (ids[0].clone(), format!("/apikeys/{}", ids[0]));
        coveo.on_request(move |request, organization| {
            if request.path.ends_with(&path) {
                organization.enable(&id);
            }
        });
        cli.args(["--disabled-for", "1d", "--yes"])
    }),
    ("a paused organization", "refused", 1, |coveo, cli, ids| {
        coveo.set_paused(true);
        cli.arg(&ids[0])
    }),
    ("a refused token", "unauthorized", 3, |_, cli, ids| {
        cli.env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).arg(&ids[0])
    }),
    ("a refused token in a dry run", "unauthorized notTried notTried", 3, |_, cli, ids| {
        cli.env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).arg("--dry-run").args(ids)
    }),
    ("a token refused three times", "unauthorized unauthorized unauthorized notTried", 3, |_, cli, ids| {
        cli.env("COVEO_ACCESS_TOKEN", EXPIRED_TOKEN).args(ids).arg(NO_KEY)
    }),
    ("a missing privilege", "forbidden forbidden", 4, |_, cli, ids| {
        cli.env("COVEO_ACCESS_TOKEN", VIEW_TOKEN).args(&ids[..2])
    }),
    ("a missing privilege in a dry run", "forbidden", 4, |_, cli, ids| {
        cli.env("COVEO_ACCESS_TOKEN", NONE_TOKEN).arg("--dry-run").arg(&ids[0])
    }),
    ("a firewall", "forbidden", 4, |coveo, cli, ids| {
        let page = CannedResponse::status(403).header("x-coveo-waf-action", "block").body("<html>");
        coveo.plan(first(1, Fault::Answer(page)));
        cli.arg(&ids[0])
    }),
    ("a refused connection", "unavailable unavailable unavailable", 6, |_, cli, ids| {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        cli.env("COVEO_ENDPOINT", format!("http://{nobody}")).args(["--retries", "0"]).args(ids)
    }),
    ("429", "unavailable", 6, |coveo, cli, ids| {
        coveo.plan(first(9, Fault::Answer(CannedResponse::error(429, "TOO_MANY_REQUESTS", "Slow down."))));
        cli.args(["--retries", "1"]).arg(&ids[0])
    }),
    ("503 in a dry run", "unavailable", 6, |coveo, cli, ids| {
        coveo.plan(first(9, Fault::Answer(CannedResponse::status(503))));
        cli.args(["--retries", "0", "--dry-run"]).arg(&ids[0])
    }),
    ("502", "unknown", 6, |coveo, cli, ids| {
        coveo.plan(first(9, Fault::Answer(CannedResponse::status(502).body("<html>"))));
        cli.args(["--retries", "1"]).arg(&ids[0])
    }),
    ("lost connections", "unknown unknown unknown", 6, |coveo, cli, ids| {
        coveo.plan(first(9, Fault::At(Point::BeforeActing, Break::Close)));
        cli.args(["--retries", "0"]).args(ids)
    }),
    ("500, then 403", "unknown", 6, |coveo, cli, ids| {
        coveo.plan(first(1, Fault::Answer(CannedResponse::status(500))));
        cli.env("COVEO_ACCESS_TOKEN", VIEW_TOKEN).arg(&ids[0])
    }),
    ("another organization", "organizationNotFound notTried notTried", 2, |_, cli, ids| {
        cli.args(["--org", "another"]).args(ids)
    }),
    ("another organization in a dry run", "organizationNotFound notTried notTried", 2, |_, cli, ids| {
        cli.args(["--org", "another", "--dry-run"]).args(ids)
    }),
    ("an undocumented code", "refused deleted", 1, |coveo, cli, ids| {
        coveo.plan(first(
            1,
            Fault::Answer(CannedResponse::error(400, "ORGANIZATION_IS_PAUSED", "It is paused.")),
        ));
        cli.args(&ids[..2])
    }),
    ("unknown privileges", "wouldDelete", 0, |coveo, cli, ids| {
        coveo.plan(first(1, Fault::Answer(CannedResponse::error(409, "C", "m"))));
        cli.arg("--dry-run").arg(&ids[0])
    }),
    ("a missing key without proof of access", "unexpected", 1, |coveo, cli, _| {
        coveo.plan(first(1, Fault::Answer(CannedResponse::error(404, "NOT_FOUND", "no such endpoint"))));
        cli.env("COVEO_ACCESS_TOKEN", NONE_TOKEN).args(["--ignore-not-found", NO_KEY])
    }),
    ("a login page", "unexpected", 1, |coveo, cli, ids| {
        coveo.plan(first(
            1,
            Fault::Answer(CannedResponse::status(200).body("<html>Sign in to the guest network</html>")),
        ));
        cli.arg(&ids[0])
    }),
    ("control characters and a long message", "unexpected", 1, |coveo, cli, ids| {
        let message = format!("a\n\u{1b}[31m\u{85}b{}", "é".repeat(1000));
        let answer = CannedResponse::error(409, "C\tO\nDE", &message);
        coveo.plan(first(1, Fault::Answer(answer)));
        cli.arg(&ids[0])
    }),
    ("different outcomes", "deleted notFound unexpected", 1, |coveo, cli, ids| {
        coveo.plan(|hook| match hook {
            Hook::Request(3, _) => {
                Fault::Answer(CannedResponse::status(302).header("Location", "https://other.example/"))
            }
            _ => Fault::None,
        });
        cli.arg(&ids[0]).arg(NO_KEY).arg(&ids[1])
    }),
];

/// Disables keys since their creation.
fn disable(coveo: &Coveo, ids: &[String]) {
    for key in ids.iter().filter_map(|id| coveo.key(id)) {
        let since = key.created_date.clone();
        let status = "DISABLED".to_owned();
        coveo.add(ApiKey { enabled: false, status, disabled_date: since, ..key });
    }
}

#[test]
fn each_outcome_is_valid_json() {
    let Some(mut reader) = Reader::new() else { return };
    let mut met: BTreeSet<String> = CASES
        .iter()
        .flat_map(|(what, outcomes, status, case)| {
            let coveo = Coveo::http();
            let ids = coveo.add_keys(3);
            let run = case(&coveo, cli(&coveo).arg("--json"), &ids).run();
            assert_eq!(run.status, *status, "{what}: {run:?}");
            let lines: Vec<Value> = run.stdout.lines().map(|line| reader.read(line)).collect();
            let met: Vec<String> = lines.iter().map(outcome).collect();
            assert_eq!(met.join(" "), *outcomes, "{what}: {run:?}");
            let id = if what.starts_with("another organization") { "another" } else { coveo.id() };
            assert!(lines.iter().all(|line| line["organizationId"] == id), "{what}");
            met
        })
        .collect();
    met.insert(cancelled(&mut reader));
    let all = schema()["properties"]["outcome"]["enum"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(met, all);
}

/// Answers no, and returns the outcome.
fn cancelled(reader: &mut Reader) -> String {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(1);
    let mut terminal = on_terminal(cli(&coveo).arg("--json").args(&ids));
    terminal.shows("type yes to delete: ");
    terminal.types("n\n");
    let ended = terminal.ends();
    assert_eq!(ended.status, 1, "{}", ended.screen);
    let lines = ended.screen.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines.map(|line| reader.read(line)).collect();
    assert_eq!(lines.len(), 1, "{}", ended.screen);
    assert_eq!(lines[0]["keyId"], json!(ids[0]));
    outcome(&lines[0])
}

fn outcome(line: &Value) -> String {
    text(&line["outcome"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

#[test]
fn strict_schema_rejects_wrong_lines() {
    let good = json!({
        "keyId": "k", "organizationId": "o", "action": "delete", "outcome": "deleted", "httpStatus": 204,
        "errorCode": null, "message": null, "requestId": "r", "attempts": 1, "elapsedMs": 142,
        "key": {
            "displayName": "n", "status": "ENABLED", "createdDate": "2026-01-10T12:00:00Z",
            "lastUsedDate": "2026-11-20T12:00:00Z", "expirationDate": null, "disabledDate": null,
            "description": null, "createdBy": "alice", "exposed": false, "value": "xx*****1343",
        },
        "time": "2026-11-20T12:00:00.123Z",
    });
    let Some(mut validator) = Validator::new(&schema()) else { return };
    assert!(validator.is_valid(&good));
    for field in good.as_object().unwrap().keys() {
        let mut line = good.clone();
        line.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&line), "without {field}");
        for value in [json!(true), json!([]), json!({}), json!(-1), json!(0.5), json!(""), json!("a\nb")] {
            let mut line = good.clone();
            line[field] = value.clone();
            assert!(!validator.is_valid(&line), "{field}: {value}");
        }
    }
    for change in [
        json!({"more": null}),
        json!({"outcome": "done"}),
        json!({"action": "disable"}),
        json!({"httpStatus": 200}),
        json!({"attempts": 0}),
        json!({"outcome": "notFound"}),
        json!({"outcome": "notTried"}),
        json!({"outcome": "kept"}),
        json!({"message": "é".repeat(302)}),
        json!({"outcome": "refused"}),
        json!({"outcome": "organizationNotFound", "httpStatus": 404, "errorCode": "C"}),
        json!({"outcome": "kept", "httpStatus": 200, "key": null}),
        json!({"outcome": "wouldDelete", "httpStatus": 200, "message": "n (enabled)"}),
        json!({"key": {"displayName": "n"}}),
    ] {
        let mut line = good.clone();
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert!(!validator.is_valid(&line), "{change}");
    }
    for (field, value) in [
        ("more", Value::Null),
        ("createdDate", json!(1)),
        ("createdDate", json!("2026-01-10")),
        ("exposed", json!("yes")),
        ("value", json!("xx17171717-2727-4373-8474-575757575757")),
    ] {
        let mut line = good.clone();
        line["key"][field] = value;
        assert!(!validator.is_valid(&line), "{line}");
    }
}

#[test]
fn published_schema_only_adds_to_the_strict_one() {
    let (strict, published) = (schema(), published());
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(published["required"], strict["required"]);
    assert_eq!(names(&published["properties"]), names(&strict["properties"]));
    let (key, strict_key) = (&published["properties"]["key"], &strict["$defs"]["key"]);
    assert_eq!(key["required"], strict_key["required"]);
    assert_eq!(names(&key["properties"]), names(&strict_key["properties"]));
    let outcomes = published["properties"]["outcome"]["anyOf"].as_array().unwrap();
    let outcomes: BTreeSet<String> =
        outcomes.iter().filter_map(|outcome| outcome.get("const")).map(text).collect();
    let strict: BTreeSet<String> =
        strict["properties"]["outcome"]["enum"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(outcomes, strict);
    // New fields and outcomes are valid, renamed and removed ones aren't.
    let Some(mut validator) = Validator::new(&published) else { return };
    let date = "2026-11-20T08:15:00Z";
    let line = json!({
        "keyId": "k", "organizationId": "o", "action": "delete", "outcome": "somethingNew", "httpStatus": null,
        "errorCode": null, "message": null, "requestId": null, "attempts": 0, "elapsedMs": 0, "more": [],
        "time": "2026-11-20T08:15:00Z", "key": {
            "displayName": "n", "status": "NEW", "createdDate": date, "lastUsedDate": null, "expirationDate": null,
            "disabledDate": null, "description": null, "createdBy": null, "exposed": true, "value": null, "more": {},
        },
    });
    assert!(validator.is_valid(&line));
    for field in names(&line).iter().filter(|field| *field != "more") {
        let mut line = line.clone();
        line.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&line), "without {field}");
    }
}

#[test]
fn key_data_is_sanitized() {
    let date = |text: &str| Date::Raw(text.into());
    let full = ApiKey {
        description: format!("for\n{FULL_TOKEN}"),
        created_by: "\u{1b}alice".to_owned(),
        display_name: format!("a \"b\"\n\u{1b}[31m\u{202e}c {FULL_TOKEN}"),
        status: "EXPIRED".to_owned(),
        enabled: false,
        last_used_date: Date::Raw(json!(1_700_000_000_123_u64)),
        expiration_date: date("2025-01-01T01:00:00+01:00"),
        disabled_date: date("1970-01-01T00:00:00Z"),
        ..ApiKey::new("full1")
    };
    let mut empty = ApiKey {
        display_name: "\u{3164}\n".to_owned(),
        status: "EXPIRED\n".to_owned(),
        created_date: Date::Absent,
        ..ApiKey::new("empty1")
    };
    // A value that isn't masked is never printed.
    empty.extra.insert("value".to_owned(), json!(ApiKey::new("empty").value()));
    empty.extra.insert("createdBy".to_owned(), json!("alice"));
    let Some(mut reader) = Reader::new() else { return };
    let coveo = Coveo::http();
    let masked = full.masked_value();
    coveo.add(full);
    coveo.add(empty);
    let run = cli(&coveo).args(["--json", "--dry-run", "--", "full1", "empty1"]).run().assert_status(0);
    let keys: Vec<Value> = run.stdout.lines().map(|line| reader.read(line)["key"].clone()).collect();
    let json_lines = [
        json!({
            "displayName": "a \"b\" [31mc (the access token)", "status": "EXPIRED",
            "createdDate": "2023-10-01T12:00:00Z", "lastUsedDate": "2023-11-14T22:13:20Z",
            "expirationDate": "2025-01-01T00:00:00Z", "disabledDate": null,
            "description": "for (the access token)", "createdBy": "alice", "exposed": false, "value": masked,
        }),
        json!({
            "displayName": null, "status": null, "createdDate": null, "lastUsedDate": null, "expirationDate": null,
            "disabledDate": null, "description": null, "createdBy": null, "exposed": false, "value": null,
        }),
    ];
    assert_eq!(keys, json_lines);
}
