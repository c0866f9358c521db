//! The evidence table: lists × reads of the key × responses to the change, through the binary. Compares the outcomes with
//! the oracle, and with the true state of the organization.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::oracle::{self, Outcomes};
use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, Organization, Point, Recorded, days_ago,
};
use support::harness::{Cli, Run, cli, exit_status, key_outcomes, parallel};

/// The number of cases that run at a time.
const WIDTH: usize = 40;

/// An ID that doesn't have the form of Coveo's.
const NAME: &str = "PushAPIKey";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    Delete,
    Disable,
    Activate,
}

/// The data of a key, in the list or in a read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data {
    Fine,
    NoStatus,
    NoDate,
    /// Activated after it was disabled.
    ActivatedLater,
    /// Used after it was disabled.
    UsedLater,
    /// Created after it was disabled.
    CreatedLater,
    OtherOrganization,
}

/// The response to the list of keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum List {
    Fine,
    Key(Data),
    /// The key is in it twice.
    Twice,
    Empty(Proof),
    Stale,
    TwoDates,
    Ahead,
    FirstPage,
    Denied,
    Unavailable,
    /// A login page.
    Page,
}

/// A read of the key, before or after its change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Read {
    Key(Data),
    /// Somebody re-enabled it.
    Changed,
    /// Somebody deleted it.
    Missing,
    NoRoute,
    Denied,
    Unauthorized,
    Unavailable,
    Stale,
    Page,
}

/// The response to the change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    Done,
    /// 404 with a code; a read of the key follows.
    NotFound(Read),
    /// 404 with the code of something other than a key.
    NoSuchThing(&'static str),
    NoOrganization,
    Odd404,
    Accepted,
    Redirect,
    Unauthorized,
    Denied,
    Refused,
    Busy,
    /// 503, after carrying it out or not.
    Failing(bool),
    /// Carried out; the connection breaks.
    Lost,
}

/// The response to the request for the token's privileges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    Given,
    Missing,
    Failing,
}

/// The first attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Earlier {
    None,
    /// 503, after carrying it out or not.
    Failing(bool),
}

/// A run on the keys that match a condition. The second key is fine, and always deleted unless the list is rejected.
#[derive(Debug)]
pub struct Selected {
    pub list: List,
    pub read: Read,
    pub reply: Reply,
    pub disable: bool,
}

/// A run on one key by its ID.
#[derive(Debug)]
pub struct Named {
    pub work: Work,
    pub earlier: Earlier,
    pub reply: Reply,
    pub proof: Proof,
    pub ignore_not_found: bool,
    pub coveo_form: bool,
}

impl Data {
    const BAD: [Data; 6] = [
        Data::NoStatus,
        Data::NoDate,
        Data::ActivatedLater,
        Data::UsedLater,
        Data::CreatedLater,
        Data::OtherOrganization,
    ];

    /// Changes the JSON of a key.
    fn edit(self) -> fn(&mut Value) {
        fn date(days: u64) -> Value {
            humantime::format_rfc3339_seconds(days_ago(days)).to_string().into()
        }
        fn remove(key: &mut Value, field: &str) {
            key.as_object_mut().and_then(|key| key.remove(field));
        }
        match self {
            Data::Fine => |_| (),
            Data::NoStatus => |key| remove(key, "status"),
            Data::NoDate => |key| {
                ["disabledDate", "lastUsedDate", "createdDate"].iter().for_each(|field| remove(key, field));
            },
            Data::ActivatedLater => |key| key["activationDate"] = date(10),
            Data::UsedLater => |key| key["lastUsedDate"] = date(10),
            Data::CreatedLater => |key| key["createdDate"] = date(10),
            Data::OtherOrganization => |key| key["organizationId"] = "another".into(),
        }
    }
}

fn error(status: u16, code: &str) -> Fault {
    Fault::Answer(CannedResponse::error(status, code, "m"))
}

fn page(status: u16) -> Fault {
    Fault::Answer(CannedResponse::status(status).body("<html>Log in</html>"))
}

fn dated(ahead: &[u64]) -> Fault {
    let date = |hours: &u64| SystemTime::now() + Duration::from_secs(hours * 3600);
    let header = |hours| ("Date".to_owned(), httpdate::fmt_http_date(date(hours)));
    Fault::Headers(ahead.iter().map(header).collect())
}

impl List {
    fn all() -> Vec<List> {
        let others = [
            List::Fine,
            List::Twice,
            List::Empty(Proof::Given),
            List::Empty(Proof::Missing),
            List::Empty(Proof::Failing),
            List::Stale,
            List::TwoDates,
            List::Ahead,
            List::FirstPage,
            List::Denied,
            List::Unavailable,
            List::Page,
        ];
        others.into_iter().chain(Data::BAD.map(List::Key)).collect()
    }

    fn fault(self) -> Fault {
        macro_rules! first {
            ($data:ident) => {
                Fault::Edited(|list| Data::$data.edit()(&mut list[0]))
            };
        }
        match self {
            List::Fine | List::Key(Data::Fine) => Fault::None,
            List::Key(Data::NoStatus) => first!(NoStatus),
            List::Key(Data::NoDate) => first!(NoDate),
            List::Key(Data::ActivatedLater) => first!(ActivatedLater),
            List::Key(Data::UsedLater) => first!(UsedLater),
            List::Key(Data::CreatedLater) => first!(CreatedLater),
            List::Key(Data::OtherOrganization) => first!(OtherOrganization),
            List::Twice => Fault::Edited(|list| *list = json!([list[0], list[1], list[0]])),
            List::Empty(_) => Fault::Edited(|list| *list = json!([])),
            List::Stale => Fault::header("Age", "60"),
            List::TwoDates => dated(&[23, 0]),
            List::Ahead => dated(&[48]),
            List::FirstPage => Fault::header("Link", "</rest/organizations/o/apikeys?page=2>; rel=\"next\""),
            List::Denied => error(403, "ACCESS_DENIED"),
            List::Unavailable => page(503),
            List::Page => page(200),
        }
    }
}

impl Read {
    fn before() -> Vec<Read> {
        let others = [
            Read::Changed,
            Read::Missing,
            Read::NoRoute,
            Read::Denied,
            Read::Unauthorized,
            Read::Unavailable,
            Read::Stale,
            Read::Page,
        ];
        let data = Data::BAD.map(Read::Key);
        [Read::Key(Data::Fine)].into_iter().chain(data).chain(others).collect()
    }

    fn fault(self) -> Fault {
        match self {
            Read::Key(data) => Fault::Edited(data.edit()),
            Read::Changed | Read::Missing => Fault::None,
            Read::NoRoute => error(404, "ROUTE_NOT_FOUND"),
            Read::Denied => error(403, "ACCESS_DENIED"),
            Read::Unauthorized => error(401, "INVALID_TOKEN"),
            Read::Unavailable => page(503),
            Read::Stale => Fault::header("Age", "60"),
            Read::Page => page(200),
        }
    }
}

/// The reads that follow a 404.
const AFTER: [Read; 6] =
    [Read::Key(Data::Fine), Read::Missing, Read::Denied, Read::NoRoute, Read::Unavailable, Read::Page];

impl Reply {
    fn all() -> Vec<Reply> {
        let others = [
            Reply::Done,
            Reply::NoSuchThing("TENANT_NOT_FOUND"),
            Reply::NoSuchThing("USER_NOT_FOUND"),
            Reply::NoSuchThing("NO_STATIC_RESOURCE"),
            Reply::NoOrganization,
            Reply::Odd404,
            Reply::Accepted,
            Reply::Redirect,
            Reply::Unauthorized,
            Reply::Denied,
            Reply::Refused,
            Reply::Busy,
            Reply::Failing(false),
            Reply::Failing(true),
            Reply::Lost,
        ];
        others.into_iter().chain(AFTER.map(Reply::NotFound)).collect()
    }

    fn fault(self) -> Fault {
        match self {
            Reply::Done | Reply::NotFound(Read::Missing) => Fault::None,
            Reply::NotFound(_) => error(404, "API_KEY_NOT_FOUND"),
            Reply::NoSuchThing(code) => error(404, code),
            Reply::NoOrganization => error(404, "ORGANIZATION_NOT_FOUND"),
            Reply::Odd404 => page(404),
            Reply::Accepted => Fault::Answer(CannedResponse::status(202)),
            Reply::Redirect => Fault::Answer(CannedResponse::status(302).header("Location", "/login")),
            Reply::Unauthorized => error(401, "INVALID_TOKEN"),
            Reply::Denied => error(403, "ACCESS_DENIED"),
            Reply::Refused => error(409, "KEY_IS_LOCKED"),
            Reply::Busy => Fault::Answer(CannedResponse::status(429)),
            Reply::Failing(applied) => failing(applied),
            Reply::Lost => Fault::At(Point::AfterActing, Break::Close),
        }
    }
}

fn failing(applied: bool) -> Fault {
    let unavailable = CannedResponse::status(503);
    Fault::Answer(if applied { unavailable.acting() } else { unavailable })
}

fn privileges(proof: Proof) -> Fault {
    match proof {
        Proof::Given => Fault::None,
        Proof::Missing => Fault::Answer(CannedResponse::status(200).body("[]")),
        Proof::Failing => Fault::Answer(CannedResponse::status(503)),
    }
}

/// Sets up the responses about the key `id`, and what somebody else does to it.
fn direct(
    coveo: &Coveo,
    id: &'static str,
    list: List,
    read: Read,
    reply: Reply,
    proof: Proof,
    first: Earlier,
) {
    let about = move |request: &Recorded| request.path.split('/').any(|part| part == id);
    let is_change = move |request: &Recorded| request.method != "GET" && about(request);
    let changes = AtomicUsize::new(0);
    coveo.plan(move |hook| {
        let Hook::Request(_, request) = hook else { return Fault::None };
        match reply {
            _ if request.is("GET", "/privileges/token") => privileges(proof),
            _ if request.is("GET", "/apikeys") => list.fault(),
            _ if is_change(request) => match (first, changes.fetch_add(1, SeqCst)) {
                (Earlier::Failing(applied), 0) => failing(applied),
                _ => reply.fault(),
            },
            _ if !about(request) => Fault::None,
            _ if changes.load(SeqCst) == 0 => read.fault(),
            Reply::NotFound(after) => after.fault(),
            _ => Fault::None,
        }
    });
    let is_gone = match reply {
        Reply::NotFound(Read::Missing) => true,
        // A token that may edit the key can't view it, so the 404 to the change counts.
        Reply::NotFound(Read::Denied) => proof == Proof::Given,
        _ => false,
    };
    let meddle = move |request: &Recorded, organization: &Organization| match read {
        Read::Changed if request.method == "GET" && about(request) => organization.enable(id),
        Read::Missing if request.method == "GET" && about(request) => organization.remove(id),
        _ if is_gone && is_change(request) => organization.remove(id),
        _ => {}
    };
    coveo.on_request(meddle);
}

fn run(cli: Cli) -> Run {
    cli.args(["--json", "-v", "--timeout", "9s"]).run()
}

/// Checks an outcome against the truth: a success only if it is so, and no false promise that nothing was changed.
#[track_caller]
fn check_truth(before: Option<ApiKey>, after: Option<ApiKey>, outcome: &str, run: &Run) {
    let is_true = match outcome {
        "deleted" | "gone" | "alreadyGone" | "notFound" => after.is_none(),
        "disabled" => after.is_some_and(|key| !key.enabled),
        "activated" => after.is_some_and(|key| key.enabled),
        "unknown" | "unexpected" | "kept" => true,
        _ => before == after,
    };
    assert!(is_true, "{outcome} isn't true\n{}", run.stderr);
}

impl Selected {
    fn cases() -> Vec<Selected> {
        let mut cases = Vec::new();
        let few = [Reply::Done, Reply::NotFound(Read::Key(Data::Fine)), Reply::NotFound(Read::Missing)];
        for disable in [false, true] {
            for list in List::all() {
                for read in Read::before() {
                    let go_on = list == List::Fine && read == Read::Key(Data::Fine);
                    let replies = if go_on { Reply::all() } else { few.to_vec() };
                    cases.extend(replies.into_iter().map(|reply| Selected { list, read, reply, disable }));
                }
            }
        }
        // The data of a key that is enabled can't contradict its disabling.
        let is_of_disabled =
            |data| matches!(data, Data::ActivatedLater | Data::UsedLater | Data::CreatedLater);
        cases.retain(|case| {
            let of_list = matches!(case.list, List::Key(data) if is_of_disabled(data));
            let of_read = matches!(case.read, Read::Key(data) if is_of_disabled(data));
            !case.disable || !of_list && !of_read && case.read != Read::Changed
        });
        cases
    }

    fn check(&self) {
        let key = |id| match self.disable {
            true => ApiKey::unused(id, days_ago(400)),
            false => ApiKey::disabled(id, days_ago(100)),
        };
        let coveo = Coveo::with([key(K1), key(K2)]);
        let proof = if let List::Empty(proof) = self.list { proof } else { Proof::Given };
        direct(&coveo, K1, self.list, self.read, self.reply, proof, Earlier::None);
        let before = coveo.key(K1);
        let cli = cli(&coveo).args(["--yes", "--retries", "0"]);
        let run = run(match self.disable {
            true => cli.args(["--disable", "--unused-for", "30d"]),
            false => cli.args(["--disabled-for", "30d"]),
        });
        let results = key_outcomes(&run.stdout);
        let outcome = results.iter().find(|(id, _)| id == K1).map_or("", |(_, outcome)| outcome);
        let expected = match oracle::rejected_list(self.list) {
            Some(status) => {
                assert_eq!((results.len(), run.status), (0, status), "{}{}", run.stdout, run.stderr);
                assert_eq!(coveo.key(K1), before, "{}", run.stderr);
                return;
            }
            None => oracle::selected(self),
        };
        check_outcome(outcome, expected, &run);
        if outcome.is_empty() {
            assert_eq!(coveo.key(K1), before, "{}", run.stderr);
            assert!(run.stderr.contains(K1), "the key isn't named\n{}", run.stderr);
        } else {
            check_truth(before, coveo.key(K1), outcome, &run);
        }
        let outcomes: Vec<&str> = results.iter().map(|(_, outcome)| outcome.as_str()).collect();
        assert_eq!(run.status, exit_status(&outcomes), "{}{}", run.stdout, run.stderr);
        let second = if self.disable { coveo.is_enabled(K2) == Some(false) } else { !coveo.exists(K2) };
        assert!(second || outcome == "organizationNotFound", "the second key\n{}{}", run.stdout, run.stderr);
    }
}

#[track_caller]
fn check_outcome(outcome: &str, expected: Outcomes, run: &Run) {
    let fits = if expected.is_empty() { outcome.is_empty() } else { expected.contains(&outcome) };
    assert!(fits, "{outcome:?} instead of {expected:?}\n{}{}", run.stdout, run.stderr);
}

impl Named {
    fn cases() -> Vec<Named> {
        let mut cases = Vec::new();
        let works = [(Work::Delete, false, true), (Work::Delete, true, true), (Work::Delete, true, false)];
        let others = [(Work::Disable, true, true), (Work::Activate, true, true)];
        for (work, ignore_not_found, coveo_form) in works.into_iter().chain(others) {
            for earlier in [Earlier::None, Earlier::Failing(false), Earlier::Failing(true)] {
                for reply in Reply::all() {
                    let proofs = match reply {
                        Reply::NotFound(_) => vec![Proof::Given, Proof::Missing, Proof::Failing],
                        _ => vec![Proof::Given],
                    };
                    let case = |proof| Named { work, earlier, reply, proof, ignore_not_found, coveo_form };
                    cases.extend(proofs.into_iter().map(case));
                }
            }
        }
        // Nothing is left to carry out for a key that is gone.
        let is_deletion = |case: &Named| case.work == Work::Delete && case.earlier == Earlier::Failing(true);
        cases.retain(|case| {
            !is_deletion(case)
                || matches!(case.reply, Reply::NotFound(Read::Missing) | Reply::Lost | Reply::Failing(_))
        });
        cases
    }

    fn check(&self) {
        let id = if self.coveo_form { K1 } else { NAME };
        let key = match self.work {
            Work::Activate => ApiKey::disabled(id, days_ago(100)),
            _ => ApiKey::new(id),
        };
        let coveo = Coveo::with([key]);
        direct(&coveo, id, List::Fine, Read::Key(Data::Fine), self.reply, self.proof, self.earlier);
        let before = coveo.key(id);
        let retries = if self.earlier == Earlier::None { "0" } else { "1" };
        let cli = cli(&coveo).args(["--retries", retries, id]);
        let cli = if self.ignore_not_found { cli.arg("--ignore-not-found") } else { cli };
        let run = run(match self.work {
            Work::Delete => cli,
            Work::Disable => cli.arg("--disable"),
            Work::Activate => cli.arg("--activate"),
        });
        let results = key_outcomes(&run.stdout);
        let [(_, outcome)] = &results[..] else { panic!("{results:?}\n{}", run.stderr) };
        check_outcome(outcome, oracle::named(self), &run);
        check_truth(before, coveo.key(id), outcome, &run);
        assert_eq!(run.status, exit_status(&[outcome]), "{}{}", run.stdout, run.stderr);
        let reads = coveo.requests().iter().filter(|request| request.is("GET", id)).count();
        let needed = usize::from(matches!(self.reply, Reply::NotFound(_)));
        assert_eq!(reads.min(1), needed, "reads of the key\n{}", run.stderr);
    }
}

#[test]
fn selected_keys_change_only_with_evidence() {
    let cases = Selected::cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    parallel(WIDTH, &cases, Selected::check);
}

#[test]
fn named_keys_succeed_only_with_evidence() {
    let cases = Named::cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    parallel(WIDTH, &cases, Named::check);
}
