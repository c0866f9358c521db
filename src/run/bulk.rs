//! Bulk requests: many keys with one request, and a result for each of them.

use std::collections::HashSet;

use super::{Run, Stop};
use crate::coveo::client::{BulkResult, MAX_BULK_KEYS};
use crate::coveo::ids::KeyId;
use crate::coveo::result::{KeyResult, PriorState, ReadErrorKind};
use crate::outcome::Outcome;
use crate::output::stderr::info;
use crate::signals;

impl Run<'_> {
    /// Deletes or disables `keys` in bulk requests. Keys that are not in the list of keys go out one by one, so that a
    /// wrong ID gets its own 404.
    pub(super) fn process_bulk(&mut self, keys: &[KeyId]) -> u8 {
        self.report.show_progress(keys.len());
        let listed: Option<HashSet<KeyId>> = match self.client.list_keys(None) {
            Ok(list) => Some(list.value.into_iter().filter_map(|key| key.id).collect()),
            Err(error) => match error.kind {
                ReadErrorKind::Unauthorized | ReadErrorKind::OrganizationNotFound => {
                    return self.stop_at_first(keys, &error);
                }
                _ => None,
            },
        };
        let is_listed = |key: &KeyId| listed.as_ref().is_none_or(|listed| listed.contains(key));
        let mut rest = keys;
        while !rest.is_empty() {
            // As many keys as fill one bulk request, and those between them that go out one by one.
            let mut in_bulk = rest.iter().enumerate().filter(|(_, key)| is_listed(key));
            let end = in_bulk.nth(MAX_BULK_KEYS).map_or(rest.len(), |(index, _)| index);
            let (window, behind) = rest.split_at(end);
            if let Err(stop) = self.process_window(window, &is_listed, listed.is_some()) {
                return self.stop(stop, behind);
            }
            rest = behind;
        }
        self.report.finish()
    }

    /// One bulk request for those of `window` that are listed, then all results in their order. Where the run ends
    /// early, each key of `window` is reported all the same.
    fn process_window(
        &mut self,
        window: &[KeyId],
        is_listed: &dyn Fn(&KeyId) -> bool,
        has_list: bool,
    ) -> Result<(), Stop> {
        let mut stopped = signals::received().then_some(Stop::Interrupted);
        let bulk: Vec<&KeyId> = window.iter().filter(|key| is_listed(key)).collect();
        // For a single key, a request of its own says more.
        let sent =
            (bulk.len() > 1 && stopped.is_none()).then(|| self.client.apply_bulk(self.options.action, &bulk));
        if matches!(sent, Some(BulkResult::NotConfirmed(_))) && self.options.verbose {
            info("the bulk request was not confirmed; its keys follow one by one");
        }
        for key in window {
            if stopped.is_none() && signals::received() {
                stopped = Some(Stop::Interrupted);
            }
            let result = match (sent.as_ref().filter(|_| is_listed(key)), &stopped) {
                (Some(BulkResult::Applied(result)), _) => self.report_change(key, result, None),
                (Some(BulkResult::NotConfirmed(bulk)), None) => {
                    self.process_key(key, PriorState { listed: has_list, bulk: *bulk })
                }
                (Some(BulkResult::NotConfirmed(Some(bulk))), Some(_)) => {
                    self.report_change(key, &KeyResult::in_doubt(*bulk), None)
                }
                (None, None) => self.process_key(key, PriorState::default()),
                (Some(BulkResult::NotConfirmed(None)) | None, Some(_)) => {
                    self.report.untouched(std::slice::from_ref(key), Outcome::NotTried).map_err(Stop::from)
                }
            };
            stopped = stopped.or(result.err());
        }
        stopped.map_or(Ok(()), Err)
    }
}
