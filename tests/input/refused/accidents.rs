//! Accidents of people in a hurry, or with the habits of other programs: subcommands, typos of options, display names
//! without quotes, tables instead of lists, tokens in place of a file. The message suggests, and nothing is sent.

use super::*;

const ALONE: &str = "give the KEY_ID alone: keys are deleted unless an option says otherwise";
const LIST: &str = "did you mean --list?";
const ACTIVATE: &str = "did you mean --activate?";
const NOTHING_ELSE: &str = "this tool only deletes, disables, activates and lists keys";
const DISABLE: &str = "did you mean --disable?";
const DRY_RUN: &str = "did you mean --dry-run?";
const QUOTES: &str = "if this is a display name, use --name and put quotes around it";
const IN_THE_FILE: &str = "put the token into the file, or into the variable COVEO_ACCESS_TOKEN";
const AS_PATH: &str =
    "--token-file looks like the token itself, not like the path of a file (not shown here)";

const ALL: &str = "conditions such as --unused-for 90d select keys; --list shows all";
const JSON: &str = "--json prints JSON; without it, results are text";
const AS_REGION: &str = r#"--region "(the access token)" is not a Coveo region"#;
const NO_OPTIONS: &str = "give options on the command line";
const USE_FILE: &str = "for a file, use COVEO_ACCESS_TOKEN_FILE";
const TILDE: &str = "~ was not expanded; write $HOME";
const ID_ALONE: &str = "give the ID alone";
const OWN_ID: &str = "give the organization with --org, and the key's ID alone";
const AS_WORD: &str = r#""{last}" looks like a word, not like a KEY_ID; nothing was sent"#;
const NO_NAME: &str = "give IDs without --name; was the variable before it not set?";
const A_NAME: &str = "give the display name; --list shows it";
const A_FILE: &str = "is this a file with IDs? --from reads it";
const IN_ITS_PLACE: &str = "put the ID of a key in its place; --list shows the IDs";
const NO_DASH: &str = "is this a KEY_ID with a dash before it? remove the dash";
const ONE_END: &str = "remove it, or write ? if the name has one there";

/// These lines on standard input are refused.
const fn read(input: &'static str, error: &'static str) -> Row {
    no(&["--from", "-"], error).reading(input)
}

/// These options don't exist, and the hint names the one that was meant.
const fn meant(hint: &'static str, options: &'static [&'static str]) -> Row {
    no(&["k1"], r#"unknown option "{name}""#).hint(hint).each(options)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // Subcommands.
    no(&["delete", "k1"], r#"unknown subcommand "{before}""#).hint(ALONE).or(&[&["--org", "o", "remove", "k1"]]),
    no(&["keys", "delete", "k1"], r#"unknown subcommand "keys""#).hint(ALONE),
    no(&[], r#"unknown subcommand "{last}""#).hint(ALONE).each(&["delete", "Delete", "api-keys", "id", "ID", "keyId", "key_id"]),
    no(&["k1"], r#"unknown subcommand "{last}""#).hint(ALONE).each(&["delete", "rm", "del", "revoke"]),
    no(&["disable", "k1"], r#"unknown subcommand "disable""#).hint(DISABLE),
    no(&["k1"], r#"unknown subcommand "{last}""#).hint(DISABLE).each(&["disable", "DISABLE", "deactivate"]),
    no(&["list", "--disabled-for", "30d"], r#"unknown subcommand "list""#).hint(LIST),
    no(&[], r#"unknown subcommand "{last}""#).hint(LIST).each(&["list", "ls"]),
    no(&["k1"], r#"unknown subcommand "{last}""#).hint(LIST).each(&["get", "show", "describe"]),
    no(&["k1"], r#"unknown subcommand "{last}""#).hint(NOTHING_ELSE).each(&["create", "rotate", "add"]),
    no(&["k1"], r#"unknown subcommand "{last}""#).hint(ACTIVATE).each(&["enable", "activate", "Restore", "undo"]),
    no(&["help", "delete"], r#"unknown subcommand "help""#).hint("did you mean --help?"),
    no(&["version"], r#"unknown subcommand "version""#).hint("did you mean --version?"),
    no(&["dry-run", "k1"], r#"unknown subcommand "dry-run""#).hint("did you mean --dry-run?"),
    no(&["bulk", "k1", "k2"], r#"unknown subcommand "bulk""#).hint("did you mean --bulk?"),
    no(&["from", "good-ids"], r#"unknown subcommand "from""#).hint("did you mean --from FILE?"),
    // Near misses of options.
    meant("did you mean --yes?", &["--force", "--assume-yes"]),
    meant("did you mean --org ID?", &["--organization", "--organisation=o", "--org-id", "--ogr", "-org", "-O"]),
    no(&["-f", "good-ids"], r#"unknown option "-f""#).hint("did you mean --from FILE or --yes?"),
    meant("did you mean --from FILE?", &["--file"]),
    meant("did you mean --org ID or --from FILE?", &["--form"]),
    meant("did you mean --cacert FILE?", &["-k", "--insecure", "--no-verify", "--ca-cert"]),
    meant(DRY_RUN, &["--dryrun", "--dry_run", "--Dry-Run", "---dry-run", "-dry-run", "--what-if", "-N"]),
    no(&["k1", "--dry-run "], r#"unknown option that begins with "--dry-run""#).hint(DRY_RUN),
    meant("did you mean --timeout DURATION?", &["--wait", "--time-out", "--max-time"]),
    meant("did you mean --retries N?", &["--retry"]),
    meant("did you mean --endpoint URL?", &["--url=https://localhost:{port}"]),
    meant("did you mean --region NAME?", &["--regoin"]),
    meant("did you mean --disabled-for AGE?", &["--disable-for", "--disabled"]),
    meant("did you mean --unused-for AGE?", &["--unsued-for", "--unused=90d", "--unu"]),
    meant("did you mean --older-than AGE?", &["--older", "--older-then"]),
    meant("did you mean --disabled-for AGE or --disable?", &["--dis", "-dis"]),
    meant("did you mean --name GLOB?", &["--display-name"]),
    meant("did you mean --ignore-not-found?", &["--ignore-notfound", "--ignore"]),
    meant("did you mean --quiet?", &["--silent"]),
    meant("did you mean --verbose?", &["--debug"]),
    meant("did you mean --version?", &["--versoin"]),
    meant("set the variable HTTPS_PROXY", &["--proxy", "-x", "--proxy=http://proxy.example:3128"]),
    meant(ALONE, &["--delete", "--key", "--id=k1"]),
    meant(HELP, &["--frobnicate", "-z", "-nx", "-omyorg", "--no-dry-run", "--unknown=value"]),
    // Display names.
    no(&["My", "Source", "API", "Key"], r#""My" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["CI", "build", "4711"], r#""CI" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["4711", "build"], r#""4711" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["--yes", "Nightly", "import", "--disable"], r#""Nightly" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["--name", "My", "Source", "Key", "--yes"], r#""Source" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["--", "My"], r#"KEY_ID "{last}" contains a space; {only}"#).hint(NAME).each(&["Source Key", "My Source API Key"]),
    // Tokens in the place of a file.
    no(&["k1", "--token-file"], AS_PATH).hint(IN_THE_FILE).each(&[
        "{value}", "opaqueTokenOf0123456789", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln",
    ]),
    no(&["k1", "--token-file=xy_01234567890-abcdef"], AS_PATH).hint(IN_THE_FILE),
    no(&["k1"], "COVEO_ACCESS_TOKEN_FILE looks like the token itself, not like the path of a file (not shown here)")
        .hint(IN_THE_FILE).with(&[(TOKEN, "")]).set(&[FILE], &["{value}", "opaqueTokenOf0123456789"]),
    // The same token elsewhere, in an error that comes first.
    no(&["k1", "--token-file", "opaqueTokenOf0123456789", "--region", "opaqueTokenOf0123456789"], AS_REGION).hint(REGIONS),
    no(&["k1", "--token-file"], r#"--token-file "{last}" can't be read: no such file or directory"#)
        .each(&["./opaqueTokenOf0123456789", "nineteen-characters"]),
    // Habits of other programs.
    no(&["k1"], r#"unknown option "{last}""#).hint(ALL).each(&["--all", "-a", "-A", "--any"]),
    no(&[], r#"unknown subcommand "{last}""#).hint(ALL).each(&["all", "ALL", "everything"]),
    meant("did you mean --json?", &["-j", "--JSON", "--output=json", "-ojson", "--format"]),
    meant("did you mean --list?", &["-l", "--ls", "--show", "--lst", "--List", "--status"]),
    meant("did you mean --activate?", &["--enable", "--reactivate", "--undo", "--restore", "--activat"]),
    meant("did you mean --exclude GLOB?", &["--except", "--skip", "--exclud", "--not-name"]),
    meant("did you mean --exposed?", &["--leaked", "--expose", "--compromised"]),
    meant("did you mean --expired-for AGE?", &["--expired", "--expire-for"]),
    meant(HELP, &["-d", "-rf", "-i", "-u", "-c"]),
    no(&["rm", "-rf", "k1"], r#"unknown option "-rf""#).hint(HELP),
    no(&["k1", "-o"], r#"--org sets the organization, but "{last}" looks like an output format"#).hint(JSON)
        .each(&["json", "JSON", "yaml", "table", "text", "wide", "csv"]),
    no(&["k1"], "{name} doesn't accept a value").hint(NO_VALUE).each(&[
        "--dry-run=true", "-n=false", "--disable=false", "--json=pretty", "--exposed=HIGH", "--list=all", "--yes=1",
    ]),
    no(&["k1", "--dry-run"], r#"unknown subcommand "{last}""#).hint("did you mean --yes?").each(&["yes", "YES"]),
    no(&["k1", "--json"], r#"KEY_ID "{last}" stands for a missing value"#).hint(MISSING).each(&["true", "false", "null"]),
    no(&["k1"], r#"unknown option that begins with "-""#).hint(HELP).each(&["-1", "-2026"]),
    // Not a key ID, but what is around one, or near one.
    no(&[], r#"KEY_ID "{last}" contains '/'; {only}"#).hint(ID_ALONE).each(&["apikeys/{real}", "/{real}/"]),
    no(&["id:{real}"], r#"KEY_ID "{last}" contains ':'; {only}"#).hint(ID_ALONE),
    no(&["id={real}"], r#"KEY_ID "{last}" contains '='; {only}"#).hint(ID_ALONE),
    no(&[r#"["{real}"]"#], r#"KEY_ID "{last}" contains '['; {only}"#).hint(ID_ALONE),
    no(&["o"], r#"KEY_ID "o" is the organization's own ID"#).hint(OWN_ID).with(&[("COVEO_ORGANIZATION_ID", "o")]),
    no(&["--org", "MyOrg123", "{real}", "myorg123"], r#"KEY_ID "MyOrg123" is the organization's own ID"#).hint(OWN_ID),
    no(&["--from", "table-of-ids"], r#"--from "{last}", line 1: "id" looks like a word, not like a KEY_ID"#).hint(ONE_PER_LINE),
    no(&["--from", "options"], r#"--from "{last}", line 2: "-n" looks like an option, not like a KEY_ID"#).hint(NO_OPTIONS),
    read("delete\nk1", r#"standard input, line 1: "delete" looks like a word, not like a KEY_ID"#).hint(ONE_PER_LINE),
    read("--dry-run\nk1\n", r#"standard input, line 1: "--dry-run" looks like an option, not like a KEY_ID"#).hint(NO_OPTIONS),
    read("wduuqg3ip2c3i3gpopapxhcgxe\nnull\n", r#"standard input, line 2: KEY_ID "null" stands for a missing value"#).hint(MISSING),
    read(r#"{"keyId":"k1"}"#, r#"standard input, line 1: KEY_ID "{"keyId":"k1"}" contains '{'; {only}"#).hint(FROM_JSON),
    read("- k1\n", r#"standard input, line 1: KEY_ID "- k1" contains a space; {only}"#).hint(ONE_PER_LINE),
    read("deleted k1 from o\n", r#"standard input, line 1: KEY_ID "deleted k1 from o" contains a space; {only}"#).hint(ONE_PER_LINE),
    no(&["--from", "-", "--org", "o"], r#"KEY_ID "o" is the organization's own ID"#).hint(OWN_ID).reading("k1\no\n"),
    // A variable of a script that isn't set.
    no(&["--exposed", "--disable", "--yes", "--exclude="], "--exclude needs a value").hint(UNSET),
    // Two kinds of missing input are reported together.
    no(&["k1"], "no organization and no access token are given")
        .hint("use --org ID or COVEO_ORGANIZATION_ID, and COVEO_ACCESS_TOKEN or --token-file PATH")
        .with(&[("COVEO_ORGANIZATION_ID", ""), (TOKEN, "")]),
    // The token in place of a path, or on standard input and among the arguments.
    no(&["k1"], "COVEO_ACCESS_TOKEN_FILE (path not shown here, since it may be a secret) can't be read: no such file or directory")
        .with(&[(TOKEN, "")])
        .set(&[FILE], &["ya29.a0AfB_byC7f3kQ~x1Zp+8Lw", "kQ+/x1Zp8Lw/9RtYv2Nm4Hs6Jd0Gq5Kc", "opaque.Token\\Of0123456789"]),
    no(&["k.opaque-token-of-0123456789", "--token-file", "-"], r#"KEY_ID "k.(the access token)" contains '.'; {only}"#)
        .reading("opaque-token-of-0123456789\n"),
    no(&["k1", "--region", "opaque.token+0123456789", "--token-file", "-"], AS_REGION).hint(REGIONS).reading("opaque.token+0123456789"),
    no(&["k1", "--region", "0123456789 abcdefghij"], AS_REGION).hint(REGIONS).with(&[(TOKEN, "0123456789 abcdefghij")]),
    // A variable that isn't set, without quotes: what follows takes its place.
    no(&["--disable", "--yes", "--name"], r#"--name "{last}" {as_name}"#).hint(NO_NAME).each(&["{real}", "{other}"]),
    no(&["--dry-run", "--name", "{real}", "{other}"], r#"--name "{real}" {as_name}"#).hint(NO_NAME)
        .or(&[&["--list", "--name=tmp-*", "--name", "{real}"]]),
    no(&["--exposed", "--exclude", "{real}"], r#"--exclude "{real}" {as_name}"#).hint(A_NAME).or(&[&["--exclude", "{real}", "--yes"]]),
    no(&["--org", "{real}"], "no KEY_ID is given").hint("{before} {took}").or(&[&["--region", "{real}"], &["-y", "--timeout", "{real}"]]),
    no(&["--max", "{real}"], "--max needs a condition that selects keys").hint("--max {took}"),
    no(&["--from", "{real}"], "--from (path not shown here, since it may be a secret) can't be read: no such file or directory")
        .hint("--from {took}"),
    no(&["k1"], r#"{name} "{option}" is an option, not a value"#).hint(UNSET).each(&[
        "--exclude=--dry-run", "--exclude=-n", "--name=--yes", "--org=--json", "--from=--list", "--timeout=--retries",
    ]),
    no(&["k1", "-o=-q"], r#"--org "-q" is an option, not a value"#).hint(UNSET),
    // Words among key IDs.
    no(&["{real}"], AS_WORD).hint(QUOTES).each(&["eu", "prod", "4711", "key-1", "fifteen-letters"]),
    no(&["eu", "{real}", "--yes"], r#""eu" looks like a word, not like a KEY_ID; nothing was sent"#).hint(QUOTES),
    read("{real}\nk1\n", r#""k1" looks like a word, not like a KEY_ID; nothing was sent"#).hint(ONE_PER_LINE),
    no(&[], r#"KEY_ID "{last}" is a placeholder"#).hint(IN_ITS_PLACE)
        .each(&["KEY_ID", "YOUR_KEY_ID", "<KEY_ID>", "<your-key-id>", "[KEY_ID...]", "KEY-ID"]),
    read("k1\n<KEY_ID>\n", r#"standard input, line 2: KEY_ID "<KEY_ID>" is a placeholder"#).hint(IN_ITS_PLACE),
    // Lines of a diff.
    read("-{real}\n", r#"standard input, line 1: "-{real}" is a KEY_ID with a dash before it"#).hint("remove the dash"),
    read("--{real}\n", r#"standard input, line 1: "--{real}" is a KEY_ID with a dash before it"#).hint("remove the dash"),
    no(&["--", "-{real}"], r#""{last}" is a KEY_ID with a dash before it"#).hint("remove the dash"),
    no(&["-{other}"], r#"unknown option that begins with "-k""#).hint(NO_DASH),
    no(&["--{other}"], r#"unknown option that begins with "--k""#).hint(NO_DASH),
    // Something else in place of the token.
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN looks like a path").hint(USE_FILE)
        .set(&[TOKEN], &["./none", "../none", "~/.coveo/token", "@token", "/run/secrets/coveo-token"]),
    no(&["k1", "--token-file", "-"], "the access token in standard input looks like a path").hint(USE_FILE)
        .reading("/run/secrets/coveo-token\n"),
    no(&["k1"], "the access token in COVEO_ACCESS_TOKEN looks like the ID of a key, not like its value")
        .hint("Coveo shows the value of a key once, when it is created").set(&[TOKEN], &["{real}", "{other}"]),
    // Files: given as an argument, in another format, or with a path that the shell didn't expand.
    no(&["--yes", "--from"], "--from needs a value").hint(FROM_STDIN).or(&[&["k1", "--from="]]),
    no(&[], r#"KEY_ID "{last}" contains '.'; {only}"#).hint(A_FILE).each(&["./good-ids", "ids.txt"]),
    no(&["@good-ids"], r#"KEY_ID "{last}" contains '@'; {only}"#).hint(A_FILE),
    read("{real} \"tmp\" disabled\n", r#"standard input, line 1: KEY_ID "{real} "tmp" disabled" contains a space; {only}"#)
        .hint("cut -d' ' -f1 keeps the IDs of --list"),
    read("\"k1\"\n", r#"standard input, line 1: KEY_ID ""k1"" contains '"'; {only}"#).hint("remove the quotes"),
    read("'k1'\n", r#"standard input, line 1: KEY_ID "'k1'" contains '''; {only}"#).hint("remove the quotes"),
    no(&["--from", "~/ids.txt"], r#"--from "{last}" can't be read: no such file or directory"#).hint(TILDE),
    no(&["k1", "--token-file=~/token"], r#"--token-file "~/token" can't be read: no such file or directory"#).hint(TILDE),
    // Characters of word processors.
    no(&["k1"], r#"KEY_ID "{last}" contains the character U+2010; {only}"#).hint(FROM_A_DOCUMENT).each(&["\u{2010}n"]),
    no(&["k1"], r#"KEY_ID "{last}" contains the character U+2015; {only}"#).hint(FROM_A_DOCUMENT).each(&["\u{2015}yes"]),
    no(&["k1"], r#"KEY_ID "{last}" contains the character U+2212; {only}"#).hint(FROM_A_DOCUMENT).each(&["\u{2212}\u{2212}yes"]),
    no(&["--list", "--name"], r#"--name "{last}" has typographic quotes"#).hint(r#"type " instead"#)
        .each(&["“tmp-*”", "„tmp-*“", "‘tmp-*’", "`tmp-*`", "“tmp-*", "tmp-*”", "tmp’", "“*”", "“"]),
    no(&["--exposed", "--exclude", "“prod"], r#"--exclude "{last}" has typographic quotes"#).hint(r#"type " instead"#),
    no(&["--name"], r#"--name "{last}" has a quote at one end"#).hint(ONE_END).each(&["\"tmp-*", "tmp-*\"", "'tmp-*", "tmp'"]),
    no(&["--dry-run", "--name", "'*"], r#"--name "{last}" has a quote at one end"#).hint(ONE_END),
    // Options as Windows has them.
    no(&["k1"], r#"unknown option "{last}""#).hint("options begin with --; did you mean --help?").each(&["/help", "/?", "/HELP", "/h"]),
    no(&["k1", "/dry-run"], r#"unknown option "{last}""#).hint("options begin with --; did you mean --dry-run?"),
    no(&["/?"], r#"unknown option "/?""#).hint("options begin with --; did you mean --help?").with(&[("COVEO_ORGANIZATION_ID", ""), (TOKEN, "")]),
];
