//! Dry runs and lists: they only read, and report what would happen.

use std::time::Instant;

use super::Run;
use super::matching::{self, Listed};
use crate::cli::config::Task;
use crate::coveo::api_key::ApiKey;
use crate::coveo::change::PriorState;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::reads::{Fetched, LastReply, ReadError, ReadErrorKind};
use crate::coveo::verdict::LastEvent;

impl Run<'_> {
    /// Reports what would happen to `found`, the keys of a list that match.
    pub(super) fn forecast_all(&mut self, found: Vec<(KeyId, ApiKey<'static>)>) -> u8 {
        let keys: Vec<KeyId> = found.iter().map(|(key, _)| key.clone()).collect();
        if let Err(error) = self.forecast() {
            return self.stop_at_first(&keys, error);
        }
        for (index, (key, found)) in found.into_iter().enumerate() {
            let result = KeyResult { key: Some(found), ..self.forecast_result(&key, LastReply::None) };
            if let Err(stop) = self.report_result(&key, &result) {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// Reads the token's privileges, unless nothing would be changed anyway.
    ///
    /// # Errors
    /// Every request of the real run would fail too.
    pub(super) fn forecast(&self) -> Result<(), Box<ReadError>> {
        if let Task::List = self.config.task {
            return Ok(());
        }
        match self.client.privileges(self.config.policy) {
            Err(error)
                if matches!(
                    error.kind,
                    ReadErrorKind::Unauthorized
                        | ReadErrorKind::Forbidden
                        | ReadErrorKind::OrganizationNotFound
                ) =>
            {
                Err(error)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What would happen to a key that exists and matches.
    fn forecast_result(&self, key: &KeyId, reply: LastReply) -> KeyResult {
        let last = match self.config.task {
            Task::List => LastEvent::Listed,
            Task::Change { .. } => LastEvent::Forecast(self.client.access.may_edit(key)),
        };
        KeyResult::new(self.client.facts(self.action(), key, PriorState::default(), &[], last), reply)
    }

    /// What would happen to a named key that was read.
    pub(super) fn forecast_of_named(&self, key: &KeyId, read: Fetched<ApiKey<'static>>) -> KeyResult {
        match self.check_conditions(key, read) {
            Ok(Fetched { value, response, attempts, .. }) => KeyResult {
                key: Some(value),
                attempts: Some(attempts),
                ..self.forecast_result(key, LastReply::Response(response))
            },
            Err(result) => *result,
        }
    }

    /// Checks whether a named key that was read matches the conditions.
    ///
    /// # Errors
    /// The result of a key that doesn't.
    pub(super) fn check_conditions(
        &self,
        key: &KeyId,
        read: Fetched<ApiKey<'static>>,
    ) -> Result<Fetched<ApiKey<'static>>, Box<KeyResult>> {
        matching::examine(self.client, &self.config.selector, Listed::NO_LIST, read).map_err(|rejected| {
            let (prior, earlier) = (PriorState::default(), Vec::new());
            Box::new(self.client.rejected_result(
                self.action(),
                key,
                prior,
                *rejected,
                earlier,
                Instant::now(),
            ))
        })
    }
}
