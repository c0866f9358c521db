//! Organizations of random keys: exactly the keys that match according to the oracle are changed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::fixtures::{ANY_NUMBER, BORDER, DAY, NOW, at, changed, ids_after, left_alone, showing};
use crate::oracle::{Condition, DISABLED, Fit, Key, shows_use};
use crate::table::no_dates;
use support::fake_coveo::ORGANIZATION;
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
    let name = prop::option::weighted(0.9, "[abé]{1,4}".prop_map(Value::from));
    let enabled = prop_oneof![5 => Just(Some(json!(true))), 5 => Just(Some(json!(false))), 1 => Just(None)];
    let activated = prop::option::weighted(0.3, date()).prop_map(Option::flatten);
    let organizations = [ORGANIZATION, ORGANIZATION, "another"].map(Value::from);
    let exposures = [json!({"severity": "HIGH"}), json!(true), Value::Null];
    let fields = [
        ("id", id().boxed()),
        ("displayName", name.boxed()),
        ("status", status().boxed()),
        ("enabled", enabled.boxed()),
        ("createdDate", date().boxed()),
        ("lastUsedDate", date().boxed()),
        ("expirationDate", date().boxed()),
        ("disabledDate", date().boxed()),
        ("activationDate", activated.boxed()),
        ("organizationId", prop::option::weighted(0.5, prop::sample::select(organizations.to_vec())).boxed()),
        ("exposureReport", prop::option::weighted(0.2, prop::sample::select(exposures.to_vec())).boxed()),
    ];
    let field = |(name, value): (&'static str, BoxedStrategy<Option<Value>>)| {
        value.prop_map(move |value| Some((name.to_owned(), value?)))
    };
    fields.map(field).to_vec().prop_map(|fields| fields.into_iter().flatten().collect())
}

/// Whether the ID is valid and unique.
fn has_unique_id(key: &Value, keys: &[Value]) -> bool {
    let plain = |id: &str| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    key["id"].as_str().is_some_and(plain) && keys.iter().filter(|other| other["id"] == key["id"]).count() == 1
}

/// The conditions of a run; at least one of them selects keys.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let globs = |most| {
        let glob = "[abé?*]{1,4}".prop_filter("a letter", |glob| glob.contains(char::is_alphabetic));
        prop::collection::vec(glob, 0..=most)
    };
    let lifecycle = prop::option::weighted(0.7, prop::sample::select(Condition::LIFECYCLE.to_vec()));
    let rest = (prop::bool::weighted(0.15), globs(2), prop::bool::weighted(0.2), globs(2));
    (lifecycle, rest).prop_map(|(lifecycle, (exposed, name, older, exclude))| {
        let name = if lifecycle.is_none() && !exposed && name.is_empty() { vec!["*a*".into()] } else { name };
        let all = [
            lifecycle,
            exposed.then_some(Condition::Exposed),
            (!name.is_empty()).then_some(Condition::Name(name)),
            older.then_some(Condition::Older),
            (!exclude.is_empty()).then_some(Condition::Exclude(exclude)),
        ];
        all.into_iter().flatten().collect()
    })
}

/// `--disable` skips disabled keys unless a condition on the status decides.
fn is_skipped(key: &Value, conditions: &[Condition]) -> bool {
    let is_disabled = key["status"].as_str().is_some_and(|status| DISABLED.contains(&status));
    let has_lifecycle = conditions.iter().any(|condition| Condition::LIFECYCLE.contains(condition));
    !has_lifecycle && (is_disabled || key["enabled"] == Value::Bool(false))
}

fn compare_with_the_oracle(
    keys: &[Value],
    conditions: &[Condition],
    disable: bool,
) -> Result<(), TestCaseError> {
    let coveo = showing(keys);
    let ids = coveo.ids();
    let disable = disable && !conditions.contains(&Condition::Disabled);
    let uses_are_known = keys.iter().any(|key| shows_use(key, ORGANIZATION));
    let (mut expected, mut left) = (Vec::new(), 0);
    for json in keys {
        match (Key { json, now: NOW, uses_are_known }).judge(conditions, ORGANIZATION) {
            Fit::No => {}
            _ if disable && is_skipped(json, conditions) => {}
            Fit::Yes if has_unique_id(json, keys) => expected.push(json["id"].as_str().unwrap().to_owned()),
            Fit::Yes | Fit::LeftAlone => left += 1,
        }
    }
    let arguments = conditions.iter().flat_map(Condition::arguments);
    let arguments: Vec<String> = arguments.chain(disable.then(|| "--disable".to_owned())).collect();
    let run = |mode| cli(&coveo).args(&arguments).args([ANY_NUMBER, mode]).run();
    let (would, did) = if disable { ("would disable ", "disabled ") } else { ("would delete ", "deleted ") };
    let listed = run("-q");
    prop_assert_eq!(listed.status, 0, "{}", listed.stderr);
    prop_assert_eq!(&ids_after(would, &listed.stdout), &expected);
    prop_assert_eq!(left_alone(&listed.stderr), left, "{}", listed.stderr);
    prop_assert!(coveo.journal().iter().all(|line| line.starts_with("GET ")));
    prop_assert!(changed(&coveo, &ids).is_empty());

    let done = run("--yes");
    prop_assert_eq!(done.status, 0, "{}", done.stderr);
    prop_assert_eq!(&ids_after(did, &done.stdout), &expected);
    prop_assert_eq!(changed(&coveo, &ids), BTreeSet::from_iter(expected));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn exactly_the_keys_of_the_oracle_are_changed(
        keys in prop::collection::vec(key(), 0..60),
        conditions in conditions(),
        disable: bool,
    ) {
        compare_with_the_oracle(&keys, &conditions, disable)?;
    }
}
