//! Ages are counted by the server's clock. The one of this machine may show whatever it likes.

use std::process::Command;
use std::time::SystemTime;

use crate::fixtures::{DAY, NOW, at, disabled, expired, ids_after, only_looked, organization, unused};
use crate::oracle::Selector;
use support::fake_coveo::{CannedResponse, Coveo, Fault, ORGANIZATION};
use support::harness::{Cli, check, cli, skip};

/// Seconds since 1970 of 2016-03-01, 2021-07-01 and 2026-11-20: any time is right that does not lie ahead.
const TIMES: [u64; 3] = [1_456_790_400, 1_625_097_600, NOW];

/// An organization with keys on both sides of the border at the time `now`, by its own clock.
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
    coveo.set_now(at(now));
    coveo
}

#[test]
fn the_clock_that_counts_is_the_servers() {
    for now in TIMES {
        let coveo = on_the_border(now);
        for selector in Selector::ALL {
            let id = format!("{}1", selector.letter());
            let done = cli(&coveo).args([selector.option(), "30d", "--yes"]).run().assert_status(0);
            assert_eq!(ids_after("deleted ", &done.stdout), [id.as_str()], "at {now}");
        }
        assert_eq!(coveo.ids(), ["d2", "e2", "u2"], "at {now}");
    }
}

/// The library that fakes the clock, as the program `faketime` would have it loaded.
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
fn a_machine_whose_clock_is_ten_years_ahead_takes_the_same_keys_and_one_that_is_behind_takes_none() {
    let Some(library) = library() else {
        return skip("faketime is missing (Debian: apt-get install faketime)");
    };
    for (shift, words, is_behind) in
        [("-10y", "is the clock of this machine right?", true), ("+10y", "it expired ", false)]
    {
        // The certificate tells whether the tool does see another clock.
        let https = Coveo::https();
        https.add(disabled("d1", NOW));
        let refused =
            with_clock(cli(&https), &library, shift).args(["--disabled-for", "30d"]).run().assert_status(6);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);

        for now in TIMES {
            let coveo = on_the_border(now);
            for selector in Selector::ALL {
                let id = format!("{}1", selector.letter());
                let run = || with_clock(cli(&coveo), &library, shift).args([selector.option(), "30d"]);
                // Ten years ago it was later than the first of these times.
                if is_behind && now != TIMES[0] {
                    selects_nothing(run, &coveo, now);
                    continue;
                }
                let listed = run().run().assert_status(0);
                assert_eq!(ids_after("would delete ", &listed.stdout), [id.as_str()], "{shift} at {now}");
                let done = run().arg("--yes").run().assert_status(0);
                assert_eq!(ids_after("deleted ", &done.stdout), [id.as_str()], "{shift} at {now}");
            }
            let taken = !is_behind || now == TIMES[0];
            assert_eq!(coveo.ids().len(), if taken { 3 } else { 6 }, "{shift} at {now}");
        }
    }
}

/// Checks that the server's clock at `now` has nothing listed and nothing changed, and that both clocks are shown.
fn selects_nothing(run: impl Fn() -> Cli, coveo: &Coveo, now: u64) {
    let server = humantime::format_rfc3339_seconds(at(now));
    for mode in [&[][..], &["--dry-run"], &["--yes"], &["--yes", "--json"], &["--yes", "-q"]] {
        let refused = run().args(mode).run().assert_status(1);
        assert_eq!(refused.stdout, "");
        let (before, after) = (
            format!(
                "coveo-delete-key: error: the server's clock ({server}) is more than a day ahead of this machine's (20"
            ),
            "), so no age can be told; nothing was changed\n",
        );
        assert!(refused.stderr.starts_with(&before), "{mode:?}: {}", refused.stderr);
        assert!(refused.stderr.ends_with(after), "{mode:?}: {}", refused.stderr);
    }
    only_looked(coveo);
}

/// So many seconds from now by the clock of this machine.
fn from_now(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    now.as_secs() + seconds
}

#[test]
fn a_server_whose_clock_is_more_than_a_day_ahead_selects_nothing() {
    for ahead in [DAY + 60, 400 * DAY, 7000 * DAY] {
        let now = from_now(ahead);
        let coveo = on_the_border(now);
        for selector in Selector::ALL {
            selects_nothing(|| cli(&coveo).args([selector.option(), "30d"]), &coveo, now);
        }
        selects_nothing(|| cli(&coveo).args(["--name", "*1", "--older-than", "1d"]), &coveo, now);
        // Where no age is asked, no clock is.
        let listed = cli(&coveo).args(["--name", "*1"]).run().assert_status(0);
        assert_eq!(ids_after("would delete ", &listed.stdout), ["d1", "e1", "u1"]);
    }
    let coveo = on_the_border(from_now(DAY - 60));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
    assert_eq!(ids_after("deleted ", &done.stdout), ["d1"]);
}

#[test]
fn a_key_whose_look_comes_with_a_clock_that_is_ahead_is_left_alone() {
    let coveo = organization(["d1", "d2"].map(|id| disabled(id, NOW - 40 * DAY)));
    let date = httpdate::fmt_http_date(at(from_now(DAY + 60)));
    coveo.inject("GET", "/d1", Fault::header("Date", &date));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(1);
    let server = humantime::format_rfc3339_seconds(httpdate::parse_http_date(&date).unwrap());
    let words = format!(
        "error: d1 was not deleted from {ORGANIZATION}, since it could not be read once more: the server's clock ({server}) is more than a day ahead of this machine's (20"
    );
    assert!(done.stderr.contains(&words), "{}", done.stderr);
    assert_eq!(coveo.ids(), ["d1"]);
}

/// What the organization lists, as the bytes of an answer without a `Date`.
fn without_date(body: &str) -> Fault {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    Fault::Answer(CannedResponse::raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())))
}

const OLD: &str = r#"{"id":"d1","status":"DISABLED","enabled":false,"disabledDate":"2020-01-01T00:00:00Z"}"#;

#[test]
fn a_list_without_a_date_that_can_be_read_selects_nothing() {
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
    for (date, fault) in faults {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", fault);
        for mode in [&["--dry-run"][..], &["--yes", "--json"]] {
            let done = cli(&coveo).args(["--disabled-for", "30d"]).args(mode).run().assert_status(1);
            assert_eq!(done.stdout, "", "{date}");
            let words = "came without a readable Date, so no age can be told; nothing was changed";
            assert!(done.stderr.contains(words), "{date}: {}", done.stderr);
        }
        only_looked(&coveo);
        assert!(coveo.exists("d1"));
    }
}

#[test]
fn a_date_that_makes_all_keys_young_selects_nothing() {
    for date in
        ["Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 01 Jan 2020 00:00:00 GMT", "Thu, 30 Jan 2020 23:59:59 GMT"]
    {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", Fault::header("Date", date));
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
        assert!(done.stderr.contains("no API key of"), "{date}: {}", done.stderr);
        only_looked(&coveo);
    }
}

/// The look before a deletion counts by its own date, or, where it has none, by that of the list.
#[test]
fn the_look_before_a_deletion_counts_by_its_own_date() {
    let dated = |now: u64| Fault::header("Date", &httpdate::fmt_http_date(at(now)));
    let in_2020 = 1_577_836_800;
    for (fault, deleted) in [
        (dated(in_2020 + 30 * DAY), true),
        (dated(in_2020 + 30 * DAY - 1), false),
        (dated(in_2020 - DAY), false),
        (without_date(OLD), true),
        (Fault::header("Date", "soon"), true),
    ] {
        let coveo = organization([disabled("d1", in_2020)]);
        coveo.inject("GET", "/d1", fault);
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).run();
        check(&done, &[("d1", if deleted { "deleted" } else { "kept" })], 0);
        assert_eq!(coveo.exists("d1"), !deleted);
        assert_eq!(coveo.requests().len(), if deleted { 3 } else { 2 });
    }
}
