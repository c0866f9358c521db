//! The recipes that are shell scripts.

use crate::book::Recipe;
use crate::scene::{Scene, disabled, key, used};
use support::fake_coveo::{ApiKey, CannedResponse, EXPIRED_TOKEN, FULL_TOKEN, Fault, days_ago};
use support::harness::needed;

const ONE: &str = "wduuqg3ip2c3i3gpopapxhcgxe";
const TWO: &str = "k3vqzmd5yhw2j7txc4rnb6aeua";
const THREE: &str = "b5tj2xwoq7e3rkzm4dvhcnyf6i";

/// Each attempt gets 503, without a pause between them.
fn unavailable() -> Fault {
    Fault::Answer(CannedResponse::status(503).header("Retry-After", "0"))
}

pub fn set_e(recipe: &Recipe) {
    let [script] = recipe.blocks(["sh"]);
    let scene = Scene::new([key(ONE, "Shop", 9)]);
    let run = |token| scene.sh(script, &[("KEY_ID", ONE), ("COVEO_ACCESS_TOKEN", token)]);
    run(EXPIRED_TOKEN).assert_status(3);
    scene.coveo.inject("DELETE", ONE, unavailable());
    run(FULL_TOKEN).assert_status(75).assert_stderr("no response; run it again later\n");
    scene.coveo.plan(|_| Fault::None);
    run(FULL_TOKEN).assert_status(0);
    assert_eq!(scene.names(), [""; 0]);
    run(FULL_TOKEN).assert_status(0);
}

pub fn json(recipe: &Recipe) {
    let Some(_) = needed("jq", "jq") else { return };
    let [script] = recipe.blocks(["sh"]);
    let scene = Scene::new([key(ONE, "Shop", 9), key(TWO, "Site", 9)]);
    scene.write("keys.txt", &format!("{ONE}\n{TWO}\n{THREE}\n"));
    scene.coveo.inject("DELETE", TWO, unavailable());
    let ran = scene.sh(script, &[]).assert_status(1);
    let counts = "{\n  \"deleted\": 1,\n  \"notFound\": 1,\n  \"unknown\": 1\n}\n";
    assert_eq!(ran.stdout, format!("{TWO}\n{counts}"));
}

pub fn find(recipe: &Recipe) {
    let Some(_) = needed("jq", "jq") else { return };
    let [by_name, by_value, by_creator] = recipe.blocks(["sh", "sh", "sh"]);
    let own_value = Some("xx0a1b2c3d-0000-4000-8000-000000001343".to_owned());
    let by_ann = ApiKey { created_by: "ann@example.com".to_owned(), ..key(ONE, "Shop EU", 9) };
    let scene = Scene::new([by_ann, ApiKey { own_value, ..key(TWO, "Site", 9) }]);
    let ran = scene.sh(by_name, &[]).assert_status(0);
    assert_eq!([ONE, "Shop EU", TWO].map(|text| ran.stdout.contains(text)), [true, true, false], "{ran:?}");
    let ran = scene.sh(by_value, &[]).assert_status(0);
    assert_eq!(ran.stdout, format!("{TWO}\n"));
    let ran = scene.sh(by_creator, &[]).assert_status(0);
    assert!(ran.stdout.starts_with(&format!("would disable {ONE} ")) && !ran.stdout.contains(TWO), "{ran:?}");
    scene.sh(&by_creator.replace(" --dry-run", ""), &[]).assert_status(0);
    assert_eq!([ONE, TWO].map(|id| scene.coveo.is_enabled(id)), [Some(false), Some(true)]);
}

pub fn delete_by_name(recipe: &Recipe) {
    let [script] = recipe.blocks(["sh"]);
    let scene = Scene::new([key(ONE, "CI build 1", 9), key(TWO, "CI build 2", 1), key(THREE, "Shop", 9)]);
    let ran = scene.sh(script, &[]).assert_status(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let [first, second] = lines[..] else { panic!("{ran:?}") };
    assert!(first.starts_with("would delete ") && second.starts_with("deleted "), "{ran:?}");
    assert_eq!(scene.names(), ["CI build 2", "Shop"]);
}

pub fn rotate(recipe: &Recipe) {
    let (Some(_), Some(_)) = (needed("jq", "jq"), needed("curl", "curl")) else { return };
    let [create, activate, delete] = recipe.blocks(["sh", "sh", "sh"]);
    let scene = Scene::new([key(ONE, "Shop 2025-11", 400)]);
    let old = [("OLD_KEY_ID", ONE)];
    scene.sh(create, &old).assert_status(0);
    assert_eq!(scene.names(), ["Shop 2025-11", "Shop 2026-11"]);
    assert_eq!(scene.names_if(|key| key.enabled), ["Shop 2026-11"]);
    assert!(scene.read("new-key.json").contains("\"value\":\"xx"));
    scene.sh(activate, &old).assert_status(0);
    assert_eq!(scene.coveo.is_enabled(ONE), Some(true));
    // It's kept as long as it's enabled, or disabled for less than a month.
    scene.sh(delete, &old).assert_status(0);
    scene.sh("coveo-delete-key --disable $OLD_KEY_ID", &old).assert_status(0);
    scene.sh(delete, &old).assert_status(0);
    assert!(scene.coveo.exists(ONE));
    scene.coveo.add(disabled(ONE, "Shop 2025-11", 31));
    scene.sh(delete, &old).assert_status(0);
    assert_eq!(scene.names(), ["Shop 2026-11"]);
}

pub fn leak(recipe: &Recipe) {
    let Some(_) = needed("jq", "jq") else { return };
    let [disable, delete] = recipe.blocks(["sh", "sh"]);
    let exposed = |key| ApiKey { exposure: ApiKey::exposed("", days_ago(0)).exposure, ..key };
    let keys = [key(ONE, "prod shop", 9), key(TWO, "Demo", 9), key(THREE, "Prototype", 9)].map(exposed);
    let scene = Scene::new(keys.into_iter().chain([key("f7ncy4kdz2ovtq3whx5mjr6beq", "Site", 9)]));
    let ran = scene.sh(disable, &[]).assert_status(0);
    assert_eq!([ONE, THREE, "Site"].map(|text| ran.stdout.contains(text)), [true, true, false], "{ran:?}");
    assert_eq!(scene.names_if(|key| key.enabled), ["prod shop", "Site"]);
    scene.coveo.enable(TWO);
    scene.coveo.add(exposed(disabled(THREE, "Prototype", 1)));
    scene.sh(delete, &[]).assert_status(0);
    assert_eq!(scene.names(), ["prod shop", "Demo", "Site"]);
    scene.write("disabled.jsonl", "");
    scene.sh(delete, &[]).assert_status(2);
}

pub fn undo(recipe: &Recipe) {
    let Some(_) = needed("jq", "jq") else { return };
    let [disable, activate] = recipe.blocks(["sh", "sh"]);
    let in_use = used("f7ncy4kdz2ovtq3whx5mjr6beq", "Search page", 99);
    let unused = [key(ONE, "Shop", 99), key(TWO, "prod push", 99), key(THREE, "Site", 200)];
    let scene = Scene::new(unused.into_iter().chain([in_use]));
    scene.sh(disable, &[]).assert_status(0);
    assert_eq!([ONE, TWO, THREE].map(|id| scene.coveo.is_enabled(id)), [false, true, false].map(Some));
    scene.sh(activate, &[]).assert_status(0);
    assert_eq!([ONE, TWO, THREE].map(|id| scene.coveo.is_enabled(id)), [Some(true); 3]);
}
