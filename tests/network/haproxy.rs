//! HAProxy, a load balancer that can repeat any request.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::Daemon;
use support::fake_coveo::Coveo;
use support::harness::needed;

/// Finds HAProxy, or reports that it is missing.
pub fn installed() -> Option<PathBuf> {
    needed("haproxy", "haproxy")
}

/// Starts one in front of `coveo`, as if that were two servers, with these `settings` for repeating requests.
pub fn start(haproxy: &Path, coveo: &Coveo, settings: &str) -> Daemon {
    let server = format!("127.0.0.1:{}", coveo.port());
    Daemon::start(
        |port, _| {
            format!(
                "defaults
                    mode http
                    timeout connect 1s
                    timeout client 10s
                    timeout server 500ms
                    {settings}
                frontend all
                    bind 127.0.0.1:{port}
                    default_backend coveo
                backend coveo
                    server a {server}
                    server b {server}\n"
            )
        },
        |folder| {
            let mut command = Command::new(haproxy);
            command.arg("-db").arg("-f").arg(folder.join("settings"));
            command
        },
    )
}
