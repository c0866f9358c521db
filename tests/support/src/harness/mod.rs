//! Runs the binary, reads its output, and runs many cases in parallel.

mod cli;
pub mod help;
mod needs;
mod parallel;
mod results;

pub use self::{
    cli::{
        Cli, ENCODED_PASSWORD, PROXY_BASIC, PROXY_PASSWORD, PROXY_USER, Run, SECRETS, binary, cli, kill,
        spawn,
    },
    needs::{as_root, needed, program, release_file, skip},
    parallel::{limit_width, parallel},
    results::{check, exit_status, json_lines, key_outcomes, outcomes, source_outcomes},
};
