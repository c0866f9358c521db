//! Dry runs and lists: what would happen, found out by reading alone.

use super::Run;
use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::coveo::response::Privileges;
use crate::coveo::result::{ReadError, ReadErrorKind};
use crate::output::report::KeyReport;

impl Run<'_> {
    /// Says what would happen to `keys`; nothing but GET is sent. `found` is what the list of keys has of each; without
    /// it they are looked up.
    pub(super) fn dry_run(&mut self, keys: &[KeyId], found: Option<&[ApiKey]>) -> u8 {
        let privileges = match self.forecast() {
            Ok(privileges) => privileges,
            Err(error) => return self.stop_at_first(keys, &error),
        };
        if found.is_none() {
            self.report.show_progress(keys.len());
        }
        for (index, key) in keys.iter().enumerate() {
            let may_edit = privileges.cover(key);
            let result = match found {
                Some(found) => {
                    self.report_entry(key, &KeyReport::Forecast { key: &found[index], may_edit, read: None })
                }
                None => match self.client.get_key(key, self.options.policy) {
                    Ok(found) => {
                        let (found, read) = (&found.value, Some(&found));
                        self.report_entry(key, &KeyReport::Forecast { key: found, may_edit, read })
                    }
                    Err(error) => self.report_entry(key, &KeyReport::NotRead(&error)),
                },
            };
            if let Err(stop) = result {
                return self.stop(stop, &keys[index + 1..]);
            }
        }
        self.report.finish()
    }

    /// What the token may do, as far as that can be found out.
    ///
    /// # Errors
    /// No request of the real run could end better.
    fn forecast(&self) -> Result<Privileges, Box<ReadError>> {
        match self.client.privileges(self.options.policy) {
            Ok(privileges) => Ok(privileges),
            Err(error) => match error.kind {
                ReadErrorKind::Unauthorized
                | ReadErrorKind::Forbidden
                | ReadErrorKind::OrganizationNotFound => Err(error),
                ReadErrorKind::NotFound
                | ReadErrorKind::Refused
                | ReadErrorKind::Unavailable
                | ReadErrorKind::Stale
                | ReadErrorKind::ClockAhead(_)
                | ReadErrorKind::Unreadable
                | ReadErrorKind::Unexpected => Ok(Privileges::UNKNOWN),
            },
        }
    }
}
