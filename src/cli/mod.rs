//! From arguments and environment to checked [`config::Config`]. Nothing is sent before all of it is checked.

pub mod config;
mod environment;
pub mod help;
mod inputs;
mod parse;
mod specs;
mod suggest;
mod token_and_keys;
mod validate;
mod values;
