//! The settings of a run: types only.

use ureq::tls::RootCerts;

use crate::coveo::action::Action;
use crate::coveo::endpoint::Endpoint;
use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::token::AccessToken;
use crate::net::proxy::Proxy;
use crate::net::retry::RetryPolicy;
use crate::selector::Selector;

/// A parsed command line.
pub enum Invocation {
    /// Print the help or the version.
    Page(String),
    /// Work on keys.
    Run(Box<Config>),
}

/// All settings, already checked.
pub struct Config {
    /// The organization that the keys belong to; there is no default.
    pub organization: OrganizationId,
    /// The base URL of the API; by default that of the region us.
    pub endpoint: Endpoint,
    /// The access token, valid in a header; there is no default.
    pub token: AccessToken,
    /// The forward proxy; `None` for a direct connection.
    pub proxy: Option<Proxy>,
    /// The certificates to trust; by default the built-in Mozilla roots.
    pub roots: RootCerts,
    /// What to do; deletes by default.
    pub task: Task,
    /// The keys to choose from.
    pub candidates: Candidates,
    /// The conditions that a key must satisfy; there may be none.
    pub selector: Selector,
    /// The limits for each key; by default 60 s, and 4 retries except after 429.
    pub policy: RetryPolicy,
    /// A 404 with proof of access counts as a success; off by default.
    pub ignore_not_found: bool,
    /// Up to 100 keys per request; off by default.
    pub bulk: bool,
    /// One JSON object per key on standard output, instead of text.
    pub json: bool,
    /// Print nothing on success, except for keys that only conditions selected.
    pub quiet: bool,
    /// A line on standard error for every request.
    pub verbose: bool,
    /// Whether `HTTP_PROXY` is set: it is ignored, and a hint says so.
    pub http_proxy_set: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Show the keys.
    List,
    /// Change the keys, or show what would happen.
    Change(Action, Mode),
}

/// Whether keys are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only report what would happen: `--dry-run`.
    DryRun,
    /// The same, because keys of the whole organization were selected without `--yes`, and nobody can be asked.
    Preview,
    /// Ask the person at the terminal first.
    Ask,
    /// Change them without a question.
    Act,
}

/// The keys to choose from.
pub enum Candidates {
    /// Named keys, each once, in the order given.
    Named(Vec<KeyId>),
    /// Every key of the organization.
    Organization {
        /// The most keys that may match: 1 to 1,000,000, by default 20.
        max: usize,
    },
}
