//! The recipes for build servers: each file against its schema, and its scripts in the order in which the server would run
//! them, with and without a test that fails.

use serde_json::Value;

use crate::book::Recipe;
use crate::scene::{Scene, key};
use crate::schemas::{check, yaml};
use support::fake_coveo::FULL_TOKEN;
use support::harness::{binary, needed, program};

/// A script of a job.
#[derive(Debug)]
struct Step {
    script: String,
    variables: Vec<(String, String)>,
    /// Whether it runs after a failed step too.
    always: bool,
}

impl Step {
    fn new(script: &str) -> Step {
        Step { script: script.to_owned(), variables: Vec::new(), always: false }
    }

    /// A step of a list, with its script in `field`, and its variables in `env`.
    fn of(step: &Value, field: &str, always: bool) -> Option<Step> {
        let script = step[field].as_str()?;
        let variable =
            |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
        let variables = step["env"].as_object().into_iter().flatten().map(variable).collect();
        Some(Step { variables, always, ..Step::new(script) })
    }
}

/// Variables that build servers set.
const BUILTIN: [(&str, &str); 5] = [
    ("GITHUB_OUTPUT", "output"),
    ("GITHUB_RUN_ID", "41"),
    ("BUILD_TAG", "41"),
    ("CI_JOB_ID", "41"),
    ("CIRCLE_WORKFLOW_JOB_ID", "41"),
];

/// Runs the steps as a build server would, with expressions replaced by their values. Returns whether all succeeded.
fn run(scene: &Scene, steps: &[Step]) -> bool {
    let mut succeeded = true;
    scene.write("output", "");
    for step in steps.iter().filter(|step| !step.script.is_empty()) {
        let output = scene.read("output");
        let id = output.trim().strip_prefix("id=").unwrap_or_default();
        let values = [
            ("${{ steps.key.outputs.id }}", id),
            ("${{ secrets.COVEO_ACCESS_TOKEN }}", FULL_TOKEN),
            ("${{ vars.COVEO_ORGANIZATION_ID }}", scene.coveo.id()),
            ("$(COVEO_TOKEN)", FULL_TOKEN),
            ("$(Build.BuildId)", "41"),
        ];
        let fill = |text: &str| {
            let text = values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
            assert!(!text.contains("${{"), "an expression without a value: {text}");
            text
        };
        if succeeded || step.always {
            let own: Vec<_> =
                step.variables.iter().map(|(name, value)| (name.as_str(), fill(value))).collect();
            let own = own.iter().map(|(name, value)| (*name, value.as_str()));
            let variables: Vec<(&str, &str)> = own.chain(BUILTIN).collect();
            let ran = scene.sh(&format!("set -e\n{}", fill(&step.script)), &variables);
            assert!(ran.status == 0 || step.script.contains("run-tests"), "{}: {ran:?}", step.script);
            succeeded &= ran.status == 0;
        }
    }
    succeeded
}

/// An organization with keys of old builds, and a release to download.
fn scene() -> Option<Scene> {
    for name in ["jq", "curl"] {
        needed(name, name)?;
    }
    let scene = Scene::new([
        key("wduuqg3ip2c3i3gpopapxhcgxe", "CI build 1", 2),
        key("k3vqzmd5yhw2j7txc4rnb6aeua", "CI build 2", 0),
        key("b5tj2xwoq7e3rkzm4dvhcnyf6i", "Shop", 9),
    ]);
    let pack = format!(
        "set -e\nname=coveo-delete-key-{}-x86_64-unknown-linux-musl\nmkdir $name\n\
         ln -s '{}' $name/coveo-delete-key\ntar -czf release.tar.gz $name\nrm -r $name\nsha256sum release.tar.gz",
        env!("CARGO_PKG_VERSION"),
        binary().display()
    );
    let packed = scene.sh(&pack, &[]).assert_status(0);
    let sum = packed.stdout.split(' ').next().expect("sha256sum prints a sum");
    let install = "ci/install-coveo-delete-key.sh";
    let script = scene.read(install);
    assert_eq!(script.matches("sha256=...").count(), 1);
    scene.write(install, &script.replace("sha256=...", &format!("sha256={sum}")));
    scene.program(
        "programs/curl",
        &format!(
            "#!/bin/sh\nfor last; do :; done\ncase $last in\n\
             {}/releases/download/v{}/*.tar.gz) cp '{}/release.tar.gz' \"${{last##*/}}\" ;;\n*) exec {} \"$@\" ;;\nesac\n",
            env!("CARGO_PKG_REPOSITORY"),
            env!("CARGO_PKG_VERSION"),
            scene.path().display(),
            program("curl", "curl").ok()?.display()
        ),
    );
    scene.stub("apk");
    Some(scene)
}

/// Runs the job with a test that succeeds and one that fails, and then the sweep.
#[track_caller]
fn create_use_delete(build: &[Step], sweep: &[Step]) {
    let Some(scene) = scene() else { return };
    let before = scene.names();
    for status in [0, 1] {
        // Only the job's own key is new.
        let tests = format!("#!/bin/sh\necho \"$COVEO_API_KEY\" >seen\n[ -s key.json ]\nexit {status}\n");
        scene.program("run-tests", &tests);
        assert_eq!(run(&scene, build), status == 0);
        assert!(scene.read("seen").starts_with("xx"), "the job has no key");
        assert_eq!(scene.names(), before, "its key is left");
        assert_eq!(scene.coveo.count("POST", "/apikeys"), 1 + status);
    }
    assert!(run(&scene, sweep));
    assert_eq!(scene.names(), ["CI build 2", "Shop"]);
}

/// Writes a file, and checks it against its schema.
fn checked(text: &str, schema: &str) -> Option<Value> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("pipeline.yml");
    std::fs::write(&file, text).expect("a file can be written");
    check(&file, schema);
    yaml(&file)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn github(recipe: &Recipe) {
    let [build, sweep] = recipe.blocks(["yaml", "yaml"]).map(|text| checked(text, "github-workflows"));
    let (Some(build), Some(sweep)) = (build, sweep) else { return };
    let steps = |job: &Value| -> Vec<Step> {
        let always =
            |step: &Value| step["if"].as_str().is_some_and(|condition| condition.starts_with("always()"));
        list(&job["steps"]).iter().filter_map(|step| Step::of(step, "run", always(step))).collect()
    };
    create_use_delete(&steps(&build["jobs"]["build"]), &steps(&sweep["jobs"]["sweep"]));
}

pub fn gitlab(recipe: &Recipe) {
    let [text] = recipe.blocks(["yaml"]);
    let Some(file) = checked(text, "gitlab-ci") else { return };
    let steps = |job: &Value| -> Vec<Step> {
        let lines = |value| list(value).iter().filter_map(Value::as_str).map(Step::new);
        let after = lines(&job["after_script"]).map(|step| Step { always: true, ..step });
        lines(&file["default"]["before_script"]).chain(lines(&job["script"])).chain(after).collect()
    };
    create_use_delete(&steps(&file["build"]), &steps(&file["sweep"]));
}

pub fn azure(recipe: &Recipe) {
    let [text] = recipe.blocks(["yaml"]);
    let Some(file) = checked(text, "azure-pipelines") else { return };
    let steps = |job: &Value| -> Vec<Step> {
        let always = |step: &Value| step["condition"] == "always()";
        list(&job["steps"]).iter().filter_map(|step| Step::of(step, "script", always(step))).collect()
    };
    create_use_delete(&steps(&file["jobs"][0]), &steps(&file["jobs"][1]));
}

pub fn circleci(recipe: &Recipe) {
    let [text] = recipe.blocks(["yaml"]);
    let Some(file) = checked(text, "circle-ci") else { return };
    let step = |step: &Value| match &step["run"] {
        Value::String(script) => Some(Step::new(script)),
        run => Step::of(run, "command", run["when"] == "always"),
    };
    let steps = |job: &Value| -> Vec<Step> { list(&job["steps"]).iter().filter_map(step).collect() };
    create_use_delete(&steps(&file["jobs"]["build"]), &steps(&file["jobs"]["sweep"]));
}

/// Groovy has no validator here: braces must match, and the scripts run.
pub fn jenkins(recipe: &Recipe) {
    let files = recipe.blocks(["groovy", "groovy"]);
    let [build, sweep] = files.map(|file| {
        assert_eq!(file.matches(['{', '(']).count(), file.matches(['}', ')']).count(), "{file}");
        let (stages, post) = file.split_once("\n  post {").unwrap_or((file, ""));
        let steps = |text: &str, always| -> Vec<Step> {
            text.lines().filter_map(shell_step).map(|script| Step { always, ..Step::new(script) }).collect()
        };
        steps(stages, false).into_iter().chain(steps(post, true)).collect::<Vec<_>>()
    });
    create_use_delete(&build, &sweep);
}

/// The script of an `sh` step.
fn shell_step(line: &str) -> Option<&str> {
    let word = line.trim().strip_prefix("sh ")?;
    let script = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
    script.or_else(|| {
        // Groovy would replace variables in these.
        let script = word.strip_prefix('"')?.strip_suffix('"')?;
        (!script.contains('$')).then_some(script)
    })
}
