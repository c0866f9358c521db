//! What the user gives: bad input is refused before anything is sent, good input becomes exactly the right requests,
//! the access token is shown nowhere and goes nowhere but to the endpoint, and certificates are taken at their word.

#[path = "fake_coveo/mod.rs"]
mod fake_coveo;
#[path = "harness/mod.rs"]
mod harness;

#[path = "input/accepted.rs"]
mod accepted;
#[path = "input/proxy.rs"]
mod proxy;
// The words for what is wrong with a file are the system's own.
#[cfg(unix)]
#[path = "input/refused/mod.rs"]
mod refused;
#[path = "input/regions.rs"]
mod regions;
#[path = "input/side_by_side.rs"]
mod side_by_side;
#[path = "input/tls/mod.rs"]
mod tls;
#[path = "input/token/mod.rs"]
mod token;
