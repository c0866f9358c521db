//! Real TLS: which servers are trusted, and what is reported about the others.

mod refused;
mod trusted;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use support::fake_coveo::{FULL_TOKEN, ORGANIZATION};
use support::harness::Cli;
use support::tls::{GOOD, Issuer, Settings};

const ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];
const ONLY_TLS13: &[&SupportedProtocolVersion] = &[&TLS13];

/// The binary with everything it needs except trusted certificates.
fn trusting_nobody(endpoint: &str) -> Cli {
    Cli::without_environment()
        .env("COVEO_ENDPOINT", endpoint)
        .env("COVEO_ORGANIZATION_ID", ORGANIZATION)
        .env("COVEO_ACCESS_TOKEN", FULL_TOKEN)
}
