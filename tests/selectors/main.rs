//! Keys by age: a key is taken for a fact that is present and true, and for nothing else.
//!
//! Everything goes through the binary. What is to be taken is known from tables written by hand, and from an oracle
//! that reads the keys in a way of its own.

mod ages;
mod between;
mod choice;
mod clock;
mod cut_short;
mod fixtures;
// It measures with the `time` of Linux.
#[cfg(target_os = "linux")]
mod memory;
mod modes;
mod name_alone;
mod names;
mod oracle;
mod property;
mod table;
