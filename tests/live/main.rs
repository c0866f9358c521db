//! `scripts/live.sh`, which tries the binary on a real organization, run on a fake one: what it reports, that no token
//! and no key's value is shown, and that it touches and leaves nothing but what it created.
#![cfg(unix)]

mod interrupted;
mod setting;

use std::fs;

use support::fake_coveo::{
    ApiKey, Break, Builder, CannedResponse, Certificate, Fault, Hook, MissingKey, Point, Privilege, Recorded,
};
use support::harness::binary;

use setting::{Setting, TOKEN};

/// The steps in which the tool runs, with what a documented organization answers.
const STEPS: [&str; 8] = [
    "| dry run | 0 wouldDelete | 200 - | enabled, enabled | yes |",
    "| wrong token | 3 unauthorized | 401 INVALID_TOKEN | enabled, enabled | yes |",
    "| wrong organization | 2 organizationNotFound | 404 ORGANIZATION_NOT_FOUND | enabled, enabled | yes |",
    "| wrong region | 3 unauthorized | 401 INVALID_TOKEN | enabled, enabled | yes |",
    "| disable | 0 disabled | 204 - | disabled, enabled | yes |",
    "| delete | 0 deleted | 204 - | gone, enabled | yes |",
    "| delete again | 5 notFound | 404 API_KEY_NOT_FOUND | gone, enabled | yes |",
    "| bulk | 5 notFound deleted | 404 API_KEY_NOT_FOUND;204 - | gone, gone | yes |",
];

#[test]
fn a_run_checks_each_step_and_reports_what_is_not_documented() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    setting.coveo.plan(|moment| match moment {
        Hook::Request(_, request) if request.method == "DELETE" => Fault::header("Retry-After", "7"),
        _ => Fault::None,
    });
    let run = setting.run();
    assert_eq!(run.status, Some(0), "{}", run.said);
    assert!(run.said.contains("\nlive: all as expected\n"), "{}", run.said);
    run.reports(&STEPS.map(|step| format!("\n{step}\n")));
    let answers = [
        ("GET with a wrong token", "401 INVALID_TOKEN Token is invalid."),
        ("GET in another organization", "404 ORGANIZATION_NOT_FOUND Organization '"),
        ("GET in another region", "401 INVALID_TOKEN"),
        ("GET of a missing key", "404 API_KEY_NOT_FOUND The API key '"),
        ("DELETE of a missing key", "404 API_KEY_NOT_FOUND The API key '"),
        ("bulk, disabling a missing key and one that is there", "412 PRECONDITION_FAILED"),
        ("bulk, deleting two missing keys", "412 PRECONDITION_FAILED"),
    ];
    run.reports(&answers.map(|(title, answer)| format!("### {title}\n\n    {answer}")));
    run.reports(&["    retry-after: 7\n", "    date: ", "- Retry-After was sent\n", "- Age was not sent\n"]);
    assert_eq!(setting.created().len(), 2);
    setting.nothing_else_was_touched();
}

/// Over HTTPS, with a bulk request that is carried out in part, and 204 for a missing key, neither of which is a failure.
#[test]
fn what_a_server_repeats_of_the_token_and_the_values_is_masked() {
    let builder = |builder: Builder| builder.https(Certificate::Good).missing_key(MissingKey::NoContent);
    let Some(setting) = Setting::new(builder) else { return };
    let last = |request: &Recorded| request.path.rsplit('/').next().unwrap_or_default().to_owned();
    setting.coveo.plan(move |moment| match moment {
        Hook::Request(_, request) if request.path.contains("nosuchorganization") => {
            let value = ApiKey::new(&last(request)).value();
            let message = format!("{TOKEN} {} {value} {}", TOKEN.to_uppercase(), value.to_uppercase());
            let answer = CannedResponse::error(404, "ORGANIZATION_NOT_FOUND", &message);
            Fault::Answer(answer.header("Via", TOKEN).header("X-Request-ID", &value))
        }
        _ => Fault::None,
    });
    let run = setting.run();
    assert_eq!(run.status, Some(0), "{}", run.said);
    run.reports(&[
        "404 ORGANIZATION_NOT_FOUND *** *** *** ***",
        "    via: ***\n",
        "| delete again | 0 deleted | 204 - | gone, enabled | yes |",
        "Afterwards the keys are: gone, disabled.",
        "### DELETE of a missing key\n\n    204 ",
    ]);
    setting.nothing_else_was_touched();
}

#[test]
fn a_tool_that_does_not_do_what_it_says_is_noticed() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    let liar = setting.folder.path().join("liar");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*--json*--disable* | *nosuch* | *--dry-run*) ;;\n*--json*) cat >/dev/null; \
         echo '{{\"outcome\":\"deleted\",\"httpStatus\":204,\"errorCode\":null}}'; exit 0 ;;\nesac\nexec {} \"$@\"\n",
        binary().display()
    );
    fs::write(&liar, script).unwrap();
    let run = setting.run_with(&["sh", liar.to_str().unwrap()]);
    assert_eq!(run.status, Some(1), "{}", run.said);
    run.reports(&[
        "| wrong token | 0 deleted | 204 - | enabled, enabled | no |",
        "| delete | 0 deleted | 204 - | disabled, enabled | no |",
    ]);
    setting.nothing_else_was_touched();
}

#[test]
fn a_key_that_no_longer_has_the_name_that_it_was_given_is_left_alone() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    let own = setting.own.clone();
    setting.coveo.on_request(move |request, coveo| {
        if request.method == "PUT" && request.path.ends_with("/disable") {
            for id in coveo.ids().into_iter().filter(|id| !own.contains(id)) {
                let key = coveo.key(&id).unwrap();
                coveo.add(ApiKey { display_name: "Production".to_owned(), ..key });
            }
        }
    });
    let run = setting.run();
    assert_eq!(run.status, Some(1), "{}", run.said);
    assert!(run.said.contains("the keys are foreign, foreign instead of"), "{}", run.said);
    let left = setting.created();
    for id in &left {
        assert!(run.said.contains(&format!("{id} \"coveo-delete-key live test ")), "{}", run.said);
        assert!(setting.coveo.exists(id), "{id} was deleted");
    }
    let methods: Vec<_> = setting.changes().into_iter().map(|request| request.method).collect();
    // The attempts in the wrong organization and with the wrong token, and disabling.
    assert_eq!(methods, ["DELETE", "DELETE", "PUT"], "{}", run.said);
}

#[test]
fn a_key_whose_creation_was_not_answered_is_named() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    setting.coveo.plan(|moment| match moment {
        Hook::Request(_, request) if request.method == "POST" => Fault::At(Point::AfterActing, Break::Close),
        _ => Fault::None,
    });
    let run = setting.run();
    assert_eq!(run.status, Some(1), "{}", run.said);
    let name = setting.coveo.key(&setting.created()[0]).unwrap().display_name;
    assert!(run.said.contains(&format!("\"{name}\" may have been created")), "{}", run.said);
    assert!(setting.changes().is_empty());
}

#[test]
fn without_a_yes_a_terminal_or_the_privilege_nothing_is_changed() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    let run = setting.run_in(&[("LIVE_YES", "")]);
    assert_eq!(run.status, Some(2), "{}", run.said);
    assert!(run.said.contains("this creates two API keys without privileges in "), "{}", run.said);
    assert!(
        run.said.ends_with("live: standard input is no terminal, so nothing can be asked: set LIVE_YES=1\n")
    );
    assert!(setting.coveo.requests().is_empty());

    let all = |kind| Privilege::new(kind, "*");
    setting.coveo.grant(TOKEN, &[all("VIEW"), all("EDIT")]);
    let run = setting.run();
    assert_eq!(run.status, Some(1), "{}", run.said);
    assert!(run.said.contains("no key was created: 403 ACCESS_DENIED"), "{}", run.said);
    assert!(setting.created().is_empty() && setting.changes().is_empty());
}

#[test]
fn a_token_in_another_variable_or_for_an_endpoint_in_clear_text_is_not_sent_or_repeated() {
    let Some(setting) = Setting::new(|builder| builder) else { return };
    for (name, value) in [
        ("COVEO_ORGANIZATION_ID", TOKEN),
        ("LIVE_OTHER", &format!("https://{TOKEN}")),
        ("COVEO_ENDPOINT", "http://192.0.2.1"),
        ("COVEO_ENDPOINT", "http://127.0.0.1.example.com"),
        ("COVEO_ENDPOINT", "https://user@127.0.0.1"),
        ("COVEO_REGION", "eu"),
        ("COVEO_ACCESS_TOKEN_FILE", "/dev/null"),
        ("COVEO_ACCESS_TOKEN", "two words"),
    ] {
        let run = setting.run_in(&[(name, value)]);
        assert_eq!(run.status, Some(2), "{name}={value}: {}", run.said);
        assert!(setting.coveo.requests().is_empty(), "{name}={value}");
    }
}
