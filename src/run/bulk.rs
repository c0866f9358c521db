//! Bulk requests: many keys with one request, and a result for each of them.

use std::collections::HashSet;

use super::Run;
use crate::coveo::api_key::ApiKey;
use crate::coveo::change::MAX_BULK_KEYS;
use crate::coveo::ids::KeyId;
use crate::coveo::reads::{Defect, ReadErrorKind};
use crate::coveo::response::ResponseKind::{OrganizationNotFound, Unauthorized};
use crate::output::stderr::info;

impl Run<'_> {
    /// Changes `keys` with bulk requests. Keys that aren't in the list of keys are changed one by one, so that a wrong ID gets
    /// its own 404.
    pub(super) fn change_in_bulk(&mut self, keys: &[KeyId]) -> u8 {
        use ReadErrorKind::{Response, Unusable};
        let ids = |keys: Vec<ApiKey>, _| keys.into_iter().filter_map(|key| key.id).collect();
        let listed: Option<HashSet<KeyId>> = match self.client.list_keys(None, false, ids) {
            Ok(list) => Some(list.value),
            Err(error) if matches!(error.kind, Response(Unauthorized | OrganizationNotFound)) => {
                return self.stop_at_first(keys, error);
            }
            Err(error) if error.kind == Unusable(Defect::EmptyWithoutProof) => Some(HashSet::new()),
            Err(_) => None,
        };
        // Without a list, every key may exist.
        let has_list = listed.is_some();
        self.seen = listed.unwrap_or_default();
        let is_listed = |run: &Self, key: &KeyId| !has_list || run.seen.contains(key);
        let in_bulk: Vec<&KeyId> = keys.iter().filter(|key| is_listed(self, key)).collect();
        let (mut in_bulk, mut sent) = (in_bulk.into_iter(), Vec::new());
        self.report_each(keys, |run, key| {
            if sent.is_empty() || is_listed(run, key) && !sent.contains(&key) {
                sent = in_bulk.by_ref().take(MAX_BULK_KEYS).collect();
                run.send_bulk(&sent);
            }
            run.change(key)
        })
    }

    /// Sends one bulk request for `keys`. If it isn't confirmed, they are sent one by one afterwards.
    fn send_bulk(&mut self, keys: &[&KeyId]) {
        // For a single key, a separate request gives a more precise result.
        if keys.len() < 2 {
            return;
        }
        match self.client.change_in_bulk(self.action(), keys) {
            Ok(reply) => {
                for &key in keys {
                    self.settled.insert(key.clone(), reply.result(self.facts(key)));
                }
            }
            Err(maybe_applied) => {
                if self.config.verbose {
                    info("the bulk request was not confirmed; its keys are now sent one by one");
                }
                self.in_bulk.extend(keys.iter().filter_map(|&key| Some((key.clone(), maybe_applied?))));
            }
        }
    }
}
