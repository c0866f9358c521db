//! Dry runs and lists: they only read, and report what would happen.

use super::Run;
use crate::cli::config::Task;
use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::ReadErrorKind;
use crate::coveo::response::ResponseKind::{Forbidden, OrganizationNotFound, Unauthorized};
use crate::coveo::verdict::LastEvent;

impl Run<'_> {
    /// Reads each of `keys`, and reports what would happen to it.
    pub(super) fn forecast_named(&mut self, keys: &[KeyId]) -> u8 {
        let policy = self.config.policy;
        self.report.show_progress(keys.len());
        self.forecast(keys, |run, key| match run.read(key, policy) {
            Ok(read) => KeyResult::of_read(run.facts(key), run.expectation(key), read),
            Err(result) => *result,
        })
    }

    /// Reports what would happen to `found`, the keys of a list that match.
    pub(super) fn forecast_found(&mut self, found: Vec<(KeyId, ApiKey<'static>)>) -> u8 {
        let (keys, found): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let mut found = found.into_iter();
        self.forecast(&keys, |run, key| KeyResult {
            key: found.next(),
            ..run.unsent(key, run.expectation(key))
        })
    }

    /// Reads the token's privileges, unless nothing would be changed anyway, and reports the result of each key. Stops at the
    /// first one if every request of the real run would fail.
    fn forecast(&mut self, keys: &[KeyId], result_of: impl FnMut(&mut Self, &KeyId) -> KeyResult) -> u8 {
        if self.config.task != Task::List
            && let Err(error) = self.client.read_privileges(self.config.policy)
            && matches!(error.kind, ReadErrorKind::Response(Unauthorized | Forbidden | OrganizationNotFound))
        {
            return self.stop_at_first(keys, error);
        }
        self.report_each(keys, result_of)
    }

    /// What would happen to a key that exists and matches.
    fn expectation(&self, key: &KeyId) -> LastEvent {
        match self.config.task {
            Task::List => LastEvent::Listed,
            Task::Change(..) => LastEvent::Forecast(self.client.access.may_edit(key)),
        }
    }
}
