//! What counts as evidence: error bodies of Coveo and of others, proof of access, reads of keys, refusals, and caches.

mod bodies;
mod classification;
mod evidence;
mod fresh;
mod proof;
mod refused;
mod wrong_organization;
