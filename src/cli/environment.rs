//! Environment variables, and a record of what was read: texts that are searched for a misplaced token, and secrets that
//! errors don't repeat.

use std::cell::RefCell;
use std::ffi::OsString;

use crate::cli::specs::{ArgValue, OPTIONS, RawArgs};
use crate::coveo::token::Redactor;
use crate::error::{Result, UsageError};

/// Environment variables. A variable that is set but empty counts as unset.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The values of all options and variables, except for secrets.
    pub texts: RefCell<Vec<String>>,
    secrets: RefCell<Vec<Redactor>>,
}

impl<'a> Environment<'a> {
    /// Reads variables with `variable`, which returns `None` for an unset one.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { variable, texts: RefCell::default(), secrets: RefCell::default() }
    }

    /// Returns the value of `name`; `None` if it is unset or empty.
    ///
    /// # Errors
    /// A value that isn't UTF-8 text.
    pub fn get(&self, name: &'static str) -> Result<Option<String>> {
        let value = self.read(name)?;
        self.texts.borrow_mut().extend(value.clone());
        Ok(value)
    }

    /// Returns the value of `name` like [`Self::get`], but as a secret, and without a byte order mark.
    pub fn secret(&self, name: &'static str) -> Result<Option<String>> {
        let value = self.read(name)?;
        let secret = value.map(|value| value.strip_prefix('\u{feff}').unwrap_or(&value).to_owned());
        self.add_secret(secret.as_deref().unwrap_or_default().as_bytes());
        Ok(secret)
    }

    fn read(&self, name: &'static str) -> Result<Option<String>> {
        let value = (self.variable)(name).filter(|value| !value.is_empty());
        let not_text = |_| UsageError::new(format!("the value of {name} is not UTF-8 text"));
        value.map(OsString::into_string).transpose().map_err(not_text)
    }

    /// Returns whether `name` is set and not empty; its value needn't be UTF-8.
    pub fn is_set(&self, name: &'static str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }

    /// Adds what was given as a token, even if it is unusable.
    pub fn add_secret(&self, content: &[u8]) {
        self.secrets.borrow_mut().extend(Redactor::of_input(content));
    }

    /// Removes secrets from an error: any value in it may be a misplaced token.
    pub fn redact(&self, error: UsageError) -> UsageError {
        self.secrets.borrow().iter().fold(error, |error, secret| secret.redact_error(error))
    }

    /// Fills options that were not given from their variables. A line break at the end is ignored: files from
    /// which variables are set end with one.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub fn fill_in(&self, args: &mut RawArgs) -> Result<()> {
        self.texts.borrow_mut().extend(args.values.iter().map(|value| value.text.clone()));
        for option in OPTIONS {
            let is_read = !option.variable.is_empty() && !args.is_given(option.id);
            let value = if is_read { self.get(option.variable)? } else { None };
            let text = value.unwrap_or_default().trim_end_matches(['\r', '\n']).to_owned();
            if !text.is_empty() {
                args.values.push(ArgValue { option: option.id, source: option.variable, text });
            }
        }
        Ok(())
    }
}
