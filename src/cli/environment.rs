//! Environment variables, and which values were read: they are searched for a misplaced token.

use std::cell::RefCell;
use std::ffi::OsString;

use crate::error::UsageError;

/// Environment variables. One that is set but empty counts as unset.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    read: RefCell<Vec<String>>,
}

impl<'a> Environment<'a> {
    /// `variable` returns the value of a variable; `None` where it is unset.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { variable, read: RefCell::default() }
    }

    /// The value of `name`; `None` where it is unset or empty.
    ///
    /// # Errors
    /// Where it is not UTF-8 text.
    pub fn get(&self, name: &'static str) -> Result<Option<String>, UsageError> {
        let Some(value) = self.secret(name)? else { return Ok(None) };
        self.read.borrow_mut().push(value.clone());
        Ok(Some(value))
    }

    /// The same for the access token, which [`Self::values`] must not have: it would be found in them.
    pub fn secret(&self, name: &'static str) -> Result<Option<String>, UsageError> {
        let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let not_text = |_| UsageError::new(format!("the value of {name} is not UTF-8 text"));
        value.into_string().map(Some).map_err(not_text)
    }

    /// Whether `name` is set and not empty; its value may be no text.
    pub fn is_set(&self, name: &'static str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }

    /// All values that [`Self::get`] has returned.
    pub fn values(&self) -> Vec<String> {
        self.read.borrow().clone()
    }
}
