//! What a cache between a client and the organization would hold.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::http::Answer;
use super::journal::Recorded;
use super::lock;

/// The first good answer to each request that reads.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<(String, String), Answer>>);

impl Cache {
    /// Keeps an answer, if it is one to keep.
    pub fn keep(&self, request: &Recorded, answer: &Answer, now: SystemTime) {
        if request.method == "GET" && answer.status == 200 {
            let dated = || answer.clone().header("Date", &httpdate::fmt_http_date(now));
            lock(&self.0).entry(name(request)).or_insert_with(dated);
        }
    }

    /// The answer that was kept for such a request, with its age if it is told.
    pub fn answer(&self, request: &Recorded, age: Option<Duration>) -> Option<Answer> {
        let kept = lock(&self.0).get(&name(request)).filter(|_| request.method == "GET")?.clone();
        Some(match age {
            Some(age) => kept.header("Age", &age.as_secs().to_string()),
            None => kept,
        })
    }
}

fn name(request: &Recorded) -> (String, String) {
    (request.path.clone(), request.query.clone())
}
