//! Conditions: a key matches only on data that is present and valid.
//!
//! Everything goes through the binary. The expected keys come from hand-written tables and an independent oracle.

mod between;
mod choice;
mod clock;
mod cut_short;
mod fixtures;
mod names;
mod oracle;
mod property;
mod table;
