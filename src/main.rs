//! Deletes Coveo API keys, prints one line per key, and exits with a status that a script can rely on.

mod cli;
mod condition;
mod coveo;
mod durations;
mod error;
mod glob;
mod net;
mod outcome;
mod output;
mod run;
mod sanitize;
mod selector;
mod signals;

use std::process::ExitCode;

use cli::config::Invocation;
use output::stderr;

fn main() -> ExitCode {
    signals::install();
    let status = match cli::parse(std::env::args_os().skip(1).collect(), |name| std::env::var_os(name)) {
        Ok(Invocation::Run(config)) => run::run(&config),
        Ok(Invocation::Page(text)) => stderr::page(&text),
        Err(error) => stderr::usage_error(&error),
    };
    signals::reraise();
    ExitCode::from(status)
}
