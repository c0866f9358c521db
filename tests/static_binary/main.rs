//! The static binaries in a nearly empty root folder, as an unprivileged user, without `/tmp`, `/proc`, `/dev` or a home; on
//! old processors and kernels; the crates they list. Also the man page and the completions, compared with `--help`.

#[cfg(target_os = "linux")]
mod binary;
mod completions;
#[cfg(target_os = "linux")]
mod crates;
#[cfg(target_os = "linux")]
mod empty_root;
mod man_page;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod old_machine;
#[cfg(target_os = "linux")]
mod runs;
