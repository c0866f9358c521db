//! A cache between client and organization.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::http::Response;
use super::journal::Recorded;
use crate::lock;

/// The first 200 for each path.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<(String, String), Response>>);

impl Cache {
    /// Keeps a response, if it is a cacheable one.
    pub fn keep(&self, request: &Recorded, response: &Response, now: SystemTime) {
        if request.method == "GET" && response.status == 200 {
            let dated = || response.clone().header("Date", &httpdate::fmt_http_date(now));
            lock(&self.0).entry(name(request)).or_insert_with(dated);
        }
    }

    /// The cached response to such a request, with this `Age`.
    pub fn response(&self, request: &Recorded, age: Option<Duration>) -> Option<Response> {
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
