//! What the user gives: bad input is refused before anything is sent, good input becomes exactly the right requests,
//! the access token is shown nowhere and goes nowhere but to the endpoint, and certificates are taken at their word.

mod accepted;
// The words for what is wrong with a file are the system's own.
#[cfg(unix)]
mod refused;
mod regions;
mod tls;
mod token;

/// So many cases run at once.
const WIDTH: usize = 4;
