//! The option table. Parsing, suggestions, `--help`, the man page and the search for a misplaced token follow from it.

/// The value of an option, and where it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgValue {
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
}

/// Where the values of an option are stored. The type says how often the option may be given.
pub trait Slot {
    /// Stores `value`, which a flag ignores; returns `false` if there can't be another.
    fn put(&mut self, value: ArgValue) -> bool;

    /// Returns whether the option was given.
    fn is_given(&self) -> bool;

    /// Returns the stored values.
    fn values(&self) -> &[ArgValue] {
        &[]
    }
}

type Flag = bool;
type One = Option<ArgValue>;

impl Slot for Flag {
    fn put(&mut self, _: ArgValue) -> bool {
        !std::mem::replace(self, true)
    }

    fn is_given(&self) -> bool {
        *self
    }
}

impl Slot for One {
    fn put(&mut self, value: ArgValue) -> bool {
        self.replace(value).is_none()
    }

    fn is_given(&self) -> bool {
        self.is_some()
    }

    fn values(&self) -> &[ArgValue] {
        self.as_slice()
    }
}

/// An option of the command line.
pub struct OptionSpec {
    /// Its name, such as `--org`.
    pub long: &'static str,
    /// Its short form, such as `-o`, or nothing.
    pub short: &'static str,
    /// The name of its value, or nothing for a flag.
    pub value: &'static str,
    /// The heading of its group in the help.
    pub section: &'static str,
    /// Its text in the help, which is also its first sentence in the man page.
    pub help: &'static str,
    /// The environment variable that is read if the option isn't given.
    pub variable: Option<&'static str>,
    /// What it may be combined with.
    pub role: Role,
    /// Names in other programs, without dashes. They are suggested from, never accepted.
    pub typos: &'static [&'static str],
    /// Its place in [`RawArgs`].
    pub slot: fn(&mut RawArgs) -> &mut dyn Slot,
}

/// What an option may be combined with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anything.
    Setting,
    /// A condition on an age, of which there can be one.
    Lifecycle,
    /// Another condition that may select from the whole organization.
    Selects,
    /// A condition that needs another one to select from the whole organization.
    Narrows,
    /// A condition's limit, for the whole organization only.
    Limit,
    /// Named keys without conditions.
    NamedOnly,
}

/// A row: the rest of the man page's text as a doc comment, field, type, role, names, value, variable, help, typos.
macro_rules! options {
    ($($section:literal { $(
        $(#[doc = $more:literal])*
        $field:ident: $type:ty = $role:ident $short:literal $long:literal $value:literal,
            $(env $variable:literal,)? $help:literal, [$($typo:literal)*];
    )* })*) => {
        /// The arguments as typed.
        #[derive(Default)]
        pub struct RawArgs {
            $($($(#[doc = $more])* pub $field: $type,)*)*
            /// The key IDs.
            pub keys: Vec<String>,
        }

        /// All options, in the order of the help.
        pub const OPTIONS: &[OptionSpec] = &[$($(OptionSpec {
            long: $long,
            short: $short,
            value: $value,
            section: $section,
            help: $help,
            variable: options!(@variable $($variable)?),
            role: Role::$role,
            typos: &[$($typo),*],
            slot: |args| &mut args.$field,
        },)*)*];

        /// What the man page adds to the help of each option, in the same order.
        #[cfg(test)]
        pub const MORE: &[&[&str]] = &[$($(&[$($more),*],)*)*];
    };
    (@variable) => { None };
    (@variable $variable:literal) => { Some($variable) };
}

options! {
    "Connection" {
        org: One = Setting "-o" "--org" "ID", env "COVEO_ORGANIZATION_ID", "the organization; required",
            ["organization" "organisation" "organization-id" "org-id" "orgid"];
        token_file: One = Setting "" "--token-file" "PATH", env "COVEO_ACCESS_TOKEN_FILE",
            "read the access token from a file, - for standard input", [];
        /// Case-insensitive.
        /// It also takes precedence over COVEO_ENDPOINT.
        region: One = Setting "-r" "--region" "NAME", env "COVEO_REGION", "the region: us (default), ca, eu, au or hipaa", [];
        /// It also takes precedence over COVEO_REGION.
        endpoint: One = Setting "" "--endpoint" "URL", env "COVEO_ENDPOINT",
            "another base URL, such as https://ORG.admin.org.coveo.com",
            ["url" "base-url" "host" "server" "endpoint-url"];
        /// Of the variables for certificates, only SSL_CERT_FILE is read.
        cacert: One = Setting "" "--cacert" "FILE", env "SSL_CERT_FILE",
            "trust these PEM certificates instead of the built-in\nMozilla roots",
            ["k" "insecure" "no-check-certificate" "no-verify" "no-verify-ssl" "cafile" "ca-bundle"];
        /// A number alone is in seconds.
        /// Every attempt and every wait counts.
        /// The list of keys, each bulk request, and the privileges that a dry run asks for have the same time-out each.
        timeout: One = Setting "" "--timeout" "DURATION",
            "give up on a key after this long, such as 90, 500ms or\n5m (default 60s)",
            ["wait" "max-time" "connect-timeout" "m"];
        retries: One = Setting "" "--retries" "N", "further attempts after the first (default 4)",
            ["retry" "max-retries" "attempts"];
    }
    "Keys" {
        /// Blank lines are skipped, and so is text after a # at the beginning of a line or after white space.
        from: One = Setting "" "--from" "FILE", "read key IDs from a file, one per line, - for standard input",
            ["f" "file" "filename" "from-file" "input" "stdin"];
        /// An AGE is a number and a unit; m is refused, since it may mean minutes or months.
        /// Keys whose date is missing, unreadable or in the future are never selected.
        disabled_for: One = Lifecycle "" "--disabled-for" "AGE",
            "select keys disabled at least AGE ago, such as 30d, 12h or 2w", ["disabled"];
        expired_for: One = Lifecycle "" "--expired-for" "AGE", "select keys expired at least AGE ago", [];
        /// The age of a key that was never used counts from its creation, and of one that was activated again from then
        /// at the earliest.
        unused_for: One = Lifecycle "" "--unused-for" "AGE",
            "select enabled keys not used for AGE, a day at least", ["idle-for" "last-used"];
        /// The whole name must match; * and ? can't be escaped.
        /// Alone, it selects keys of any status, and with --disable only keys that aren't disabled already.
        /// A pattern without a letter or a digit needs one of the above or --dry-run:
        /// --name '*' --dry-run --max 1000 lists all keys of an organization that has up to 1000.
        name: One = Selects "" "--name" "GLOB",
            "select keys by display name (* and ?, case-sensitive);\nwith one of the above, narrow that selection",
            ["display-name" "pattern" "glob" "filter"];
        older_than: One = Narrows "" "--older-than" "AGE", "narrow a selection to keys created at least AGE ago",
            ["age" "created-before"];
        max: One = Limit "" "--max" "N", "change nothing if more than N are selected (default 20)", ["limit"];
    }
    "Action" {
        disable: Flag = Setting "" "--disable" "", "disable the keys instead of deleting them; can be undone",
            ["deactivate"];
        /// The token needs the privilege to view the keys, while a deletion needs only the one to edit them.
        /// With both, the exit status is that of the real run.
        dry_run: Flag = Setting "-n" "--dry-run" "", "show what would happen, and change nothing",
            ["what-if" "whatif" "simulate" "preview" "check" "test" "plan" "list"];
        ignore_not_found: Flag = Setting "" "--ignore-not-found" "",
            "a key that is already gone counts as a success", ["ignore-missing" "ignore-404" "if-exists"];
        /// Without a terminal nothing is asked, and without this option selected keys are only listed.
        yes: Flag = Setting "-y" "--yes" "", "don't ask on a terminal; act on selected keys",
            ["f" "force" "assume-yes" "auto-approve" "confirm" "no-confirm" "no-prompt"];
        /// The list of keys is read first, and keys that are not in it go one by one.
        /// So do the keys of a request that was not confirmed.
        /// It can't be combined with conditions.
        bulk: Flag = NamedOnly "" "--bulk" "", "one request for up to 100 keys", ["batch"];
    }
    "Output" {
        /// See JSON.
        json: Flag = Setting "" "--json" "", "print one JSON object per key on standard output", ["output" "format"];
        quiet: Flag = Setting "-q" "--quiet" "", "print nothing on success, except for selected keys", ["s" "silent"];
        verbose: Flag = Setting "-v" "--verbose" "", "print a line on standard error for every request",
            ["debug" "trace"];
        help: Flag = Setting "-h" "--help" "", "print this help", ["usage" "?"];
        version: Flag = Setting "-V" "--version" "", "print the version", [];
    }
}

impl RawArgs {
    /// Returns all values and key IDs as typed.
    pub fn texts(&mut self) -> Vec<String> {
        let mut texts = self.keys.clone();
        for option in OPTIONS {
            texts.extend((option.slot)(self).values().iter().map(|value| value.text.clone()));
        }
        texts
    }

    /// Returns the given options with one of these roles.
    pub fn with_roles(&mut self, roles: &[Role]) -> Vec<&'static str> {
        let is_given = |option: &&OptionSpec| roles.contains(&option.role) && (option.slot)(self).is_given();
        OPTIONS.iter().filter(is_given).map(|option| option.long).collect()
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

    /// Returns whether it needs a value.
    pub fn has_value(&self) -> bool {
        !self.value.is_empty()
    }

    /// Returns its long name and the name of its value: `--org ID`.
    pub fn with_value(&self) -> String {
        format!("{} {}", self.long, self.value).trim_end().to_owned()
    }
}
