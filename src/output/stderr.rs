//! Lines on standard error, and pages on standard output.
//!
//! The rules of all output:
//! - standard output carries results, one line per key; standard error carries everything else;
//! - every line on standard error starts with `coveo-delete-key: `; errors continue with `error: `, hints with `hint: `;
//!   lower case, no full stop;
//! - an error says what failed, for which key, and what did or didn't happen.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::{Mutex, PoisonError};

use crate::coveo::token::AccessToken;
use crate::durations::format_duration;
use crate::error::{UsageError, os_error_text};
use crate::net::retry::Attempt;
use crate::output::stream::Stream;

/// Writes a line of `--verbose`: method, URL, status or failure, time, request ID, and the wait before the next attempt.
pub fn attempt(attempt: &Attempt, token: &AccessToken) {
    let Attempt { request, number, result, elapsed, wait } = attempt;
    let ms = elapsed.as_millis();
    let end = match result {
        Ok(response) => {
            let id = response.header("x-request-id").map(|id| token.sanitize_and_redact(&id));
            let id = id.map(|id| format!(", request ID {id}")).unwrap_or_default();
            format!("{} in {ms} ms{id}", response.status)
        }
        Err(failure) => format!("{}, after {ms} ms", token.sanitize_and_redact(&failure.to_string())),
    };
    let next = wait.map(|wait| format!("; attempt {} in {}", number + 1, format_duration(wait)));
    info(format_args!("{} {}: {end}{}", request.method, request.url, next.unwrap_or_default()));
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
pub fn try_error(line: impl Display) -> io::Result<()> {
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

fn say(line: impl Display) -> io::Result<()> {
    replace_progress(&format!("coveo-delete-key: {line}\n"), 0)
}

/// Writes `text` over the progress line; the next call will overwrite its first `columns`, which only a terminal can have.
///
/// # Errors
/// The text was not written, or only a part of it.
pub fn replace_progress(text: &str, columns: usize) -> io::Result<()> {
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
        Err(failed) if failed.kind() != ErrorKind::BrokenPipe => {
            error(format_args!("standard output can't be written: {}", os_error_text(&failed)));
            1
        }
        Ok(()) | Err(_) => 0,
    }
}
