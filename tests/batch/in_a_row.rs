//! Runs with different outcomes: their exit status, and the stop after three consecutive failures.

use crate::check_outcomes;
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, ORGANIZATION, Point};
use support::harness::{cli, key_outcomes};

/// The fault for a letter, and the outcome of a key with it after a single attempt.
fn case(letter: char) -> (Fault, &'static str) {
    let error = |status, code| Fault::Answer(CannedResponse::error(status, code, "a message"));
    let page = CannedResponse::status(200).body("<html>Welcome to our network</html>");
    match letter {
        'd' => (Fault::None, "deleted"),
        'n' => (error(404, "API_KEY_NOT_FOUND"), "notFound"),
        'u' => (error(401, "INVALID_TOKEN"), "unauthorized"),
        'f' => (error(403, "ACCESS_DENIED"), "forbidden"),
        'b' => (error(429, "TOO_MANY_REQUESTS"), "unavailable"),
        's' => (error(503, "UNAVAILABLE"), "unknown"),
        'k' => (Fault::At(Point::AfterActing, Break::Close), "unknown"),
        'r' => (Fault::At(Point::BeforeActing, Break::Reset), "unknown"),
        'x' => (Fault::Answer(page), "unexpected"),
        '-' => (Fault::None, "notTried"),
        other => panic!("no case has the letter {other}"),
    }
}

/// The fault of each key, the outcome of each (`-`: not tried), and the exit status.
#[rustfmt::skip]
const RUNS: [(&str, &str, i32); 39] = [
    ("d", "d", 0), ("ddd", "ddd", 0),
    // One kind of failure has its own status, next to successes too.
    ("n", "n", 5), ("dnd", "dnd", 5), ("nnnnn", "nnnnn", 5), ("fdf", "fdf", 4), ("fffff", "fffff", 4),
    ("udu", "udu", 3), ("dbd", "dbd", 6), ("dsd", "dsd", 6), ("dkd", "dkd", 6), ("bs", "bs", 6),
    ("kbd", "kbd", 6), ("dxd", "dxd", 1),
    // Several kinds share one.
    ("nf", "nf", 1), ("und", "und", 1), ("fb", "fb", 1), ("ub", "ub", 1), ("xn", "xn", 1),
    // Three consecutive failures of these kinds stop the run.
    ("uuudd", "uuu--", 3), ("bbbdd", "bbb--", 6), ("sssdd", "sss--", 6), ("kkkdd", "kkk--", 6),
    ("rrrdd", "rrr--", 6), ("bsrd", "bsr-", 6), ("xxxdd", "xxx--", 1), ("ubsd", "ubs-", 1),
    ("uuxd", "uux-", 1), ("bxxn", "bxx-", 1), ("dduuud", "dduuu-", 3), ("nuuud", "nuuu-", 1),
    ("uuu", "uuu", 3),
    // Two don't, and any other outcome resets the count.
    ("uudd", "uudd", 3), ("uuduud", "uuduud", 3), ("ssdssd", "ssdssd", 6), ("uufuud", "uufuud", 1),
    ("bbnbbd", "bbnbbd", 1), ("uufuuuddd", "uufuuu---", 1), ("xxnxxd", "xxnxxd", 1),
];

/// Starts an organization with one key for each letter, whose requests have its fault.
fn follow(script: &'static str) -> (Coveo, Vec<String>) {
    let (coveo, ids) = Coveo::with_keys(script.len());
    let keys = ids.clone();
    coveo.plan(move |hook| match hook {
        Hook::Request(_, request) => {
            let key = keys.iter().position(|id| request.path.contains(id.as_str()));
            key.map_or(Fault::None, |key| case(script.as_bytes()[key].into()).0)
        }
        _ => Fault::None,
    });
    (coveo, ids)
}

/// The requests after a 404: a read of the key, and one that proves access unless a key was changed before.
fn proofs(script: &str) -> usize {
    let proof = script.find('n').filter(|&first| !script[..first].contains('d'));
    script.matches('n').count() + proof.into_iter().count()
}

#[test]
fn exit_status_and_stop_after_three_failures() {
    for (script, ends, status) in RUNS {
        for (action, done, line) in [(None, "deleted", "from"), (Some("--disable"), "disabled", "in")] {
            for json in [None, Some("--json")] {
                let name = format!("{script} {action:?} {json:?}");
                let (coveo, ids) = follow(script);
                let run = cli(&coveo).args(["--retries", "0"]).args(action).args(json).args(&ids).run();
                assert_eq!(run.status, status, "{name}: {}", run.stderr);

                let outcomes = ends.chars().map(|letter| if letter == 'd' { done } else { case(letter).1 });
                let expected: Vec<_> = ids.iter().cloned().zip(outcomes.map(str::to_owned)).collect();
                if json.is_some() {
                    assert_eq!(key_outcomes(&run.stdout), expected, "{name}");
                } else {
                    let successes = expected.iter().filter(|(_, outcome)| outcome == done);
                    let lines: String =
                        successes.map(|(id, _)| format!("{done} {id} {line} {ORGANIZATION}\n")).collect();
                    assert_eq!(run.stdout, lines, "{name}");
                }
                for (id, letter) in ids.iter().zip(ends.chars()) {
                    let untouched = coveo.is_enabled(id) == Some(true);
                    assert_eq!(untouched, !matches!(letter, 'd' | 'k'), "{name}: {id}");
                }

                let rest = ends.matches('-').count();
                assert_eq!(coveo.requests().len(), ids.len() - rest + proofs(ends), "{name}");
                let ended = "error: stopping after 3 consecutive failures (";
                assert_eq!(run.stderr.contains(ended), rest > 0, "{name}: {}", run.stderr);
                let (keys, first) = (if rest == 1 { "key was" } else { "keys were" }, ids.len() - rest);
                let not_tried = format!("error: {rest} {keys} not tried: {}\n", ids[first..].join(", "));
                assert_eq!(run.stderr.contains(&not_tried), rest > 0, "{name}: {}", run.stderr);
                let summary = run.stderr.lines().last().unwrap_or_default();
                assert_eq!(summary.contains(&format!("{rest} not tried")), rest > 0, "{name}: {summary}");
            }
        }
    }
}

#[test]
fn ignore_not_found_only_turns_missing_keys_into_successes() {
    for (script, status) in [("n", 0), ("dnd", 0), ("nnnn", 0), ("ns", 6), ("nf", 4), ("nu", 3), ("nx", 1)] {
        let (coveo, ids) = follow(script);
        let outcome = |letter| if letter == 'n' { "alreadyGone" } else { case(letter).1 };
        let outcomes: Vec<&str> = script.chars().map(outcome).collect();
        check_outcomes(cli(&coveo).args(["--retries=0", "--ignore-not-found"]), &ids, &outcomes, status);
    }
}

#[test]
fn dry_run_stops_after_three_failures() {
    let (coveo, ids) = follow("sssss");
    let outcomes = ["unavailable", "unavailable", "unavailable", "notTried", "notTried"];
    check_outcomes(cli(&coveo).args(["--dry-run", "--retries=0"]), &ids, &outcomes, 6);
    assert_eq!(coveo.count("GET", ""), 4, "the token's privileges, and three keys");
    assert_eq!(coveo.requests().len(), 4);
}
