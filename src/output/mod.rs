//! Output: results on standard output, everything else on standard error.

pub mod context;
pub mod explain;
pub mod hints;
pub mod json;
pub mod key_summary;
pub mod progress;
pub mod prompt;
pub mod report;
pub mod stderr;
pub mod stream;
pub mod text;
