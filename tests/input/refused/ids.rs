//! IDs of keys and of the organization.

use super::*;

const ORGANIZATION: &str =
    "give the organization's ID: the console shows it in the organization picker and in its URL";
const SEVERAL: &str = "give each ID as a separate argument, or use --from";
const AROUND: &str = "remove the white space around it";
const REPLACED: &str = "was a variable or a placeholder not replaced?";
const PATTERN: &str = "is this a pattern for display names? use --name";
const BEFORE: &str = "put options before --";
const VARIABLE: &str = "COVEO_ORGANIZATION_ID";
const NO_ORGANIZATION: &str = "use --org ID or the variable COVEO_ORGANIZATION_ID";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    no(&[""], "a KEY_ID is empty").hint(UNSET).or(&[&["k1", ""], &["--dry-run", ""], &["--", ""], &["--disabled-for", "30d", ""]]),
    no(&["k1", "-"], r#""-" is not a KEY_ID"#).hint("to read IDs from standard input, use --from -"),
    no(&[], r#"KEY_ID "{last}" contains '.'; {only}"#).each(&[".", "..", "../apikeys"]),
    no(&["k1", "k2"], r#"KEY_ID "{last}" contains '/'; {only}"#).each(&["k1/disable", "/k1"]),
    no(
        &["https://platform.cloud.coveo.com/rest/organizations/o/apikeys/k1"],
        r#"KEY_ID "https://platform.cloud.coveo.com/rest/organizations/o/apikey…" contains ':'; {only}"#,
    ),
    no(&["k1%2fk2"], r#"KEY_ID "{last}" contains '%'; {only}"#),
    no(&["k1?force=true"], r#"KEY_ID "{last}" contains '?'; {only}"#).hint(PATTERN),
    no(&["k1#k2"], r#"KEY_ID "{last}" contains '#'; {only}"#),
    no(&["k1\\k2"], r#"KEY_ID "k1\k2" contains '\'; {only}"#),
    no(&["k1,k2"], r#"KEY_ID "{last}" contains ','; {only}"#),
    no(&["k1;k2"], r#"KEY_ID "{last}" contains ';'; {only}"#),
    no(&[], r#"KEY_ID "{last}" contains '*'; {only}"#).hint(PATTERN).each(&["*", "tmp-*"]),
    no(&[], r#"KEY_ID "{last}" contains '$'; {only}"#).hint(REPLACED).each(&["$KEY", "${KEY}"]),
    no(&["%KEY%"], r#"KEY_ID "{last}" contains '%'; {only}"#).hint(REPLACED),
    no(&["{{key}}"], r#"KEY_ID "{last}" contains '{'; {only}"#).hint(REPLACED),
    no(&["<key>"], r#"KEY_ID "{last}" contains '<'; {only}"#).hint(REPLACED),
    no(&["\"k1\""], r#"KEY_ID ""k1"" contains '"'; {only}"#).hint("remove the quotes"),
    no(&[" "], r#"KEY_ID " " contains a space; {only}"#),
    no(&["k1 k2"], r#"KEY_ID "{last}" contains a space; {only}"#).hint(NAME),
    no(&[], r#"KEY_ID "{last}" contains ','; {only}"#).hint(SEVERAL).each(&["wduuqg3ip2c3i3gpopapxhcgxe,k3vqzmd5yhw2j7txc4rnb6aeu", "wduuqg3ip2c3i3gpopapxhcgxe,"]),
    no(&[], r#"KEY_ID "{last}" contains a space; {only}"#).hint(SEVERAL).each(&["wduuqg3ip2c3i3gpopapxhcgxe k3vqzmd5yhw2j7txc4rnb6aeu"]),
    no(&["k1"], r#"KEY_ID "{last}" stands for a missing value"#).hint(MISSING)
        .each(&["null", "undefined", "None", "NIL", "true", "false"]),
    no(&["--ignore-not-found", "--", "null"], r#"KEY_ID "null" stands for a missing value"#).hint(MISSING),
    // A wrapper's `-- "$@"`.
    no(&["--", "--dry-run", "k1"], r#""--dry-run" comes after --, where only KEY_IDs are allowed"#).hint(BEFORE),
    no(&["--", "k1"], r#""{name}" comes after --, where only KEY_IDs are allowed"#).hint(BEFORE).each(&[
        "--yes", "--org", "--help", "-n", "-", "-k", "-yn", "--dryrun", "--DRY-RUN", "---", "--yes=1", "--org=o",
        "-nineteen-character",
    ]),
    no(&["k1\tk2"], r#"KEY_ID "k1 k2" contains a tab; {only}"#),
    no(&[], r#"KEY_ID "k1 " contains a line break; {only}"#).hint(AROUND).each(&["k1\n", "k1\r"]),
    no(&["k1\r\nX-Injected: 1"], r#"KEY_ID "k1  X-Injected: 1" contains a line break; {only}"#),
    no(&["\u{1b}[31mk1"], r#"KEY_ID " [31mk1" contains the character U+001B; {only}"#),
    no(&["k1\u{7f}"], r#"KEY_ID "k1 " contains the character U+007F; {only}"#),
    no(&["k1\u{200b}"], r#"KEY_ID "k1" contains the character U+200B; {only}"#),
    no(&["k1\u{202e}2k"], r#"KEY_ID "k12k" contains the character U+202E; {only}"#),
    no(&["k1\u{a0}"], r#"KEY_ID "k1 " contains the character U+00A0; {only}"#).hint(AROUND),
    no(&["clé"], r#"KEY_ID "clé" contains the character U+00E9; {only}"#),
    // A Cyrillic а, and full-width letters.
    no(&["kа"], r#"KEY_ID "kа" contains the character U+0430; {only}"#),
    no(&["ｋ１"], r#"KEY_ID "ｋ１" contains the character U+FF4B; {only}"#),
    // Word processors turn two hyphens into a dash.
    no(&["k1", "–dry-run"], r#"KEY_ID "–dry-run" contains the character U+2013; {only}"#).hint(FROM_A_DOCUMENT),
    no(&["{x129}"], r#"KEY_ID "{x60}…" is 129 characters long; at most 128 are allowed"#),
    no(&["k1"], "KEY_ID {secret}").hint(VALUE).each(&["{value}", "{VALUE}", "k1-{value}", "id={value}"]),
    no(&["k1"], "no organization is given").hint(NO_ORGANIZATION).set(&[VARIABLE], &["{unset}", ""]),
    no(&["k1", "--org", ""], "--org is empty").hint(UNSET),
    no(&["k1", "--org", "..", "--yes"], r#"--org ".." contains '.'; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o", "my org"], r#"--org "my org" contains a space; {only}"#).hint(ORGANIZATION),
    no(&["k1", "--org=a%2e"], r#"--org "a%2e" contains '%'; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o=a=b"], r#"--org "a=b" contains '='; {only}"#).hint(ORGANIZATION),
    // Quotes are ordinary characters in a value.
    no(&["k1", "--org=\"o\""], r#"--org ""o"" contains '"'; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o='o'"], r#"--org "'o'" contains '''; {only}"#).hint(ORGANIZATION),
    no(&["k1", "--org", "{x129}"], r#"--org "{x60}…" is 129 characters long; at most 128 are allowed"#).hint(ORGANIZATION),
    no(&["k1", "--org", "{value}"], "--org {secret}").hint(ORGANIZATION),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID "a/b" contains '/'; {only}"#).hint(ORGANIZATION).set(&[VARIABLE], &["a/b"]),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID " " contains a space; {only}"#).hint(ORGANIZATION).set(&[VARIABLE], &[" "]),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID "a b" contains a line break; {only}"#).hint(ORGANIZATION).set(&[VARIABLE], &["a\nb"]),
    no(&["k1"], "COVEO_ORGANIZATION_ID {secret}").hint(ORGANIZATION).set(&[VARIABLE], &["{value}"]),
];
