//! Durations, numbers, patterns.

use super::*;

const FORM: &str = "write seconds, or a number and a unit, such as 500ms, 30s or 5m";
const APPROXIMATE: &str = "Coveo calls the date of a key's last use approximate";
const ANY: &str =
    "is a variable not set in the script? add a letter or digit to the pattern, or use --dry-run";
const WRITE: &str = "write a pattern, such as 'tmp-*'";
const QUOTES: &str = "remove them, or use double quotes: cmd.exe passes single quotes on";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    no(&["k1", "--timeout"], r#"--timeout "{last}" is not a duration"#).hint(FORM).each(&[
        "", "1.2.3", "5 5", "1m 30s", "1h30m", "soon", "s", "5x", "5S", "+5s", "5,5s", "1e3s", "∞", "٣s",
        "99999999999999999999s",
    ]),
    no(&["k1", "--timeout"], r#"--timeout "{last}" is zero"#).hint(FORM).each(&["0", "0s"]),
    no(&["k1", "--timeout"], r#"--timeout "{last}" is longer than a day"#).hint(FORM).each(&["86401", "2d"]),
    no(&["k1", "--timeout=-1s"], r#"--timeout "-1s" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "{value}"], "--timeout {hidden} is not a duration").hint(FORM),
    no(&["--disabled-for"], r#"--disabled-for "{last}" is not a duration"#).hint(AGES).each(&[
        "", "30 days ago", " ", "0w 0d", "1e3d", "1,5d", "1..5d", ".5d", "1d;", "1d -1h", "0x1d", "∞", "٣d", "1ｄ", "d1", "90D",
        "null", "999999999999y",
    ]),
    no(&["--disabled-for", "-1d"], r#"{before} "{last}" is not a duration"#).hint(AGES).or(&[
        &["--expired-for", "d30"], &["--unused-for", "2026-01-01"], &["--unused-for", "9 0d"],
    ]),
    no(&["--disabled-for=-30d"], r#"--disabled-for "-30d" is not a duration"#).hint(AGES),
    no(&["--unused-for", "P90D", "--disable"], r#"--unused-for "P90D" is not a duration"#).hint(AGES),
    // Two numbers, perhaps on two lines, must not become 90 days.
    no(&["--unused-for", "9\n0d"], r#"--unused-for "9 0d" is not a duration"#).hint(AGES),
    // Messages repeat the age, on one line.
    no(&["--unused-for", "90d\n1h"], r#"--unused-for "90d 1h" is not a duration"#).hint(AGES),
    no(&["--disabled-for", "30d\n"], r#"--disabled-for "30d " is not a duration"#).hint(AGES),
    no(&["--disabled-for"], r#"--disabled-for "{last}" is zero"#).hint(AGES).each(&["0d", "0.0d", "00h"]),
    no(&["--expired-for", "101y", "--yes"], r#"--expired-for "101y" is longer than 36500 days"#).hint(AGES),
    no(&["--disabled-for", "30"], r#"{before} "{last}" has no unit"#).hint(AGES).or(&[&["--name", "a*", "--older-than", "7"]]),
    no(&["--disabled-for", "2m"], r#"{before} "{last}" may mean minutes or months"#).hint(AGES)
        .or(&[&["--name", "a*", "--older-than", "7M"]]),
    no(&["--unused-for", "23h", "--yes"], r#"--unused-for "23h" is shorter than a day"#).hint(APPROXIMATE),
    no(&["--unused-for", "86399s", "--dry-run"], r#"--unused-for "86399s" is shorter than a day"#).hint(APPROXIMATE),
    no(&["k1", "--retries"], r#"--retries "{last}" is not a whole number from 0 to 100"#).each(&[
        "", "many", "101", "1.5", "+3", " 3", "-1", "18446744073709551617",
    ]),
    no(&["k1", "--retries=-1"], r#"--retries "-1" is not a whole number from 0 to 100"#),
    no(&["--unused-for", "90d", "--max"], r#"--max "{last}" is not a whole number from 1 to 1000000"#).each(&[
        "", "0", "all", "1000001", "1_000", "٣",
    ]),
    no(&["--list", "--exclude", ""], "{before} is empty").hint(WRITE)
        .or(&[&["--unused-for", "90d", "--name", ""], &["--unused-for", "30d", "--name", ""]]),
    no(&["--name"], r#"--name "{last}" would match nearly any name"#).hint(ANY).each(&["*", "?* -_"]),
    no(&["--yes", "--disabled-for", "30d", "--name"], r#"--name "{last}" would match nearly any name"#).hint(ANY).each(&["*", "**"]),
    no(&["k1", "--name", "a*", "--name", "*"], r#"{before} "*" would match nearly any name"#).hint(ANY)
        .or(&[&["--exposed", "--yes", "--exclude", "*"]]),
    no(&["--name"], r#"--name "{last}" has quotes around it"#).hint(QUOTES).each(&["'tmp-*'", "\"tmp-*\"", "'*\"", "''"]),
    no(&["--list", "--name='tmp-*'"], r#"--name "'tmp-*'" has quotes around it"#).hint(QUOTES),
    no(&["--exposed", "--dry-run", "--exclude", "'prod *'"], r#"--exclude "'prod *'" has quotes around it"#).hint(QUOTES),
];
