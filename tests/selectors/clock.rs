//! Ages are computed with the server's clock, not this machine's.

use std::process::Command;
use std::time::SystemTime;

use crate::fixtures::{DAY, NOW, OLD, at, disabled, expired, ids_after, organization, unused};
use crate::oracle::Condition;
use support::fake_coveo::{CannedResponse, Coveo, Date, Fault, ORGANIZATION};
use support::harness::{Cli, check, cli, skip};

/// 2016-03-01, 2021-07-01 and 2026-11-20 in seconds since 1970: any time that isn't ahead is accepted.
const TIMES: [u64; 3] = [1_456_790_400, 1_625_097_600, NOW];

#[test]
fn ages_are_exact_to_the_second() {
    for (age, seconds) in
        [("45s", 45), ("30min", 1800), ("12h", DAY / 2), ("2w", 14 * DAY), ("3months", 7_890_048)]
    {
        let keys = [("older", seconds + 1), ("border", seconds), ("younger", seconds - 1)];
        let coveo = organization(keys.map(|(id, ago)| disabled(id, NOW - ago)));
        for arguments in [&["--disabled-for", age][..], &[&format!("--disabled-for={age}")]] {
            let listed = cli(&coveo).args(arguments).run().assert_status(0);
            assert_eq!(ids_after("would delete ", &listed.stdout), ["older", "border"], "{age}");
        }
    }
}

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

/// Checks that each condition selects its older key.
fn selects_older_keys(coveo: &Coveo, with: impl Fn(Cli) -> Cli) {
    for selector in Condition::LIFECYCLE {
        let id = format!("{}1", selector.letter());
        for (mode, verb) in [(None, "would delete "), (Some("--yes"), "deleted ")] {
            let run = with(cli(coveo)).args([selector.option(), "30d"]).args(mode).run().assert_status(0);
            assert_eq!(ids_after(verb, &run.stdout), [&*id]);
        }
    }
    assert_eq!(coveo.ids(), ["d2", "e2", "u2"]);
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
    coveo.assert_only_reads();
}

#[test]
fn ages_use_the_servers_clock() {
    for now in TIMES {
        selects_older_keys(&on_the_border(now), |cli| cli);
    }
}

/// The library that fakes the clock, from the program `faketime`.
fn library() -> Option<String> {
    let printed =
        Command::new("faketime").args(["-m", "-f", "+0d", "printenv", "LD_PRELOAD"]).output().ok()?;
    let library = String::from_utf8(printed.stdout).ok()?.trim().to_owned();
    (printed.status.success() && !library.is_empty()).then_some(library)
}

#[test]
fn wrong_clock_of_this_machine_selects_the_same_or_nothing() {
    let Some(library) = library() else {
        return skip("faketime is missing (Debian: apt-get install faketime)");
    };
    for (shift, words) in [("-10y", "is this machine's clock right?"), ("+10y", "it expired ")] {
        let shifted = |cli: Cli| cli.env("LD_PRELOAD", &library).env("FAKETIME", shift);
        // An error about the certificate proves that the binary sees the wrong clock.
        let https = Coveo::https();
        shifted(cli(&https)).arg("--list").run().assert_status(6).assert_stderr(words);
        for now in TIMES {
            let coveo = on_the_border(now);
            // The first of these times is more than ten years ago.
            if shift == "+10y" || now == TIMES[0] {
                selects_older_keys(&coveo, shifted);
                continue;
            }
            for selector in Condition::LIFECYCLE {
                selects_nothing(|| shifted(cli(&coveo)).args([selector.option(), "30d"]), &coveo, now);
            }
        }
    }
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
    selects_older_keys(&on_the_border(from_now(DAY - 60)), |cli| cli);
}

#[test]
fn read_with_a_clock_ahead_leaves_the_key_alone() {
    let coveo = organization(["d1", "d2"].map(|id| disabled(id, OLD)));
    let ahead = at(from_now(DAY + 60));
    coveo.inject("GET", "/d1", Fault::header("Date", &httpdate::fmt_http_date(ahead)));
    let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(1);
    let server = humantime::format_rfc3339_seconds(ahead);
    done.assert_stderr(&format!(
        "error: d1 was not deleted from {ORGANIZATION}, because it could not be read: the server's clock ({server}) is more than a day ahead of this machine's (20"
    ));
    assert_eq!(coveo.ids(), ["d1"]);
}

/// A 200 without a `Date`.
fn without_date(body: &str) -> Fault {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    Fault::Answer(CannedResponse::raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())))
}

const D1: &str = r#"{"id":"d1","status":"DISABLED","enabled":false,"disabledDate":"2024-01-01T00:00:00Z"}"#;

#[test]
fn list_without_a_readable_date_selects_nothing() {
    let garbage = [
        "",
        "soon",
        "1795176000",
        "2026-11-20T12:00:00Z",
        "Fri, 20 Nov 2026 12:00:00",
        "Fri, 32 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 12:00:00 +0200",
    ];
    let mut faults = vec![without_date(&format!("[{D1}]"))];
    faults.extend(garbage.map(|date| Fault::header("Date", date)));
    // Two dates, the same or different: an intermediary has added one.
    let date = httpdate::fmt_http_date(at(NOW));
    for second in [NOW, NOW - 3600, from_now(23 * 3600)] {
        let second = httpdate::fmt_http_date(at(second));
        for dates in [[&date, &second], [&second, &date]] {
            faults.push(Fault::Headers(dates.map(|date| ("Date".to_owned(), date.clone())).to_vec()));
        }
    }
    for fault in faults {
        let coveo = organization([disabled("d1", OLD)]);
        coveo.inject("GET", "/apikeys", fault);
        for mode in [&["--dry-run"][..], &["--yes", "--json"]] {
            let done = cli(&coveo).args(["--disabled-for", "30d"]).args(mode).run().assert_status(1);
            assert_eq!(done.stdout, "");
            let words =
                "the response doesn't have exactly one readable Date header, so ages can't be computed";
            done.assert_stderr(words);
        }
        coveo.assert_only_reads();
    }
}

#[test]
fn early_date_makes_all_keys_too_young() {
    for date in ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 30 Jan 2020 23:59:59 GMT"] {
        let coveo = organization([disabled("d1", NOW - 400 * DAY)]);
        coveo.inject("GET", "/apikeys", Fault::header("Date", date));
        let done = cli(&coveo).args(["--disabled-for", "30d", "--yes"]).run().assert_status(0);
        done.assert_stderr("no API key of");
        coveo.assert_only_reads();
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
        (without_date(D1), "deleted"),
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
