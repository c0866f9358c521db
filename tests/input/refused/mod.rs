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
use std::iter;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::WIDTH;
use support::fake_coveo::{Coveo, FULL_TOKEN};
use support::harness::{cli, parallel};

/// Command lines that are refused with the same error and hint: all combinations of the alternatives. Apart from the given
/// changes, their environment would let them succeed.
///
/// In its texts `{port}` stands for the organization's port, `{token}` for its access token, `{xN}` for N letters x, `{ff}`
/// for a byte that isn't UTF-8, and each of [`WORDS`] for the text next to it. In the error, `{last}` stands for the last
/// argument, `{before}` for the one before it, `{name}` for the part of the last one before `=`, `{option}` for the part
/// after it, and `{variable}` for the name of the variable.
#[derive(Clone, Copy, Debug)]
struct Row {
    arguments: &'static [&'static str],
    /// Alternatives to these arguments.
    others: &'static [&'static [&'static str]],
    /// Alternatives for one more argument.
    values: &'static [&'static str],
    /// Alternatives for a variable and for its value.
    variables: (&'static [&'static str], &'static [&'static str]),
    environment: &'static [(&'static str, &'static str)],
    input: &'static str,
    error: &'static str,
    hint: Option<&'static str>,
}

/// Returns a row: these arguments are refused with this error.
const fn no(arguments: &'static [&'static str], error: &'static str) -> Row {
    let (values, variables, environment, input): (&[_], (&[_], &[_]), _, _) = (&[], (&[], &[]), &[], "");
    Row { arguments, others: &[], values, variables, environment, input, error, hint: None }
}

impl Row {
    /// The same for each of these arguments.
    const fn or(self, others: &'static [&'static [&'static str]]) -> Self {
        Self { others, ..self }
    }

    /// The same with each of these as one more argument.
    const fn each(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// The same with each of these values of each of these variables; `{unset}` removes it.
    const fn set(self, names: &'static [&'static str], values: &'static [&'static str]) -> Self {
        Self { variables: (names, values), ..self }
    }

    /// With these variables.
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

    /// The command lines of the row.
    fn cases(&'static self) -> Vec<Case> {
        let (names, settings) = self.variables;
        let mut cases = Vec::new();
        for arguments in iter::once(&self.arguments).chain(self.others) {
            for value in one_of(self.values) {
                let words = [arguments, value].concat();
                for (name, setting) in
                    one_of(names).flat_map(|name| one_of(settings).map(move |one| (name, one)))
                {
                    let variable = name.iter().copied().zip(setting.iter().copied());
                    let environment = self.environment.iter().copied().chain(variable).collect();
                    cases.push(Case { words: words.clone(), environment, row: self });
                }
            }
        }
        cases
    }
}

/// Slices with one of the alternatives each, or an empty one if there are none.
fn one_of<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    all.chunks(1).chain(all.is_empty().then_some(all))
}

/// A command line that is refused.
#[derive(Debug)]
struct Case {
    words: Vec<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
    row: &'static Row,
}

impl Case {
    /// Returns `text` with the words and the variable of this case.
    fn named(&self, text: &str) -> String {
        let (last, before) = match self.words.as_slice() {
            [.., before, last] => (*last, *before),
            words => (words.last().copied().unwrap_or_default(), ""),
        };
        let (name, option) = last.split_once('=').unwrap_or((last, ""));
        let (variable, _) = self.environment.last().copied().unwrap_or_default();
        let text = text.replace("{last}", last).replace("{before}", before);
        text.replace("{name}", name).replace("{option}", option).replace("{variable}", variable)
    }
}

const TOKEN: &str = "COVEO_ACCESS_TOKEN";
const FILE: &str = "COVEO_ACCESS_TOKEN_FILE";

/// Hints of several tables.
const UNSET: &str = "is a variable not set in the script?";
const HELP: &str = "coveo-delete-key --help shows all options";
const AGES: &str = "write a number and a unit, such as 12h, 90d or 2w";
const REGIONS: &str = "the regions are us, ca, eu, au and hipaa";
const MISSING: &str = "where does it come from? jq -e fails if a field is missing";
const VALUE: &str =
    "give the ID: the console shows it in the key's details, and the API returns it as \"id\"";
const NAME: &str = "is this a display name? use --name";
const ONE_PER_LINE: &str = "write one ID per line; # starts a comment";
const FROM_JSON: &str = "jq -r .keyId prints the IDs of --json";
const FROM_A_DOCUMENT: &str = "was this dash copied from a document? options begin with two hyphens";
const FROM_STDIN: &str = "to read standard input, use --from -";
const NO_VALUE: &str = "write it without a value, or leave it out";
const ONE_FILE: &str = "--from takes one file; did the shell expand a pattern?";
const RIGHT_FILE: &str = "is this the right file?";
const UTF_16: &str = "PowerShell's > writes UTF-16; write the file with | Set-Content -Encoding ascii";
const WHERE: &str = "put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file";

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
        ids::ROWS,
        token::ROWS,
        endpoint::ROWS,
        options::ROWS,
        accidents::ROWS,
        values::ROWS,
        files::ROWS,
        network::ROWS,
    ];
    let cases: Vec<Case> = tables.into_iter().flatten().flat_map(Row::cases).collect();
    assert!(cases.len() >= 630, "{} cases", cases.len());
    let accidents = accidents::ROWS.iter().flat_map(Row::cases).count();
    assert!(accidents >= 270, "{accidents} accidents");
    let different: HashSet<_> =
        cases.iter().map(|case| (&case.words, &case.environment, case.row.input)).collect();
    assert_eq!(different.len(), cases.len(), "a case is repeated");

    let directory = files::create();
    let coveo = Coveo::https();
    parallel(WIDTH, &cases, |case| is_refused(case, &coveo, directory.path()));
}

fn is_refused(case: &Case, coveo: &Coveo, directory: &Path) {
    let filled = |text| fill(text, coveo.port());
    // Any unexpected call goes to the organization: other proxies take precedence over this one.
    let mut cli = cli(coveo).env("ALL_PROXY", format!("http://127.0.0.1:{}", coveo.port()));
    for &(name, value) in &case.environment {
        cli = if value == "{unset}" { cli.without(name) } else { cli.env(name, filled(value)) };
    }
    // Files are named without a directory, so that messages contain the whole name.
    let cli = cli.args(case.words.iter().map(|word| filled(word))).directory(directory);
    let run = cli.input(filled(case.row.input).into_vec()).run();

    let mut wanted = format!("coveo-delete-key: error: {}\n", case.named(case.row.error));
    if let Some(hint) = case.row.hint {
        wanted += &format!("coveo-delete-key: hint: {}\n", case.named(hint));
    }
    let wanted = filled(&wanted).into_string().expect("messages are UTF-8");
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (2, "", &*wanted), "{case:?}");
    assert_eq!(coveo.connections(), 0, "a request was sent for this case or another one");
}
