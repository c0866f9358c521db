//! Bulk requests: many keys with one request, and a result for each of them.

use std::collections::HashSet;

use super::{Run, Stop};
use crate::coveo::api_key::ApiKey;
use crate::coveo::change::{MAX_BULK_KEYS, PriorState};
use crate::coveo::ids::KeyId;
use crate::coveo::reads::{Defect, ReadErrorKind};
use crate::coveo::verdict::LastEvent;
use crate::output::stderr::info;
use crate::signals;

impl Run<'_> {
    /// Changes `keys` with bulk requests. Keys that aren't in the list of keys are changed one by one, so that a wrong ID gets
    /// its own 404.
    pub(super) fn change_in_bulk(&mut self, keys: &[KeyId]) -> u8 {
        self.report.show_progress(keys.len());
        let ids = |keys: Vec<ApiKey>, _| keys.into_iter().filter_map(|key| key.id).collect();
        let listed: Option<HashSet<KeyId>> = match self.client.list_keys(None, false, ids) {
            Ok(list) => Some(list.value),
            Err(error) => match error.kind {
                ReadErrorKind::Unauthorized | ReadErrorKind::OrganizationNotFound => {
                    return self.stop_at_first(keys, error);
                }
                ReadErrorKind::Unusable(Defect::EmptyWithoutProof) => Some(HashSet::new()),
                _ => None,
            },
        };
        let is_listed = |key: &KeyId| listed.as_ref().is_none_or(|listed| listed.contains(key));
        let mut rest = keys;
        while !rest.is_empty() {
            // The keys that fill one bulk request, and the keys between them that are changed one by one.
            let mut in_bulk = rest.iter().enumerate().filter(|(_, key)| is_listed(key));
            let end = in_bulk.nth(MAX_BULK_KEYS).map_or(rest.len(), |(index, _)| index);
            let (window, after) = rest.split_at(end);
            if let Err(stop) = self.change_window(window, &is_listed, listed.is_some()) {
                return self.stop(stop, after);
            }
            rest = after;
        }
        self.report.finish()
    }

    /// Sends one bulk request for the listed keys of `window`, then reports all keys in their order, even if the run ends
    /// early.
    fn change_window(
        &mut self,
        window: &[KeyId],
        is_listed: &dyn Fn(&KeyId) -> bool,
        has_list: bool,
    ) -> Result<(), Stop> {
        let action = self.action();
        let mut stopped = signals::received().then_some(Stop::Interrupted);
        let bulk: Vec<&KeyId> = window.iter().filter(|key| is_listed(key)).collect();
        // For a single key, a separate request gives a more precise result.
        let sent = (bulk.len() > 1 && stopped.is_none()).then(|| self.client.change_in_bulk(action, &bulk));
        if matches!(sent, Some(Err(_))) && self.config.verbose {
            info("the bulk request was not confirmed; its keys are now sent one by one");
        }
        for key in window {
            if stopped.is_none() && signals::received() {
                stopped = Some(Stop::Interrupted);
            }
            let sent = sent.as_ref().filter(|_| is_listed(key));
            let in_bulk = sent.and_then(|sent| sent.as_ref().err().copied()).flatten();
            let prior = PriorState { was_seen: has_list && is_listed(key), is_selected: false, in_bulk };
            let result = match (sent, &stopped) {
                (Some(Ok(reply)), _) => Some(self.client.bulk_result(action, key, prior, reply)),
                (_, Some(_)) => Some(self.client.untried_result(action, key, prior, LastEvent::NotTried)),
                (_, None) => None,
            };
            let reported = match result {
                Some(result) => self.report_result(key, &result),
                None => self.change(key, prior, None),
            };
            stopped = stopped.or(reported.err());
        }
        stopped.map_or(Ok(()), Err)
    }
}
