//! Servers that repeat the token, in every place of an answer and in every disguise that a person would see through.

use std::fmt::{self, Debug, Formatter};

use serde_json::json;

use super::{SECRET, is_kept, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{CannedResponse, Fault, first};
use support::harness::parallel;

const MODES: [&[&str]; 2] = [&["-v"], &["--disable", "-v", "--json"]];

/// The token as a server may come to repeat it.
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
        // The first letter as JSON escapes it, once more than is undone.
        format!("\\u0078{}", &SECRET[1..]),
        // Cut short by the server, at either end.
        SECRET[..SECRET.len() - 1].to_owned(),
        SECRET[..28].to_owned(),
        SECRET[4..].to_owned(),
        // Around the place where the tool cuts.
        format!("{} {SECRET}", "x".repeat(250)),
        format!("{} {SECRET}", "x".repeat(285)),
        format!("{}{SECRET}", "x".repeat(293)),
        format!("{} {SECRET}", "é".repeat(280)),
        // Written otherwise.
        SECRET.to_uppercase(),
        SECRET.replace("xx", "XX"),
        SECRET.replace('-', ""),
        SECRET.replace('-', "–"),
        SECRET.replace('-', "%2D"),
        SECRET.replace('-', "\\-"),
        SECRET.chars().map(|c| format!("{c} ")).collect(),
        SECRET.chars().map(|c| format!("{c}\u{200b}")).collect(),
        SECRET.chars().map(|c| format!("{c}\n")).collect(),
    ];
    // Split in two by a line break, a control character, white space, something invisible, or a sign.
    #[rustfmt::skip]
    let between = [
        "\n", "\r\n", "\r\n\t", "\t", " ", "   ", "\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}",
        "\u{1b}[0m", "\u{7f}", "\u{85}", "\u{a0}", "\u{ad}", "\u{34f}", "\u{61c}", "\u{115f}", "\u{180e}",
        "\u{200b}", "\u{200d}", "\u{2028}", "\u{202e}", "\u{2060}", "\u{2800}", "\u{3000}", "\u{3164}",
        "\u{fe0f}", "\u{feff}", "\u{fffc}", "\u{fffd}", "\u{e0061}", "\u{e0100}", "\u{301}", ".", "*", "\\",
        "\"", "<wbr>", "&#8203;", "…", "=\n",
    ];
    all.extend(between.map(split));
    all
}

struct Case {
    /// What the answer holds, to tell one from another.
    holds: String,
    answer: CannedResponse,
    /// What is shown of the answer, which proves that what stands beside it could have been.
    shows: &'static str,
    mode: &'static [&'static str],
}

impl Debug for Case {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "{:?} with {:?}", self.holds, self.mode)
    }
}

#[test]
fn a_server_that_repeats_the_token_is_not_repeated() {
    let mut cases = Vec::new();
    for mode in MODES {
        for disguise in disguises() {
            let answer = CannedResponse::error(400, "CODE", &format!("said: {disguise}"));
            cases.push(Case { holds: disguise, answer, shows: "said:", mode });
        }
        for disguise in [SECRET, &SECRET.replace('-', "\n"), &SECRET.to_uppercase(), &SECRET[..30]] {
            for (field, shows) in [
                ("message", "said:"),
                ("detail", "said:"),
                ("title", "said:"),
                // No code, and not shown.
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
                let answer = CannedResponse::status(404).body(body.to_string());
                cases.push(Case { holds: body.to_string(), answer, shows, mode });
            }
        }
        for disguise in [SECRET, &SECRET[..30], &SECRET[4..]] {
            let code = format!("SAID_{}", disguise.to_uppercase().replace('-', "_"));
            for field in ["errorCode", "code", "type", "title"] {
                let body = json!({"message": "text", field: code}).to_string();
                let answer = CannedResponse::status(404).body(&*body);
                cases.push(Case { holds: body, answer, shows: "SAID_", mode });
            }
        }
        for body in bodies() {
            let holds = String::from_utf8_lossy(&body).into_owned();
            for status in [400, 404] {
                let answer = CannedResponse::status(status).body(body.clone());
                cases.push(Case { holds: holds.clone(), answer, shows: "", mode });
            }
        }
    }
    parallel(WIDTH, &cases, is_not_repeated);
}

/// Struck out after the cut, what is left of it before the cut would be too short to be recognized.
#[test]
fn a_token_across_the_place_where_the_tool_cuts_is_struck_out_whole() {
    let before_the_cut: Vec<usize> = (9..SECRET.len()).step_by(2).collect();
    parallel(WIDTH, &before_the_cut, |before| {
        let text = format!("{} {SECRET}", "-".repeat(299 - before));
        let coveo = organization();
        coveo.plan(first(1, Fault::Answer(CannedResponse::error(400, "CODE", &text))));
        let run = with_secret(&coveo).arg("k1").run().assert_status(1);
        assert!(!run.stderr.contains(&SECRET[..8]), "{}", run.stderr);
        assert!(run.stderr.contains("--- ("), "the answer was not shown: {}", run.stderr);
    });
}

/// Bodies that hold the token in other ways than as the text of a field.
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
fn an_answer_that_holds_the_token_where_no_message_is_keeps_it() {
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
    // A head that is too long to be read, and one that is not text.
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
            holds: String::from_utf8_lossy(bytes).chars().take(200).collect(),
            answer: CannedResponse::raw(bytes.clone()).closing(),
            shows: "",
            mode,
        }));
    }
    parallel(WIDTH, &cases, is_not_repeated);
}

fn is_not_repeated(case: &Case) {
    let coveo = organization();
    coveo.plan(first(9, Fault::Answer(case.answer.clone())));
    let run = with_secret(&coveo).args(["k1"]).args(case.mode).run();
    is_kept(SECRET, &run);
    let printed = run.stdout + &run.stderr;
    assert!(printed.contains(case.shows), "the answer was not shown: {printed}");
    assert!(coveo.saw_bytes(SECRET.as_bytes()), "the server was not given the token");
}
