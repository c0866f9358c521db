//! Every error body in every situation, with and without proof of the organization.

use std::collections::BTreeMap;
use std::fmt;

use support::fake_coveo::{Coveo, Recorded};
use support::harness::{Ran, outcomes, parallel};

use crate::bodies::{self, Body, Meaning};
use crate::oracle::{self, expected, is_success, promises_nothing_was_changed};
use crate::situations::{Proof, Situation};

/// So many cases run at once.
const WIDTH: usize = 40;

struct Case {
    body: Body,
    situation: Situation,
    proof: Proof,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}, proof {:?}: {}", self.situation, self.proof, self.body.name)
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for body in bodies::all() {
        for situation in Situation::ALL {
            // A request that was carried out and is answered as if it had been refused would be a lie of the server's.
            if situation == Situation::BulkApplied && !oracle::leaves_doubt(&body) {
                continue;
            }
            let mut proofs = vec![Proof::Given];
            if !situation.is_proven_before() {
                proofs.push(Proof::Refused);
                if body.meaning == Meaning::NoSuchKey {
                    proofs.extend([Proof::Failing, Proof::Lost]);
                }
            }
            cases.extend(proofs.into_iter().map(|proof| Case { body: body.clone(), situation, proof }));
        }
    }
    cases
}

impl Case {
    fn check(&self) {
        let coveo = self.situation.organization();
        let ran = self.situation.run(&coveo, &self.body, self.proof);
        let told = outcomes(&ran.stdout);
        self.check_promises(&coveo, &ran, &told);
        let expected = expected(self.situation, &self.body, self.proof);
        let fits = expected.iter().any(|(outcomes, exit)| *outcomes == told && *exit == ran.status);
        assert!(fits, "said {told:?} ({}), not {expected:?}\n{}", ran.status, ran.stderr);
        self.check_privileges(&coveo.requests(), &ran);
    }

    /// What must hold whatever the table says: no success without proof, and no false word about what was not done.
    fn check_promises(&self, coveo: &Coveo, ran: &Ran, told: &[String]) {
        for (id, outcome) in self.situation.keys().iter().zip(told) {
            let really_done = match self.situation.disables() {
                true => coveo.is_enabled(id) == Some(false),
                false => !coveo.exists(id) && *id != "m1",
            };
            let proven = self.body.meaning == Meaning::NoSuchKey
                && (self.proof == Proof::Given || self.situation.is_proven_before());
            assert!(!is_success(outcome) || really_done || proven, "{id} {outcome}: {}", ran.stderr);
            let denied = promises_nothing_was_changed(outcome);
            assert!(!denied || !really_done, "{id} {outcome}, but it is done: {}", ran.stderr);
        }
        let successes = told.iter().all(|outcome| is_success(outcome) || outcome.starts_with("would"));
        assert_eq!(ran.status == 0, successes, "exit {} for {told:?}: {}", ran.status, ran.stderr);
    }

    /// The privileges are asked for only when a 404 with a code came and nothing else is proof, and once at most unless
    /// that was answered in vain.
    fn check_privileges(&self, requests: &[Recorded], ran: &Ran) {
        let asked = requests.iter().filter(|request| request.path.ends_with("/privileges/token")).count();
        let hiccup = matches!(self.proof, Proof::Failing | Proof::Lost);
        let needed = self.body.meaning == Meaning::NoSuchKey && !self.situation.is_proven_before();
        match self.situation {
            // It reads them in any case.
            Situation::DryRun => assert!(hiccup || asked == 1, "asked {asked} times: {}", ran.stderr),
            situation if situation.is_bulk() => {
                assert!(hiccup || asked <= 1, "asked {asked} times: {}", ran.stderr)
            }
            _ if hiccup => assert!(asked >= 1, "not asked: {}", ran.stderr),
            _ => assert_eq!(asked, usize::from(needed), "times asked: {}", ran.stderr),
        }
    }
}

#[test]
fn an_error_is_taken_for_what_it_says_and_a_404_only_with_proof() {
    let cases = cases();
    let bodies = bodies::all();
    let mut counts = BTreeMap::new();
    for body in &bodies {
        *counts.entry(format!("{:?}", body.meaning)).or_insert(0) += 1;
    }
    println!("{} bodies {counts:?}, {} cases", bodies.len(), cases.len());
    assert!(bodies.len() >= 60);
    parallel(WIDTH, &cases, Case::check);
}
