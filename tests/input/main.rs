//! Input: bad input is refused before the first request, good input leads to exactly the right requests, the access
//! token is never shown and goes only to the endpoint, and certificates are verified.

mod accepted;
// The words for unreadable files are those of Unix.
#[cfg(unix)]
mod refused;
mod regions;
mod tls;
mod token;

/// This many cases run at the same time.
const WIDTH: usize = 4;
