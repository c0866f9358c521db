//! The oracle of the evidence table: the outcomes that the documents promise for each case. It was written from them, and
//! shares nothing with the program.

use crate::evidence::{Data, Earlier, List, Named, Proof, Read, Reply, Selected, Work};

/// The allowed outcomes of a key; empty if the run says nothing about it.
pub type Outcomes = &'static [&'static str];

const DELETED: Outcomes = &["deleted"];
const DISABLED: Outcomes = &["disabled"];
const ACTIVATED: Outcomes = &["activated"];
const GONE: Outcomes = &["gone"];
const ALREADY_GONE: Outcomes = &["alreadyGone"];
const KEPT: Outcomes = &["kept"];
const NOT_FOUND: Outcomes = &["notFound"];
const UNAUTHORIZED: Outcomes = &["unauthorized"];
const FORBIDDEN: Outcomes = &["forbidden"];
const REFUSED: Outcomes = &["refused"];
const UNAVAILABLE: Outcomes = &["unavailable"];
const UNEXPECTED: Outcomes = &["unexpected"];
const UNKNOWN: Outcomes = &["unknown"];
const NO_ORGANIZATION: Outcomes = &["organizationNotFound"];

/// The exit status of a run that fails at the list; `None` if it goes on.
pub fn rejected_list(list: List) -> Option<i32> {
    match list {
        List::Fine | List::Key(_) | List::Twice => None,
        List::Empty(Proof::Given) => Some(0),
        List::Empty(Proof::Failing) | List::Unavailable => Some(6),
        List::Denied => Some(4),
        List::Empty(Proof::Missing)
        | List::Stale
        | List::TwoDates
        | List::Ahead
        | List::FirstPage
        | List::Page => Some(1),
    }
}

/// The outcome of a key that a condition may select.
pub fn selected(case: &Selected) -> Outcomes {
    match case.list {
        List::Fine => {}
        // Left alone, without a line.
        _ => return &[],
    }
    match case.read {
        Read::Key(Data::Fine) => {}
        Read::Key(_) | Read::Stale | Read::Page | Read::NoRoute => return UNEXPECTED,
        Read::Changed => return KEPT,
        Read::Missing => return GONE,
        Read::Denied => return FORBIDDEN,
        Read::Unauthorized => return UNAUTHORIZED,
        Read::Unavailable => return UNAVAILABLE,
    }
    match case.reply {
        Reply::NotFound(after) => match after {
            Read::Key(_) => UNEXPECTED,
            Read::Missing => GONE,
            Read::Denied => UNEXPECTED,
            _ => UNKNOWN,
        },
        // One of its keys was read a moment ago.
        Reply::NoOrganization => UNEXPECTED,
        reply => of_reply(if case.disable { Work::Disable } else { Work::Delete }, reply, false),
    }
}

/// The outcome of a key that was named.
pub fn named(case: &Named) -> Outcomes {
    let in_doubt = case.earlier != Earlier::None;
    let Reply::NotFound(after) = case.reply else { return of_reply(case.work, case.reply, in_doubt) };
    match (after, case.proof) {
        (Read::Key(_), _) => UNEXPECTED,
        (Read::Denied, Proof::Missing | Proof::Failing) => UNEXPECTED,
        (Read::Missing, Proof::Missing) => UNEXPECTED,
        (Read::Missing, Proof::Failing) => UNKNOWN,
        (Read::Missing | Read::Denied, Proof::Given) => match case.work {
            Work::Delete if in_doubt && case.coveo_form => GONE,
            Work::Delete | Work::Disable if case.ignore_not_found && case.coveo_form => ALREADY_GONE,
            _ => NOT_FOUND,
        },
        _ => UNKNOWN,
    }
}

/// The outcome of a reply that needs no read of the key. With `in_doubt` an earlier attempt may have been applied.
fn of_reply(work: Work, reply: Reply, in_doubt: bool) -> Outcomes {
    match reply {
        Reply::Done => match work {
            Work::Delete => DELETED,
            Work::Disable => DISABLED,
            Work::Activate => ACTIVATED,
        },
        Reply::NotFound(_) => unreachable!("this reply needs a read"),
        Reply::NoSuchThing(_) | Reply::Odd404 | Reply::Accepted | Reply::Redirect => UNEXPECTED,
        Reply::NoOrganization if in_doubt => UNEXPECTED,
        Reply::NoOrganization => NO_ORGANIZATION,
        Reply::Unauthorized | Reply::Denied | Reply::Refused | Reply::Busy if in_doubt => UNKNOWN,
        Reply::Unauthorized => UNAUTHORIZED,
        Reply::Denied => FORBIDDEN,
        Reply::Refused => REFUSED,
        Reply::Busy => UNAVAILABLE,
        Reply::Failing(_) | Reply::Lost => UNKNOWN,
    }
}
