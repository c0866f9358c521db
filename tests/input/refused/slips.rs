//! What people type who know other programs: subcommands, near misses of options, display names without quotes, tokens
//! in the place of a file. The option that was meant is named, and nothing is guessed.

use super::{Case, no};

const HELP: &str = "coveo-delete-key --help shows all options";
const ALONE: &str = "give the KEY_ID alone: keys are deleted unless an option says otherwise";
const LIST: &str = "--name '*' --dry-run --max 1000 lists all keys, KEY_ID --dry-run shows one";
const NOTHING_ELSE: &str = "keys are deleted or disabled here, nothing else";
const DISABLE: &str = "did you mean --disable? (behind --, any KEY_ID is taken)";
const DRY_RUN: &str = "did you mean --dry-run?";
const QUOTES: &str = "--name selects by display name, with quotes around it; behind --, any KEY_ID is taken";
const IN_THE_FILE: &str = "put the token into the file, or into the variable COVEO_ACCESS_TOKEN";
const AS_PATH: &str =
    "--token-file looks like the token itself, not like the path of a file (not repeated here)";

pub const CASES: &[Case] = &[
    // Subcommands.
    no(&["delete", "k1"], r#"there is no subcommand "delete""#).hint(ALONE),
    no(&["delete"], r#"there is no subcommand "delete""#).hint(ALONE),
    no(&["Delete", "k1", "--yes"], r#"there is no subcommand "Delete""#).hint(ALONE),
    no(&["--org", "o", "remove", "k1"], r#"there is no subcommand "remove""#).hint(ALONE),
    no(&["rm", "k1"], r#"there is no subcommand "rm""#).hint(ALONE),
    no(&["del", "k1"], r#"there is no subcommand "del""#).hint(ALONE),
    no(&["revoke", "k1"], r#"there is no subcommand "revoke""#).hint(ALONE),
    no(&["keys", "delete", "k1"], r#"there is no subcommand "keys""#).hint(ALONE),
    no(&["api-keys", "delete", "k1"], r#"there is no subcommand "api-keys""#).hint(ALONE),
    no(&["k1", "delete"], r#"there is no subcommand "delete""#).hint(ALONE),
    no(&["k1", "disable"], r#"there is no subcommand "disable""#).hint(DISABLE),
    no(&["disable", "k1"], r#"there is no subcommand "disable""#).hint(DISABLE),
    no(&["DISABLE", "k1"], r#"there is no subcommand "DISABLE""#).hint(DISABLE),
    no(&["disable"], r#"there is no subcommand "disable""#).hint(DISABLE),
    no(&["deactivate", "k1"], r#"there is no subcommand "deactivate""#).hint(DISABLE),
    no(&["list"], r#"there is no subcommand "list""#).hint(LIST),
    no(&["ls"], r#"there is no subcommand "ls""#).hint(LIST),
    no(&["list", "--disabled-for", "30d"], r#"there is no subcommand "list""#).hint(LIST),
    no(&["get", "k1"], r#"there is no subcommand "get""#).hint(LIST),
    no(&["show", "k1"], r#"there is no subcommand "show""#).hint(LIST),
    no(&["describe", "k1"], r#"there is no subcommand "describe""#).hint(LIST),
    no(&["help"], r#"there is no subcommand "help""#)
        .hint("did you mean --help? (behind --, any KEY_ID is taken)"),
    no(&["help", "delete"], r#"there is no subcommand "help""#)
        .hint("did you mean --help? (behind --, any KEY_ID is taken)"),
    no(&["version"], r#"there is no subcommand "version""#)
        .hint("did you mean --version? (behind --, any KEY_ID is taken)"),
    no(&["dry-run", "k1"], r#"there is no subcommand "dry-run""#)
        .hint("did you mean --dry-run? (behind --, any KEY_ID is taken)"),
    no(&["bulk", "k1", "k2"], r#"there is no subcommand "bulk""#)
        .hint("did you mean --bulk? (behind --, any KEY_ID is taken)"),
    no(&["from", "good-ids"], r#"there is no subcommand "from""#)
        .hint("did you mean --from FILE? (behind --, any KEY_ID is taken)"),
    no(&["enable", "k1"], r#"there is no subcommand "enable""#).hint(NOTHING_ELSE),
    no(&["create", "my-key"], r#"there is no subcommand "create""#).hint(NOTHING_ELSE),
    no(&["rotate", "k1"], r#"there is no subcommand "rotate""#).hint(NOTHING_ELSE),
    // Near misses of options.
    no(&["k1", "--force"], r#"there is no option "--force""#).hint("did you mean --yes?"),
    no(&["k1", "--assume-yes"], r#"there is no option "--assume-yes""#).hint("did you mean --yes?"),
    no(&["k1", "--organization", "o"], r#"there is no option "--organization""#)
        .hint("did you mean --org ID?"),
    no(&["k1", "--organisation=o"], r#"there is no option "--organisation""#).hint("did you mean --org ID?"),
    no(&["k1", "--org-id", "o"], r#"there is no option "--org-id""#).hint("did you mean --org ID?"),
    no(&["k1", "--ogr", "o"], r#"there is no option "--ogr""#).hint("did you mean --org ID?"),
    no(&["-org", "o", "k1"], r#"there is no option "-org""#).hint("did you mean --org ID?"),
    no(&["k1", "-omyorg"], r#"there is no option "-omyorg""#).hint(HELP),
    no(&["k1", "-O", "o"], r#"there is no option "-O""#).hint("did you mean --org ID?"),
    no(&["-f", "good-ids"], r#"there is no option "-f""#).hint("did you mean --from FILE or --yes?"),
    no(&["--file", "good-ids"], r#"there is no option "--file""#).hint("did you mean --from FILE?"),
    no(&["--form", "good-ids"], r#"there is no option "--form""#).hint("did you mean --org ID or --from FILE?"),
    no(&["k1", "-k"], r#"there is no option "-k""#).hint("did you mean --cacert FILE?"),
    no(&["k1", "--insecure"], r#"there is no option "--insecure""#).hint("did you mean --cacert FILE?"),
    no(&["k1", "--ca-cert", "authority"], r#"there is no option "--ca-cert""#)
        .hint("did you mean --cacert FILE?"),
    no(&["k1", "--dryrun"], r#"there is no option "--dryrun""#).hint(DRY_RUN),
    no(&["k1", "--dry_run"], r#"there is no option "--dry_run""#).hint(DRY_RUN),
    no(&["k1", "--Dry-Run"], r#"there is no option "--Dry-Run""#).hint(DRY_RUN),
    no(&["k1", "---dry-run"], r#"there is no option "---dry-run""#).hint(DRY_RUN),
    no(&["k1", "-dry-run"], r#"there is no option "-dry-run""#).hint(DRY_RUN),
    no(&["k1", "--dry-run "], r#"there is no option that begins with "--dry-run""#).hint(DRY_RUN),
    no(&["k1", "--what-if"], r#"there is no option "--what-if""#).hint(DRY_RUN),
    no(&["k1", "-N"], r#"there is no option "-N""#).hint(DRY_RUN),
    no(&["k1", "--wait", "5m"], r#"there is no option "--wait""#).hint("did you mean --timeout DURATION?"),
    no(&["k1", "--time-out", "60"], r#"there is no option "--time-out""#)
        .hint("did you mean --timeout DURATION?"),
    no(&["k1", "--max-time", "60"], r#"there is no option "--max-time""#)
        .hint("did you mean --timeout DURATION?"),
    no(&["k1", "--retry", "3"], r#"there is no option "--retry""#).hint("did you mean --retries N?"),
    no(&["k1", "--url=https://localhost:{port}"], r#"there is no option "--url""#)
        .hint("did you mean --endpoint URL?"),
    no(&["k1", "--regoin", "eu"], r#"there is no option "--regoin""#).hint("did you mean --region NAME?"),
    no(&["--disable-for", "30d"], r#"there is no option "--disable-for""#)
        .hint("did you mean --disabled-for AGE?"),
    no(&["--disabled", "30d"], r#"there is no option "--disabled""#).hint("did you mean --disabled-for AGE?"),
    no(&["--unsued-for", "90d"], r#"there is no option "--unsued-for""#)
        .hint("did you mean --unused-for AGE?"),
    no(&["--display-name", "a*"], r#"there is no option "--display-name""#)
        .hint("did you mean --name GLOB?"),
    no(&["k1", "--ignore-notfound"], r#"there is no option "--ignore-notfound""#)
        .hint("did you mean --ignore-not-found?"),
    no(&["k1", "--silent"], r#"there is no option "--silent""#).hint("did you mean --quiet?"),
    no(&["k1", "--debug"], r#"there is no option "--debug""#).hint("did you mean --verbose?"),
    no(&["k1", "--versoin"], r#"there is no option "--versoin""#).hint("did you mean --version?"),
    no(&["--delete", "k1"], r#"there is no option "--delete""#).hint(ALONE),
    no(&["--key", "k1"], r#"there is no option "--key""#).hint(ALONE),
    no(&["--id=k1"], r#"there is no option "--id""#).hint(ALONE),
    // Near to nothing.
    no(&["k1", "--frobnicate"], r#"there is no option "--frobnicate""#).hint(HELP),
    no(&["k1", "-z"], r#"there is no option "-z""#).hint(HELP),
    // Display names.
    no(&["My", "Source", "API", "Key"], r#""My" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["CI", "build", "4711"], r#""CI" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["4711", "build"], r#""4711" looks like a word, not like a KEY_ID"#).hint(QUOTES),
    no(&["--yes", "Nightly", "import", "--disable"], r#""Nightly" looks like a word, not like a KEY_ID"#)
        .hint(QUOTES),
    no(&["--name", "My", "Source", "Key", "--yes"], r#""Source" looks like a word, not like a KEY_ID"#)
        .hint(QUOTES),
    no(&["My Source API Key"], r#"KEY_ID "{last}" has a space in it; {only}"#)
        .hint("is this a display name? --name selects by it"),
    no(&["--", "My", "Source Key"], r#"KEY_ID "{last}" has a space in it; {only}"#)
        .hint("is this a display name? --name selects by it"),
    // Tokens in the place of a file.
    no(&["k1", "--token-file", "opaqueTokenOf0123456789"], AS_PATH).hint(IN_THE_FILE),
    no(&["k1", "--token-file=xy_01234567890-abcdef"], AS_PATH).hint(IN_THE_FILE),
    no(&["k1", "--token-file", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"], AS_PATH).hint(IN_THE_FILE),
    no(
        &["k1"],
        "COVEO_ACCESS_TOKEN_FILE looks like the token itself, not like the path of a file (not repeated here)",
    )
    .hint(IN_THE_FILE)
    .with(&[("COVEO_ACCESS_TOKEN", ""), ("COVEO_ACCESS_TOKEN_FILE", "opaqueTokenOf0123456789")]),
    // The same token elsewhere, in an error that comes first.
    no(
        &["k1", "--token-file", "opaqueTokenOf0123456789", "--region", "opaqueTokenOf0123456789"],
        r#"--region "(the access token)" is not a region of Coveo's"#,
    )
    .hint("the regions are us, ca, eu, au and hipaa"),
    // These are paths.
    no(
        &["k1", "--token-file", "./opaqueTokenOf0123456789"],
        r#"--token-file "{last}" can't be read: no such file or directory"#,
    ),
    no(
        &["k1", "--token-file", "nineteen-characters"],
        r#"--token-file "{last}" can't be read: no such file or directory"#,
    ),
];
