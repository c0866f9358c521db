//! Keys whose names, states or IDs contain the token, as lists and dry runs would show them.

use serde_json::json;

use super::{SECRET, assert_hidden, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{ApiKey, Coveo, Fault, Hook, Privilege, days_ago};
use support::harness::{cli, parallel};

/// Arguments, and a part of the output that proves that keys were described.
const MODES: [(&[&str], &str); 8] = [
    (&["--unused-for", "30d"], "would delete k1 \"name"),
    (&["--unused-for", "30d", "--dry-run", "-v"], "would delete k1 \"name"),
    (&["--unused-for", "30d", "--disable", "--json"], "{\"displayName\":\"name"),
    (&["--unused-for", "30d", "--yes"], "selected k1 \"name"),
    (&["--unused-for", "30d", "--name", "name*", "--max", "1", "--json"], "{\"displayName\":\"name"),
    (&["k1", "--dry-run"], "would delete k1 \"name"),
    (&["k1", "--dry-run", "--json", "-v"], "{\"displayName\":\"name"),
    (&["k1", "--dry-run", "--disable"], "would disable k1 \"name"),
];

#[test]
fn token_in_a_display_name_is_redacted() {
    let names = [
        format!("name {SECRET}"),
        format!("name {SECRET} {SECRET}"),
        format!("name {}", SECRET.to_uppercase()),
        format!("name {}", SECRET.replace('-', "\n")),
        format!("name {}", SECRET.replace('-', "\u{200b}-")),
        format!("name {}", &SECRET[..30]),
        format!("name{}{SECRET}", "x".repeat(280)),
        format!("name \u{1b}]0;{SECRET}\u{7}"),
    ];
    let cases: Vec<_> = names.iter().flat_map(|name| MODES.map(|mode| (name, mode))).collect();
    assert!(cases.len() >= 64, "{} cases", cases.len());
    parallel(WIDTH, &cases, |(name, (arguments, shows))| {
        let coveo = organization();
        let (display_name, description) = ((*name).clone(), SECRET.to_owned());
        coveo.add(ApiKey { display_name, description, ..ApiKey::unused("k1", days_ago(90)) });
        let run = with_secret(&coveo).args(*arguments).run().assert_status(0);
        assert_hidden(SECRET, &run);
        let printed = run.stdout + &run.stderr;
        assert!(printed.contains(shows), "{printed}");
    });
}

#[test]
fn token_in_other_fields_is_redacted() {
    let old = "2020-01-01T00:00:00Z";
    let fields = [
        json!({"status": SECRET, "enabled": true}),
        json!({"status": "ENABLED", "enabled": true, "expirationDate": SECRET}),
        json!({"status": format!("SOON_{SECRET}"), "enabled": SECRET}),
        json!({"status": {"text": SECRET}, SECRET: SECRET}),
        json!({"status": "ENABLED", "enabled": true, "createdDate": SECRET, "lastUsedDate": SECRET}),
        json!({"status": "ENABLED", "enabled": true, "value": SECRET, "tokenId": SECRET}),
    ];
    parallel(WIDTH, &fields, |fields| {
        let mut key = json!({"id": "k1", "displayName": "name", "createdDate": old, "lastUsedDate": old});
        for (name, value) in fields.as_object().expect("an object") {
            key[name] = value.clone();
        }
        for arguments in
            [&["k1", "--dry-run", "-v"][..], &["k1", "--dry-run", "--json"], &["--unused-for", "1d"]]
        {
            let coveo = organization();
            let body = if arguments[0] == "k1" { key.to_string() } else { json!([key]).to_string() };
            coveo.plan(move |hook| match hook {
                Hook::Request(_, request) if request.path.contains("/apikeys") => Fault::json(body.clone()),
                _ => Fault::None,
            });
            let run = with_secret(&coveo).args(arguments).run().assert_status(0);
            assert_hidden(SECRET, &run);
        }
    });
}

#[test]
fn token_in_the_name_of_a_kept_key_is_redacted() {
    let coveo = organization();
    let display_name = format!("name {SECRET}");
    coveo.add(ApiKey { display_name, ..ApiKey::disabled("k1", days_ago(90)) });
    // It is activated before it is read again.
    coveo.on_request(|request, organization| {
        if request.path.ends_with("/k1") {
            organization.enable("k1");
        }
    });
    let run = with_secret(&coveo).args(["--disabled-for", "30d", "--yes", "-v"]).run().assert_status(0);
    assert_hidden(SECRET, &run);
    assert!(run.stdout.starts_with("kept k1 \"name "), "{}", run.stdout);
    assert!(coveo.exists("k1"));
}

/// A token of another form than Coveo's may be a valid ID. As a key's ID it would be shown, and sent in a path.
#[test]
fn key_whose_id_is_the_token_is_skipped() {
    const PLAIN: &str = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5";
    for token in [PLAIN, SECRET] {
        let coveo = Coveo::http();
        coveo.grant(token, &[Privilege::new("VIEW", "*"), Privilege::new("EDIT", "*")]);
        coveo.add(ApiKey::unused(token, days_ago(90)));
        for more in [&[][..], &["--json"], &["--yes", "-v"]] {
            let cli = cli(&coveo).env("COVEO_ACCESS_TOKEN", token).args(["--unused-for", "30d"]).args(more);
            assert_hidden(token, &cli.run().assert_status(0));
        }
        assert!(coveo.requests().iter().all(|request| !request.path.contains(token)));
        assert!(coveo.exists(token));
    }
}
