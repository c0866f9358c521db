//! What reports depend on.

use crate::coveo::action::Action;
use crate::coveo::ids::OrganizationId;
use crate::coveo::token::AccessToken;

/// The facts of a run that its reports need, and how they are written.
#[derive(Clone, Copy)]
pub struct ReportContext<'a> {
    /// The host that requests go to.
    pub host: &'a str,
    /// The organization that the keys belong to.
    pub organization: &'a OrganizationId,
    /// What the run does to keys; `None` for `--list`.
    pub action: Option<Action>,
    /// Whether the run only shows what would happen.
    pub is_dry_run: bool,
    /// Whether a missing key counts as a success.
    pub ignore_not_found: bool,
    /// The token, which is redacted from texts.
    pub token: &'a AccessToken,
    /// Whether a file of trusted certificates was given.
    pub has_ca_file: bool,
    /// Whether `HTTP_PROXY` is set, which isn't used for https.
    pub http_proxy_set: bool,
    /// Write one JSON object per key, instead of text.
    pub json: bool,
    /// Write a line for each success.
    pub successes: bool,
    /// Write a summary of a run without failures.
    pub summary: bool,
}

impl ReportContext<'_> {
    /// `delete`, `disable`, `activate` or `list`.
    pub fn verb(&self) -> &'static str {
        self.action.map_or("list", Action::verb)
    }

    /// `deleted`, `disabled`, `activated` or `listed`.
    pub fn done(&self) -> &'static str {
        self.action.map_or("listed", Action::done)
    }

    /// Where it is done: `from o1` for a deletion, otherwise `in o1`.
    pub fn place(&self) -> String {
        format!("{} {}", self.action.map_or("in", Action::preposition), self.organization)
    }
}
