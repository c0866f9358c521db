//! `--name`: patterns match whole names, and alone they match keys of any status.

use serde_json::{Value, json};

use crate::fixtures::{OLD, ids_after, organization, showing, unused};
use crate::oracle::glob_matches;
use support::fake_coveo::{Fault, always};
use support::harness::{cli, parallel};

#[rustfmt::skip]
const NAMES: [&str; 20] = [
    "ci-1", "ci-22", "CI-1", "prod ci-1", "cci-1", "ci-", "ci-é", "ci-日", "[ci]-1", "ci.1", "ci\\*", "*", "?", "ci-1 ci-1",
    // Names are sanitized only for display.
    "", "two  spaces", " edge ", "te\u{200b}st", "te\nst", "long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-old",
];

const GLOBS: &str = "ci-1 ci-* ci-? ci-?? *ci-1 *-1 *c*1 [ci]-1 ci.? ci\\* ? c Ci-1 ci-{1,22} (ci-1) ^ci-1$ \
                     ci-1*ci-1*ci-1 * *é* *日* edge test te?st *-old *… two?spaces two??spaces";

#[test]
fn glob_matches_whole_names() {
    let mut names: Vec<Value> = NAMES.map(Value::from).to_vec();
    names.extend([json!(format!("{}-old", "x".repeat(400))), Value::Null, json!(7), json!(["ci-1"])]);
    let keys =
        names.iter().enumerate().map(|(at, name)| json!({"id": format!("k{at}"), "displayName": name}));
    let coveo = &showing(&keys.collect::<Vec<_>>());
    parallel(4, &GLOBS.split(' ').collect::<Vec<_>>(), |glob| {
        let matches = |at: &usize| names[*at].as_str().is_some_and(|name| glob_matches(glob, name));
        let expected: Vec<String> = (0..names.len()).filter(matches).map(|at| format!("k{at}")).collect();
        // Without a letter or digit, a pattern is allowed only in a dry run.
        let dry_run = (!glob.contains(char::is_alphanumeric)).then_some("--dry-run");
        let listed = cli(coveo).args(["--max=100", "--name", glob]).args(dry_run).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), expected);
    });
    coveo.assert_only_reads();
}

/// Without an age, the server's clock doesn't matter.
#[test]
fn name_alone_needs_no_date_header() {
    for (more, status, left) in [(&[][..], 0, 0), (&["--older-than", "1d"], 1, 1)] {
        let coveo = organization([unused("k1", OLD)]);
        coveo.plan(always(Fault::header("Date", "soon")));
        cli(&coveo).args(["--name", "Key k1", "--yes"]).args(more).run().assert_status(status);
        assert_eq!(coveo.ids().len(), left);
    }
}

/// Otherwise a clean-up with a wrong pattern would never clean up, with --quiet without a word.
#[test]
fn nearly_matching_names_have_a_hint() {
    for (glob, hint) in [
        ("KEY *", "--name is case-sensitive: ignoring case, it would match 2 keys"),
        ("ey a", "--name matches the whole name: with * at both ends, it would match 1 key"),
        ("Key ?-old", ""),
    ] {
        let coveo = organization(["a", "b"].map(|id| unused(id, OLD)));
        for quiet in [None, Some("-q")] {
            let run = cli(&coveo).args(["--name", glob, "--yes"]).args(quiet).run().assert_status(0);
            assert_eq!(run.stderr.contains("hint: "), !hint.is_empty(), "{}", run.stderr);
            run.assert_stderr(hint);
            assert_eq!(run.stderr.contains("2 keys were read"), quiet.is_none(), "{}", run.stderr);
        }
        coveo.assert_only_reads();
    }
}

/// A key whose masked value fits the token is left alone; any other value is no reason.
#[test]
fn own_key_never_matches() {
    for (value, is_own) in [
        (json!("xx*****00f0"), true),
        (json!("xx******f0"), true),
        (json!("XX*****00F0"), true),
        (json!("xx*****1343"), false),
        (json!("*****"), false),
        (Value::Null, false),
    ] {
        let own = json!({
            "id": "own", "displayName": "tmp-1", "value": value, "status": "DISABLED", "enabled": false,
            "disabledDate": "2022-01-01T00:00:00Z",
        });
        for arguments in [&["--name", "tmp-*"][..], &["--disabled-for", "30d"], &["--name", "tmp-*", "own"]] {
            let coveo = showing(std::slice::from_ref(&own));
            let run = cli(&coveo).args(arguments).args(["--yes", "-q"]).run().assert_status(0);
            assert_eq!(coveo.exists("own"), is_own, "{value} {arguments:?}: {}", run.stderr);
            let says = (run.stdout + &run.stderr).contains("may be the API key that this run uses");
            assert_eq!(says, is_own && !arguments.contains(&"own"));
        }
    }
}

#[test]
fn partial_or_unproven_list_selects_nothing() {
    let link = "<https://platform.cloud.coveo.com/rest/organizations/o/apikeys?page=1>; rel=\"next\"";
    let page = organization([unused("k1", OLD)]);
    page.inject("GET", "/apikeys", Fault::header("Link", link));
    let empty = organization([]);
    empty.inject("GET", "/privileges/token", Fault::json("[]"));
    for (coveo, words) in [(page, "one page of several"), (empty, "the list is empty, and nothing proves")] {
        for arguments in [&["--name", "Key *", "--yes"][..], &["--name", "Key *", "-n"], &["--list"]] {
            let run = cli(&coveo).args(arguments).run().assert_status(1);
            assert_eq!(run.assert_stderr(words).stdout, "");
        }
        coveo.assert_only_reads();
    }
}
