//! Every error body, and every situation, with and without proof of the organization.

use std::collections::HashSet;
use std::fmt;

use support::fake_coveo::Coveo;
use support::harness::{Run, outcomes, parallel};

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

/// A body is read in one way as the answer to a change, and in another as the answer to a read. In these situations every
/// body is tried, and in all others one of each meaning and status.
const EVERY_BODY: [Situation; 3] = [Situation::IgnoreNotFound, Situation::DryRun, Situation::Look];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut kinds = HashSet::new();
    for body in bodies::all() {
        let is_first = kinds.insert((body.meaning, body.status));
        for situation in Situation::ALL {
            if !is_first && !EVERY_BODY.contains(&situation) {
                continue;
            }
            // A request that was carried out and is answered as if it had been refused would be a lie of the server's.
            if situation == Situation::BulkApplied && !oracle::leaves_doubt(&body) {
                continue;
            }
            let mut proofs = vec![Proof::Given];
            let is_missing = body.meaning == Meaning::NoSuchKey;
            if !situation.is_proven_before() && (is_first || is_missing) {
                proofs.push(Proof::Refused);
            }
            if !situation.is_proven_before() && is_missing {
                proofs.extend([Proof::Failing, Proof::Lost]);
            }
            cases.extend(proofs.into_iter().map(|proof| Case { body: body.clone(), situation, proof }));
        }
    }
    cases
}

impl Case {
    fn check(&self) {
        let coveo = self.situation.organization();
        let run = self.situation.run(&coveo, &self.body, self.proof);
        let json_lines = outcomes(&run.stdout);
        self.check_promises(&coveo, &run, &json_lines);
        let expected = expected(self.situation, &self.body, self.proof);
        let fits = expected.iter().any(|(outcomes, exit)| *outcomes == json_lines && *exit == run.status);
        assert!(fits, "said {json_lines:?} ({}), not {expected:?}\n{}", run.status, run.stderr);
        self.check_privileges(coveo.count("GET", "/privileges/token"), &run);
    }

    /// What must hold whatever the table says: no success without proof, and no false word about what was not done.
    fn check_promises(&self, coveo: &Coveo, run: &Run, json_lines: &[String]) {
        for (id, outcome) in self.situation.keys().iter().zip(json_lines) {
            let really_done = match self.situation.disables() {
                true => coveo.is_enabled(id) == Some(false),
                false => !coveo.exists(id) && *id != "m1",
            };
            let proven = self.body.meaning == Meaning::NoSuchKey
                && (self.proof == Proof::Given || self.situation.is_proven_before());
            assert!(!is_success(outcome) || really_done || proven, "{id} {outcome}: {}", run.stderr);
            let denied = promises_nothing_was_changed(outcome);
            assert!(!denied || !really_done, "{id} {outcome}, but it is done: {}", run.stderr);
        }
        let successes = json_lines.iter().all(|outcome| is_success(outcome) || outcome.starts_with("would"));
        assert_eq!(run.status == 0, successes, "exit {} for {json_lines:?}: {}", run.status, run.stderr);
    }

    /// The privileges are asked for only when a 404 with a code came and nothing else is proof, and once at most unless
    /// that was answered in vain.
    fn check_privileges(&self, asked: usize, run: &Run) {
        let hiccup = matches!(self.proof, Proof::Failing | Proof::Lost);
        let needed = self.body.meaning == Meaning::NoSuchKey && !self.situation.is_proven_before();
        match self.situation {
            // It reads them in any case.
            Situation::DryRun => assert!(hiccup || asked == 1, "asked {asked} times: {}", run.stderr),
            situation if situation.is_bulk() => {
                assert!(hiccup || asked <= 1, "asked {asked} times: {}", run.stderr)
            }
            _ if hiccup => assert!(asked >= 1, "not asked: {}", run.stderr),
            _ => assert_eq!(asked, usize::from(needed), "times asked: {}", run.stderr),
        }
    }
}

#[test]
fn an_error_is_taken_for_what_it_says_and_a_404_only_with_proof() {
    let cases = cases();
    assert!(cases.len() >= 1500, "{} cases", cases.len());
    parallel(WIDTH, &cases, Case::check);
}
