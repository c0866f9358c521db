//! Lines on standard error, and pages on standard output.
//!
//! The rules of all output:
//! - standard output carries results, one line per key; standard error carries everything else;
//! - every line on standard error starts with `coveo-delete-key: `; errors continue with `error: `, hints with `hint: `;
//!   lower case, no full stop;
//! - an error says what failed, for which key, and what did or didn't happen.

use std::fmt::Display;
use std::mem;
use std::sync::{Mutex, PoisonError};

use crate::coveo::token::AccessToken;
use crate::durations::format_duration;
use crate::error::{UsageError, os_error_text};
use crate::net::retry::Attempt;
use crate::output::stream::{Stream, WriteError};

/// Writes a line of `--verbose`: method, URL, status or failure, time, request ID, and the wait before the next attempt.
pub fn attempt(attempt: &Attempt, token: &AccessToken) {
    let Attempt { request, number, result, elapsed, wait } = attempt;
    let mut line = format!("{} {}: ", request.method, request.url);
    match result {
        Ok(answer) => {
            line += &format!("{} in {} ms", answer.status, elapsed.as_millis());
            if let Some(id) = answer.header("x-request-id") {
                line += &format!(", request ID {}", token.sanitize_and_redact(&id));
            }
        }
        Err(failure) => {
            line += &format!(
                "{}, after {} ms",
                token.sanitize_and_redact(&failure.to_string()),
                elapsed.as_millis()
            )
        }
    }
    if let Some(wait) = wait {
        line += &format!("; attempt {} in {}", number + 1, format_duration(*wait));
    }
    info(line);
}

/// Writes a line on standard error that is neither an error nor a hint.
pub fn info(line: impl Display) {
    let _ = say(line);
}

/// Writes an error.
pub fn error(line: impl Display) {
    let _ = try_error(line);
}

/// Writes an error about a key. If that fails, the caller must report it elsewhere.
///
/// # Errors
/// The line was not written, or only a part of it.
pub fn try_error(line: impl Display) -> Result<(), WriteError> {
    say(format_args!("error: {line}"))
}

/// Writes what to do about an error.
pub fn hint(line: impl Display) {
    let _ = say(format_args!("hint: {line}"));
}

/// Writes a usage error and its hint, and returns the exit status 2.
pub fn usage_error(wrong: &UsageError) -> u8 {
    error(&wrong.message);
    if let Some(text) = &wrong.hint {
        hint(text);
    }
    2
}

fn say(line: impl Display) -> Result<(), WriteError> {
    write(&format!("coveo-delete-key: {line}\n"))
}

/// Clears the progress line and writes `text`.
///
/// # Errors
/// The line was not written, or only a part of it.
pub fn write(text: &str) -> Result<(), WriteError> {
    replace_progress(text, 0)
}

/// Replaces the progress line by `line`; an empty line clears it. Only for a terminal.
pub fn show_progress(line: &str) {
    let _ = replace_progress(line, line.len());
}

/// Writes `text` over the progress line; its first `columns` will be overwritten the next time.
fn replace_progress(text: &str, columns: usize) -> Result<(), WriteError> {
    static SHOWN: Mutex<usize> = Mutex::new(0);
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match mem::replace(&mut *shown, columns) {
        0 => Stream::Stderr.write(text),
        // Spaces overwrite the old line on every terminal.
        before => Stream::Stderr.write(&format!("\r{:before$}\r{text}", "")),
    }
}

/// Prints a page to standard output, for `--help` and `--version`, and returns the exit status.
pub fn page(text: &str) -> u8 {
    match Stream::Stdout.write(text) {
        Ok(()) | Err(WriteError::Closed) => 0,
        Err(WriteError::Failed(failed)) => {
            error(format_args!("standard output can't be written: {}", os_error_text(&failed)));
            1
        }
    }
}
