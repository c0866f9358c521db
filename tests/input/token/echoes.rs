//! Servers that repeat the token, anywhere in a response and in every form in which a person would recognize it.

use serde_json::json;

use super::{SECRET, assert_hidden, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{Break, CannedResponse, Fault, Point, first};
use support::harness::parallel;

const MODES: [&[&str]; 2] = [&["-v"], &["--disable", "-v", "--json"]];

/// Encoded forms of the token, which the search for the token itself wouldn't find.
const ENCODED: [&str; 6] = [
    "xx9b3e6d17%2D52c8%2D4fa1%2Db0d4%2D7e35a8c6f912",
    "xx9b3e6d17%252d52c8%252d4fa1%252db0d4%252d7e35a8c6f912",
    "%78%78%39%62%33%65%36%64%31%37%2d%35%32%63%38%2d%34%66%61%31%2d%62%30%64%34%2d%37%65%33%35%61%38%63%36%66%39%31%32",
    "eHg5YjNlNmQxNy01MmM4LTRmYTEtYjBkNC03ZTM1YThjNmY5MTI=",
    // `Bearer TOKEN` and `user:TOKEN`.
    "QmVhcmVyIHh4OWIzZTZkMTctNTJjOC00ZmExLWIwZDQtN2UzNWE4YzZmOTEy",
    "dXNlcjp4eDliM2U2ZDE3LTUyYzgtNGZhMS1iMGQ0LTdlMzVhOGM2ZjkxMg==",
];

/// The token as a server may repeat it.
fn disguises() -> Vec<String> {
    let split = |by: &str| format!("{}{by}{}", &SECRET[..19], &SECRET[19..]);
    let mut all = vec![
        SECRET.to_owned(),
        format!("Bearer {SECRET}"),
        format!("Authorization: Bearer {SECRET}, Accept: application/json"),
        format!("{SECRET}{SECRET}"),
        format!("https://host/?access_token={SECRET}&x=1"),
        format!("<b>{SECRET}</b>"),
        format!("\"{SECRET}\""),
        format!("{{\"Authorization\":\"Bearer {SECRET}\"}}"),
        // The first letter is escaped twice, and JSON undoes it once.
        format!("\\u0078{}", &SECRET[1..]),
        // Cut short by the server, at either end.
        SECRET[..SECRET.len() - 1].to_owned(),
        SECRET[..28].to_owned(),
        SECRET[4..].to_owned(),
        // Around the place where texts are truncated.
        format!("{} {SECRET}", "x".repeat(250)),
        format!("{} {SECRET}", "x".repeat(285)),
        format!("{}{SECRET}", "x".repeat(293)),
        format!("{} {SECRET}", "é".repeat(280)),
        // Written differently.
        SECRET.to_uppercase(),
        SECRET.replace("xx", "XX"),
        SECRET.replace('-', ""),
        SECRET.replace('-', "–"),
        SECRET.replace('-', "\\-"),
        SECRET.chars().map(|c| format!("{c} ")).collect(),
        SECRET.chars().map(|c| format!("{c}\u{200b}")).collect(),
        SECRET.chars().map(|c| format!("{c}\n")).collect(),
    ];
    // Split in two by a line break, a control or invisible character, white space, or punctuation.
    #[rustfmt::skip]
    let between = [
        "\n", "\r\n", "\r\n\t", "\t", " ", "   ", "\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}",
        "\u{7f}", "\u{85}", "\u{a0}", "\u{ad}", "\u{34f}", "\u{61c}", "\u{115f}", "\u{180e}",
        "\u{200b}", "\u{200d}", "\u{2028}", "\u{202e}", "\u{2060}", "\u{2800}", "\u{3000}", "\u{3164}",
        "\u{fe0f}", "\u{feff}", "\u{fffc}", "\u{fffd}", "\u{e0061}", "\u{e0100}", "\u{301}", ".", "*", "\\",
        "\"", "…", "=\n",
    ];
    all.extend(between.map(split));
    all
}

#[derive(Debug)]
struct Case {
    /// The token as the response contains it.
    form: String,
    response: CannedResponse,
    /// What is shown of the response, which proves that the token next to it could have been shown.
    shows: &'static str,
    mode: &'static [&'static str],
}

#[test]
fn token_in_error_texts_is_redacted() {
    let mut cases = Vec::new();
    for mode in MODES {
        for disguise in disguises().into_iter().chain(ENCODED.map(str::to_owned)) {
            let response = CannedResponse::error(400, "CODE", &format!("said: {disguise}"));
            cases.push(Case { form: disguise, response, shows: "said:", mode });
        }
        for disguise in [SECRET, &SECRET.replace('-', "\n"), &SECRET.to_uppercase(), &SECRET[..30]] {
            for (field, shows) in [
                ("message", "said:"),
                ("detail", "said:"),
                ("title", "said:"),
                // Not a code, so not shown.
                ("errorCode", ""),
                ("code", ""),
                ("type", ""),
                ("requestID", "said:"),
                ("requestId", "said:"),
                ("documentation", "text"),
            ] {
                let mut body = json!({"message": "text", "errorCode": "CODE"});
                if ["detail", "title", "code", "type"].contains(&field) {
                    body = json!({"message": null, "errorCode": ""});
                }
                body[field] = format!("said: {disguise}").into();
                let response = CannedResponse::status(404).body(body.to_string());
                cases.push(Case { form: body.to_string(), response, shows, mode });
            }
        }
        for disguise in [SECRET, &SECRET[..30], &SECRET[4..]] {
            let code = format!("SAID_{}", disguise.to_uppercase().replace('-', "_"));
            for field in ["errorCode", "code", "type", "title"] {
                let body = json!({"message": "text", field: code}).to_string();
                let response = CannedResponse::status(404).body(&*body);
                cases.push(Case { form: body, response, shows: "SAID_", mode });
            }
        }
        for body in bodies() {
            let form = String::from_utf8_lossy(&body).into_owned();
            for status in [400, 404] {
                let response = CannedResponse::status(status).body(body.clone());
                cases.push(Case { form: form.clone(), response, shows: "", mode });
            }
        }
    }
    parallel(WIDTH, &cases, check);
}

/// Redacted after truncation, the rest of the token would be too short to be recognized.
#[test]
fn token_across_the_truncation_is_redacted() {
    let before_the_end: Vec<usize> = (9..SECRET.len()).step_by(2).collect();
    parallel(WIDTH, &before_the_end, |before| {
        let text = format!("{} {SECRET}", "-".repeat(299 - before));
        let coveo = organization();
        coveo.plan(first(1, Fault::Answer(CannedResponse::error(400, "CODE", &text))));
        let run = with_secret(&coveo).arg("k1").run().assert_status(1);
        assert!(!run.stderr.contains(&SECRET[..8]), "{}", run.stderr);
        assert!(run.stderr.contains("--- ("), "the response was not shown: {}", run.stderr);
    });
}

/// Bodies with the token elsewhere than in the text of a field.
fn bodies() -> Vec<Vec<u8>> {
    let escaped: String = SECRET.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let mut bodies: Vec<Vec<u8>> = [
        format!(r#"{{"errorCode":"{escaped}","message":"{escaped}","requestID":"{escaped}"}}"#),
        format!(r#"{{"{SECRET}":"{SECRET}","message":"text"}}"#),
        format!(r#"{{"message":{{"text":"{SECRET}"}},"errorCode":["{SECRET}"]}}"#),
        String::new(),
        format!(r#"{{"message":"{SECRET}"}}"#),
        format!(r#"{{"message":"{SECRET}""#),
        format!(r#"["{SECRET}"]"#),
        format!(r#""{SECRET}""#),
        SECRET.to_owned(),
        format!("{{{SECRET}}}"),
        format!("<html><title>400</title><p>Authorization: Bearer {SECRET}</p></html>"),
        format!("\u{feff}{{\"message\":\"{SECRET}\"}}"),
        format!(r#"{{"message":"{}{SECRET}"}}"#, " ".repeat(70_000)),
        format!(r#"{{"message":"{}{SECRET}"}}"#, " ".repeat(65_400)),
    ]
    .map(String::into_bytes)
    .to_vec();
    bodies.push([b"{\"message\":\"", SECRET.as_bytes(), b"\xff\"}"].concat());
    bodies
}

#[test]
fn token_anywhere_in_a_response_is_redacted() {
    let head = |head: &str| format!("HTTP/1.1 {head}Content-Length: 0\r\n\r\n").replace("{t}", SECRET);
    let mut answers: Vec<Vec<u8>> = [
        "400 {t}\r\n",
        "204 {t}\r\n",
        "401 Bearer {t}\r\n",
        "503 {t}\r\n",
        "302 {t}\r\nLocation: /{t}\r\n",
        "302 Found\r\nLocation: http://[{t}\r\n",
        "302 Found\r\nLocation: :{t}\r\n",
        "302 Found\r\nLocation: {t}\u{e9}\r\n",
        "302 Found\r\n",
        "401 Unauthorized\r\nWWW-Authenticate: Bearer {t}\r\n",
        "400 Bad Request\r\nX-Request-ID: {t}\r\n",
        "400 Bad Request\r\nX-Request-ID: id {t}\r\nX-Request-ID: {t}\r\n",
        "400 Bad Request\r\nX-Request-ID:\t{t}\t\r\n",
        "429 Too Many Requests\r\nRetry-After: {t}\r\n",
        "503 Service Unavailable\r\nRetry-After: 99999\r\nDate: {t}\r\n",
        "403 Forbidden\r\nx-coveo-waf-action: {t}\r\n",
        "403 Forbidden\r\nx-coveo-waf-action: block\r\nX-Request-ID: {t}\r\n",
        "200 OK\r\nSet-Cookie: token={t}\r\n",
        "200 OK\r\nContent-Type: {t}\r\n",
        "200 OK\r\nContent-Encoding: {t}\r\n",
        "200 OK\r\n{t}: {t}\r\n",
        "200 OK\r\n{t}\r\n",
        "200 OK\r\n {t}\r\n",
        "200 OK\r\nX-Request-ID: a\r\n {t}\r\n",
        "200 OK\r\nContent-Length: {t}\r\n",
        "200 OK\r\nTransfer-Encoding: {t}\r\n",
        "{t} OK\r\n",
        "2{t}\r\n",
        "400 Bad Request\r\nX-Request-ID: {t}\0\r\n",
    ]
    .map(|text| head(text).into_bytes())
    .to_vec();
    answers.extend(
        [
            "{t}",
            "{t}\r\n\r\n",
            "HTTP/{t} 200 OK\r\n\r\n",
            "HTTP/1.1 {t}\r\n\r\n",
            "HTTP/1.1 100 {t}\r\n\r\nHTTP/1.1 400 {t}\r\nX-Request-ID: {t}\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: {t}\r\n\r\nHTTP/1.1 400 {t}\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n{t}\r\n",
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n1;{t}\r\n{\r\n{t}\r\n",
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Request-ID: {t}\r\n\r\n",
        ]
        .map(|text| text.replace("{t}", SECRET).into_bytes()),
    );
    // A head that is too long, and one that isn't text.
    let long = format!("X-Request-ID: {SECRET}\r\n").repeat(2000);
    answers.push(head(&format!("400 Bad Request\r\n{long}")).into_bytes());
    let (before, behind) = SECRET.split_at(19);
    let not_text =
        [b"HTTP/1.1 400 Bad Request\r\nX-Request-ID: ", before.as_bytes(), b"\xff", behind.as_bytes()];
    answers.push([&not_text.concat()[..], b"\r\nContent-Length: 0\r\n\r\n"].concat());

    let modes: [&[&str]; 3] = [&["-v", "--json"], &["-v", "--dry-run"], &["-v", "--bulk", "k2"]];
    let mut cases = Vec::new();
    for mode in modes {
        cases.extend(answers.iter().map(|bytes| Case {
            form: String::from_utf8_lossy(bytes).chars().take(200).collect(),
            response: CannedResponse::raw(bytes.clone()).closing(),
            shows: "",
            mode,
        }));
    }
    parallel(WIDTH, &cases, check);
}

fn check(case: &Case) {
    let coveo = organization();
    coveo.plan(first(9, Fault::Answer(case.response.clone())));
    let run = with_secret(&coveo).args(["k1"]).args(case.mode).run();
    assert_hidden(SECRET, &run);
    if ENCODED.contains(&&*case.form) {
        assert_hidden(&case.form, &run);
    }
    let printed = run.stdout + &run.stderr;
    assert!(printed.contains(case.shows), "the response was not shown: {printed}");
    assert!(coveo.saw_bytes(SECRET.as_bytes()), "the server did not receive the token");
}

#[test]
fn responses_never_show_the_token() {
    // Some statuses of each kind; 204 would be a success.
    let statuses = [
        200, 202, 299, 301, 304, 399, 400, 401, 403, 404, 405, 407, 408, 410, 412, 429, 499, 500, 501, 503,
        511, 600, 999,
    ];
    let modes: [&[&str]; 6] = [
        &["-v", "k1"],
        &["-v", "--dry-run", "k1"],
        &["-v", "--disable", "--json", "k1"],
        &["-v", "--bulk", "k1", "k2"],
        &["-v", "--expired-for", "30d"],
        &["--json", "--yes", "--expired-for", "30d"],
    ];
    let mut faults = Vec::new();
    for status in statuses {
        let text = format!("Full authentication is required, not Authorization: Bearer {SECRET}");
        let scripted = CannedResponse::error(status, SECRET, &text).header("X-Request-ID", SECRET);
        faults.push(Fault::Answer(scripted));
    }
    for how in [Break::Close, Break::Reset, Break::Garbage] {
        use Point::{Accept, BeforeActing, Body, Header, Reading, StatusLine};
        let points = [Accept, Reading, BeforeActing, StatusLine, Header, Body];
        faults.extend(points.map(|point| Fault::At(point, how)));
    }
    let cases: Vec<_> = faults.iter().flat_map(|fault| modes.map(|mode| (fault, mode))).collect();
    parallel(WIDTH, &cases, |(fault, mode)| {
        let coveo = organization();
        coveo.plan(first(9, (*fault).clone()));
        let run = with_secret(&coveo).args(*mode).run();
        assert_hidden(SECRET, &run);
        assert!(matches!(run.status, 0..=6), "{run:?}");
    });
}
