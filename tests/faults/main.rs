//! Faults through the binary: tables of broken connections and unusual responses, with the outcome, the exit status, the
//! requests and the true state of the organization.

mod answers;
mod bulk;
mod case;
mod connections;
mod matrix;
mod oddities;
mod retry_after;
mod sizes;
mod time;
