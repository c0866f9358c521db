//! Runs the binary, reads its output, and runs many cases in parallel.

mod cli;
pub mod help;
mod needs;
mod parallel;
mod results;

pub use self::{
    cli::{Cli, PROXY_PASSWORD, Run, SECRETS, binary, cli, spawn},
    needs::{as_root, needed, program, skip},
    parallel::{limit_width, parallel},
    results::{check, exit_status, json_lines, key_outcomes, outcomes},
};
