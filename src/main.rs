//! Deletes Coveo API keys, says so on one line, and exits with a status that a script can rely on.

mod cli;
mod coveo;
mod error;
mod interrupt;
mod net;
mod outcome;
mod output;
mod run;
mod sanitize;
mod selector;

use std::process::ExitCode;

use cli::options::{self, Invocation};
use cli::usage;
use output::stderr;

fn main() -> ExitCode {
    interrupt::install();
    let status = match options::parse(std::env::args_os().skip(1).collect(), |name| std::env::var_os(name)) {
        Ok(Invocation::Run(options)) => run::run(&options),
        Ok(Invocation::Help) => stderr::page(&usage::usage()),
        Ok(Invocation::Version) => stderr::page(usage::VERSION),
        Err(error) => stderr::usage_error(&error),
    };
    interrupt::reraise();
    ExitCode::from(status)
}
