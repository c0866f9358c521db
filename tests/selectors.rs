//! Keys by age: a key is taken for a fact that is present and true, and for nothing else.
//!
//! Everything goes through the binary. What is to be taken is known from tables written by hand, and from an oracle
//! that reads the keys in a way of its own.

#[path = "fake_coveo/mod.rs"]
mod fake_coveo;
#[path = "harness/mod.rs"]
mod harness;

#[path = "selectors/ages.rs"]
mod ages;
#[path = "selectors/between.rs"]
mod between;
#[path = "selectors/choice.rs"]
mod choice;
#[path = "selectors/clock.rs"]
mod clock;
#[path = "selectors/cut_short.rs"]
mod cut_short;
#[path = "selectors/every.rs"]
mod every;
#[path = "selectors/lookalikes.rs"]
mod lookalikes;
#[path = "selectors/memory.rs"]
mod memory;
#[path = "selectors/modes.rs"]
mod modes;
#[path = "selectors/names.rs"]
mod names;
#[path = "selectors/oracle.rs"]
mod oracle;
#[path = "selectors/property.rs"]
mod property;
#[path = "selectors/table.rs"]
mod table;
#[path = "selectors/world.rs"]
mod world;
