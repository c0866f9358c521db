//! Shared by all test suites: a fake Coveo organization, and a harness that runs the binary against it.

pub mod fake_coveo;
pub mod harness;
pub mod proxy;
#[cfg(unix)]
pub mod pty;
pub mod tls;
