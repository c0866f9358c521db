//! The options, each in one row. Parsing, hints, the help and the search for a misplaced token follow from it.

use crate::cli::args::{Args, Given};

/// An option of the command line.
pub struct OptionRow {
    /// Its name, such as `--org`.
    pub long: &'static str,
    /// Its short form, such as `-o`, or nothing.
    pub short: &'static str,
    /// Where the help has it.
    pub section: Section,
    /// What the help says of it.
    pub help: &'static str,
    /// The environment variable that stands in for it.
    pub variable: Option<&'static str>,
    /// What people type who mean it, without dashes. None of these is taken.
    pub slips: &'static [&'static str],
    /// Where it is stored.
    pub kind: Kind,
}

/// Whether an option has a value, and the field of [`Args`] that it goes to.
pub enum Kind {
    /// None.
    Flag(fn(&mut Args) -> &mut bool),
    /// One, by its name in the help.
    Value(&'static str, fn(&mut Args) -> &mut Option<Given>),
}

/// A section of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How Coveo is reached.
    Connection,
    /// Which keys.
    Keys,
    /// What to do to them.
    Action,
    /// What is said.
    Output,
}

use Section::{Action, Connection, Keys, Output};

/// All options, in the order of the help.
pub const OPTIONS: &[OptionRow] = &[
    value(Connection, "-o", "--org", "ID", |args| &mut args.org, "the organization; required")
        .variable("COVEO_ORGANIZATION_ID")
        .slips(&["organization", "organisation", "organization-id", "org-id", "orgid"]),
    value(
        Connection,
        "",
        "--token-file",
        "PATH",
        |args| &mut args.token_file,
        "read the access token from a file, - for standard input",
    )
    .variable("COVEO_ACCESS_TOKEN_FILE"),
    value(Connection, "-r", "--region", "NAME", |args| &mut args.region, "us (default), ca, eu, au or hipaa")
        .variable("COVEO_REGION"),
    value(
        Connection,
        "",
        "--endpoint",
        "URL",
        |args| &mut args.endpoint,
        "another base URL, such as https://ORG.admin.org.coveo.com",
    )
    .variable("COVEO_ENDPOINT")
    .slips(&["url", "base-url", "host", "server", "endpoint-url"]),
    value(
        Connection,
        "",
        "--cacert",
        "FILE",
        |args| &mut args.cacert,
        "trust these PEM certificates instead of the built-in\nMozilla roots",
    )
    .variable("SSL_CERT_FILE")
    .slips(&["k", "insecure", "no-check-certificate", "no-verify-ssl", "cafile", "ca-bundle"]),
    value(
        Connection,
        "",
        "--timeout",
        "DURATION",
        |args| &mut args.timeout,
        "give up on a key after this long, such as 90, 500ms or\n5m (default 60s)",
    )
    .slips(&["wait", "max-time", "connect-timeout", "m"]),
    value(
        Connection,
        "",
        "--retries",
        "N",
        |args| &mut args.retries,
        "further attempts after the first (default 4)",
    )
    .slips(&["retry", "max-retries", "attempts"]),
    value(
        Keys,
        "",
        "--from",
        "FILE",
        |args| &mut args.from,
        "read key IDs from a file, one a line, - for standard input",
    )
    .slips(&["f", "file", "filename", "from-file", "input", "stdin"]),
    value(
        Keys,
        "",
        "--disabled-for",
        "AGE",
        |args| &mut args.disabled_for,
        "those disabled at least AGE ago, such as 30d, 12h or 2w",
    )
    .slips(&["disabled"]),
    value(Keys, "", "--expired-for", "AGE", |args| &mut args.expired_for, "those expired at least AGE ago")
        .slips(&["expired"]),
    value(
        Keys,
        "",
        "--unused-for",
        "AGE",
        |args| &mut args.unused_for,
        "those enabled and not used for AGE, a day at least",
    )
    .slips(&["unused", "idle-for", "last-used"]),
    value(
        Keys,
        "",
        "--name",
        "GLOB",
        |args| &mut args.name,
        "those with such a display name (* and ?); with one of the\nabove, only those of them",
    )
    .slips(&["display-name", "pattern", "glob", "filter"]),
    value(
        Keys,
        "",
        "--older-than",
        "AGE",
        |args| &mut args.older_than,
        "of the selected, only those created at least AGE ago",
    )
    .slips(&["age", "created-before"]),
    value(
        Keys,
        "",
        "--max",
        "N",
        |args| &mut args.max,
        "change nothing if more than N are selected (default 20)",
    )
    .slips(&["limit"]),
    flag(
        Action,
        "",
        "--disable",
        |args| &mut args.disable,
        "disable the keys instead of deleting them; can be undone",
    )
    .slips(&["deactivate"]),
    flag(Action, "-n", "--dry-run", |args| &mut args.dry_run, "look the keys up and say what would happen")
        .slips(&["what-if", "whatif", "simulate", "preview", "check", "test", "plan", "no-act"]),
    flag(
        Action,
        "",
        "--ignore-not-found",
        |args| &mut args.ignore_not_found,
        "a key that is already gone counts as a success",
    )
    .slips(&["ignore-missing", "ignore-404", "if-exists"]),
    flag(
        Action,
        "-y",
        "--yes",
        |args| &mut args.yes,
        "don't ask on a terminal; act on what a selector selects",
    )
    .slips(&["f", "force", "assume-yes", "auto-approve", "confirm", "no-confirm", "no-prompt"]),
    flag(Action, "", "--bulk", |args| &mut args.bulk, "one request for up to 100 keys").slips(&["batch"]),
    flag(Output, "", "--json", |args| &mut args.json, "one JSON object a key on standard output")
        .slips(&["output", "format"]),
    flag(Output, "-q", "--quiet", |args| &mut args.quiet, "no line for a success").slips(&["s", "silent"]),
    flag(Output, "-v", "--verbose", |args| &mut args.verbose, "a line on standard error for every request")
        .slips(&["debug", "trace"]),
    flag(Output, "-h", "--help", |args| &mut args.help, "print this").slips(&["usage", "?"]),
    flag(Output, "-V", "--version", |args| &mut args.version, "print the version"),
];

const fn row(
    section: Section,
    short: &'static str,
    long: &'static str,
    kind: Kind,
    help: &'static str,
) -> OptionRow {
    OptionRow { long, short, section, help, variable: None, slips: &[], kind }
}

const fn flag(
    section: Section,
    short: &'static str,
    long: &'static str,
    field: fn(&mut Args) -> &mut bool,
    help: &'static str,
) -> OptionRow {
    row(section, short, long, Kind::Flag(field), help)
}

const fn value(
    section: Section,
    short: &'static str,
    long: &'static str,
    name: &'static str,
    field: fn(&mut Args) -> &mut Option<Given>,
    help: &'static str,
) -> OptionRow {
    row(section, short, long, Kind::Value(name, field), help)
}

impl OptionRow {
    const fn variable(self, variable: &'static str) -> Self {
        Self { variable: Some(variable), ..self }
    }

    const fn slips(self, slips: &'static [&'static str]) -> Self {
        Self { slips, ..self }
    }

    /// The option that `word` is, whichever of its two names.
    pub fn find(word: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.is(word))
    }

    /// Whether `word` is one of its names.
    pub fn is(&self, word: &str) -> bool {
        word == self.long || !word.is_empty() && word == self.short
    }

    /// Its name without dashes.
    pub fn bare(&self) -> &'static str {
        self.long.trim_start_matches('-')
    }

    /// Whether it takes a value.
    pub fn has_value(&self) -> bool {
        matches!(self.kind, Kind::Value(..))
    }

    /// Its long name and the name of its value: `--org ID`.
    pub fn with_value(&self) -> String {
        match self.kind {
            Kind::Flag(_) => self.long.to_owned(),
            Kind::Value(name, _) => format!("{} {name}", self.long),
        }
    }
}
