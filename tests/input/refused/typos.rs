//! What people type who know other programs: subcommands, near misses of options, display names without quotes, tokens
//! in the place of a file. The option that was meant is named, and nothing is guessed.

use super::{Case, no};

const HELP: &str = "coveo-delete-key --help shows all options";
const ALONE: &str = "give the KEY_ID alone: keys are deleted unless an option says otherwise";
const LIST: &str = "did you mean --list?";
const ACTIVATE: &str = "did you mean --activate?";
const NOTHING_ELSE: &str = "keys are deleted, disabled, activated or listed here, nothing else";
const DISABLE: &str = "did you mean --disable?";
const DRY_RUN: &str = "did you mean --dry-run?";
const QUOTES: &str = "--name selects by display name, with quotes around it";
const NAME: &str = "is this a display name? --name selects by it";
const IN_THE_FILE: &str = "put the token into the file, or into the variable COVEO_ACCESS_TOKEN";
const AS_PATH: &str =
    "--token-file looks like the token itself, not like the path of a file (not repeated here)";

/// These are no options, and the hint names what was meant.
const fn meant(hint: &'static str, options: &'static [&'static str]) -> Case {
    no(&["k1"], r#"there is no option "{name}""#).hint(hint).each(options)
}

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    // Subcommands.
    no(&["delete", "k1"], r#"there is no subcommand "delete""#).hint(ALONE),
    no(&["--org", "o", "remove", "k1"], r#"there is no subcommand "remove""#).hint(ALONE),
    no(&["keys", "delete", "k1"], r#"there is no subcommand "keys""#).hint(ALONE),
    no(&[], r#"there is no subcommand "{last}""#).hint(ALONE).each(&["delete", "Delete", "api-keys"]),
    no(&["k1"], r#"there is no subcommand "{last}""#).hint(ALONE).each(&["delete", "rm", "del", "revoke"]),
    no(&["disable", "k1"], r#"there is no subcommand "disable""#).hint(DISABLE),
    no(&["k1"], r#"there is no subcommand "{last}""#).hint(DISABLE).each(&["disable", "DISABLE", "deactivate"]),
    no(&["list", "--disabled-for", "30d"], r#"there is no subcommand "list""#).hint(LIST),
    no(&[], r#"there is no subcommand "{last}""#).hint(LIST).each(&["list", "ls"]),
    no(&["k1"], r#"there is no subcommand "{last}""#).hint(LIST).each(&["get", "show", "describe"]),
    no(&["k1"], r#"there is no subcommand "{last}""#).hint(NOTHING_ELSE).each(&["create", "rotate", "add"]),
    no(&["k1"], r#"there is no subcommand "{last}""#).hint(ACTIVATE).each(&["enable", "activate", "Restore", "undo"]),
    no(&["help", "delete"], r#"there is no subcommand "help""#).hint("did you mean --help?"),
    no(&["version"], r#"there is no subcommand "version""#).hint("did you mean --version?"),
    no(&["dry-run", "k1"], r#"there is no subcommand "dry-run""#).hint("did you mean --dry-run?"),
    no(&["bulk", "k1", "k2"], r#"there is no subcommand "bulk""#).hint("did you mean --bulk?"),
    no(&["from", "good-ids"], r#"there is no subcommand "from""#).hint("did you mean --from FILE?"),
    // Near misses of options.
    meant("did you mean --yes?", &["--force", "--assume-yes"]),
    meant("did you mean --org ID?", &["--organization", "--organisation=o", "--org-id", "--ogr", "-org", "-O"]),
    no(&["-f", "good-ids"], r#"there is no option "-f""#).hint("did you mean --from FILE or --yes?"),
    meant("did you mean --from FILE?", &["--file"]),
    meant("did you mean --org ID or --from FILE?", &["--form"]),
    meant("did you mean --cacert FILE?", &["-k", "--insecure", "--no-verify", "--ca-cert"]),
    meant(DRY_RUN, &["--dryrun", "--dry_run", "--Dry-Run", "---dry-run", "-dry-run", "--what-if", "-N"]),
    no(&["k1", "--dry-run "], r#"there is no option that begins with "--dry-run""#).hint(DRY_RUN),
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
    meant("set the variable HTTPS_PROXY", &["--proxy", "--proxy=http://proxy.example:3128"]),
    meant(ALONE, &["--delete", "--key", "--id=k1"]),
    meant(HELP, &["--frobnicate", "-z", "-x", "-nx", "-omyorg", "--no-dry-run", "--unknown=value"]),
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
    no(&["k1"], "COVEO_ACCESS_TOKEN_FILE looks like the token itself, not like the path of a file (not repeated here)")
        .hint(IN_THE_FILE)
        .with(&[("COVEO_ACCESS_TOKEN", "")])
        .set("COVEO_ACCESS_TOKEN_FILE", &["{value}", "opaqueTokenOf0123456789"]),
    // The same token elsewhere, in an error that comes first.
    no(
        &["k1", "--token-file", "opaqueTokenOf0123456789", "--region", "opaqueTokenOf0123456789"],
        r#"--region "(the access token)" is not a region of Coveo's"#,
    )
    .hint("the regions are us, ca, eu, au and hipaa"),
    // These are paths.
    no(&["k1", "--token-file"], r#"--token-file "{last}" can't be read: no such file or directory"#).each(&[
        "./opaqueTokenOf0123456789", "nineteen-characters",
    ]),
];
