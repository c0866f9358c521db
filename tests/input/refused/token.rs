//! The access token: its sources, and what can't be one. No message repeats it.

use super::*;

const ELSEWHERE: &str = "put the token into the variable COVEO_ACCESS_TOKEN or into a file";
const NOTHING_ELSE: &str = "give the token alone, without other text";
const ALONE: &str = "give the token alone; the header is built from it";
const FIELD: &str = "give the token alone; jq -r .NAME prints one field";
const MASKED: &str = "copy the token from its source, not from a log or a list of keys";

/// These values of COVEO_ACCESS_TOKEN are refused.
const fn bad(error: &'static str, tokens: &'static [&'static str]) -> Row {
    no(&["k1"], error).set(&[TOKEN], tokens)
}

/// These files with a token are refused.
const fn bad_files(error: &'static str, files: &'static [&'static str]) -> Row {
    no(&["k1", "--token-file"], error).each(files)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    bad("no access token is given", &["{unset}", ""]).hint(WHERE),
    bad("no access token is given", &[""]).hint(WHERE).with(&[(FILE, "")]),
    bad("the access token in COVEO_ACCESS_TOKEN is empty", &[" ", "\n", "\u{feff}\r\n"]),
    bad(r#"the access token in COVEO_ACCESS_TOKEN begins with "Bearer ""#, &[
        "Bearer {token}", " bEARER {token}\n",
        // "Bearer $UNSET", without the white space at the end.
        "Bearer ",
    ]).hint(ALONE),
    bad("the access token in COVEO_ACCESS_TOKEN has quotes around it", &["\"{token}\"", "'{token}'\n"])
        .hint("remove them: not every program does (docker --env-file keeps them)"),
    bad("the access token in COVEO_ACCESS_TOKEN looks like a variable that was not replaced", &[
        "$TOKEN", "${TOKEN}", "%TOKEN%", "<token>", "${{ secrets.TOKEN }}",
    ]).hint("was it in single quotes, or is it a template's placeholder?"),
    bad("the access token in COVEO_ACCESS_TOKEN stands for a missing value", &["null", "undefined", "None"]).hint(MISSING),
    bad("the access token in COVEO_ACCESS_TOKEN is JSON", &[r#"{"access_token":"{token}"}"#]).hint(FIELD),
    bad("the access token in COVEO_ACCESS_TOKEN has the form NAME=VALUE", &["token={token}", "COVEO_ACCESS_TOKEN={token}"])
        .hint("give the value alone"),
    bad("the access token in COVEO_ACCESS_TOKEN contains ***, so it is masked", &["***", "xx*****1343"]).hint(MASKED),
    bad("COVEO_ACCESS_TOKEN is the path of a file, not a token", &["token", "./token"]).hint("set COVEO_ACCESS_TOKEN_FILE instead"),
    bad("the access token in COVEO_ACCESS_TOKEN contains white space", &[
        "{token} {token}", "{token}\t#", "{token}\r\nX-Injected: 1",
    ]).hint(NOTHING_ELSE),
    bad("the access token in COVEO_ACCESS_TOKEN contains a control character", &["{token}\u{1}", "\u{1b}[0m{token}"])
        .hint(NOTHING_ELSE),
    bad("the access token in COVEO_ACCESS_TOKEN contains a character outside ASCII", &["{token}\u{a0}", "“{token}”"])
        .hint(NOTHING_ELSE),
    bad("the access token in COVEO_ACCESS_TOKEN is 8193 bytes long; at most 8192 are allowed", &["{x8193}"]).hint(RIGHT_FILE),
    no(&["k1"], "COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set").hint("unset one of them, or use --token-file")
        .with(&[(FILE, "token")]),
    bad_files(r#"--token-file "{last}" can't be read: no such file or directory"#, &["missing", ""]),
    bad_files(r#"--token-file "{last}" can't be read: not a directory"#, &["token/token"]),
    bad_files(r#"--token-file "{last}" can't be read: is a directory"#, &["directory"]),
    bad_files(r#"the access token in --token-file "{last}" is empty"#, &["empty", "blank", "mark"]),
    bad_files(r#"--token-file "{last}" is longer than 64 KiB"#, &["huge", "/dev/zero"]).hint(RIGHT_FILE),
    bad_files(r#"the access token in --token-file "{last}" is 8193 bytes long; at most 8192 are allowed"#, &["long"]).hint(RIGHT_FILE),
    bad_files(r#"the access token in --token-file "{last}" contains white space"#, &["two-tokens", "good-ids", "authority"])
        .hint(NOTHING_ELSE),
    bad_files(r#"the access token in --token-file "{last}" contains a character outside ASCII"#, &["two-marks", "latin-1"])
        .hint(NOTHING_ELSE),
    bad_files(r#"the access token in --token-file "{last}" contains a control character"#, &["nul"]).hint(NOTHING_ELSE),
    bad_files(r#"--token-file "{last}" is UTF-16 text, not UTF-8"#, &["utf-16"]).hint(UTF_16),
    bad_files(r#"the access token in --token-file "{last}" is JSON"#, &["json"]).hint(FIELD),
    bad_files(r#"the access token in --token-file "{last}" begins with "Bearer ""#, &["bearer", "bearer-alone"]).hint(ALONE),
    bad_files("the access token in standard input is empty", &["-"]),
    bad_files("the access token in standard input contains white space", &["-"]).hint(NOTHING_ELSE).reading("a\nb\n"),
    no(&["k1"], r#"COVEO_ACCESS_TOKEN_FILE "utf-16" is UTF-16 text, not UTF-8"#).hint(UTF_16).with(&[(TOKEN, ""), (FILE, "utf-16")]),
    no(&["k1"], r#"COVEO_ACCESS_TOKEN_FILE "missing" can't be read: no such file or directory"#)
        .with(&[(TOKEN, "{unset}"), (FILE, "missing")]),
    no(&["k1"], r#"the access token in COVEO_ACCESS_TOKEN_FILE "empty" is empty"#).with(&[(TOKEN, ""), (FILE, "empty")]),
    no(&["--token-file", "-", "--from", "-"], "the access token and the KEY_IDs can't both come from standard input").hint(ELSEWHERE)
        .reading("k1\n"),
    no(&["--from", "-"], "the access token and the KEY_IDs can't both come from standard input").hint(ELSEWHERE)
        .with(&[(TOKEN, "{unset}"), (FILE, "-")]),
];
