//! Each outcome of `--json`, produced through the binary and validated against `schema.json` in this folder, which is
//! strict, and the published `doc/result.schema.json`, which allows more fields.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Date, EXPIRED_TOKEN, FULL_TOKEN, Fault, K1, K2, M1, NONE_TOKEN,
    Point, SINGLE_KEY_TOKEN, VIEW_TOKEN, days_ago,
};
use support::harness::{Cli, cli, exit_status, json_lines};
use support::pty::on_terminal;

use crate::validator::errors;

const K3: &str = "k3aaaaaaaaaaaaaaaaaaaaaaaa";

fn schema() -> Value {
    serde_json::from_str(include_str!("schema.json")).expect("the schema is JSON")
}

fn published() -> Value {
    serde_json::from_str(include_str!("../../doc/result.schema.json")).expect("the schema is JSON")
}

/// Checks that all lines are valid by both schemas.
#[track_caller]
fn assert_valid(lines: &[Value]) {
    for schema in [schema(), published()] {
        let errors = errors(&schema, lines).into_iter().flatten().zip(lines);
        let wrong: Vec<_> = errors.filter(|(errors, _)| !errors.is_empty()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Checks that no line is valid.
#[track_caller]
fn assert_invalid(schema: &Value, lines: &[Value]) {
    let errors = errors(schema, lines).into_iter().flatten().zip(lines);
    let valid: Vec<_> = errors.filter(|(errors, _)| errors.is_empty()).map(|(_, line)| line).collect();
    assert!(valid.is_empty(), "{valid:#?}");
}

/// The token, the arguments, in which 1 to 3 stand for keys and 0 for a missing one, and the outcomes.
const CASES: [(&str, &str, &str); 23] = [
    (FULL_TOKEN, "1", "deleted"),
    (FULL_TOKEN, "1 2 3", "deleted deleted deleted"),
    (FULL_TOKEN, "--bulk 1 2 3", "deleted deleted deleted"),
    (FULL_TOKEN, "--disable 1", "disabled"),
    (FULL_TOKEN, "--disable --bulk 1 2 3", "disabled disabled disabled"),
    (FULL_TOKEN, "--activate 1 2", "activated activated"),
    (FULL_TOKEN, "0", "notFound"),
    (FULL_TOKEN, "--disable 0", "notFound"),
    (FULL_TOKEN, "--ignore-not-found 0", "alreadyGone"),
    (FULL_TOKEN, "--ignore-not-found -n 0", "alreadyGone"),
    (FULL_TOKEN, "-n 1", "wouldDelete"),
    (FULL_TOKEN, "-n --disable 1", "wouldDisable"),
    (FULL_TOKEN, "-n --activate 1", "wouldActivate"),
    (FULL_TOKEN, "--name Key*", "wouldDelete wouldDelete wouldDelete"),
    (FULL_TOKEN, "--list --name=Key*1* 1 2 0", "listed notFound"),
    (FULL_TOKEN, "--org another 1 2 3", "organizationNotFound notTried notTried"),
    (FULL_TOKEN, "--org another -n 1 2 3", "organizationNotFound notTried notTried"),
    (EXPIRED_TOKEN, "1", "unauthorized"),
    (EXPIRED_TOKEN, "-n 1 2 3", "unauthorized notTried notTried"),
    (EXPIRED_TOKEN, "1 2 3 0", "unauthorized unauthorized unauthorized notTried"),
    (VIEW_TOKEN, "1 2", "forbidden forbidden"),
    (NONE_TOKEN, "-n 1", "forbidden"),
    (SINGLE_KEY_TOKEN, "-n 1 2", "forbidden forbidden"),
];

/// The same with a fault of requests with these numbers, counted from 0.
fn faults() -> [(RangeInclusive<usize>, Fault, &'static str, &'static str, &'static str); 15] {
    let lost = |point| Fault::At(point, Break::Close);
    let page = |status| Fault::Answer(CannedResponse::status(status).body("<html>Sign in</html>"));
    let error = |status, code| Fault::Answer(CannedResponse::error(status, code, "a message"));
    let firewall = CannedResponse::status(403).header("x-coveo-waf-action", "block").body("<html>");
    let redirect = CannedResponse::status(302).header("Location", "https://other.example/");
    let long = format!("a\n\u{1b}[31m\u{85}b{}", "é".repeat(1000));
    let odd = CannedResponse::error(409, "C\tO\nDE", &long);
    [
        (0..=0, lost(Point::AfterActing), FULL_TOKEN, "1", "gone"),
        (1..=1, lost(Point::AfterActing), FULL_TOKEN, "--bulk --retries=0 1 2 3", "gone gone gone"),
        (0..=9, lost(Point::BeforeActing), FULL_TOKEN, "--retries=0 1 2 3", "unknown unknown unknown"),
        (0..=0, Fault::Answer(firewall), FULL_TOKEN, "1", "forbidden"),
        (0..=9, error(429, "TOO_MANY_REQUESTS"), FULL_TOKEN, "--retries=1 1", "unavailable"),
        (0..=9, page(503), FULL_TOKEN, "--retries=0 -n 1", "unavailable"),
        (0..=9, page(502), FULL_TOKEN, "--retries=1 1", "unknown"),
        (0..=0, page(500), VIEW_TOKEN, "1", "unknown"),
        (0..=0, page(200), FULL_TOKEN, "1", "unexpected"),
        (0..=0, Fault::Answer(odd), FULL_TOKEN, "1", "unexpected"),
        (0..=0, error(400, "ORGANIZATION_IS_PAUSED"), FULL_TOKEN, "1 2", "refused deleted"),
        (0..=9, error(400, "ORGANIZATION_IS_PAUSED"), FULL_TOKEN, "1", "refused"),
        (0..=0, error(409, "C"), FULL_TOKEN, "-n 1", "wouldDelete"),
        (0..=0, error(404, "NOT_FOUND"), NONE_TOKEN, "--ignore-not-found 0", "unexpected"),
        (3..=3, Fault::Answer(redirect), FULL_TOKEN, "1 0 2", "deleted notFound unexpected"),
    ]
}

type Setting = fn(&Coveo, Cli) -> Cli;

/// Runs with other settings, and their outcomes.
const SETTINGS: [(&str, Setting); 3] = [
    ("listed listed listed", |coveo, cli| {
        coveo.edit(K2, |key| "DISABLED_EXPOSED".clone_into(&mut key.status));
        cli.arg("--list")
    }),
    ("kept deleted", |coveo, cli| {
        for key in [K1, K2].map(|id| ApiKey::disabled(id, days_ago(2))) {
            coveo.add(key);
        }
        coveo.on_request(|request, organization| {
            if request.is("GET", K1) {
                organization.enable(K1);
            }
        });
        cli.args(["--disabled-for", "1d", "--yes"])
    }),
    ("unavailable unavailable unavailable", |_, cli| {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        cli.env("COVEO_ENDPOINT", format!("http://{nobody}")).args(["--retries", "0", K1, K2, K3])
    }),
];

/// Runs the binary on an organization with three keys, and returns its lines.
fn run(expected: &str, setting: impl FnOnce(&Coveo, Cli) -> Cli) -> Vec<Value> {
    let coveo = Coveo::with([K1, K2, K3].map(ApiKey::new));
    coveo.set_single_key(K1);
    let run = setting(&coveo, cli(&coveo).arg("--json")).run();
    let lines = json_lines(&run.stdout);
    let outcomes: Vec<String> = lines.iter().map(outcome).collect();
    assert_eq!(outcomes.join(" "), expected, "{run:?}");
    run.assert_status(exit_status(&outcomes));
    lines
}

#[test]
fn each_outcome_is_valid_json() {
    let mut lines = cancelled();
    let cases = CASES.map(|(token, arguments, expected)| (0..=0, Fault::None, token, arguments, expected));
    for (numbers, fault, token, arguments, expected) in cases.into_iter().chain(faults()) {
        let all = run(expected, |coveo, cli| {
            coveo.inject_at(numbers, fault);
            let id = |word| match word {
                "0" => M1,
                "1" => K1,
                "2" => K2,
                "3" => K3,
                word => word,
            };
            cli.env("COVEO_ACCESS_TOKEN", token).args(arguments.split(' ').map(id))
        });
        let is_another = |line: &Value| line["organizationId"] == "another";
        assert!(all.iter().all(|line| is_another(line) == arguments.contains("another")), "{arguments}");
        lines.extend(all);
    }
    for (expected, setting) in SETTINGS {
        lines.extend(run(expected, setting));
    }
    assert_valid(&lines);
    assert_eq!(lines.iter().map(outcome).collect::<BTreeSet<_>>(), all_outcomes());
    for line in &lines {
        let time = humantime::parse_rfc3339(&text(&line["time"])).expect("a date");
        assert!(time.elapsed().unwrap_or_default() < Duration::from_secs(100), "{line}");
    }
}

/// The line of a key if the answer is no.
fn cancelled() -> Vec<Value> {
    let coveo = Coveo::with([ApiKey::new(K1)]);
    let mut terminal = on_terminal(cli(&coveo).args(["--json", K1]));
    terminal.shows("type yes to delete: ");
    terminal.types("n\n");
    let ended = terminal.ends();
    assert_eq!(ended.status, 1, "{}", ended.screen);
    let lines: Vec<&str> = ended.screen.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{}", ended.screen);
    json_lines(lines[0])
}

/// The outcomes of the strict schema.
fn all_outcomes() -> BTreeSet<String> {
    schema()["properties"]["outcome"]["enum"].as_array().expect("a list").iter().map(text).collect()
}

fn outcome(line: &Value) -> String {
    text(&line["outcome"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// A valid line.
fn good() -> Value {
    json!({
        "keyId": "k", "organizationId": "o", "action": "delete", "outcome": "deleted", "httpStatus": 204,
        "errorCode": null, "message": null, "requestId": "r", "attempts": 1, "elapsedMs": 142,
        "key": {
            "displayName": "n", "status": "ENABLED", "createdDate": "2026-01-10T12:00:00Z",
            "lastUsedDate": "2026-11-20T12:00:00Z", "expirationDate": null, "disabledDate": null,
            "description": null, "createdBy": "alice", "exposed": false, "value": "xx*****1343",
        },
        "time": "2026-11-20T12:00:00.123Z",
    })
}

/// The line with each of its fields removed.
fn incomplete(line: &Value) -> Vec<Value> {
    let fields = line.as_object().expect("an object");
    let without = |name| fields.clone().into_iter().filter(|(other, _)| other != name).collect();
    fields.keys().map(without).collect()
}

#[test]
fn strict_schema_rejects_wrong_lines() {
    assert_valid(&[good()]);
    let mut wrong = incomplete(&good());
    let mut change = |pointer: &str, value: Value| {
        let (mut line, (parent, field)) = (good(), pointer.rsplit_once('/').expect("a pointer"));
        line.pointer_mut(parent).expect("an object")[field] = value;
        wrong.push(line);
    };
    for field in good().as_object().unwrap().keys() {
        for value in [json!(true), json!([]), json!({}), json!(-1), json!(0.5), json!(""), json!("a\nb")] {
            change(&format!("/{field}"), value);
        }
    }
    for outcome in ["done", "notFound", "notTried", "kept", "refused", "organizationNotFound", "wouldDelete"]
    {
        change("/outcome", json!(outcome));
    }
    for (pointer, value) in [
        ("/more", Value::Null),
        ("/action", json!("disable")),
        ("/httpStatus", json!(200)),
        ("/attempts", json!(0)),
        ("/message", json!("é".repeat(302))),
        ("/key", json!({"displayName": "n"})),
        ("/key/more", Value::Null),
        ("/key/createdDate", json!("2026-01-10")),
        ("/key/exposed", json!("yes")),
        ("/key/value", json!("xx17171717-2727-4373-8474-575757575757")),
    ] {
        change(pointer, value);
    }
    assert_invalid(&schema(), &wrong);
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
    let outcomes = outcomes.iter().filter_map(|outcome| outcome.get("const"));
    assert_eq!(outcomes.map(text).collect::<BTreeSet<_>>(), all_outcomes());
    // New fields and outcomes are valid, renamed and removed ones aren't.
    let mut line = good();
    (line["outcome"], line["key"]["status"]) = (json!("somethingNew"), json!("NEW"));
    assert_invalid(&published, &incomplete(&line));
    (line["more"], line["key"]["more"]) = (json!([]), json!({}));
    assert_eq!(errors(&published, &[line]).unwrap_or_default().concat(), [""; 0]);
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
    let masked = full.masked_value();
    let coveo = Coveo::with([full, empty]);
    let run = cli(&coveo).args(["--json", "--dry-run", "--", "full1", "empty1"]).run().assert_status(0);
    let lines = json_lines(&run.stdout);
    assert_valid(&lines);
    let keys: Vec<&Value> = lines.iter().map(|line| &line["key"]).collect();
    let expected = [
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
    assert_eq!(keys, expected.iter().collect::<Vec<_>>());
}
