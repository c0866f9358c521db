//! The evidence tables, through the binary: responses that aren't the true ones, and the outcome of the key. The rules are in
//! the unit test of `src/coveo/verdict.rs`; these cases show that every fact reaches them, and compare the outcomes with the
//! true state of the organization.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use support::fake_coveo::{
    ApiKey, Break, CannedResponse, Coveo, Fault, Hook, K1, K2, Organization, Point, Recorded, days_ago,
};
use support::harness::{check, cli, exit_status, parallel};

/// The number of cases that run at a time.
const WIDTH: usize = 40;

/// An ID that doesn't have the form of Coveo's.
const NAME: &str = "PushAPIKey";

/// The options with which conditions select both keys, and the outcome of a key with which nothing goes wrong.
const SELECTING: [(&[&str], &str); 2] = [
    (&["--yes", "--disabled-for=30d"], "deleted"),
    (&["--yes", "--unused-for=30d", "--disable"], "disabled"),
];

/// A run, and the responses about its first key that aren't the true ones.
#[derive(Clone, Default)]
struct Case {
    name: String,
    arguments: Vec<&'static str>,
    /// The ID of the first key; the second one, [`K2`], is fine.
    id: &'static str,
    list: Fault,
    /// Reads of the key before its change.
    read: Fault,
    /// The first change of the key, if there is a second one.
    first: Option<Fault>,
    /// The last change of the key.
    reply: Fault,
    /// Reads of the key after its change.
    after: Fault,
    privileges: Fault,
    meddling: Option<Meddling>,
    results: Vec<(&'static str, &'static str)>,
    status: i32,
}

/// What somebody else does before the key is read, or changed.
type Meddling = (Moment, fn(&Organization, &str));

#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Read,
    Change,
}

const REMOVED: Meddling = (Moment::Change, Organization::remove);

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.arguments.join(" "), self.name)
    }
}

fn error(status: u16, code: &str) -> Fault {
    Fault::Answer(CannedResponse::error(status, code, "m"))
}

fn page(status: u16) -> Fault {
    Fault::Answer(CannedResponse::status(status).body("<html>Log in</html>"))
}

fn unavailable() -> CannedResponse {
    CannedResponse::status(503)
}

/// Responses about the token's privileges: the true one, none, and a failure.
fn privileges() -> [Fault; 3] {
    [Fault::None, Fault::Answer(CannedResponse::status(200).body("[]")), Fault::Answer(unavailable())]
}

/// Headers `Date` this many hours ahead.
fn dated(ahead: &[u64]) -> Fault {
    let date = |hours: &u64| SystemTime::now() + Duration::from_secs(hours * 3600);
    let header = |hours| ("Date".to_owned(), httpdate::fmt_http_date(date(hours)));
    Fault::Headers(ahead.iter().map(header).collect())
}

/// The first key in the JSON of a list, or the key in that of a read.
fn key(json: &mut Value) -> &mut Map<String, Value> {
    let key = if json.is_array() { &mut json[0] } else { json };
    key.as_object_mut().expect("a key is an object")
}

fn set_recent(json: &mut Value, field: &str) {
    let date = humantime::format_rfc3339_seconds(days_ago(10)).to_string();
    key(json).insert(field.to_owned(), date.into());
}

/// A change of a key's data.
type Edit = (&'static str, fn(&mut Value));

/// Data with which a key is never changed.
const BAD_DATA: [Edit; 3] = [
    ("without a status", |json| _ = key(json).remove("status")),
    ("without dates", |json| key(json).retain(|field, _| !field.ends_with("Date"))),
    ("in another organization", |json| _ = key(json).insert("organizationId".to_owned(), "another".into())),
];

/// The same for a key that was disabled before these dates.
const CONTRADICTORY_DATES: [Edit; 3] = [
    ("activated later", |json| set_recent(json, "activationDate")),
    ("used later", |json| set_recent(json, "lastUsedDate")),
    ("created later", |json| set_recent(json, "createdDate")),
];

/// A reply to a change, its outcome, the one after a 503, and the one if the key was read before.
type Reply = (&'static str, Fault, [&'static str; 3]);

/// Replies that cost no read of the key.
fn replies() -> Vec<Reply> {
    let with = |status| Fault::Answer(CannedResponse::status(status));
    let lost = Fault::At(Point::AfterActing, Break::Close);
    let missing = error(404, "ORGANIZATION_NOT_FOUND");
    vec![
        ("a tenant", error(404, "TENANT_NOT_FOUND"), ["unexpected"; 3]),
        ("a user", error(404, "USER_NOT_FOUND"), ["unexpected"; 3]),
        ("a static resource", error(404, "NO_STATIC_RESOURCE"), ["unexpected"; 3]),
        ("a page with 404", page(404), ["unexpected"; 3]),
        ("no organization", missing, ["organizationNotFound", "unexpected", "unexpected"]),
        ("202", with(202), ["unexpected"; 3]),
        ("302", with(302), ["unexpected"; 3]),
        ("401", error(401, "INVALID_TOKEN"), ["unauthorized", "unknown", "unauthorized"]),
        ("403", error(403, "ACCESS_DENIED"), ["forbidden", "unknown", "forbidden"]),
        ("409", error(409, "KEY_IS_LOCKED"), ["refused", "unknown", "refused"]),
        ("429", with(429), ["unavailable", "unknown", "unavailable"]),
        ("503", Fault::Answer(unavailable()), ["unknown"; 3]),
        ("503 after acting", Fault::Answer(unavailable().acting()), ["unknown"; 3]),
        ("lost", lost, ["unknown"; 3]),
    ]
}

/// The outcomes of a missing key, depending on the run.
#[derive(Clone, Copy)]
struct Missing {
    plain: &'static str,
    /// With `--ignore-not-found`.
    ignored: &'static str,
    /// After a 503 to the first attempt.
    in_doubt: &'static str,
    /// If a condition has selected it.
    selected: &'static str,
}

/// Reads of the key after a 404 to its change, and its outcomes for each response about the privileges.
fn reads_after_not_found() -> Vec<(&'static str, Fault, [Missing; 3])> {
    let all = |outcome| Missing { plain: outcome, ignored: outcome, in_doubt: outcome, selected: outcome };
    let [unexpected, unknown] = ["unexpected", "unknown"].map(all);
    let missing = Missing { plain: "notFound", ignored: "alreadyGone", in_doubt: "gone", selected: "gone" };
    // A token that may edit keys needn't view them, unless it has done so before.
    let denied = Missing { selected: "unexpected", ..missing };
    // The list has proven access before.
    let read_before = |other| Missing { selected: "gone", ..other };
    vec![
        ("404", Fault::None, [missing, read_before(unexpected), read_before(unknown)]),
        ("403", error(403, "ACCESS_DENIED"), [denied, unexpected, unexpected]),
        ("no route", error(404, "ROUTE_NOT_FOUND"), [unknown; 3]),
        ("503", Fault::Answer(unavailable()), [unknown; 3]),
        ("a page", page(200), [unknown; 3]),
    ]
}

/// A run on one key by its ID.
fn named(name: impl Into<String>, id: &'static str, options: &[&'static str], outcome: &'static str) -> Case {
    let arguments = [options, &[id]].concat();
    let (results, status) = (vec![(id, outcome)], exit_status(&[outcome]));
    Case { name: name.into(), id, arguments, results, status, ..Case::default() }
}

/// A run on the keys that match a condition, with the outcome of the first one, which has a line unless it is left alone.
fn selected(
    name: impl Into<String>,
    (options, done): (&[&'static str], &'static str),
    outcome: Option<&'static str>,
) -> Case {
    let results: Vec<_> = outcome.map(|outcome| (K1, outcome)).into_iter().chain([(K2, done)]).collect();
    let status = exit_status(&results.iter().map(|(_, outcome)| outcome).collect::<Vec<_>>());
    Case { name: name.into(), id: K1, arguments: options.to_vec(), results, status, ..Case::default() }
}

/// Lists, and the exit status of a run that rejects them.
fn rejected_lists() -> Vec<(&'static str, Fault, Fault, i32)> {
    let empty = || Fault::Edited(|list| *list = json!([]));
    let next = "</rest/organizations/o/apikeys?page=2>; rel=\"next\"";
    let [proof, no_proof, failure] = privileges();
    vec![
        ("empty", empty(), proof, 0),
        ("empty, without a privilege", empty(), no_proof, 1),
        ("empty, privileges unavailable", empty(), failure, 6),
        ("cached", Fault::header("Age", "60"), Fault::None, 1),
        ("cached for ages", Fault::header("Age", "99999999999999999999999"), Fault::None, 1),
        ("with two dates", dated(&[23, 0]), Fault::None, 1),
        ("from the future", dated(&[48]), Fault::None, 1),
        ("one of several pages", Fault::header("Link", next), Fault::None, 1),
        ("denied", error(403, "ACCESS_DENIED"), Fault::None, 4),
        ("unavailable", page(503), Fault::None, 6),
        ("a page", page(200), Fault::None, 1),
    ]
}

fn selected_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for run in SELECTING {
        let is_of_disabled = run.1 == "deleted";
        for (name, list, privileges, status) in rejected_lists() {
            let case = selected(format!("from a list that is {name}"), run, None);
            cases.push(Case { list, privileges, results: Vec::new(), status, ..case });
        }
        let list = Fault::Edited(|list| *list = json!([list[0], list[1], list[0]]));
        cases.push(Case { list, ..selected("listed twice", run, None) });
        let contradictory = CONTRADICTORY_DATES.into_iter().filter(|_| is_of_disabled);
        for (name, edit) in BAD_DATA.into_iter().chain(contradictory) {
            let case = |place, outcome| selected(format!("{name} in the {place}"), run, outcome);
            cases.push(Case { list: Fault::Edited(edit), ..case("list", None) });
            cases.push(Case { read: Fault::Edited(edit), ..case("read", Some("unexpected")) });
        }
        for (name, read, outcome) in [
            ("read from a cache", Fault::header("Age", "60"), "unexpected"),
            ("read as a page", page(200), "unexpected"),
            ("read as another key", Fault::Edited(|key| key["id"] = K2.into()), "unexpected"),
            ("read without a route", error(404, "ROUTE_NOT_FOUND"), "unexpected"),
            ("read with 403", error(403, "ACCESS_DENIED"), "forbidden"),
            ("read with 401", error(401, "INVALID_TOKEN"), "unauthorized"),
            ("read with 503", page(503), "unavailable"),
        ] {
            cases.push(Case { read, ..selected(name, run, Some(outcome)) });
        }
        let removed = selected("removed before it is read", run, Some("gone"));
        cases.push(Case { meddling: Some((Moment::Read, Organization::remove)), ..removed });
        if is_of_disabled {
            let enabled = selected("enabled before it is read", run, Some("kept"));
            cases.push(Case { meddling: Some((Moment::Read, Organization::enable)), ..enabled });
        }
        cases.push(selected("that is fine", run, Some(run.1)));
        for (name, reply, [_, _, outcome]) in replies() {
            cases.push(Case { reply, ..selected(format!("with {name}"), run, Some(outcome)) });
        }
        let found = selected("found after a 404", run, Some("unexpected"));
        cases.push(Case { reply: error(404, "API_KEY_NOT_FOUND"), ..found });
        for (name, after, outcomes) in reads_after_not_found() {
            for (privileges, outcome) in privileges().into_iter().zip(outcomes) {
                let case = selected(format!("with {name} after a 404"), run, Some(outcome.selected));
                let meddling = Some(REMOVED);
                cases.push(Case { after: after.clone(), privileges, meddling, ..case });
            }
        }
    }
    cases
}

fn named_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let failing = Some(Fault::Answer(unavailable()));
    let applied = Some(Fault::Answer(unavailable().acting()));
    for (options, done, after_applied) in [
        (&[][..], "deleted", "gone"),
        (&["--disable"], "disabled", "disabled"),
        (&["--activate"], "activated", "activated"),
    ] {
        cases.push(named("", K1, options, done));
        cases.push(Case { first: failing.clone(), ..named("after a 503", K1, options, done) });
        cases.push(Case { first: applied.clone(), ..named("applied by a 503", K1, options, after_applied) });
        for (name, reply, [outcome, in_doubt, _]) in replies() {
            cases.push(Case { reply: reply.clone(), ..named(name, K1, options, outcome) });
            for first in [failing.clone(), applied.clone()] {
                let case = named(format!("{name} after {first:?}"), K1, options, in_doubt);
                cases.push(Case { first, reply: reply.clone(), ..case });
            }
        }
    }
    let found = named("found after a 404", K1, &["--ignore-not-found"], "unexpected");
    cases.push(Case { reply: error(404, "API_KEY_NOT_FOUND"), ..found });
    for (name, after, outcomes) in reads_after_not_found() {
        for (privileges, outcome) in privileges().into_iter().zip(outcomes) {
            let Missing { plain, ignored, in_doubt, .. } = outcome;
            for (options, id, first, outcome) in [
                (&[][..], K1, &None, plain),
                (&["--ignore-not-found"], K1, &None, ignored),
                // Such an ID may be a display name.
                (&["--ignore-not-found"], NAME, &None, plain),
                (&[], K1, &failing, in_doubt),
                (&["--ignore-not-found"], NAME, &failing, plain),
                (&["--disable"], K1, &failing, plain),
                (&["--disable", "--ignore-not-found"], K1, &failing, ignored),
                (&["--activate", "--ignore-not-found"], K1, &failing, plain),
            ] {
                let case = named(format!("with {name} after a 404"), id, options, outcome);
                let (first, after, privileges) = (first.clone(), after.clone(), privileges.clone());
                let meddling = Some(REMOVED);
                cases.push(Case { first, after, privileges, meddling, ..case });
            }
        }
    }
    cases
}

impl Case {
    fn key(&self, id: &str) -> ApiKey {
        let is_enabled = ["--activate", "--disabled-for=30d"].iter().all(|it| !self.arguments.contains(it));
        if is_enabled { ApiKey::unused(id, days_ago(400)) } else { ApiKey::disabled(id, days_ago(100)) }
    }

    /// Sets up the responses, and what somebody else does.
    fn direct(&self, coveo: &Coveo) {
        let about = |id: &str, request: &Recorded| request.path.split('/').any(|part| part == id);
        let (case, changes) = (self.clone(), AtomicUsize::new(0));
        coveo.plan(move |hook| match (hook, &case.first) {
            (Hook::Request(_, request), _) if request.is("GET", "/privileges/token") => {
                case.privileges.clone()
            }
            (Hook::Request(_, request), _) if request.is("GET", "/apikeys") => case.list.clone(),
            (Hook::Request(_, request), _) if !about(case.id, request) => Fault::None,
            (Hook::Request(_, request), first) if request.method != "GET" => {
                let is_first = changes.fetch_add(1, SeqCst) == 0;
                first.clone().filter(|_| is_first).unwrap_or(case.reply.clone())
            }
            (Hook::Request(..), _) if changes.load(SeqCst) == 0 => case.read.clone(),
            (Hook::Request(..), _) => case.after.clone(),
            _ => Fault::None,
        });
        let (id, meddling) = (self.id, self.meddling);
        coveo.on_request(move |request, organization| {
            let moment = if request.method == "GET" { Moment::Read } else { Moment::Change };
            if let Some((_, meddle)) = meddling.filter(|(at, _)| *at == moment && about(id, request)) {
                meddle(organization, id);
            }
        });
    }

    fn check(&self) {
        let coveo = Coveo::with([self.id, K2].map(|id| self.key(id)));
        self.direct(&coveo);
        let before = coveo.key(self.id);
        let retries = if self.first.is_some() { "--retries=1" } else { "--retries=0" };
        let run = cli(&coveo).args(["--json", "--timeout=9s", retries]).args(&self.arguments).run();
        check(&run, &self.results, self.status);
        let after = coveo.key(self.id);
        let outcome = self.results.iter().find(|(id, _)| *id == self.id).map(|(_, outcome)| *outcome);
        let is_true = match outcome {
            Some("deleted" | "gone" | "alreadyGone" | "notFound") => after.is_none(),
            Some("disabled") => after.is_some_and(|key| !key.enabled),
            Some("activated") => after.is_some_and(|key| key.enabled),
            Some("unknown" | "unexpected" | "kept") => true,
            _ => before == after,
        };
        assert!(is_true, "{outcome:?} isn't true\n{}", run.stderr);
        let is_left_alone = outcome.is_none() && !self.results.is_empty();
        assert!(!is_left_alone || run.stderr.contains(self.id), "the key isn't named\n{}", run.stderr);
    }
}

#[test]
fn selected_keys_change_only_with_evidence() {
    parallel(WIDTH, &selected_cases(), Case::check);
}

#[test]
fn named_keys_succeed_only_with_evidence() {
    parallel(WIDTH, &named_cases(), Case::check);
}
