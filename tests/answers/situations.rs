//! What the tool is asked to do when an answer comes, and which of its requests gets that answer.

use support::fake_coveo::{ApiKey, Break, CannedResponse, Coveo, Fault, Hook, Point, Recorded};
use support::harness::{Cli, Run, cli};

use crate::bodies::Body;
use crate::fixtures::days_ago;

/// Each answers one kind of request with the body of the case, and all others truly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// One key is deleted.
    One,
    /// The same with `--ignore-not-found`.
    IgnoreNotFound,
    /// One key is disabled.
    Disable,
    /// A key is deleted for which the first attempt is answered by 503; with `true` it was carried out.
    After503(bool),
    /// The same for a key that is disabled.
    DisableAfter503(bool),
    /// A key is deleted after another one, truly.
    AfterDeletion,
    /// One key is read for a dry run.
    DryRun,
    /// Two keys are deleted with one request, and a third that is not there: the bulk request is answered so.
    Bulk,
    /// The same, where the bulk request is carried out all the same.
    BulkApplied,
    /// The same keys; the list of keys that comes first is answered so.
    BulkList,
    /// A selector has taken a key that is to be deleted: the look at it is answered so.
    Look,
    /// The same for a key that is to be disabled.
    DisableLook,
    /// A selector has taken a key, and the look at it confirms that: the deletion is answered so.
    AfterLook,
}

/// What the request for the token's privileges gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The privileges of a token that may do all, so the organization is proven.
    Given,
    /// No privilege at all. Where other requests could prove the organization, they do not either.
    Refused,
    /// 503.
    Failing,
    /// No answer.
    Lost,
}

impl Situation {
    /// All of them.
    pub const ALL: [Situation; 15] = [
        Situation::One,
        Situation::IgnoreNotFound,
        Situation::Disable,
        Situation::After503(false),
        Situation::After503(true),
        Situation::DisableAfter503(false),
        Situation::DisableAfter503(true),
        Situation::AfterDeletion,
        Situation::DryRun,
        Situation::Bulk,
        Situation::BulkApplied,
        Situation::BulkList,
        Situation::Look,
        Situation::DisableLook,
        Situation::AfterLook,
    ];

    /// Whether the organization is proven before the answer comes, whatever the privileges say.
    pub fn is_proven_before(self) -> bool {
        matches!(
            self,
            Situation::AfterDeletion | Situation::Look | Situation::DisableLook | Situation::AfterLook
        )
    }

    /// Whether it is a bulk operation, in one of its forms.
    pub fn is_bulk(self) -> bool {
        matches!(self, Situation::Bulk | Situation::BulkApplied | Situation::BulkList)
    }

    /// Whether the request that is answered so changes nothing.
    pub fn only_reads(self) -> bool {
        matches!(self, Situation::DryRun | Situation::Look | Situation::DisableLook | Situation::BulkList)
    }

    /// Whether the key is to be disabled rather than deleted.
    pub fn disables(self) -> bool {
        matches!(self, Situation::Disable | Situation::DisableAfter503(_) | Situation::DisableLook)
    }

    /// Whether an attempt that may have been applied precedes.
    pub fn is_in_doubt(self) -> bool {
        matches!(self, Situation::After503(_) | Situation::DisableAfter503(_))
    }

    fn selects(self) -> bool {
        matches!(self, Situation::Look | Situation::DisableLook | Situation::AfterLook)
    }

    /// The keys that the results are about, in their order.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Situation::AfterDeletion => &["k0", "k1"],
            Situation::Bulk | Situation::BulkApplied | Situation::BulkList => &["k1", "k2", "m1"],
            _ => &["k1"],
        }
    }

    /// An organization in which all keys but `m1` are there.
    pub fn organization(self) -> Coveo {
        let coveo = Coveo::http();
        for id in self.keys().iter().filter(|id| **id != "m1") {
            coveo.add(match self {
                Situation::Look | Situation::AfterLook => ApiKey::disabled(id, days_ago(400)),
                _ => ApiKey::unused(id, days_ago(400)),
            });
        }
        coveo
    }

    /// Whether this request is the one that the case is about.
    fn concerns(self, request: &Recorded) -> bool {
        let tail = request.path.rsplit('/').next().unwrap_or_default();
        match (self, request.method.as_str()) {
            (Situation::DryRun | Situation::Look | Situation::DisableLook, "GET") => tail == "k1",
            (Situation::BulkList, "GET") => tail == "apikeys",
            (Situation::Bulk | Situation::BulkApplied, "POST") => tail == "bulk",
            (Situation::Disable | Situation::DisableAfter503(_), "PUT") => true,
            (
                Situation::One
                | Situation::IgnoreNotFound
                | Situation::After503(_)
                | Situation::AfterDeletion
                | Situation::AfterLook,
                "DELETE",
            ) => tail == "k1",
            _ => false,
        }
    }

    /// Runs the tool where `body` is the answer, and `proof` what the privileges get.
    pub fn run(self, coveo: &Coveo, body: &Body, proof: Proof) -> Run {
        let answer = body.answer();
        coveo.plan(move |moment| {
            let Hook::Request(number, request) = moment else { return Fault::None };
            if request.path.ends_with("/privileges/token") {
                return privileges(proof);
            }
            if self.concerns(request) {
                return match self {
                    Situation::After503(applied) | Situation::DisableAfter503(applied) if number == 0 => {
                        let unavailable = CannedResponse::status(503);
                        Fault::Answer(if applied { unavailable.acting() } else { unavailable })
                    }
                    Situation::BulkApplied => Fault::Answer(answer.clone().acting()),
                    _ => Fault::Answer(answer.clone()),
                };
            }
            match proof {
                Proof::Refused if self.is_bulk() => in_a_strange_organization(request),
                _ => Fault::None,
            }
        });
        self.command(coveo).args(["--json", "-v", "--timeout", "9s", "--retries", "1"]).run()
    }

    fn command(self, coveo: &Coveo) -> Cli {
        let cli = match self {
            Situation::IgnoreNotFound => cli(coveo).arg("--ignore-not-found"),
            Situation::DryRun => cli(coveo).arg("--dry-run"),
            Situation::Look | Situation::AfterLook => cli(coveo).args(["--disabled-for", "30d", "--yes"]),
            Situation::DisableLook => cli(coveo).args(["--unused-for", "30d", "--yes"]),
            _ if self.is_bulk() => cli(coveo).arg("--bulk"),
            _ => cli(coveo),
        };
        let cli = if self.disables() { cli.arg("--disable") } else { cli };
        if self.selects() { cli } else { cli.args(self.keys()) }
    }
}

fn privileges(proof: Proof) -> Fault {
    match proof {
        Proof::Given => Fault::None,
        Proof::Refused => {
            Fault::Answer(CannedResponse::status(200).header("Content-Type", "application/json").body("[]"))
        }
        Proof::Failing => Fault::Answer(CannedResponse::status(503)),
        Proof::Lost => Fault::At(Point::BeforeActing, Break::Close),
    }
}

/// What an organization that is not the token's may answer: no list, and no such key.
fn in_a_strange_organization(request: &Recorded) -> Fault {
    match request.method.as_str() {
        "GET" => Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "m")),
        "DELETE" => Fault::Answer(CannedResponse::error(404, "API_KEY_NOT_FOUND", "m")),
        _ => Fault::Answer(CannedResponse::error(412, "PRECONDITION_FAILED", "m")),
    }
}
