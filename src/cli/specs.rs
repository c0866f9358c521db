//! The options, each in one row. [`RawArgs`], parsing, hints, the help and the search for a misplaced token follow from it.

use crate::cli::parse::ArgValue;

/// An option of the command line.
pub struct OptionSpec {
    /// Its name, such as `--org`.
    pub long: &'static str,
    /// Its short form, such as `-o`, or nothing.
    pub short: &'static str,
    /// The heading of its group in the help.
    pub section: &'static str,
    /// Its text in the help, with line breaks where it is long.
    pub help: &'static str,
    /// The environment variable that is read where the option is absent.
    pub variable: Option<&'static str>,
    /// What people type who mean it, without dashes. None of these is taken.
    pub slips: &'static [&'static str],
    /// Where it is stored.
    pub kind: OptionKind,
}

/// Whether an option has a value, and the field of [`RawArgs`] that it goes to.
pub enum OptionKind {
    /// None.
    Flag(fn(&mut RawArgs) -> &mut bool),
    /// One, by its name in the help.
    Value(&'static str, fn(&mut RawArgs) -> &mut Option<ArgValue>),
}

/// A row: field, names, name of the value (none for a flag), variable if there is one, text of the help, slips.
macro_rules! options {
    ($($section:literal { $(
        $field:ident: $short:literal $long:literal $($value:literal)?, $(env $variable:literal,)? $help:literal,
            [$($slip:literal)*];
    )* })*) => {
        /// What was typed, not yet interpreted.
        #[derive(Default)]
        pub struct RawArgs {
            $($(pub $field: options!(@type $($value)?),)*)*
            /// The key IDs.
            pub keys: Vec<String>,
        }

        /// All options, in the order of the help.
        pub const OPTIONS: &[OptionSpec] = &[$($(OptionSpec {
            long: $long,
            short: $short,
            section: $section,
            help: $help,
            variable: options!(@variable $($variable)?),
            slips: &[$($slip),*],
            kind: options!(@kind $field $($value)?),
        },)*)*];
    };
    (@type) => { bool };
    (@type $value:literal) => { Option<ArgValue> };
    (@variable) => { None };
    (@variable $variable:literal) => { Some($variable) };
    (@kind $field:ident) => { OptionKind::Flag(|args| &mut args.$field) };
    (@kind $field:ident $value:literal) => { OptionKind::Value($value, |args| &mut args.$field) };
}

options! {
    "Connection" {
        org: "-o" "--org" "ID", env "COVEO_ORGANIZATION_ID", "the organization; required",
            ["organization" "organisation" "organization-id" "org-id" "orgid"];
        token_file: "" "--token-file" "PATH", env "COVEO_ACCESS_TOKEN_FILE",
            "read the access token from a file, - for standard input", [];
        region: "-r" "--region" "NAME", env "COVEO_REGION", "us (default), ca, eu, au or hipaa", [];
        endpoint: "" "--endpoint" "URL", env "COVEO_ENDPOINT",
            "another base URL, such as https://ORG.admin.org.coveo.com",
            ["url" "base-url" "host" "server" "endpoint-url"];
        cacert: "" "--cacert" "FILE", env "SSL_CERT_FILE",
            "trust these PEM certificates instead of the built-in\nMozilla roots",
            ["k" "insecure" "no-check-certificate" "no-verify" "no-verify-ssl" "cafile" "ca-bundle"];
        timeout: "" "--timeout" "DURATION",
            "give up on a key after this long, such as 90, 500ms or\n5m (default 60s)",
            ["wait" "max-time" "connect-timeout" "m"];
        retries: "" "--retries" "N", "further attempts after the first (default 4)",
            ["retry" "max-retries" "attempts"];
    }
    "Keys" {
        from: "" "--from" "FILE", "read key IDs from a file, one per line, - for standard input",
            ["f" "file" "filename" "from-file" "input" "stdin"];
        disabled_for: "" "--disabled-for" "AGE", "select keys disabled at least AGE ago, such as 30d, 12h or 2w",
            ["disabled"];
        expired_for: "" "--expired-for" "AGE", "select keys expired at least AGE ago", [];
        unused_for: "" "--unused-for" "AGE", "select enabled keys not used for AGE, a day at least",
            ["idle-for" "last-used"];
        name: "" "--name" "GLOB",
            "select keys by display name (* and ?, case-sensitive);\nwith one of the above, narrow that selection",
            ["display-name" "pattern" "glob" "filter"];
        older_than: "" "--older-than" "AGE", "narrow a selection to keys created at least AGE ago",
            ["age" "created-before"];
        max: "" "--max" "N", "change nothing if more than N are selected (default 20)", ["limit"];
    }
    "Action" {
        disable: "" "--disable", "disable the keys instead of deleting them; can be undone", ["deactivate"];
        dry_run: "-n" "--dry-run", "show what would happen, and change nothing",
            ["what-if" "whatif" "simulate" "preview" "check" "test" "plan" "list"];
        ignore_not_found: "" "--ignore-not-found", "a key that is already gone counts as a success",
            ["ignore-missing" "ignore-404" "if-exists"];
        yes: "-y" "--yes", "don't ask on a terminal; act on what a selector selects",
            ["f" "force" "assume-yes" "auto-approve" "confirm" "no-confirm" "no-prompt"];
        bulk: "" "--bulk", "one request for up to 100 keys", ["batch"];
    }
    "Output" {
        json: "" "--json", "print one JSON object per key on standard output", ["output" "format"];
        quiet: "-q" "--quiet", "no line for a success, except for keys that a selector took", ["s" "silent"];
        verbose: "-v" "--verbose", "a line on standard error for every request", ["debug" "trace"];
        help: "-h" "--help", "print this", ["usage" "?"];
        version: "-V" "--version", "print the version", [];
    }
}

impl OptionSpec {
    /// The option that `word` is, whichever of its two names.
    pub fn find(word: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| word == option.long || !word.is_empty() && word == option.short)
    }

    /// Its name without dashes.
    pub fn bare(&self) -> &'static str {
        self.long.trim_start_matches('-')
    }

    /// Whether it takes a value.
    pub fn has_value(&self) -> bool {
        matches!(self.kind, OptionKind::Value(..))
    }

    /// Its long name and the name of its value: `--org ID`.
    pub fn with_value(&self) -> String {
        match self.kind {
            OptionKind::Flag(_) => self.long.to_owned(),
            OptionKind::Value(name, _) => format!("{} {name}", self.long),
        }
    }
}
