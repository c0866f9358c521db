//! How requests reach a server: connections, proxies, certificates, deadlines and retries. Knows nothing of Coveo's rules.

pub mod ca_bundle;
mod classify;
pub mod error;
pub mod http;
pub mod progress;
pub mod proxy;
pub mod records;
pub mod resolver;
pub mod retry;
pub mod tcp;
