//! Shared by all test suites: a fake Coveo organization, and a harness that runs the binary against it.

#[cfg(target_os = "linux")]
pub mod daemon;
pub mod fake_coveo;
pub mod harness;
#[cfg(target_os = "linux")]
pub mod name_server;
#[cfg(target_os = "linux")]
pub mod namespace;
pub mod proxy;
#[cfg(unix)]
pub mod pty;
pub mod tls;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, even if a thread panicked with it: the data is consistent at each step.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
