//! `--bulk` where the service fails: whatever comes of a request for many keys, what is said of each is true.

use crate::bulk::kinds;
use crate::{in_shell, outcomes, run_to_end};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point};
use support::harness::{cli, key_outcomes};

#[test]
fn only_a_bulk_request_that_may_have_been_carried_out_leaves_a_doubt() {
    // The second key is refused afterwards, which settles it only where there is no doubt. Neither makes a missing key
    // one that is gone, whether or not there was a list.
    for status in [400, 401, 403, 404, 405, 412, 413, 415, 419, 422, 429, 500, 503, 200, 202, 302] {
        for (has_list, has_code) in [(true, true), (true, false), (false, true), (false, false)] {
            let coveo = Coveo::http();
            let mut ids = coveo.add_keys(2);
            ids.push("nosuchkey1".to_owned());
            let answer = match has_code {
                true => CannedResponse::error(status, "C", "m"),
                false => CannedResponse::status(status).body("<html>"),
            };
            let denied = || Fault::Answer(CannedResponse::error(403, "ACCESS_DENIED", "no"));
            let path = format!("/{}", ids[1]);
            coveo.plan(move |moment| match moment {
                Hook::Request(_, request) if request.is("POST", "/bulk") => Fault::Answer(answer.clone()),
                Hook::Request(0, _) if !has_list => denied(),
                Hook::Request(_, request) if request.path.ends_with(&path) => denied(),
                _ => Fault::None,
            });
            let run =
                cli(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().assert_status(1);
            let is_refused = matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429);
            let second = if is_refused { "forbidden" } else { "unknown" };
            let name = format!("{status}, a list {has_list}, a code {has_code}");
            assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &["deleted", second, "notFound"]), "{name}");
            assert_eq!(run.stderr.contains("not known"), !is_refused, "{name}: {}", run.stderr);
            assert_eq!(kinds(&coveo), "3 DELETE, 1 GET, 1 bulk POST", "{name}");
            assert_eq!(coveo.ids(), ids[1..2]);
        }
    }
}

#[test]
fn keys_of_a_bulk_request_that_may_have_been_carried_out_are_never_called_untried() {
    // The first request takes a hundred keys away and goes unanswered; then the service fails three times in a row.
    for (count, more, verb) in
        [(100, None, "deleted"), (150, None, "deleted"), (150, Some("--disable"), "disabled")]
    {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(count);
        coveo.plan(|moment| match moment {
            Hook::Request(0, _) => Fault::None,
            Hook::Request(1, _) => Fault::At(Point::AfterActing, Break::Close),
            Hook::Request(..) => Fault::Answer(CannedResponse::status(503)),
            _ => Fault::None,
        });
        let cli = cli(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(more).args(&ids);
        let run = cli.run().assert_status(6);
        let json_lines = key_outcomes(&run.stdout);
        assert_eq!(json_lines.len(), count);
        for (at, (id, outcome)) in json_lines.iter().enumerate() {
            assert_eq!(coveo.is_enabled(id) == Some(true), at >= 100);
            let truth = if at < 100 { "unknown" } else { "notTried" };
            assert_eq!(outcome, truth, "key {at} of {count} was {verb}");
        }
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "/dev/full is there on Linux alone")]
fn a_full_disk_does_not_make_them_untried_either() {
    for json in [None, Some("--json")] {
        let coveo = Coveo::http();
        let ids = coveo.add_keys(110);
        coveo.inject("POST", "/bulk", Fault::At(Point::AfterActing, Break::Close));
        let cli = cli(&coveo).args(["--bulk", "--retries", "0"]).args(json).args(&ids);
        let run = run_to_end(&mut in_shell(cli, "", ">/dev/full")).assert_status(1);
        assert_eq!(coveo.ids(), ids[100..]);
        assert_eq!(kinds(&coveo), "1 DELETE, 1 GET, 1 bulk POST");
        assert!(run.stderr.ends_with("1 gone, 99 unknown, 10 not tried\n"), "{}", run.stderr);
        let not_tried = format!("error: 10 keys were not tried: {}\n", ids[100..].join(", "));
        assert!(run.stderr.contains(&not_tried), "{}", run.stderr);
    }
}

#[test]
fn three_in_a_row_end_a_bulk_run_before_its_next_request() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(350);
    // The first hundred are done; of the second, none can be; the rest is not sent at all.
    coveo.plan(|moment| match moment {
        Hook::Request(0 | 1, _) => Fault::None,
        Hook::Request(..) => Fault::Answer(CannedResponse::error(429, "TOO_MANY_REQUESTS", "Slow down.")),
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().assert_status(6);
    let mut wanted = ["notTried"; 350];
    wanted[..100].fill("deleted");
    wanted[100..103].fill("unavailable");
    assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
    assert_eq!(kinds(&coveo), "3 DELETE, 1 GET, 2 bulk POST");
    assert!(run.stderr.contains("247 keys were not tried"), "{}", run.stderr);
    assert!(run.stderr.ends_with("100 deleted, 3 unavailable, 247 not tried\n"), "{}", run.stderr);
    assert_eq!(coveo.ids(), ids[100..]);
}

#[test]
fn a_hundred_keys_that_are_done_come_between_failures_as_a_single_one_does() {
    // The last two keys of the first hundred fail, the second hundred is done at once, and the next key fails.
    let coveo = Coveo::http();
    let ids = coveo.add_keys(203);
    coveo.plan(|moment| match moment {
        Hook::Request(1 | 100 | 101 | 103 | 104, _) => {
            Fault::Answer(CannedResponse::error(429, "TOO_MANY_REQUESTS", "Slow down."))
        }
        _ => Fault::None,
    });
    let run = cli(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().assert_status(6);
    let mut wanted = ["deleted"; 203];
    for failed in [98, 99, 200] {
        wanted[failed] = "unavailable";
    }
    assert_eq!(key_outcomes(&run.stdout), outcomes(&ids, &wanted));
    assert_eq!(kinds(&coveo), "103 DELETE, 1 GET, 3 bulk POST");
}
