//! Ages are computed with the server's clock, not this machine's.

use std::process::Command;
use std::time::SystemTime;

use crate::fixtures::{DAY, NOW, assert_only_reads, at, disabled, expired, ids_after, organization, unused};
use crate::oracle::Condition;
use support::fake_coveo::{CannedResponse, Coveo, Date, Fault, ORGANIZATION};
use support::harness::{Cli, check, cli, skip};

/// 2016-03-01, 2021-07-01 and 2026-11-20 in seconds since 1970: any time that isn't ahead is accepted.
const TIMES: [u64; 3] = [1_456_790_400, 1_625_097_600, NOW];

/// Starts an organization at the time `now`, with keys just old enough and a second too young.
fn on_the_border(now: u64) -> Coveo {
    let border = now - 30 * DAY;
    let coveo = organization([
        disabled("d1", border),
        disabled("d2", border + 1),
        expired("e1", border),
        expired("e2", border + 1),
        unused("u1", border),
        unused("u2", border + 1),
    ]);
    for id in coveo.ids() {
        coveo.edit(&id, |key| (key.created_date, key.activation_date) = (Date::Absent, Date::Absent));
    }
    coveo.set_now(at(now));
    coveo
}

#[test]
fn ages_use_the_servers_clock() {
    for now in TIMES {
        let coveo = on_the_border(now);
        for selector in Condition::LIFECYCLE {
            let id = format!("{}1", selector.letter());
            let done = cli(&coveo).args([selector.option(), "30d", "--yes"]).run().assert_status(0);
            assert_eq!(ids_after("deleted ", &done.stdout), [id.as_str()], "at {now}");
        }
        assert_eq!(coveo.ids(), ["d2", "e2", "u2"], "at {now}");
    }
}

/// The library that fakes the clock, from the program `faketime`.
fn library() -> Option<String> {
    let printed =
        Command::new("faketime").args(["-m", "-f", "+0d", "printenv", "LD_PRELOAD"]).output().ok()?;
    let library = String::from_utf8(printed.stdout).ok()?.trim().to_owned();
    (printed.status.success() && !library.is_empty()).then_some(library)
}

fn with_clock(cli: Cli, library: &str, shift: &str) -> Cli {
    cli.env("LD_PRELOAD", library).env("FAKETIME", shift)
}

#[test]
fn wrong_clock_of_this_machine_selects_the_same_or_nothing() {
    let Some(library) = library() else {
        return skip("faketime is missing (Debian: apt-get install faketime)");
    };
    for (shift, words, is_behind) in
        [("-10y", "is this machine's clock right?", true), ("+10y", "it expired ", false)]
    {
        // An error about the certificate proves that the binary sees the wrong clock.
        let https = Coveo::https();
        https.add(disabled("d1", NOW));
        let refused =
            with_clock(cli(&https), &library, shift).args(["--disabled-for", "30d"]).run().assert_status(6);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);

        for now in TIMES {
            let coveo = on_the_border(now);
            for selector in Condition::LIFECYCLE {
                let id = format!("{}1", selector.letter());
                let run = || with_clock(cli(&coveo), &library, shift).args([selector.option(), "30d"]);
                // The first of these times is more than ten years ago.
                if is_behind && now != TIMES[0] {
                    selects_nothing(run, &coveo, now);
                    continue;
                }
                let listed = run().run().assert_status(0);
                assert_eq!(ids_after("would delete ", &listed.stdout), [id.as_str()], "{shift} at {now}");
                let done = run().arg("--yes").run().assert_status(0);
                assert_eq!(ids_after("deleted ", &done.stdout), [id.as_str()], "{shift} at {now}");
            }
            let selects = !is_behind || now == TIMES[0];
            assert_eq!(coveo.ids().len(), if selects { 3 } else { 6 }, "{shift} at {now}");
        }
    }
}

/// Checks that nothing is listed or changed if the server's clock shows `now`, and that the error shows both clocks.
fn selects_nothing(run: impl Fn() -> Cli, coveo: &Coveo, now: u64) {
    let server = humantime::format_rfc3339_seconds(at(now));
    for mode in [&[][..], &["--dry-run"], &["--yes"], &["--yes", "--json"], &["--yes", "-q"]] {
        let refused = run().args(mode).run().assert_status(1);
        assert_eq!(refused.stdout, "");
        let (before, after) = (
            format!(
                "coveo-delete-key: error: the keys of {ORGANIZATION} could not be listed, so nothing was changed: the server's clock ({server}) is more than a day ahead of this machine's (20"
            ),
            "), so ages can't be computed\ncoveo-delete-key: hint: set this machine's clock, or find out what changes the Date header\n",
        );
        assert!(refused.stderr.starts_with(&before), "{mode:?}: {}", refused.stderr);
        assert!(refused.stderr.ends_with(after), "{mode:?}: {}", refused.stderr);
    }
    assert_only_reads(coveo);
}

/// This many seconds from now by this machine's clock.
fn from_now(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    now.as_secs() + seconds
}

#[test]
fn server_clock_more_than_a_day_ahead_selects_nothing() {
    for ahead in [DAY + 60, 400 * DAY, 7000 * DAY] {
        let now = from_now(ahead);
        let coveo = on_the_border(now);
        for selector in Condition::LIFECYCLE {
            selects_nothing(|| cli(&coveo).args([selector.option(), "30d"]), &coveo, now);
        }
        selects_nothing(|| cli(&coveo).args(["--name", "Key ?1", "--older-than", "1d"]), &coveo, now);
        // Without an age, the clock doesn't matter.
        let listed = cli(&coveo).args(["--name", "Key ?1"]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), ["d1", "e1", "u1"]);
    }
    let coveo = on_the_border(from_now(DAY - 60));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
    assert_eq!(ids_after("deleted ", &done.stdout), ["d1"]);
}

#[test]
fn read_with_a_clock_ahead_leaves_the_key_alone() {
    let coveo = organization(["d1", "d2"].map(|id| disabled(id, NOW - 40 * DAY)));
    let date = httpdate::fmt_http_date(at(from_now(DAY + 60)));
    coveo.inject("GET", "/d1", Fault::header("Date", &date));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(1);
    let server = humantime::format_rfc3339_seconds(httpdate::parse_http_date(&date).unwrap());
    let words = format!(
        "error: d1 was not deleted from {ORGANIZATION}, because it could not be read: the server's clock ({server}) is more than a day ahead of this machine's (20"
    );
    assert!(done.stderr.contains(&words), "{}", done.stderr);
    assert_eq!(coveo.ids(), ["d1"]);
}

/// A 200 without a `Date`.
fn without_date(body: &str) -> Fault {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    Fault::Answer(CannedResponse::raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())))
}

const OLD: &str = r#"{"id":"d1","status":"DISABLED","enabled":false,"disabledDate":"2024-01-01T00:00:00Z"}"#;

#[test]
fn list_without_a_readable_date_selects_nothing() {
    let list = format!("[{OLD}]");
    let mut faults = vec![("none".to_owned(), without_date(&list))];
    let garbage = [
        "",
        "soon",
        "0",
        "1795176000",
        "2026-11-20T12:00:00Z",
        "Fri, 20 Nov 2026 12:00:00",
        "20 Nov 2026 12:00:00 GMT",
        "Fri, 32 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 25:00:00 GMT",
        "Fri, 20 Foo 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 12:00:00 +0200",
        "Thu, 01 Jan 99999 00:00:00 GMT",
    ];
    faults.extend(garbage.map(|date| (date.to_owned(), Fault::header("Date", date))));
    // Two dates, the same or different: an intermediary has added one.
    let date = httpdate::fmt_http_date(at(NOW));
    for second in [NOW, NOW - 3600, from_now(23 * 3600)] {
        let second = httpdate::fmt_http_date(at(second));
        for dates in [[&date, &second], [&second, &date]] {
            let headers = dates.map(|date| ("Date".to_owned(), date.clone()));
            faults.push((format!("{dates:?}"), Fault::Headers(headers.to_vec())));
        }
    }
    for (date, fault) in faults {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", fault);
        for mode in [&["--dry-run"][..], &["--yes", "--json"]] {
            let done = cli(&coveo).args(["--disabled-for", "30d"]).args(mode).run().assert_status(1);
            assert_eq!(done.stdout, "", "{date}");
            let words =
                "the response doesn't have exactly one readable Date header, so ages can't be computed";
            assert!(done.stderr.contains(words), "{date}: {}", done.stderr);
        }
        assert_only_reads(&coveo);
        assert!(coveo.exists("d1"));
    }
}

#[test]
fn early_date_makes_all_keys_too_young() {
    for date in
        ["Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 01 Jan 2020 00:00:00 GMT", "Thu, 30 Jan 2020 23:59:59 GMT"]
    {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", Fault::header("Date", date));
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
        assert!(done.stderr.contains("no API key of"), "{date}: {}", done.stderr);
        assert_only_reads(&coveo);
    }
}

/// It may come from a cache. Without a date, the one of the list counts.
#[test]
fn read_older_than_the_list_is_rejected() {
    let ago = |seconds: u64| Fault::header("Date", &httpdate::fmt_http_date(at(NOW - seconds)));
    for (fault, outcome) in [
        (ago(3600), "unexpected"),
        (ago(70), "unexpected"),
        (ago(20), "deleted"),
        (without_date(OLD), "deleted"),
        (Fault::header("Date", "soon"), "deleted"),
    ] {
        let coveo = organization([disabled("d1", 1_704_067_200)]);
        coveo.inject("GET", "/d1", fault);
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).run();
        check(&done, &[("d1", outcome)], i32::from(outcome == "unexpected"));
        assert_eq!(coveo.exists("d1"), outcome != "deleted");
        assert_eq!(coveo.requests().len(), if outcome == "deleted" { 3 } else { 2 });
    }
}
