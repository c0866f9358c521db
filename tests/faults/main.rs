//! Faults through the binary: whatever breaks between the request and the answer, and whatever comes back, the tool's
//! word, its exit status, the requests that it makes and the organization's true state are as a table says.

mod answers;
mod bulk;
mod case;
mod connections;
mod matrix;
mod oddities;
mod retry_after;
mod sizes;
mod time;
