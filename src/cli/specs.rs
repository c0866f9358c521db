//! The option table. Parsing, suggestions, `--help`, the man page and the search for a misplaced token use it.

use crate::error::UsageError;
use crate::sanitize::quote;

/// The value of an option, and where it was given. A flag has an empty one.
pub struct ArgValue {
    /// The option.
    pub option: Opt,
    /// `--org` or `COVEO_ORGANIZATION_ID`, for messages.
    pub source: &'static str,
    /// The value as typed.
    pub text: String,
}

impl ArgValue {
    /// Returns whether it comes from the command line, not from the environment.
    pub fn is_option(&self) -> bool {
        self.source.starts_with('-')
    }

    /// Returns an error that names the source and the value: `--retries "x" is not a number`.
    pub fn error(&self, problem: &str) -> UsageError {
        UsageError::new(format!("{} {} {problem}", self.source, quote(&self.text)))
    }
}

/// The arguments as typed.
#[derive(Default)]
pub struct RawArgs {
    /// The values of all options, in the order of the table; values of variables come last.
    pub values: Vec<ArgValue>,
    /// The key IDs.
    pub keys: Vec<String>,
}

impl RawArgs {
    /// Returns all values of `option`.
    pub fn values(&self, option: Opt) -> impl Iterator<Item = &ArgValue> {
        self.values.iter().filter(move |value| value.option == option)
    }

    /// Returns the value of an option that can't be repeated.
    pub fn value(&self, option: Opt) -> Option<&ArgValue> {
        self.values(option).next()
    }

    /// Returns whether the option was given.
    pub fn is_given(&self, option: Opt) -> bool {
        self.value(option).is_some()
    }

    /// Returns whether keys are named, as arguments or in a file.
    pub fn names_keys(&self) -> bool {
        !self.keys.is_empty() || self.is_given(Opt::From)
    }

    /// Returns the names of the options with one of these roles that are given.
    pub fn given(&self, roles: &[Role]) -> Vec<&'static str> {
        let is_given = |option: &&OptionSpec| roles.contains(&option.role) && self.is_given(option.id);
        OPTIONS.iter().filter(is_given).map(|option| option.long).collect()
    }
}

/// An option of the command line.
pub struct OptionSpec {
    /// Its name in the code.
    pub id: Opt,
    /// Its name, such as `--org`.
    pub long: &'static str,
    /// Its short form, such as `-o`, or nothing.
    pub short: &'static str,
    /// The name of its value, or nothing for a flag.
    pub value: &'static str,
    /// Whether it can be repeated.
    pub repeats: bool,
    /// The heading of its group in the help.
    pub section: &'static str,
    /// Its text in the help, which is also its first sentence in the man page.
    pub help: &'static str,
    /// The environment variable that is read if the option isn't given, or nothing.
    pub variable: &'static str,
    /// What it may be combined with.
    pub role: Role,
    /// Names in other programs, without dashes. They lead to a suggestion, and are never accepted.
    pub typos: &'static [&'static str],
}

/// What an option may be combined with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anything.
    Setting,
    /// A condition on a status and its age, which excludes the others.
    Lifecycle,
    /// Another condition that may select from the whole organization.
    Selects,
    /// A condition that needs another one to select from the whole organization.
    Narrows,
    /// A limit for selecting from the whole organization.
    Limit,
    /// What is done to keys instead of deleting them, which excludes the others.
    Action,
    /// A setting for changes.
    Change,
    /// A setting for changes of named keys without conditions.
    Bulk,
}

/// A row: the rest of the man page's text as a doc comment, name in the code, role, `repeated` if it may be, names, value, variable, help, typos.
macro_rules! options {
    ($($section:literal { $(
        $(#[doc = $more:literal])*
        $id:ident: $role:ident $($repeated:ident)? $short:literal $long:literal $value:literal,
            $(env $variable:literal,)? $help:literal, [$($typo:literal)*];
    )* })*) => {
        /// The names of the options in the code.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum Opt {
            $($($(#[doc = $more])* $id,)*)*
        }

        /// All options, in the order of the help.
        pub const OPTIONS: &[OptionSpec] = &[$($(OptionSpec {
            id: Opt::$id,
            long: $long,
            short: $short,
            value: $value,
            repeats: !stringify!($($repeated)?).is_empty(),
            section: $section,
            help: $help,
            variable: concat!($($variable)?),
            role: Role::$role,
            typos: &[$($typo),*],
        },)*)*];

        /// What the man page adds to the help of each option, in the same order.
        #[cfg(test)]
        pub const MORE: &[&[&str]] = &[$($(&[$($more),*],)*)*];
    };
}

options! {
    "Connection" {
        Org: Setting "-o" "--org" "ID", env "COVEO_ORGANIZATION_ID", "the organization; required",
            ["organization" "organisation" "organization-id" "org-id" "orgid"];
        TokenFile: Setting "" "--token-file" "PATH", env "COVEO_ACCESS_TOKEN_FILE",
            "read the access token from a file, - for standard input", [];
        /// Case-insensitive.
        /// It also takes precedence over COVEO_ENDPOINT.
        Region: Setting "-r" "--region" "NAME", env "COVEO_REGION", "the region: us (default), ca, eu, au or hipaa", [];
        /// It also takes precedence over COVEO_REGION.
        Endpoint: Setting "" "--endpoint" "URL", env "COVEO_ENDPOINT",
            "another base URL, such as https://ORG.admin.org.coveo.com",
            ["url" "base-url" "host" "server" "endpoint-url"];
        /// Of the variables for certificates, only SSL_CERT_FILE is read.
        Cacert: Setting "" "--cacert" "FILE", env "SSL_CERT_FILE",
            "trust these PEM certificates instead of the built-in\nMozilla roots",
            ["k" "insecure" "no-check-certificate" "no-verify" "no-verify-ssl" "cafile" "ca-bundle"];
        /// A number alone is in seconds.
        /// It includes every attempt and every wait.
        /// The same time-out applies to the list of keys, to each bulk request, and to the privileges that a dry run requests.
        Timeout: Setting "" "--timeout" "DURATION",
            "give up on a key after this long, such as 90, 500ms or\n5m (default 60s)",
            ["wait" "max-time" "connect-timeout" "m"];
        Retries: Setting "" "--retries" "N", "how many times to retry (default 4; 429 is retried\nuntil the time-out)",
            ["retry" "max-retries" "attempts"];
    }
    "Keys" {
        /// Blank lines are skipped, and so is text after a # at the beginning of a line or after white space.
        From: Setting "" "--from" "FILE", "read key IDs from a file, one per line, - for standard input",
            ["f" "file" "filename" "from-file" "input" "stdin"];
    }
    "Conditions (a key must satisfy all of them)" {
        /// An AGE is a number and a unit; m is refused, since it may mean minutes or months.
        /// Keys whose date is missing, unreadable or in the future are never selected.
        DisabledFor: Lifecycle "" "--disabled-for" "AGE",
            "only keys disabled at least AGE ago, such as 30d, 12h or 2w", ["disabled"];
        /// It counts from the expiration date.
        ExpiredFor: Lifecycle "" "--expired-for" "AGE", "only keys expired at least AGE ago", ["expired"];
        /// The age of a key that was never used counts from its creation.
        /// If a key was activated again later, its age counts from that activation.
        UnusedFor: Lifecycle "" "--unused-for" "AGE",
            "only enabled keys not used for AGE (at least 1d)", ["unused" "idle-for" "last-used"];
        /// Coveo reports a key as exposed after finding it in a public place, such as GitHub.
        Exposed: Selects "" "--exposed" "", "only keys that Coveo reports as exposed",
            ["leaked" "compromised" "exposed-only"];
        /// A key must match one of the patterns.
        /// The whole name must match, and case matters.
        /// A pattern without a letter or a digit needs --list or --dry-run.
        Name: Selects repeated "" "--name" "GLOB",
            "only keys with this display name (* any text, ? one\ncharacter; they can't be escaped); can be repeated",
            ["display-name" "pattern" "glob" "filter"];
        /// Without named keys, it only narrows what the conditions above select.
        OlderThan: Narrows "" "--older-than" "AGE", "only keys created at least AGE ago (only narrows)",
            ["age" "created-before"];
        /// A key must match none of the patterns.
        /// A key without a readable name is never selected.
        /// Without named keys, it only narrows what other conditions than --older-than select.
        Exclude: Narrows repeated "" "--exclude" "GLOB", "no keys with this display name (only narrows); can be\nrepeated",
            ["except" "not-name" "exclude-name" "skip" "ignore-name"];
        /// It applies only if no keys are named.
        Max: Limit "" "--max" "N", "change nothing if more than N keys match (default 20)", ["limit"];
    }
    "Action" {
        /// On a terminal, it asks first, with [y/N].
        /// Keys selected with --name or --exposed are left out if they are already disabled.
        Disable: Action "" "--disable" "", "disable the keys instead of deleting them; can be undone",
            ["deactivate"];
        /// It needs named keys, can't be combined with conditions, and doesn't ask.
        /// A key that doesn't exist is an error, even with --ignore-not-found.
        Activate: Action "" "--activate" "", "activate disabled keys again; undoes --disable",
            ["enable" "reactivate" "undo" "restore" "undelete"];
        /// Without KEY_IDs and conditions, it shows all keys.
        List: Action "" "--list" "", "show the keys, and change nothing",
            ["l" "ls" "get" "show" "describe" "view" "find" "search" "status"];
        /// The token needs the privilege to view the keys, while a deletion needs only the one to edit them.
        /// If the token has both, the exit status is the same as in the real run.
        DryRun: Setting "-n" "--dry-run" "", "show what would happen, and change nothing",
            ["what-if" "whatif" "simulate" "preview" "check" "test" "plan"];
        /// This applies only to IDs of Coveo's form, 25 or 26 lower-case letters and digits: any other ID is probably a typo.
        IgnoreNotFound: Change "" "--ignore-not-found" "",
            "a key that is already gone counts as a success", ["ignore-missing" "ignore-404" "if-exists"];
        /// Without a terminal nothing is asked, and without this option keys selected from the whole organization are
        /// only listed.
        Yes: Setting "-y" "--yes" "", "don't ask; also change keys that only conditions selected",
            ["f" "force" "assume-yes" "auto-approve" "confirm" "no-confirm" "no-prompt"];
        /// The list of keys is read first, and keys that are not in it are sent one by one.
        /// The keys of a request that was not confirmed are sent one by one too.
        /// It can't be combined with conditions.
        Bulk: Bulk "" "--bulk" "", "one request for up to 100 keys", ["batch"];
    }
    "Output" {
        /// See the section JSON.
        Json: Setting "" "--json" "", "print one JSON object per key on standard output", ["j" "output" "format"];
        Quiet: Setting "-q" "--quiet" "", "print nothing on success, except for keys that only\nconditions selected",
            ["s" "silent"];
        Verbose: Setting "-v" "--verbose" "", "print a line on standard error for every request",
            ["debug" "trace"];
        Help: Setting "-h" "--help" "", "print this help", ["usage" "?"];
        Version: Setting "-V" "--version" "", "print the version", [];
    }
}

impl OptionSpec {
    /// Returns the option whose long or short name is `word`.
    pub fn find(word: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| word == option.long || !word.is_empty() && word == option.short)
    }

    /// Returns its name without dashes.
    pub fn bare(&self) -> &'static str {
        self.long.trim_start_matches('-')
    }

    /// Returns whether `word` is its long name without dashes, here or in another program.
    pub fn is_called(&self, word: &str) -> bool {
        self.bare() == word || self.typos.contains(&word)
    }

    /// Returns whether it needs a value.
    pub fn has_value(&self) -> bool {
        !self.value.is_empty()
    }

    /// Returns its long name and the name of its value: `--org ID`.
    pub fn with_value(&self) -> String {
        format!("{} {}", self.long, self.value).trim_end().to_owned()
    }
}
