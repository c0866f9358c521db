//! The access token: its sources, and what can't be one. No message repeats it.

use super::files::UTF_16;
use super::{Case, no};

const ELSEWHERE: &str = "put the token into the variable COVEO_ACCESS_TOKEN or into a file";
const NOTHING_ELSE: &str = "give the token alone, without other text";
const TOKEN: &str = "COVEO_ACCESS_TOKEN";
const FILE: &str = "COVEO_ACCESS_TOKEN_FILE";
const ALONE: &str = "give the token alone; the header is built from it";
const WHERE: &str = "put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file";
const FIELD: &str = "give the token alone; jq -r .NAME prints one field";
const MASKED: &str = "copy the token from its source, not from a log or a list of keys";
const RIGHT_FILE: &str = "is this the right file?";

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    no(&["k1"], "no access token is given").hint(WHERE).set(TOKEN, &["{unset}", ""]),
    no(&["k1"], "no access token is given").hint(WHERE).with(&[(TOKEN, ""), (FILE, "")]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN is empty").set(TOKEN, &[" ", "\n", "\u{feff}\r\n"]),
    no(&["k1"], r#"the access token in COVEO_ACCESS_TOKEN begins with "Bearer ""#).hint(ALONE).set(TOKEN, &[
        "Bearer {token}", " bEARER {token}\n",
        // "Bearer $UNSET", without the white space at the end.
        "Bearer ",
    ]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN has quotes around it")
        .hint("remove them: not every program does (docker --env-file keeps them)")
        .set(TOKEN, &["\"{token}\"", "'{token}'\n"]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN looks like a variable that was not replaced")
        .hint("was it in single quotes, or is it a template's placeholder?")
        .set(TOKEN, &["$TOKEN", "${TOKEN}", "%TOKEN%", "<token>", "${{ secrets.TOKEN }}"]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN stands for a missing value")
        .hint("where does it come from? jq -e fails if a field is missing")
        .set(TOKEN, &["null", "undefined", "None"]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN is JSON").hint(FIELD).set(TOKEN, &[r#"{"access_token":"{token}"}"#]),
    no(&["k1", "--token-file", "json"], r#"the access token in --token-file "json" is JSON"#).hint(FIELD),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN has the form NAME=VALUE").hint("give the value alone")
        .set(TOKEN, &["token={token}", "COVEO_ACCESS_TOKEN={token}"]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN contains ***, so it is masked").hint(MASKED)
        .set(TOKEN, &["***", "xx*****1343"]),
    no(&["k1"], "COVEO_ACCESS_TOKEN is the path of a file, not a token").hint("set COVEO_ACCESS_TOKEN_FILE instead")
        .set(TOKEN, &["token", "./token"]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN contains white space").hint(NOTHING_ELSE).set(TOKEN, &[
        "{token} {token}", "{token}\t#", "{token}\r\nX-Injected: 1",
    ]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN contains a control character").hint(NOTHING_ELSE).set(TOKEN, &[
        "{token}\u{1}", "\u{1b}[0m{token}",
    ]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN contains a character outside ASCII").hint(NOTHING_ELSE).set(TOKEN, &[
        "{token}\u{a0}", "“{token}”",
    ]),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN is 8193 bytes long; at most 8192 are allowed")
        .hint(RIGHT_FILE)
        .set(TOKEN, &["{x8193}"]),
    no(&["k1"], "COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set")
        .hint("unset one of them, or use --token-file")
        .with(&[(FILE, "token")]),
    no(&["k1", "--token-file"], r#"--token-file "{last}" can't be read: no such file or directory"#).each(&[
        "missing", "",
    ]),
    no(&["k1", "--token-file", "token/token"], r#"--token-file "{last}" can't be read: not a directory"#),
    no(&["k1", "--token-file", "directory"], r#"--token-file "{last}" can't be read: is a directory"#),
    no(&["k1", "--token-file"], r#"the access token in --token-file "{last}" is empty"#).each(&[
        "empty", "blank", "mark",
    ]),
    no(&["k1", "--token-file"], r#"--token-file "{last}" is longer than 64 KiB"#).hint(RIGHT_FILE).each(&[
        "huge", "/dev/zero",
    ]),
    no(&["k1", "--token-file", "long"], r#"the access token in --token-file "{last}" is 8193 bytes long; at most 8192 are allowed"#).hint(RIGHT_FILE),
    no(&["k1", "--token-file"], r#"the access token in --token-file "{last}" contains white space"#).hint(NOTHING_ELSE).each(&[
        "two-tokens", "good-ids", "authority",
    ]),
    no(&["k1", "--token-file"], r#"the access token in --token-file "{last}" contains a character outside ASCII"#).hint(NOTHING_ELSE).each(&[
        "two-marks", "latin-1",
    ]),
    no(&["k1", "--token-file", "utf-16"], r#"--token-file "{last}" is UTF-16 text, not UTF-8"#).hint(UTF_16),
    no(&["k1"], r#"COVEO_ACCESS_TOKEN_FILE "utf-16" is UTF-16 text, not UTF-8"#)
        .hint(UTF_16)
        .with(&[(TOKEN, ""), (FILE, "utf-16")]),
    no(&["k1", "--token-file", "nul"], r#"the access token in --token-file "{last}" contains a control character"#).hint(NOTHING_ELSE),
    no(&["k1", "--token-file"], r#"the access token in --token-file "{last}" begins with "Bearer ""#).hint(ALONE).each(&[
        "bearer", "bearer-alone",
    ]),
    no(&["k1", "--token-file", "-"], "the access token in standard input is empty"),
    no(&["k1", "--token-file", "-"], "the access token in standard input contains white space").hint(NOTHING_ELSE)
        .reading("a\nb\n"),
    no(&["k1"], r#"COVEO_ACCESS_TOKEN_FILE "missing" can't be read: no such file or directory"#)
        .with(&[(TOKEN, "{unset}"), (FILE, "missing")]),
    no(&["k1"], r#"the access token in COVEO_ACCESS_TOKEN_FILE "empty" is empty"#).with(&[(TOKEN, ""), (FILE, "empty")]),
    no(
        &["--token-file", "-", "--from", "-"],
        "the access token and the KEY_IDs can't both come from standard input",
    ).hint(ELSEWHERE)
    .reading("k1\n"),
    no(&["--from", "-"], "the access token and the KEY_IDs can't both come from standard input").hint(ELSEWHERE)
        .with(&[(TOKEN, "{unset}"), (FILE, "-")]),
];
