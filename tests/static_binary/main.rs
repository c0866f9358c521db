//! The static binaries where nothing else exists: a root folder with hardly a file in it, an unprivileged user, no
//! `/tmp`, `/proc`, `/dev` or home, and an environment of what is needed alone; or an old processor, or an old kernel.
//! The crates that the released binaries list. And the man page and the completions, which say what `--help` says.

#[cfg(target_os = "linux")]
mod binary;
mod completions;
#[cfg(target_os = "linux")]
mod crates;
#[cfg(target_os = "linux")]
mod empty_root;
mod man_page;
#[cfg(target_os = "linux")]
mod name_server;
#[cfg(target_os = "linux")]
mod old_machine;
#[cfg(target_os = "linux")]
mod runs;
