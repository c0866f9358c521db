//! The verdict: from all the facts about a key to its outcome.
//!
//! [`verdict`] is the only function that decides what happened to a key. It does no I/O. Single changes, bulk requests,
//! re-reads, dry runs and lists collect [`Facts`] and ask it.

use crate::coveo::action::Action;
use crate::coveo::reads::ReadErrorKind;
use crate::coveo::response::ResponseKind;
use crate::net::retry::EarlierAttempt;
use crate::outcome::Outcome;

/// All that is known about a key when its outcome is decided. By default nothing is known, and nothing was tried.
#[derive(Debug, Clone, Copy, Default)]
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
    /// The first earlier attempt of the key's own request that may have been applied.
    pub own_attempt: Option<MaybeApplied>,
    /// The bulk request that included the key and may have been applied to it. This alone doesn't make a key `gone`: without
    /// a list, it was sent for wrong IDs as well.
    pub in_bulk: Option<MaybeApplied>,
    /// Whether this run has changed a key before, or may have.
    pub run_maybe_changed: bool,
    /// What happened last.
    pub last: LastEvent,
}

/// An earlier request that may have been applied although its response doesn't say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaybeApplied {
    /// The attempt with this number, from 1, which ended with this status or without a response.
    Attempt(usize, Option<u16>),
    /// The bulk request, which ended with this status or without a response.
    Bulk(Option<u16>),
}

/// The last thing that happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    #[default]
    NotTried,
    /// The person at the terminal didn't confirm.
    Cancelled,
}

/// The result of reading the key after a 404 to its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRead {
    /// 200: the key exists.
    Found,
    /// 404 with one of Coveo's codes, and access is proven.
    Missing,
    /// 404 with one of Coveo's codes, and nothing proves access.
    Unproven,
    /// 403, and whether the token's privileges include editing the key (`None`: they couldn't be read).
    Denied(Option<bool>),
    /// Anything else.
    Failed,
}

impl Facts {
    /// The first earlier request that may have been applied. After one, a refusal doesn't say that the key is unchanged.
    pub fn maybe_applied(&self) -> Option<MaybeApplied> {
        self.in_bulk.or(self.own_attempt)
    }
}

impl MaybeApplied {
    /// Finds the first attempt that may have been applied.
    pub fn find(attempts: &[EarlierAttempt]) -> Option<Self> {
        let index = attempts.iter().position(|attempt| attempt.maybe_applied)?;
        Some(Self::Attempt(index + 1, attempts[index].status))
    }
}

/// Decides what happened to a key.
pub fn verdict(facts: &Facts) -> Outcome {
    use LastEvent::*;
    let in_doubt = facts.maybe_applied().is_some();
    match facts.last {
        Reply(kind) => of_reply(facts, kind),
        // A token that has read the key can view it, so a 403 to the next read is odd.
        NotFound(KeyRead::Denied(_)) if facts.was_seen => Outcome::Unexpected,
        NotFound(KeyRead::Missing | KeyRead::Denied(Some(true))) => of_missing(facts),
        NotFound(KeyRead::Found | KeyRead::Unproven | KeyRead::Denied(_)) => Outcome::Unexpected,
        NotFound(KeyRead::Failed) => Outcome::Unknown,
        NoResponse { maybe_sent } if maybe_sent || in_doubt => Outcome::Unknown,
        NoResponse { .. } => Outcome::Unavailable,
        NotRead(kind) => of_read_error(facts, kind),
        // For example, the key was re-enabled meanwhile. It's unknown whether the earlier attempt will still be applied.
        NoMatch { is_done: true } if in_doubt && facts.action == Action::Disable => Outcome::Disabled,
        NoMatch { .. } | BadData | OwnKey | NotTried if in_doubt => Outcome::Unknown,
        NoMatch { .. } | OwnKey => Outcome::Kept,
        BadData => Outcome::Unexpected,
        Forecast(Some(false)) => Outcome::Forbidden,
        Forecast(Some(true) | None) => match facts.action {
            Action::Delete => Outcome::WouldDelete,
            Action::Disable => Outcome::WouldDisable,
            Action::Activate => Outcome::WouldActivate,
        },
        Listed => Outcome::Listed,
        NotTried => Outcome::NotTried,
        Cancelled => Outcome::Cancelled,
    }
}

/// The outcome of a reply to a change. After an earlier attempt that may have been applied, a refusal doesn't show
/// whether the key was changed.
fn of_reply(facts: &Facts, kind: ResponseKind) -> Outcome {
    use ResponseKind::*;
    let in_doubt = facts.maybe_applied().is_some();
    match kind {
        Done => match facts.action {
            Action::Delete => Outcome::Deleted,
            Action::Disable => Outcome::Disabled,
            Action::Activate => Outcome::Activated,
        },
        OrganizationNotFound if !in_doubt && !facts.run_maybe_changed && !facts.was_seen => {
            Outcome::OrganizationNotFound
        }
        // A 404 without a read of the key proves nothing.
        OrganizationNotFound | NotFound | Unexpected => Outcome::Unexpected,
        ServerError => Outcome::Unknown,
        Unauthorized | Forbidden | Refused | RateLimited if in_doubt => Outcome::Unknown,
        Unauthorized => Outcome::Unauthorized,
        Forbidden => Outcome::Forbidden,
        Refused => Outcome::Refused,
        RateLimited => Outcome::Unavailable,
    }
}

/// The outcome of a key that Coveo doesn't have, with proof of access.
fn of_missing(facts: &Facts) -> Outcome {
    let existed = match facts.action {
        Action::Delete => facts.was_seen || facts.own_attempt.is_some() && facts.has_coveo_form,
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
    use {ReadErrorKind::*, ResponseKind::*};
    match kind {
        Missing => of_missing(facts),
        _ if facts.maybe_applied().is_some() => Outcome::Unknown,
        Response(OrganizationNotFound) if facts.run_maybe_changed => Outcome::Unexpected,
        Response(OrganizationNotFound) => Outcome::OrganizationNotFound,
        Response(Unauthorized) => Outcome::Unauthorized,
        Response(Forbidden) => Outcome::Forbidden,
        Response(Refused) => Outcome::Refused,
        Response(RateLimited | ServerError) | NoResponse | Unproven => Outcome::Unavailable,
        Response(NotFound | Done | Unexpected) | Unusable(_) => Outcome::Unexpected,
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
    const READS: [ReadErrorKind; 4] = [
        ReadErrorKind::Missing,
        ReadErrorKind::Unproven,
        ReadErrorKind::Unusable(Defect::Stale),
        ReadErrorKind::NoResponse,
    ];

    const ATTEMPT: Option<MaybeApplied> = Some(MaybeApplied::Attempt(1, Some(503)));
    const BULK: Option<MaybeApplied> = Some(MaybeApplied::Bulk(None));

    fn facts(action: Action, last: LastEvent) -> Facts {
        Facts { action, has_coveo_form: true, last, ..Facts::default() }
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
                    own_attempt: ATTEMPT.filter(|_| bit(4)),
                    in_bulk: BULK.filter(|_| bit(5)),
                    run_maybe_changed: bit(6),
                    last,
                }
            })
        })
    }

    fn every_last() -> Vec<LastEvent> {
        let mut all: Vec<LastEvent> = REPLIES.into_iter().map(LastEvent::Reply).collect();
        all.extend([Some(true), Some(false), None].map(|may| LastEvent::NotFound(KeyRead::Denied(may))));
        all.extend(
            [KeyRead::Found, KeyRead::Missing, KeyRead::Unproven, KeyRead::Failed].map(LastEvent::NotFound),
        );
        all.extend([true, false].map(|maybe_sent| LastEvent::NoResponse { maybe_sent }));
        all.extend([true, false].map(|is_done| LastEvent::NoMatch { is_done }));
        all.extend(READS.into_iter().chain(REPLIES.map(ReadErrorKind::Response)).map(LastEvent::NotRead));
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
                for (own_attempt, in_bulk) in [(ATTEMPT, None), (None, BULK), (ATTEMPT, BULK)] {
                    let facts = Facts { own_attempt, in_bulk, ..clear_facts };
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
                    LastEvent::NotFound(KeyRead::Missing | KeyRead::Denied(Some(true)))
                    | LastEvent::NotRead(ReadErrorKind::Missing) => &[O::Gone, O::AlreadyGone, O::NotFound],
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
        let proven = read(KeyRead::Missing);
        let ignore = Facts { ignore_not_found: true, ..proven };
        for (facts, outcome) in [
            (read(KeyRead::Found), O::Unexpected),
            (proven, O::NotFound),
            (ignore, O::AlreadyGone),
            (Facts { has_coveo_form: false, ..ignore }, O::NotFound),
            (Facts { was_seen: true, ..proven }, O::Gone),
            (Facts { was_seen: true, has_coveo_form: false, ..proven }, O::Gone),
            (Facts { own_attempt: ATTEMPT, ..proven }, O::Gone),
            (Facts { own_attempt: ATTEMPT, ..ignore }, O::Gone),
            (Facts { own_attempt: ATTEMPT, has_coveo_form: false, ..ignore }, O::NotFound),
            (Facts { in_bulk: BULK, ..proven }, O::NotFound),
            (Facts { in_bulk: BULK, was_seen: true, ..proven }, O::Gone),
            (Facts { last: LastEvent::NotFound(KeyRead::Denied(Some(true))), ..ignore }, O::AlreadyGone),
            (read(KeyRead::Denied(Some(true))), O::NotFound),
            (Facts { was_seen: true, ..read(KeyRead::Denied(Some(true))) }, O::Unexpected),
            (read(KeyRead::Denied(Some(false))), O::Unexpected),
            (read(KeyRead::Denied(None)), O::Unexpected),
            (Facts { last: LastEvent::NotFound(KeyRead::Denied(None)), ..ignore }, O::Unexpected),
            (read(KeyRead::Unproven), O::Unexpected),
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
            let missing = Facts { action, ignore_not_found, own_attempt: ATTEMPT, ..proven };
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
            assert_eq!(verdict(&Facts { own_attempt: ATTEMPT, ..lost(false) }), O::Unknown);
            assert_eq!(verdict(&Facts { in_bulk: BULK, ..lost(false) }), O::Unknown);
        }
    }

    #[test]
    fn reread_rejects_unless_an_attempt_may_have_worked() {
        let unread = |kind| LastEvent::NotRead(ReadErrorKind::Response(kind));
        for (last, clear, deleting, disabling) in [
            (LastEvent::NoMatch { is_done: true }, O::Kept, O::Unknown, O::Disabled),
            (LastEvent::NoMatch { is_done: false }, O::Kept, O::Unknown, O::Unknown),
            (LastEvent::BadData, O::Unexpected, O::Unknown, O::Unknown),
            (LastEvent::OwnKey, O::Kept, O::Unknown, O::Unknown),
            (LastEvent::NotTried, O::NotTried, O::Unknown, O::Unknown),
            (unread(R::Unauthorized), O::Unauthorized, O::Unknown, O::Unknown),
            (unread(R::Forbidden), O::Forbidden, O::Unknown, O::Unknown),
            (unread(R::Refused), O::Refused, O::Unknown, O::Unknown),
            (unread(R::RateLimited), O::Unavailable, O::Unknown, O::Unknown),
            (unread(R::ServerError), O::Unavailable, O::Unknown, O::Unknown),
            (unread(R::NotFound), O::Unexpected, O::Unknown, O::Unknown),
            (unread(R::Done), O::Unexpected, O::Unknown, O::Unknown),
            (unread(R::Unexpected), O::Unexpected, O::Unknown, O::Unknown),
            (unread(R::OrganizationNotFound), O::OrganizationNotFound, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::NoResponse), O::Unavailable, O::Unknown, O::Unknown),
            (LastEvent::NotRead(ReadErrorKind::Unproven), O::Unavailable, O::Unknown, O::Unknown),
            (
                LastEvent::NotRead(ReadErrorKind::Unusable(Defect::Stale)),
                O::Unexpected,
                O::Unknown,
                O::Unknown,
            ),
        ] {
            for action in ACTIONS {
                let seen = Facts { was_seen: true, is_selected: true, ..facts(action, last) };
                assert_eq!(verdict(&seen), clear, "{action:?} {last:?}");
                let in_doubt = if action == Disable { disabling } else { deleting };
                assert_eq!(verdict(&Facts { own_attempt: ATTEMPT, ..seen }), in_doubt, "{action:?} {last:?}");
            }
        }
        let missing = facts(Delete, LastEvent::NotRead(ReadErrorKind::Missing));
        assert_eq!(verdict(&missing), O::NotFound);
        assert_eq!(verdict(&Facts { was_seen: true, is_selected: true, ..missing }), O::Gone);
        let gone = facts(Delete, unread(R::OrganizationNotFound));
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
