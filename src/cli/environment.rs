//! Environment variables, and a record of the values that were read, which are later searched for a misplaced token.

use std::cell::RefCell;
use std::ffi::OsString;

use crate::cli::specs::{ArgValue, OPTIONS, RawArgs};
use crate::error::UsageError;

/// Environment variables. A variable that is set but empty counts as unset.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    read: RefCell<Vec<String>>,
}

impl<'a> Environment<'a> {
    /// Reads variables with `variable`, which returns `None` for an unset one.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { variable, read: RefCell::default() }
    }

    /// Returns the value of `name`; `None` if it is unset or empty.
    ///
    /// # Errors
    /// A value that isn't UTF-8 text.
    pub fn get(&self, name: &'static str) -> Result<Option<String>, UsageError> {
        let Some(value) = self.secret(name)? else { return Ok(None) };
        self.read.borrow_mut().push(value.clone());
        Ok(Some(value))
    }

    /// Returns the value of `name` like [`Self::get`], but doesn't record it: the token would be found in its own
    /// variable.
    pub fn secret(&self, name: &'static str) -> Result<Option<String>, UsageError> {
        let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let not_text = |_| UsageError::new(format!("the value of {name} is not UTF-8 text"));
        value.into_string().map(Some).map_err(not_text)
    }

    /// Returns whether `name` is set and not empty; its value needn't be UTF-8.
    pub fn is_set(&self, name: &'static str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }

    /// Fills options that were not given from their variables. A line break at the end is ignored: files from
    /// which variables are set end with one.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub fn fill_in(&self, args: &mut RawArgs) -> Result<(), UsageError> {
        for option in OPTIONS {
            let Some(source) = option.variable.filter(|_| !(option.slot)(args).is_given()) else { continue };
            let value = self.get(source)?.unwrap_or_default();
            let text = value.trim_end_matches(['\r', '\n']);
            if !text.is_empty() {
                (option.slot)(args).add(ArgValue { source, text: text.to_owned() });
            }
        }
        Ok(())
    }

    /// Returns all values that [`Self::get`] has returned.
    pub fn values(&self) -> Vec<String> {
        self.read.borrow().clone()
    }
}
