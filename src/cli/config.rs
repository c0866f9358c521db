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
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Work on keys.
    Run(Box<Config>),
}

/// All settings, checked.
pub struct Config {
    /// The organization that the keys belong to; there is no default.
    pub organization: OrganizationId,
    /// The base URL of the API; by default that of the region us.
    pub endpoint: Endpoint,
    /// The access token, checked to fit into a header; there is no default.
    pub token: AccessToken,
    /// Where the token comes from, for messages: `COVEO_ACCESS_TOKEN`, or an option or variable and its path.
    pub token_source: String,
    /// The forward proxy; `None` for a direct connection.
    pub proxy: Option<Proxy>,
    /// The certificates to trust; by default the Mozilla roots that are built in.
    pub roots: RootCerts,
    /// What to do; deletes by default.
    pub task: Task,
    /// The keys to look at.
    pub candidates: Candidates,
    /// The conditions on them; by default none.
    pub selector: Selector,
    /// The limits for each key; by default 60 s and 4 retries.
    pub policy: RetryPolicy,
    /// A 404 (with proof of the organization) is a success; off by default.
    pub ignore_not_found: bool,
    /// Up to 100 keys per request; off by default.
    pub bulk: bool,
    /// One JSON object per key on standard output, instead of text.
    pub json: bool,
    /// Print nothing on success, except for selected keys, which nobody has named.
    pub quiet: bool,
    /// A line on standard error for every request.
    pub verbose: bool,
    /// Whether `HTTP_PROXY` is set: it is ignored, and a hint says so.
    pub http_proxy_set: bool,
}

/// What to do with the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Show them, and change nothing.
    List,
    /// Change them.
    Change {
        /// The change.
        action: Action,
        /// Whether keys are really changed.
        mode: Mode,
    },
}

/// Whether keys are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `--dry-run`: only report what would happen.
    DryRun,
    /// Conditions on the whole organization without `--yes`, and nobody to ask: the same as a dry run.
    Preview,
    /// Ask the person at the terminal first.
    Ask,
    /// Change them without a question.
    Act,
}

/// The keys that may be worked on.
pub enum Candidates {
    /// The keys that the user named, each once, in the order given.
    Named(Vec<KeyId>),
    /// Every key of the organization.
    Organization {
        /// Change nothing if more keys match: 1 to 1,000,000, by default 20.
        max: usize,
    },
}
