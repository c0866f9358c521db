//! What counts as an answer, and when a 404 is about a key: error bodies of Coveo's and of others in every situation, the
//! proof that the organization is the right one, and caches.

mod bodies;
mod fixtures;
mod fresh;
mod oracle;
mod proof;
mod refused;
mod situations;
mod table;
mod wrong_organization;
