//! Lines on standard error, and pages on standard output.
//!
//! The rules of all output:
//! - standard output carries results, one line a key; standard error carries everything else;
//! - every line on standard error begins with `coveo-delete-key: `, errors with `error: ` behind it, and what
//!   helps with `hint: `; no full stop, no capital at the beginning;
//! - an error says what is wrong, with which key, and what was or was not done.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::coveo::token::AccessToken;
use crate::error::UsageError;
use crate::net::error::format_duration;
use crate::net::retry::Attempt;
use crate::sanitize::os_error_text;

/// A line of `--verbose`: method, URL, status or failure, time, request ID, and the wait before the next attempt.
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
    say(line);
}

/// A line on standard error that is neither an error nor a hint.
pub fn info(line: impl Display) {
    say(line);
}

/// A line on standard error that tells of an error.
pub fn error(line: impl Display) {
    say(format_args!("error: {line}"));
}

/// What to do about an error.
pub fn hint(line: impl Display) {
    say(format_args!("hint: {line}"));
}

/// Says what is wrong with what the user gave, and returns the exit status.
pub fn usage_error(wrong: &UsageError) -> u8 {
    error(&wrong.message);
    match &wrong.hint {
        Some(text) => hint(text),
        None => hint("coveo-delete-key --help shows all options"),
    }
    2
}

/// Writes to standard error. Where that is not possible, there is nobody left to tell.
///
/// With one system call, so that lines of programs that share a log don't mix.
fn say(line: impl Display) {
    let _ = io::stderr().write_all(format!("coveo-delete-key: {line}\n").as_bytes());
}

/// Prints a page to standard output, for `--help` and `--version`.
pub fn page(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(failed) if failed.kind() != ErrorKind::BrokenPipe => {
            error(format_args!("standard output can't be written: {}", os_error_text(&failed)));
            1
        }
        _ => 0,
    }
}
