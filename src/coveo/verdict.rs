//! The verdict: from all the facts about a key to its outcome.
//!
//! [`verdict`] is the only function that decides what happened to a key. It does no I/O. Single changes, bulk requests,
//! re-reads, dry runs and lists collect [`Facts`] and ask it.

use crate::coveo::access::Proof;
use crate::coveo::action::Action;
use crate::coveo::reads::ReadErrorKind;
use crate::coveo::response::ResponseKind;
use crate::outcome::Outcome;

/// All that is known about a key when its outcome is decided.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// What the run does to the key.
    pub action: Action,
    /// Whether the key's ID has the form of Coveo's IDs. Another ID may be a display name, so a 404 for it isn't a success.
    pub has_coveo_form: bool,
    /// Whether a missing key counts as a success: `--ignore-not-found`.
    pub ignore_not_found: bool,
    /// Whether this run has seen the key: it was listed or read.
    pub was_seen: bool,
    /// Whether a condition selected the key.
    pub is_selected: bool,
    /// Whether an earlier attempt of the key's own request may have been applied.
    pub maybe_applied: bool,
    /// Whether a bulk request that included the key may have been applied to it. This alone doesn't make a key `gone`: without
    /// a list, it was sent for wrong IDs as well.
    pub maybe_applied_in_bulk: bool,
    /// Whether this run has changed a key before, or may have.
    pub run_maybe_changed: bool,
    /// What happened last.
    pub last: LastEvent,
}

/// The last thing that happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastEvent {
    /// Coveo replied to the change.
    Reply(ResponseKind),
    /// Coveo replied 404 to the change, and the key was then read.
    NotFound(KeyRead),
    /// The change got no response.
    NoResponse {
        /// Whether the request may have been sent.
        maybe_sent: bool,
    },
    /// A read that the change depended on failed; nothing was sent after it.
    NotRead(ReadErrorKind),
    /// The key was read and doesn't match the conditions.
    NoMatch {
        /// Whether it is already in the state that the action would cause.
        is_done: bool,
    },
    /// The key was read, and its data is incomplete or contradicts itself.
    BadData,
    /// The key may be the one that the run uses as its token.
    OwnKey,
    /// A dry run read the key; says whether the token may edit it (`None`: unknown).
    Forecast(Option<bool>),
    /// `--list` shows the key.
    Listed,
    /// The run ended before the key's own request.
    NotTried,
    /// The person at the terminal didn't confirm.
    Cancelled,
}

/// The result of reading the key after a 404 to its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRead {
    /// 200: the key exists.
    Found,
    /// 404 with one of Coveo's codes.
    Missing(Proof),
    /// 403, and whether the token's privileges include editing the key (`None`: they couldn't be read).
    Denied(Option<bool>),
    /// Anything else.
    Failed,
}

impl Facts {
    /// The facts about a key about which nothing is known yet.
    pub fn new(action: Action, has_coveo_form: bool, ignore_not_found: bool, last: LastEvent) -> Self {
        Self {
            action,
            has_coveo_form,
            ignore_not_found,
            was_seen: false,
            is_selected: false,
            maybe_applied: false,
            maybe_applied_in_bulk: false,
            run_maybe_changed: false,
            last,
        }
    }

    /// Whether an earlier request may have been applied: a later refusal doesn't say that it wasn't.
    fn is_in_doubt(&self) -> bool {
        self.maybe_applied || self.maybe_applied_in_bulk
    }
}

/// Decides what happened to a key.
pub fn verdict(facts: &Facts) -> Outcome {
    let in_doubt = facts.is_in_doubt();
    match facts.last {
        LastEvent::Reply(kind) => of_reply(facts, kind),
        // A token that has read the key can view it, so a 403 to the next read is odd.
        LastEvent::NotFound(KeyRead::Denied(_)) if facts.was_seen => Outcome::Unexpected,
        LastEvent::NotFound(KeyRead::Missing(Proof::Proven) | KeyRead::Denied(Some(true))) => {
            of_missing(facts)
        }
        LastEvent::NotFound(KeyRead::Found | KeyRead::Missing(Proof::Missing) | KeyRead::Denied(_)) => {
            Outcome::Unexpected
        }
        LastEvent::NotFound(KeyRead::Missing(Proof::Unanswered) | KeyRead::Failed) => Outcome::Unknown,
        LastEvent::NoResponse { maybe_sent } if maybe_sent || in_doubt => Outcome::Unknown,
        LastEvent::NoResponse { .. } => Outcome::Unavailable,
        LastEvent::NotRead(ReadErrorKind::NotFound) => of_missing(facts),
        // For example, the key was re-enabled meanwhile. It's unknown whether the earlier attempt will still be applied.
        LastEvent::NoMatch { is_done: true } if in_doubt && facts.action == Action::Disable => {
            Outcome::Disabled
        }
        LastEvent::NotRead(_)
        | LastEvent::NoMatch { .. }
        | LastEvent::BadData
        | LastEvent::OwnKey
        | LastEvent::NotTried
            if in_doubt =>
        {
            Outcome::Unknown
        }
        LastEvent::NotRead(kind) => of_read_error(facts, kind),
        LastEvent::NoMatch { .. } | LastEvent::OwnKey => Outcome::Kept,
        LastEvent::BadData => Outcome::Unexpected,
        LastEvent::Forecast(Some(false)) => Outcome::Forbidden,
        LastEvent::Forecast(Some(true) | None) => match facts.action {
            Action::Delete => Outcome::WouldDelete,
            Action::Disable => Outcome::WouldDisable,
            Action::Activate => Outcome::WouldActivate,
        },
        LastEvent::Listed => Outcome::Listed,
        LastEvent::NotTried => Outcome::NotTried,
        LastEvent::Cancelled => Outcome::Cancelled,
    }
}

/// The outcome of a reply to a change. After an earlier attempt that may have been applied, a refusal doesn't show
/// whether the key was changed.
fn of_reply(facts: &Facts, kind: ResponseKind) -> Outcome {
    let in_doubt = facts.is_in_doubt();
    match kind {
        ResponseKind::Done => match facts.action {
            Action::Delete => Outcome::Deleted,
            Action::Disable => Outcome::Disabled,
            Action::Activate => Outcome::Activated,
        },
        ResponseKind::OrganizationNotFound if !in_doubt && !facts.run_maybe_changed && !facts.was_seen => {
            Outcome::OrganizationNotFound
        }
        // A 404 without a read of the key proves nothing.
        ResponseKind::OrganizationNotFound | ResponseKind::NotFound | ResponseKind::Unexpected => {
            Outcome::Unexpected
        }
        ResponseKind::ServerError => Outcome::Unknown,
        ResponseKind::Unauthorized
        | ResponseKind::Forbidden
        | ResponseKind::Refused
        | ResponseKind::RateLimited
            if in_doubt =>
        {
            Outcome::Unknown
        }
        ResponseKind::Unauthorized => Outcome::Unauthorized,
        ResponseKind::Forbidden => Outcome::Forbidden,
        ResponseKind::Refused => Outcome::Refused,
        ResponseKind::RateLimited => Outcome::Unavailable,
    }
}

/// The outcome of a key that Coveo doesn't have, with proof of access.
fn of_missing(facts: &Facts) -> Outcome {
    let existed = match facts.action {
        Action::Delete => facts.was_seen || facts.maybe_applied && facts.has_coveo_form,
        // Somebody else deleted it. For a named key, this is an error.
        Action::Disable | Action::Activate => facts.was_seen && facts.is_selected,
    };
    let may_be_missing = facts.action != Action::Activate && facts.ignore_not_found && facts.has_coveo_form;
    match (existed, may_be_missing) {
        (true, _) => Outcome::Gone,
        (false, true) => Outcome::AlreadyGone,
        (false, false) => Outcome::NotFound,
    }
}

/// The outcome of a key that could not be read and was left alone.
fn of_read_error(facts: &Facts, kind: ReadErrorKind) -> Outcome {
    match kind {
        ReadErrorKind::NotFound => of_missing(facts),
        ReadErrorKind::OrganizationNotFound if facts.run_maybe_changed => Outcome::Unexpected,
        ReadErrorKind::OrganizationNotFound => Outcome::OrganizationNotFound,
        ReadErrorKind::Unauthorized => Outcome::Unauthorized,
        ReadErrorKind::Forbidden => Outcome::Forbidden,
        ReadErrorKind::Refused => Outcome::Refused,
        ReadErrorKind::Unavailable | ReadErrorKind::Unproven => Outcome::Unavailable,
        ReadErrorKind::Unusable(_) | ReadErrorKind::Unexpected => Outcome::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coveo::reads::Defect;
    use Action::{Activate, Delete, Disable};
    use Outcome as O;
    use ResponseKind as R;

    const ACTIONS: [Action; 3] = [Delete, Disable, Activate];
    const REPLIES: [ResponseKind; 9] = [
        R::Done,
        R::Unauthorized,
        R::Forbidden,
        R::OrganizationNotFound,
        R::NotFound,
        R::Refused,
        R::RateLimited,
        R::ServerError,
        R::Unexpected,
    ];
    const READS: [ReadErrorKind; 9] = [
        ReadErrorKind::NotFound,
        ReadErrorKind::Unproven,
        ReadErrorKind::OrganizationNotFound,
        ReadErrorKind::Unauthorized,
        ReadErrorKind::Forbidden,
        ReadErrorKind::Refused,
        ReadErrorKind::Unavailable,
        ReadErrorKind::Unusable(Defect::Stale),
        ReadErrorKind::Unexpected,
    ];

    fn facts(action: Action, last: LastEvent) -> Facts {
        Facts::new(action, true, false, last)
    }

    /// Every combination of the facts that are yes or no, for each action.
    fn all_facts(last: LastEvent) -> impl Iterator<Item = Facts> {
        ACTIONS.into_iter().flat_map(move |action| {
            (0..128u32).map(move |bits| {
                let bit = |at: u32| bits >> at & 1 == 1;
                Facts {
                    action,
                    has_coveo_form: bit(0),
                    ignore_not_found: bit(1),
                    was_seen: bit(2),
                    is_selected: bit(3),
                    maybe_applied: bit(4),
                    maybe_applied_in_bulk: bit(5),
                    run_maybe_changed: bit(6),
                    last,
                }
            })
        })
    }

    fn every_last() -> Vec<LastEvent> {
        let proofs = [Proof::Proven, Proof::Missing, Proof::Unanswered];
        let mut all: Vec<LastEvent> = REPLIES.into_iter().map(LastEvent::Reply).collect();
        all.extend(proofs.map(|proof| LastEvent::NotFound(KeyRead::Missing(proof))));
        all.extend([Some(true), Some(false), None].map(|may| LastEvent::NotFound(KeyRead::Denied(may))));
        all.extend([KeyRead::Found, KeyRead::Failed].map(LastEvent::NotFound));
        all.extend([true, false].map(|maybe_sent| LastEvent::NoResponse { maybe_sent }));
        all.extend([true, false].map(|is_done| LastEvent::NoMatch { is_done }));
        all.extend(READS.map(LastEvent::NotRead));
        all.extend([Some(true), Some(false), None].map(LastEvent::Forecast));
        all.extend([
            LastEvent::BadData,
            LastEvent::OwnKey,
            LastEvent::Listed,
            LastEvent::NotTried,
            LastEvent::Cancelled,
        ]);
        all
    }

    /// The design's table: the last reply, the outcome without an earlier attempt that may have been applied, and with one.
    #[test]
    fn reply_decides_the_outcome() {
        for (kind, clear, in_doubt) in [
            (R::Unauthorized, O::Unauthorized, O::Unknown),
            (R::Forbidden, O::Forbidden, O::Unknown),
            (R::Refused, O::Refused, O::Unknown),
            (R::RateLimited, O::Unavailable, O::Unknown),
            (R::ServerError, O::Unknown, O::Unknown),
            (R::OrganizationNotFound, O::OrganizationNotFound, O::Unexpected),
            (R::NotFound, O::Unexpected, O::Unexpected),
            (R::Unexpected, O::Unexpected, O::Unexpected),
        ] {
            for action in ACTIONS {
                let clear_facts = facts(action, LastEvent::Reply(kind));
                assert_eq!(verdict(&clear_facts), clear, "{action:?} {kind:?}");
                for (maybe_applied, maybe_applied_in_bulk) in [(true, false), (false, true), (true, true)] {
                    let facts = Facts { maybe_applied, maybe_applied_in_bulk, ..clear_facts };
                    assert_eq!(verdict(&facts), in_doubt, "{facts:?}");
                }
            }
        }
        let seen = Facts { was_seen: true, ..facts(Delete, LastEvent::Reply(R::OrganizationNotFound)) };
        assert_eq!(verdict(&seen), O::Unexpected, "this run has read one of its keys");
        let changed =
            Facts { run_maybe_changed: true, ..facts(Delete, LastEvent::Reply(R::OrganizationNotFound)) };
        assert_eq!(verdict(&changed), O::Unexpected, "the organization existed a moment ago");
    }

    #[test]
    fn success_needs_a_204_a_read_or_a_missing_key() {
        let (mut count, mut successes) = (0, 0);
        for last in every_last() {
            for facts in all_facts(last) {
                count += 1;
                let done = match facts.action {
                    Delete => O::Deleted,
                    Disable => O::Disabled,
                    Activate => O::Activated,
                };
                let outcome = verdict(&facts);
                successes += usize::from(outcome.is_success());
                let allowed: &[Outcome] = match last {
                    LastEvent::Reply(R::Done) => &[done],
                    LastEvent::NotFound(KeyRead::Missing(Proof::Proven) | KeyRead::Denied(Some(true)))
                    | LastEvent::NotRead(ReadErrorKind::NotFound) => &[O::Gone, O::AlreadyGone, O::NotFound],
                    LastEvent::NoMatch { is_done: true } if facts.action == Disable => {
                        &[O::Disabled, O::Kept]
                    }
                    LastEvent::NoMatch { .. } | LastEvent::OwnKey => &[O::Kept, O::Unknown],
                    LastEvent::Forecast(Some(true) | None) => {
                        &[O::WouldDelete, O::WouldDisable, O::WouldActivate]
                    }
                    LastEvent::Listed => &[O::Listed],
                    _ => &[],
                };
                assert!(allowed.contains(&outcome) || !outcome.is_success(), "{facts:?}: {outcome:?}");
                if matches!(last, LastEvent::Reply(R::Done) | LastEvent::Listed) {
                    assert_eq!(outcome, allowed[0], "{facts:?}");
                }
            }
        }
        assert_eq!(count, every_last().len() * 3 * 128);
        assert!(successes > 1000, "{successes}");
    }

    #[test]
    fn not_found_is_decided_by_a_read_of_the_key() {
        let read = |read| facts(Delete, LastEvent::NotFound(read));
        let proven = read(KeyRead::Missing(Proof::Proven));
        let ignore = Facts { ignore_not_found: true, ..proven };
        for (facts, outcome) in [
            (read(KeyRead::Found), O::Unexpected),
            (proven, O::NotFound),
            (ignore, O::AlreadyGone),
            (Facts { has_coveo_form: false, ..ignore }, O::NotFound),
            (Facts { was_seen: true, ..proven }, O::Gone),
            (Facts { was_seen: true, has_coveo_form: false, ..proven }, O::Gone),
            (Facts { maybe_applied: true, ..proven }, O::Gone),
            (Facts { maybe_applied: true, ..ignore }, O::Gone),
            (Facts { maybe_applied: true, has_coveo_form: false, ..ignore }, O::NotFound),
            (Facts { maybe_applied_in_bulk: true, ..proven }, O::NotFound),
            (Facts { maybe_applied_in_bulk: true, was_seen: true, ..proven }, O::Gone),
            (Facts { last: LastEvent::NotFound(KeyRead::Denied(Some(true))), ..ignore }, O::AlreadyGone),
            (read(KeyRead::Denied(Some(true))), O::NotFound),
            (Facts { was_seen: true, ..read(KeyRead::Denied(Some(true))) }, O::Unexpected),
            (read(KeyRead::Denied(Some(false))), O::Unexpected),
            (read(KeyRead::Denied(None)), O::Unexpected),
            (Facts { last: LastEvent::NotFound(KeyRead::Denied(None)), ..ignore }, O::Unexpected),
            (read(KeyRead::Missing(Proof::Missing)), O::Unexpected),
            (read(KeyRead::Missing(Proof::Unanswered)), O::Unknown),
            (read(KeyRead::Failed), O::Unknown),
        ] {
            assert_eq!(verdict(&facts), outcome, "{facts:?}");
        }
        for (action, ignore_not_found, outcome) in [
            (Disable, false, O::NotFound),
            (Disable, true, O::AlreadyGone),
            (Activate, false, O::NotFound),
            (Activate, true, O::NotFound),
        ] {
            let missing = Facts { action, ignore_not_found, maybe_applied: true, ..proven };
            assert_eq!(verdict(&missing), outcome, "{action:?}");
            assert_eq!(verdict(&Facts { was_seen: true, ..missing }), outcome, "{action:?}");
            assert_eq!(verdict(&Facts { is_selected: true, ..missing }), outcome, "{action:?}");
            let selected = Facts { was_seen: true, is_selected: true, ..missing };
            assert_eq!(verdict(&selected), O::Gone, "{action:?}");
        }
    }

    #[test]
    fn lost_response_is_known_only_if_nothing_was_sent() {
        for action in ACTIONS {
            let lost = |maybe_sent| facts(action, LastEvent::NoResponse { maybe_sent });
            assert_eq!(verdict(&lost(true)), O::Unknown);
            assert_eq!(verdict(&lost(false)), O::Unavailable);
            assert_eq!(verdict(&Facts { maybe_applied: true, ..lost(false) }), O::Unknown);
            assert_eq!(verdict(&Facts { maybe_applied_in_bulk: true, ..lost(false) }), O::Unknown);
        }
    }

    #[test]
    fn reread_rejects_unless_an_attempt_may_have_worked() {
        for (last, clear, deleting, disabling) in [
            (LastEvent::NoMatch { is_done: true }, O::Kept, O::Unknown, O::Disabled),
            (LastEvent::NoMatch { is_done: false }, O::Kept, O::Unknown, O::Unknown),
            (LastEvent::BadData, O::Unexpected, O::Unknown, O::Unknown),
            (LastEvent::OwnKey, O::Kept, O::Unknown, O::Unknown),
            (LastEvent::NotTried, O::NotTried, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Unauthorized), O::Unauthorized, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Forbidden), O::Forbidden, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Refused), O::Refused, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Unavailable), O::Unavailable, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Unproven), O::Unavailable, O::Unknown, O::Unknown),
            (
                LastEvent::NotRead(ReadErrorKind::Unusable(Defect::Stale)),
                O::Unexpected,
                O::Unknown,
                O::Unknown,
            ),
            (LastEvent::NotRead(ReadErrorKind::Unexpected), O::Unexpected, O::Unknown, O::Unknown),
            (
                LastEvent::NotRead(ReadErrorKind::OrganizationNotFound),
                O::OrganizationNotFound,
                O::Unknown,
                O::Unknown,
            ),
        ] {
            for action in ACTIONS {
                let seen = Facts { was_seen: true, is_selected: true, ..facts(action, last) };
                assert_eq!(verdict(&seen), clear, "{action:?} {last:?}");
                let in_doubt = if action == Disable { disabling } else { deleting };
                assert_eq!(verdict(&Facts { maybe_applied: true, ..seen }), in_doubt, "{action:?} {last:?}");
            }
        }
        let missing = facts(Delete, LastEvent::NotRead(ReadErrorKind::NotFound));
        assert_eq!(verdict(&missing), O::NotFound);
        assert_eq!(verdict(&Facts { was_seen: true, is_selected: true, ..missing }), O::Gone);
        let gone = facts(Delete, LastEvent::NotRead(ReadErrorKind::OrganizationNotFound));
        assert_eq!(verdict(&Facts { run_maybe_changed: true, ..gone }), O::Unexpected);
    }

    #[test]
    fn dry_runs_and_lists_change_nothing() {
        for (action, would) in
            [(Delete, O::WouldDelete), (Disable, O::WouldDisable), (Activate, O::WouldActivate)]
        {
            assert_eq!(verdict(&facts(action, LastEvent::Forecast(Some(true)))), would);
            assert_eq!(verdict(&facts(action, LastEvent::Forecast(None))), would);
            assert_eq!(verdict(&facts(action, LastEvent::Forecast(Some(false)))), O::Forbidden);
            assert_eq!(verdict(&facts(action, LastEvent::Listed)), O::Listed);
            assert_eq!(verdict(&facts(action, LastEvent::Cancelled)), O::Cancelled);
        }
    }
}
