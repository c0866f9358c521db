//! Bad input: the exact message, and no request.

mod accidents;
mod endpoint;
mod files;
mod ids;
mod network;
mod options;
mod token;
mod values;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::WIDTH;
use support::fake_coveo::{Coveo, FULL_TOKEN};
use support::harness::{Run, cli, parallel, spawn};

/// A command line that is refused. Apart from the given changes, its environment would let it succeed.
///
/// In its texts `{port}` stands for the organization's port, `{token}` for its access token, `{xN}` for N letters x, `{ff}`
/// for a byte that isn't UTF-8, and each of [`WORDS`] for the text next to it. In the error, `{last}` stands for the last
/// argument, `{name}` for its part before `=`, and `{option}` for the part after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Case {
    arguments: &'static [&'static str],
    /// Alternatives for one more argument.
    values: &'static [&'static str],
    /// A variable and alternatives for its value.
    variable: Option<(&'static str, &'static [&'static str])>,
    environment: &'static [(&'static str, &'static str)],
    input: &'static str,
    error: &'static str,
    hint: Option<&'static str>,
}

/// Returns a case: these arguments are refused with this error.
const fn no(arguments: &'static [&'static str], error: &'static str) -> Case {
    Case { arguments, values: &[], variable: None, environment: &[], input: "", error, hint: None }
}

impl Case {
    /// The same with each of these as one more argument.
    const fn each(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// The same with each of these values of a variable.
    const fn set(self, variable: &'static str, values: &'static [&'static str]) -> Self {
        Self { variable: Some((variable, values)), ..self }
    }

    /// Returns a case for each of the alternatives.
    fn expand(self) -> Vec<Self> {
        let one = std::slice::from_ref;
        if let Some((name, values)) = self.variable.filter(|(_, values)| values.len() > 1) {
            values.iter().map(|value| Self { variable: Some((name, one(value))), ..self }).collect()
        } else if self.values.len() > 1 {
            self.values.iter().map(|value| Self { values: one(value), ..self }).collect()
        } else {
            vec![self]
        }
    }

    fn words(&self) -> Vec<&'static str> {
        [self.arguments, self.values].concat()
    }

    /// With these variables; `{unset}` removes one.
    const fn with(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    /// With this on standard input.
    const fn reading(self, input: &'static str) -> Self {
        Self { input, ..self }
    }

    /// With this hint.
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// The hint for a missing or empty value.
const UNSET: &str = "is a variable not set in the script?";

/// Parts of many texts.
const WORDS: [(&str, &str); 11] = [
    ("{token}", FULL_TOKEN),
    ("{value}", "xx12345678-1234-1234-1234-123456789abc"),
    ("{VALUE}", "XX12345678-1234-1234-1234-123456789ABC"),
    ("{only}", "only A-Z a-z 0-9 _ and - are allowed"),
    ("{secret}", "has the form of an API key's value, which is the secret itself (not shown here)"),
    ("{shows}", "a secret on the command line is visible in the process list and in the shell's history"),
    ("{took}", "took \"{real}\", which has the form of a key's ID; is a variable before it not set?"),
    ("{as_name}", "has the form of a key's ID, not of a display name"),
    ("{real}", "wduuqg3ip2c3i3gpopapxhcgxe"),
    ("{other}", "k3vqzmd5yhw2j7txc4rnb6aeu"),
    ("{hidden}", "(not shown here, since it looks like a secret)"),
];

fn fill(text: &str, port: u16) -> OsString {
    let mut text = text.replace("{port}", &port.to_string());
    for (name, words) in WORDS {
        text = text.replace(name, words);
    }
    for length in [60, 64, 128, 129, 8193] {
        text = text.replace(&format!("{{x{length}}}"), &"x".repeat(length));
    }
    let parts: Vec<&[u8]> = text.split("{ff}").map(str::as_bytes).collect();
    OsString::from_vec(parts.join(&0xff))
}

#[test]
fn bad_input_is_explained_and_never_sent() {
    let tables = [
        ids::CASES,
        token::CASES,
        endpoint::CASES,
        options::CASES,
        accidents::CASES,
        values::CASES,
        files::CASES,
        network::CASES,
    ];
    let cases: Vec<Case> = tables.concat().into_iter().flat_map(Case::expand).collect();
    assert!(cases.len() >= 630, "{} cases", cases.len());
    let accidents = accidents::CASES.iter().copied().flat_map(Case::expand).count();
    assert!(accidents >= 270, "{accidents} accidents");
    let different: HashSet<_> =
        cases.iter().map(|case| (case.words(), case.variable, case.environment, case.input)).collect();
    assert_eq!(different.len(), cases.len(), "a case is repeated");

    let directory = files::create();
    let coveo = Coveo::https();
    parallel(WIDTH, &cases, |case| is_refused(case, &coveo, directory.path()));
}

fn is_refused(case: &Case, coveo: &Coveo, directory: &Path) {
    let run = run(case, coveo, directory);

    let filled = |text| fill(text, coveo.port()).into_string().expect("messages are UTF-8");
    let last = case.words().pop().unwrap_or_default();
    let (name, option) = last.split_once('=').unwrap_or((last, ""));
    let error = case.error.replace("{last}", last).replace("{name}", name).replace("{option}", option);
    let mut wanted = format!("coveo-delete-key: error: {}\n", filled(&error));
    if let Some(hint) = case.hint {
        wanted += &format!("coveo-delete-key: hint: {}\n", filled(hint));
    }
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (2, "", &*wanted), "{case:?}");
    assert_eq!(coveo.connections(), 0, "a request was sent for this case or another one");
}

fn run(case: &Case, coveo: &Coveo, directory: &Path) -> Run {
    // Any unexpected call goes to the organization: other proxies take precedence over this one.
    let mut cli = cli(coveo).env("ALL_PROXY", format!("http://127.0.0.1:{}", coveo.port()));
    let variable = case.variable.map(|(name, values)| (name, values[0]));
    for (name, value) in case.environment.iter().copied().chain(variable) {
        cli = match value {
            "{unset}" => cli.without(name),
            value => cli.env(name, fill(value, coveo.port())),
        };
    }
    let mut command = cli.args(case.words().iter().map(|word| fill(word, coveo.port()))).command();
    // Files are named without a directory, so that messages contain the whole name.
    command.current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn(&mut command);
    // The binary may end without reading it.
    let _ = child
        .stdin
        .take()
        .expect("standard input is a pipe")
        .write_all(fill(case.input, coveo.port()).as_bytes());
    Run::check(child.wait_with_output().expect("the binary ends"), started.elapsed())
}
