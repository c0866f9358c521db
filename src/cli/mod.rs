//! From arguments and environment to checked [`options::Options`]. Nothing is sent before all of it is checked.

pub mod args;
pub mod options;
