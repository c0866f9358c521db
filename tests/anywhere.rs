//! The static binaries where nothing else exists: a root folder with hardly a file in it, an unprivileged user, no
//! `/tmp`, `/proc`, `/dev` or home, and an environment of what is needed alone. And the man page, which says what
//! `--help` says.

#[path = "fake_coveo/mod.rs"]
mod fake_coveo;
#[path = "harness/mod.rs"]
mod harness;

#[cfg(target_os = "linux")]
#[path = "anywhere/binary.rs"]
mod binary;
#[cfg(target_os = "linux")]
#[path = "anywhere/empty_root.rs"]
mod empty_root;
#[path = "anywhere/man_page.rs"]
mod man_page;
#[cfg(target_os = "linux")]
#[path = "anywhere/name_server.rs"]
mod name_server;
#[cfg(target_os = "linux")]
#[path = "anywhere/runs.rs"]
mod runs;
