//! Output: results on standard output, everything else on standard error.

#[cfg(unix)]
pub mod blocking;
pub mod hints;
pub mod json;
pub mod key_summary;
pub mod progress_line;
pub mod prompt;
pub mod reasons;
pub mod report;
pub mod stderr;
pub mod text;
pub mod writer;
