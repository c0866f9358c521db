//! Deletes Coveo API keys, says so on one line, and exits with a status that a script can rely on.

mod answer;
mod api;
mod certificates;
mod cli;
mod confirm;
mod endpoint;
mod failure;
mod http;
mod id;
mod input;
mod key;
mod outcome;
mod proxy;
mod report;
mod retry;
mod run;
mod say;
mod seen;
mod select;
mod token;
mod typed;
mod wire;

use std::process::ExitCode;

use cli::Wish;

fn main() -> ExitCode {
    let status = match cli::parse(std::env::args_os().skip(1).collect(), |name| std::env::var_os(name)) {
        Ok(Wish::Run(options)) => run::run(&options),
        Ok(Wish::Help) => say::page(cli::USAGE),
        Ok(Wish::Version) => say::page(cli::VERSION),
        Err(wrong) => {
            say::input_error(&wrong);
            say::hint_at_help();
            2
        }
    };
    ExitCode::from(status)
}
