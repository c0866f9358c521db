//! Coveo's API for API keys: IDs, the access token, endpoints, keys, responses, and the operations on them.

pub mod access;
pub mod action;
pub mod api_key;
pub mod change;
pub mod client;
pub mod consistency;
pub mod endpoint;
pub mod ids;
pub mod key_date;
pub mod key_result;
pub mod key_status;
pub mod reads;
pub mod response;
pub mod token;
pub mod verdict;
