//! How requests reach a server: connections, proxies, certificates, deadlines and retries. It doesn't know Coveo's rules.

pub mod ca_bundle;
mod classify;
pub mod error;
pub mod http;
pub mod proxy;
pub mod resolver;
pub mod retry;
pub mod tcp;
pub mod tls_records;
pub mod transport;
