//! From arguments and environment to checked [`options::Options`]. Nothing is sent before all of it is checked.

mod args;
mod durations;
mod environment;
mod input_files;
pub mod options;
mod selection;
mod slips;
mod sources;
mod table;
pub mod usage;
