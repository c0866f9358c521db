//! `--bulk` where the service fails: whatever comes of a request for many keys, what is said of each is true.

use crate::bulk::kinds;
use crate::{in_shell, outcomes, ran};
use support::fake_coveo::{Coveo, Fault, How, Moment, Point, Scripted};
use support::harness::{key_outcomes, tool};

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
                true => Scripted::error(status, "C", "m"),
                false => Scripted::status(status).body("<html>"),
            };
            let denied = || Fault::Answer(Scripted::error(403, "ACCESS_DENIED", "no"));
            let path = format!("/{}", ids[1]);
            coveo.plan(move |moment| match moment {
                Moment::Request(_, request) if request.is("POST", "/bulk") => Fault::Answer(answer.clone()),
                Moment::Request(0, _) if !has_list => denied(),
                Moment::Request(_, request) if request.path.ends_with(&path) => denied(),
                _ => Fault::None,
            });
            let ran = tool(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().ends_with(1);
            let is_refused = matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429);
            let second = if is_refused { "forbidden" } else { "unknown" };
            let name = format!("{status}, a list {has_list}, a code {has_code}");
            assert_eq!(key_outcomes(&ran.stdout), outcomes(&ids, &["deleted", second, "notFound"]), "{name}");
            assert_eq!(ran.stderr.contains("not known"), !is_refused, "{name}: {}", ran.stderr);
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
            Moment::Request(0, _) => Fault::None,
            Moment::Request(1, _) => Fault::At(Point::AfterActing, How::Close),
            Moment::Request(..) => Fault::Answer(Scripted::status(503)),
            _ => Fault::None,
        });
        let tool = tool(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(more).args(&ids);
        let ran = tool.run().ends_with(6);
        let told = key_outcomes(&ran.stdout);
        assert_eq!(told.len(), count);
        for (at, (id, outcome)) in told.iter().enumerate() {
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
        coveo.strike("POST", "/bulk", Fault::At(Point::AfterActing, How::Close));
        let tool = tool(&coveo).args(["--bulk", "--retries", "0"]).args(json).args(&ids);
        let ran = ran(&mut in_shell(tool, "", ">/dev/full")).ends_with(1);
        assert_eq!(coveo.ids(), ids[100..]);
        assert_eq!(kinds(&coveo), "1 DELETE, 1 GET, 1 bulk POST");
        assert!(ran.stderr.ends_with("1 gone, 99 unknown, 10 not tried\n"), "{}", ran.stderr);
        let not_tried = format!("error: 10 keys were not tried: {}\n", ids[100..].join(", "));
        assert!(ran.stderr.contains(&not_tried), "{}", ran.stderr);
    }
}

#[test]
fn three_in_a_row_end_a_bulk_run_before_its_next_request() {
    let coveo = Coveo::http();
    let ids = coveo.add_keys(350);
    // The first hundred are done; of the second, none can be; the rest is not sent at all.
    coveo.plan(|moment| match moment {
        Moment::Request(0 | 1, _) => Fault::None,
        Moment::Request(..) => Fault::Answer(Scripted::error(429, "TOO_MANY_REQUESTS", "Slow down.")),
        _ => Fault::None,
    });
    let ran = tool(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().ends_with(6);
    let mut wanted = ["notTried"; 350];
    wanted[..100].fill("deleted");
    wanted[100..103].fill("unavailable");
    assert_eq!(key_outcomes(&ran.stdout), outcomes(&ids, &wanted));
    assert_eq!(kinds(&coveo), "3 DELETE, 1 GET, 2 bulk POST");
    assert!(ran.stderr.contains("247 keys were not tried"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("100 deleted, 3 unavailable, 247 not tried\n"), "{}", ran.stderr);
    assert_eq!(coveo.ids(), ids[100..]);
}

#[test]
fn a_hundred_keys_that_are_done_come_between_failures_as_a_single_one_does() {
    // The last two keys of the first hundred fail, the second hundred is done at once, and the next key fails.
    let coveo = Coveo::http();
    let ids = coveo.add_keys(203);
    coveo.plan(|moment| match moment {
        Moment::Request(1 | 100 | 101 | 103 | 104, _) => {
            Fault::Answer(Scripted::error(429, "TOO_MANY_REQUESTS", "Slow down."))
        }
        _ => Fault::None,
    });
    let ran = tool(&coveo).args(["--bulk", "--json", "--retries", "0"]).args(&ids).run().ends_with(6);
    let mut wanted = ["deleted"; 203];
    for failed in [98, 99, 200] {
        wanted[failed] = "unavailable";
    }
    assert_eq!(key_outcomes(&ran.stdout), outcomes(&ids, &wanted));
    assert_eq!(kinds(&coveo), "103 DELETE, 1 GET, 3 bulk POST");
}
