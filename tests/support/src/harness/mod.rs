//! Runs the binary as a user would, reads what it said, and runs many cases at a time.

pub mod help;
mod needs;
mod parallel;
mod results;
mod tool;

pub use self::{
    needs::{as_root, needed, program, skip},
    parallel::{limit_width, parallel},
    results::{check, key_outcomes, outcomes, told},
    tool::{PROXY_PASSWORD, Ran, SECRETS, Tool, bare, binary, spawn, tool},
};
