//! Ages are counted by the server's clock. The one of this machine may show whatever it likes.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::fixtures::{
    DAY, NOW, at, disabled, expired, ids_after, journal, key_of, only_looked, organization, unused,
};
use crate::oracle::Selector;
use support::fake_coveo::{Coveo, Fault, Scripted};
use support::harness::{Tool, skip, tool};

/// Seconds since 1970 of 2016-03-01, 2026-11-20 and 2046-07-01.
const TIMES: [u64; 3] = [1_456_790_400, NOW, 2_413_929_600];

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
        for (selector, id) in
            [(Selector::Disabled, "d1"), (Selector::Expired, "e1"), (Selector::Unused, "u1")]
        {
            let done = tool(&coveo).args([selector.option(), "30d", "--yes"]).run().ends_with(0);
            assert_eq!(ids_after("deleted ", &done.stdout), [id], "at {now}");
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

fn with_clock(tool: Tool, library: &str, shift: &str) -> Tool {
    tool.env("LD_PRELOAD", library).env("FAKETIME", shift)
}

#[test]
fn a_machine_whose_clock_is_ten_years_wrong_takes_the_same_keys() {
    let Some(library) = library() else {
        return skip("faketime is missing (Debian: apt-get install faketime)");
    };
    for (shift, words) in [("-10y", "is the clock of this machine right?"), ("+10y", "it expired ")] {
        // The certificate tells whether the tool does see another clock.
        let https = Coveo::https();
        https.add(disabled("d1", NOW));
        let refused =
            with_clock(tool(&https), &library, shift).args(["--disabled-for", "30d"]).run().ends_with(6);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);

        for now in TIMES {
            let coveo = on_the_border(now);
            for (selector, id) in
                [(Selector::Disabled, "d1"), (Selector::Expired, "e1"), (Selector::Unused, "u1")]
            {
                let run = || with_clock(tool(&coveo), &library, shift).args([selector.option(), "30d"]);
                let listed = run().run().ends_with(0);
                assert_eq!(ids_after("would delete ", &listed.stdout), [id], "{shift} at {now}");
                let done = run().arg("--yes").run().ends_with(0);
                assert_eq!(ids_after("deleted ", &done.stdout), [id], "{shift} at {now}");
            }
            assert_eq!(coveo.ids(), ["d2", "e2", "u2"], "{shift} at {now}");
        }
    }
}

/// What the organization lists, as the bytes of an answer without a `Date`.
fn without_date(body: &str) -> Fault {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    Fault::Answer(Scripted::raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())))
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
    for date in garbage {
        let answer = Scripted::status(200).header("Date", date).body(list.as_bytes());
        faults.push((date.to_owned(), Fault::Answer(answer)));
    }
    for (date, fault) in faults {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.plan(move |moment| if key_of(moment) == Some("") { fault.clone() } else { Fault::None });
        for mode in [&[][..], &["--dry-run"], &["--yes"], &["--yes", "--json"], &["--yes", "-q"]] {
            let done = tool(&coveo).args(["--disabled-for", "30d"]).args(mode).run().ends_with(1);
            assert_eq!(done.stdout, "", "{date}");
            let words = "came without a date that can be read, so no age can be told; nothing was changed";
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
        let list = Fault::Answer(Scripted::status(200).header("Date", date).body(format!("[{OLD}]")));
        coveo.plan(move |moment| if key_of(moment) == Some("") { list.clone() } else { Fault::None });
        let done = tool(&coveo).args(["--disabled-for", "30d", "--yes"]).run().ends_with(0);
        assert!(done.stderr.contains("no API key of"), "{date}: {}", done.stderr);
        only_looked(&coveo);
    }
}

/// The look before a deletion counts by its own date, or, where it has none, by that of the list.
#[test]
fn the_look_before_a_deletion_counts_by_its_own_date() {
    let dated = |now: u64| {
        let date = httpdate::fmt_http_date(at(now));
        Fault::Answer(Scripted::status(200).header("Date", &date).body(OLD))
    };
    let in_2020 = 1_577_836_800;
    for (fault, deleted) in [
        (dated(in_2020 + 30 * DAY), true),
        (dated(in_2020 + 30 * DAY - 1), false),
        (dated(in_2020 - DAY), false),
        (without_date(OLD), true),
        (Fault::Answer(Scripted::status(200).header("Date", "soon").body(OLD)), true),
    ] {
        let coveo = organization([disabled("d1", in_2020)]);
        coveo.plan(move |moment| if key_of(moment) == Some("d1") { fault.clone() } else { Fault::None });
        let done = tool(&coveo).args(["--disabled-for", "30d", "--yes", "--json"]).run().ends_with(0);
        let result: Value = serde_json::from_str(done.stdout.trim_end()).expect("one line of JSON");
        assert_eq!(result["outcome"], if deleted { "deleted" } else { "kept" });
        assert_eq!(coveo.exists("d1"), !deleted);
        assert_eq!(journal(&coveo).len(), if deleted { 3 } else { 2 });
    }
}

#[test]
fn the_list_is_asked_for_again_where_that_may_help() {
    let coveo = on_the_border(NOW);
    coveo.plan(|moment| match (moment, key_of(moment)) {
        (support::fake_coveo::Moment::Request(0 | 1, _), Some("")) => Fault::Answer(Scripted::status(503)),
        _ => Fault::None,
    });
    let done = tool(&coveo).args(["--disabled-for", "30d", "--yes"]).run().ends_with(0);
    assert_eq!(ids_after("deleted ", &done.stdout), ["d1"]);
    assert!(done.took < Duration::from_secs(10));
}
