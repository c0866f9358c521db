//! `--bulk` when the service fails: the outcome of each key is true.

use crate::bulk::{bulk, kinds};
use crate::{check_outcomes, redirected};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point};

#[test]
fn only_a_bulk_request_that_may_be_applied_leaves_doubt() {
    // The second key is refused afterwards, which is certain only if the bulk request was refused too. A missing key is
    // never gone, with or without a list.
    for status in [400, 401, 403, 404, 405, 412, 413, 415, 419, 422, 429, 500, 503, 200, 202, 302] {
        for (has_list, has_code) in [(true, true), (true, false), (false, true), (false, false)] {
            let (coveo, mut ids) = Coveo::with_keys(2);
            ids.push("nosuchkey1nosuchkey1nosuch".to_owned());
            let response = match has_code {
                true => CannedResponse::error(status, "C", "m"),
                false => CannedResponse::status(status).body("<html>"),
            };
            let denied = || Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no"));
            let path = format!("/{}", ids[1]);
            coveo.plan(move |hook| match hook {
                Hook::Request(_, request) if request.is("POST", "/bulk") => Fault::Answer(response.clone()),
                Hook::Request(0, _) if !has_list => denied(),
                Hook::Request(_, request) if request.path.ends_with(&path) => denied(),
                _ => Fault::None,
            });
            let is_refused = matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429);
            let second = if is_refused { "forbidden" } else { "unknown" };
            let run =
                check_outcomes(bulk(&coveo).arg("--retries=0"), &ids, &["deleted", second, "notFound"], 1);
            let name = format!("{status}, a list {has_list}, a code {has_code}");
            assert_eq!(run.stderr.contains("not known"), !is_refused, "{name}: {}", run.stderr);
            assert_eq!(kinds(&coveo), "3 DELETE, 2 GET, 1 bulk POST", "{name}");
            assert_eq!(coveo.ids(), ids[1..2]);
        }
    }
}

#[test]
fn keys_of_an_unanswered_bulk_request_are_never_not_tried() {
    // The first request deletes a hundred keys and isn't answered; then the service fails three times in a row.
    for (count, more) in [(100, None), (150, None), (150, Some("--disable"))] {
        let (coveo, ids) = Coveo::with_keys(count);
        coveo.plan(|hook| match hook {
            Hook::Request(1, _) => Fault::At(Point::AfterActing, Break::Close),
            Hook::Request(2.., _) => Fault::Answer(CannedResponse::status(503)),
            _ => Fault::None,
        });
        let outcomes = [vec!["unknown"; 100], vec!["notTried"; count - 100]].concat();
        check_outcomes(bulk(&coveo).arg("--retries=0").args(more), &ids, &outcomes, 6);
        let untouched = ids.iter().filter(|id| coveo.is_enabled(id) == Some(true));
        assert!(untouched.eq(&ids[100..]));
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has /dev/full")]
fn full_disk_does_not_make_sent_keys_not_tried() {
    for json in [None, Some("--json")] {
        let (coveo, ids) = Coveo::with_keys(110);
        coveo.inject("POST", "/bulk", Fault::At(Point::AfterActing, Break::Close));
        let cli = bulk(&coveo).args(["--retries", "0"]).args(json).args(&ids);
        let run = redirected(cli, ">/dev/full").assert_status(1);
        assert_eq!(coveo.ids(), ids[100..]);
        assert_eq!(kinds(&coveo), "1 DELETE, 2 GET, 1 bulk POST");
        assert!(run.stderr.ends_with("1 gone, 99 unknown, 10 not tried\n"), "{}", run.stderr);
        run.assert_stderr(&format!("error: 10 keys were not tried: {}\n", ids[100..].join(", ")));
    }
}

fn rate_limited() -> Fault {
    Fault::Answer(CannedResponse::error(429, "TOO_MANY_REQUESTS", "Slow down."))
}

#[test]
fn three_failures_stop_before_the_next_bulk_request() {
    let (coveo, ids) = Coveo::with_keys(350);
    coveo.inject_at(2.., rate_limited());
    let mut outcomes = ["notTried"; 350];
    outcomes[..100].fill("deleted");
    outcomes[100..103].fill("unavailable");
    let run = check_outcomes(bulk(&coveo).arg("--retries=0"), &ids, &outcomes, 6);
    assert_eq!(kinds(&coveo), "3 DELETE, 1 GET, 2 bulk POST");
    run.assert_stderr("247 keys were not tried");
    assert!(run.stderr.ends_with("100 deleted, 3 unavailable, 247 not tried\n"), "{}", run.stderr);
    assert_eq!(coveo.ids(), ids[100..]);
}

#[test]
fn successful_bulk_request_resets_the_count_of_failures() {
    // The last two keys of the first hundred fail, the second hundred succeeds, and the next key fails.
    let (coveo, ids) = Coveo::with_keys(203);
    coveo.plan(|hook| match hook {
        Hook::Request(1 | 100 | 101 | 103 | 104, _) => rate_limited(),
        _ => Fault::None,
    });
    let mut outcomes = ["deleted"; 203];
    for failed in [98, 99, 200] {
        outcomes[failed] = "unavailable";
    }
    check_outcomes(bulk(&coveo).arg("--retries=0"), &ids, &outcomes, 6);
    assert_eq!(kinds(&coveo), "103 DELETE, 1 GET, 3 bulk POST");
}
