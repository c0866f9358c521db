//! Faults through the binary: whatever breaks between the request and the answer, and whatever comes back, the tool's
//! word, its exit status, the requests that it makes and the organization's true state are as a table says.

#[path = "fake_coveo/mod.rs"]
mod fake_coveo;
#[path = "harness/mod.rs"]
mod harness;

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/bulk.rs"]
mod bulk;
#[path = "faults/case.rs"]
mod case;
#[path = "faults/connections.rs"]
mod connections;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/oddities.rs"]
mod oddities;
#[path = "faults/retry_after.rs"]
mod retry_after;
#[path = "faults/sizes.rs"]
mod sizes;
#[path = "faults/time.rs"]
mod time;
