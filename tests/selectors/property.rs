//! Organizations of random keys: exactly the keys that match according to the oracle are changed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, BORDER, DAY, NOW, at, changed, ids_after, showing};
use crate::names::matches;
use crate::oracle::{Selector, takes};
use crate::table::no_dates;
use support::harness::cli;

/// A second in each form of a date.
fn forms(second: u64) -> Vec<Value> {
    let text = |second: u64| humantime::format_rfc3339_seconds(at(second)).to_string();
    let utc = text(second);
    let bare = utc.trim_end_matches('Z');
    let shifted = |hours: i64, zone: &str| {
        let local = second.checked_add_signed(hours * 3600).expect("far from 1970");
        json!(text(local).replace('Z', zone))
    };
    vec![
        json!(utc),
        json!(format!("{bare}.000Z")),
        json!(format!("{bare}.001Z")),
        json!(format!("{bare}.000001Z")),
        json!(format!("{bare}+00:00")),
        json!(format!("{bare}.000+0000")),
        shifted(2, "+02:00"),
        shifted(-5, "-05:00"),
        shifted(14, ".0+14:00"),
        shifted(-11, "-1100"),
        json!(second * 1000),
        json!(second * 1000 - 1),
        json!(second * 1000 + 1),
    ]
}

/// A valid, invalid or missing date, usually near [`BORDER`].
fn date() -> impl Strategy<Value = Option<Value>> {
    let second = prop_oneof![
        3 => BORDER - 3..BORDER + 3,
        2 => BORDER - 3000 * DAY..BORDER,
        1 => BORDER..NOW + 300 * DAY,
    ];
    let form = (second, any::<prop::sample::Index>());
    prop_oneof![
        5 => form.prop_map(|(second, index)| Some(index.get(&forms(second)).clone())),
        1 => any::<prop::sample::Index>().prop_map(|index| Some(index.get(&no_dates()).clone())),
        1 => "\\PC{0,30}".prop_map(|text| Some(json!(text))),
        1 => Just(Some(Value::Null)),
        1 => Just(None),
    ]
}

fn status() -> impl Strategy<Value = Option<Value>> {
    let known = [
        "ENABLED",
        "SOON_TO_BE_EXPIRED",
        "SOON_TO_BE_DISABLED",
        "DISABLED",
        "DISABLED_FOR_INACTIVITY",
        "DISABLED_EXPOSED",
        "EXPIRED",
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()).prop_map(|status| Some(json!(status))),
        1 => "[A-Z_]{0,12}".prop_map(|status| Some(json!(status))),
        1 => prop::sample::select(vec![None, Some(Value::Null), Some(json!(1)), Some(json!(["EXPIRED"]))]),
    ]
}

/// An ID, usually valid and unique; `None` if the key has none.
fn id() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        16 => "[a-z0-9]{20}".prop_map(|id| Some(json!(id))),
        // Only two, so some are repeated.
        3 => "[ab]".prop_map(|id| Some(json!(id))),
        1 => prop::sample::select(vec!["", ".", "..", "a/b", "../a", "a%2Fb", "a b", "a\n", "é"])
            .prop_map(|id| Some(json!(id))),
        1 => prop::sample::select(vec![None, Some(Value::Null), Some(json!(7)), Some(json!(["a"]))]),
    ]
}

fn key() -> impl Strategy<Value = Value> {
    let enabled = prop_oneof![
        5 => Just(Some(true)),
        5 => Just(Some(false)),
        1 => Just(None),
    ];
    let name = prop::option::weighted(0.9, "[abé]{1,4}");
    let dates = (date(), date(), date(), date(), prop::option::weighted(0.3, date()));
    (id(), name, status(), enabled, dates).prop_map(
        |(id, name, status, enabled, (created, used, expiration, disabled, activated))| {
            let fields = [
                ("id", id),
                ("displayName", name.map(Value::from)),
                ("status", status),
                ("enabled", enabled.map(Value::from)),
                ("createdDate", created),
                ("lastUsedDate", used),
                ("expirationDate", expiration),
                ("disabledDate", disabled),
                ("activationDate", activated.flatten()),
            ];
            fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
        },
    )
}

/// Whether the ID is valid and unique.
fn has_unique_id(key: &Value, keys: &[Value]) -> bool {
    let plain = |id: &str| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    key["id"].as_str().is_some_and(plain) && keys.iter().filter(|other| other["id"] == key["id"]).count() == 1
}

fn compare_with_the_oracle(
    keys: &[Value],
    selector: Selector,
    disable: bool,
    glob: Option<&str>,
) -> Result<(), TestCaseError> {
    let coveo = showing(keys);
    let ids = coveo.ids();
    let fits = |key: &Value| {
        glob.is_none_or(|glob| key["displayName"].as_str().is_some_and(|name| matches(glob, name)))
    };
    let expected: Vec<String> = keys
        .iter()
        .filter(|key| takes(selector, key, NOW, 30 * DAY) && fits(key) && has_unique_id(key, keys))
        .filter_map(|key| key["id"].as_str().map(str::to_owned))
        .collect();
    let disable = disable && selector != Selector::Disabled;
    let run = |arguments: &[&str]| {
        let cli = cli(&coveo).args([selector.option(), "30d", ANY_NUMBER]).args(arguments);
        let cli = if disable { cli.arg("--disable") } else { cli };
        match glob {
            Some(glob) => cli.arg(format!("--name={glob}")).run(),
            None => cli.run(),
        }
    };
    let (would, did) = if disable { ("would disable ", "disabled ") } else { ("would delete ", "deleted ") };
    let listed = run(&[]);
    prop_assert_eq!(listed.status, 0, "{}", listed.stderr);
    prop_assert_eq!(&ids_after(would, &listed.stdout), &expected);
    prop_assert!(coveo.journal().iter().all(|line| line.starts_with("GET ")));
    prop_assert!(changed(&coveo, &ids).is_empty());

    let done = run(&["--yes"]);
    prop_assert_eq!(done.status, 0, "{}", done.stderr);
    prop_assert_eq!(&ids_after(did, &done.stdout), &expected);
    prop_assert_eq!(changed(&coveo, &ids), BTreeSet::from_iter(expected));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn exactly_the_keys_of_the_oracle_are_changed(
        keys in prop::collection::vec(key(), 0..60),
        selector in prop::sample::select(Selector::ALL.to_vec()),
        disable: bool,
        glob in prop::option::weighted(0.3, "[abé?*]{1,4}"),
    ) {
        compare_with_the_oracle(&keys, selector, disable, glob.as_deref())?;
    }
}
