//! What Coveo is: IDs, the access token, endpoints, API keys, how its responses are read, and what it can be asked.

pub mod access;
pub mod api_key;
pub mod client;
pub mod endpoint;
pub mod ids;
pub mod response;
pub mod result;
pub mod token;
