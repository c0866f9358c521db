//! IDs of keys and of the organization.

use super::{Case, UNSET, no};

const ORGANIZATION: &str =
    "give the organization's ID: the console shows it in the organization picker and in its URL";
const VALUE: &str = "give the ID: the console shows it in the details of the key, the API as \"id\"";
const SEVERAL: &str = "give each ID as an argument of its own, or use --from";
const AROUND: &str = "remove the white space around it";
const MISSING: &str = "where does it come from? with -e, jq fails if a field is missing";
const VARIABLE: &str = "COVEO_ORGANIZATION_ID";
const NO_ORGANIZATION: &str = "use --org ID or the variable COVEO_ORGANIZATION_ID";

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    no(&["k1"], "a KEY_ID is empty").hint(UNSET).each(&[""]),
    no(&["--dry-run"], "a KEY_ID is empty").hint(UNSET).each(&[""]),
    no(&["--"], "a KEY_ID is empty").hint(UNSET).each(&[""]),
    no(&["k1"], r#""-" is not a KEY_ID"#).hint("to read IDs from standard input, use --from -").each(&["-"]),
    no(&[], r#"KEY_ID "{last}" has '.' in it; {only}"#).each(&[".", "..", "../apikeys"]),
    no(&["k1", "k2"], r#"KEY_ID "{last}" has '/' in it; {only}"#).each(&["k1/disable", "/k1"]),
    no(
        &["https://platform.cloud.coveo.com/rest/organizations/o/apikeys/k1"],
        r#"KEY_ID "https://platform.cloud.coveo.com/rest/organizations/o/apikey…" has ':' in it; {only}"#,
    ),
    no(&["k1%2fk2"], r#"KEY_ID "{last}" has '%' in it; {only}"#),
    no(&["k1?force=true"], r#"KEY_ID "{last}" has '?' in it; {only}"#),
    no(&["k1#k2"], r#"KEY_ID "{last}" has '#' in it; {only}"#),
    no(&["k1\\k2"], r#"KEY_ID "k1\k2" has '\' in it; {only}"#),
    no(&["k1,k2"], r#"KEY_ID "{last}" has ',' in it; {only}"#),
    no(&["k1;k2"], r#"KEY_ID "{last}" has ';' in it; {only}"#),
    no(&["*"], r#"KEY_ID "*" has '*' in it; {only}"#),
    no(&["$KEY"], r#"KEY_ID "{last}" has '$' in it; {only}"#),
    no(&["\"k1\""], r#"KEY_ID ""k1"" has '"' in it; {only}"#).hint("remove the quotes"),
    no(&["--", "k1", "--yes=1"], r#"KEY_ID "--yes=1" has '=' in it; {only}"#),
    no(&[" "], r#"KEY_ID " " has a space in it; {only}"#),
    no(&["k1 k2"], r#"KEY_ID "{last}" has a space in it; {only}"#).hint("is this a display name? --name selects by it"),
    no(&[], r#"KEY_ID "{last}" has ',' in it; {only}"#).hint(SEVERAL).each(&["wduuqg3ip2c3i3gpopapxhcgxe,k3vqzmd5yhw2j7txc4rnb6aeu", "wduuqg3ip2c3i3gpopapxhcgxe,"]),
    no(&[], r#"KEY_ID "{last}" has a space in it; {only}"#).hint(SEVERAL).each(&["wduuqg3ip2c3i3gpopapxhcgxe k3vqzmd5yhw2j7txc4rnb6aeu"]),
    no(&["k1"], r#"KEY_ID "{last}" stands for a value that is missing"#).hint(MISSING).each(&[
        "null", "undefined", "None", "NIL", "true", "false",
    ]),
    no(&["--ignore-not-found", "--", "null"], r#"KEY_ID "null" stands for a value that is missing"#).hint(MISSING),
    // A wrapper's `-- "$@"`.
    no(&["--", "--dry-run", "k1"], "--dry-run stands after --, where only KEY_IDs do").hint("give options before --"),
    no(&["--", "k1"], "{last} stands after --, where only KEY_IDs do").hint("give options before --").each(&["--yes", "--org", "--help"]),
    no(&["k1\tk2"], r#"KEY_ID "k1 k2" has a tab in it; {only}"#),
    no(&[], r#"KEY_ID "k1 " has a line break in it; {only}"#).hint(AROUND).each(&["k1\n", "k1\r"]),
    no(&["k1\r\nX-Injected: 1"], r#"KEY_ID "k1  X-Injected: 1" has a line break in it; {only}"#),
    no(&["\u{1b}[31mk1"], r#"KEY_ID " [31mk1" has the character U+001B in it; {only}"#),
    no(&["k1\u{7f}"], r#"KEY_ID "k1 " has the character U+007F in it; {only}"#),
    no(&["k1\u{200b}"], r#"KEY_ID "k1" has the character U+200B in it; {only}"#),
    no(&["k1\u{202e}2k"], r#"KEY_ID "k12k" has the character U+202E in it; {only}"#),
    no(&["k1\u{a0}"], r#"KEY_ID "k1 " has the character U+00A0 in it; {only}"#).hint(AROUND),
    no(&["clé"], r#"KEY_ID "clé" has the character U+00E9 in it; {only}"#),
    // A Cyrillic а, and full-width letters.
    no(&["kа"], r#"KEY_ID "kа" has the character U+0430 in it; {only}"#),
    no(&["ｋ１"], r#"KEY_ID "ｋ１" has the character U+FF4B in it; {only}"#),
    // What a word processor makes of two dashes.
    no(&["k1", "–dry-run"], r#"KEY_ID "–dry-run" has the character U+2013 in it; {only}"#)
        .hint("is this a dash from a document? options begin with two hyphens"),
    no(&["{x129}"], r#"KEY_ID "{x60}…" is 129 characters long; at most 128 are allowed"#),
    no(&["k1"], "KEY_ID {secret}").hint(VALUE).each(&["{value}", "{VALUE}", "k1-{value}", "id={value}"]),
    no(&["k1"], "no organization is given").hint(NO_ORGANIZATION).set(VARIABLE, &["{unset}", ""]),
    no(&["k1", "--org", ""], "--org is empty").hint(UNSET),
    no(&["k1", "--org", "..", "--yes"], r#"--org ".." has '.' in it; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o", "my org"], r#"--org "my org" has a space in it; {only}"#).hint(ORGANIZATION),
    no(&["k1", "--org=a%2e"], r#"--org "a%2e" has '%' in it; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o=a=b"], r#"--org "a=b" has '=' in it; {only}"#).hint(ORGANIZATION),
    // Quotes are characters like others, whichever way the value is given.
    no(&["k1", "--org=\"o\""], r#"--org ""o"" has '"' in it; {only}"#).hint(ORGANIZATION),
    no(&["k1", "-o='o'"], r#"--org "'o'" has ''' in it; {only}"#).hint(ORGANIZATION),
    no(&["k1", "--org", "{x129}"], r#"--org "{x60}…" is 129 characters long; at most 128 are allowed"#).hint(ORGANIZATION),
    no(&["k1", "--org", "{value}"], "--org {secret}").hint(ORGANIZATION),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID "a/b" has '/' in it; {only}"#).hint(ORGANIZATION).set(VARIABLE, &["a/b"]),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID " " has a space in it; {only}"#).hint(ORGANIZATION).set(VARIABLE, &[" "]),
    no(&["k1"], r#"COVEO_ORGANIZATION_ID "org " has a line break in it; {only}"#).hint(ORGANIZATION).set(VARIABLE, &["org\n"]),
    no(&["k1"], "COVEO_ORGANIZATION_ID {secret}").hint(ORGANIZATION).set(VARIABLE, &["{value}"]),
];
