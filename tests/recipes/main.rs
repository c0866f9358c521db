//! The recipes of `doc/recipes.md`: scripts run against a fake organization, those inside pipelines included; pipelines,
//! manifests and units are compared with their schemas. Also the container image that they name.
#![cfg(target_os = "linux")]

mod book;
mod image;
mod pipelines;
mod scene;
mod schedules;
mod schemas;
mod scripts;

use book::Recipe;
use support::harness::parallel;

/// Checks a recipe.
type Check = fn(&Recipe);

/// The check of each recipe, by its title.
const CHECKS: [(&str, Check); 16] = [
    ("A script under `set -e`", scripts::set_e),
    ("The JSON with jq", scripts::json),
    ("Find a key", scripts::find),
    ("Delete by name", scripts::delete_by_name),
    ("Rotate a key", scripts::rotate),
    ("A key leaked", scripts::leak),
    ("Undo a mass change", scripts::undo),
    ("cron", schedules::cron),
    ("systemd", schedules::systemd),
    ("A container", image::recipe),
    ("Kubernetes", schedules::kubernetes),
    ("GitHub Actions", pipelines::github),
    ("GitLab CI", pipelines::gitlab),
    ("Jenkins", pipelines::jenkins),
    ("Azure Pipelines", pipelines::azure),
    ("CircleCI", pipelines::circleci),
];

#[test]
fn recipes_work() {
    let recipes = book::recipes();
    let mut titles: Vec<&str> = recipes.iter().map(|recipe| recipe.title.as_str()).collect();
    // All pipelines run its scripts.
    titles.retain(|title| *title != book::SCRIPTS);
    assert_eq!(titles, CHECKS.map(|(title, _)| title));
    parallel(4, &CHECKS, |(title, check)| check(&book::recipe(title)));
}

#[test]
fn recipes_that_select_have_patterns() {
    let conditions = ["--disabled-for", "--expired-for", "--unused-for", "--exposed", "--older-than"];
    // Named keys need no pattern, and a list changes nothing.
    let safe = ["_ID\"", "--from", "--list"];
    let has = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
    let recipes = book::recipes();
    let lines = recipes.iter().flat_map(|recipe| recipe.blocks.iter().flat_map(|(_, text)| text.lines()));
    let selecting: Vec<&str> = lines.filter(|line| has(line, &conditions) && !has(line, &safe)).collect();
    assert!(selecting.len() >= 10, "{selecting:?}");
    for line in selecting {
        assert!(has(line, &["--name", "--exclude"]), "{line}");
    }
}
