//! Durations, numbers, patterns.

use super::{Case, no};

const FORM: &str = "write seconds, or a number and a unit, such as 500ms, 30s or 5m";
const AGES: &str = "write a number and a unit, such as 12h, 90d or 2w";

const APPROXIMATE: &str = "Coveo calls the date of a key's last use approximate";
const ANY: &str = "add a letter or digit, another selector such as --disabled-for 30d, or --dry-run";

pub const CASES: &[Case] = &[
    no(&["k1", "--timeout", ""], r#"--timeout "" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "0"], r#"--timeout "0" is zero"#).hint(FORM),
    no(&["k1", "--timeout", "1.2.3"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "86401"], r#"--timeout "{last}" is longer than a day"#).hint(FORM),
    no(&["k1", "--timeout", "5 5"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "soon"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "s"], r#"--timeout "s" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "5x"], r#"--timeout "5x" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "5S"], r#"--timeout "5S" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "+5s"], r#"--timeout "+5s" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "5,5s"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "1e3s"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "∞"], r#"--timeout "∞" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "٣s"], r#"--timeout "٣s" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout=-1s"], r#"--timeout "-1s" is not a duration"#).hint(FORM),
    no(&["k1", "--timeout", "99999999999999999999s"], r#"--timeout "{last}" is not a duration"#).hint(FORM),
    // Seconds and nanoseconds that overflow in their sum alone.
    no(&["k1", "--timeout", "18446744073709551615s 1000000000ns"], r#"--timeout "{last}" is not a duration"#)
        .hint(FORM),
    no(&["k1", "--timeout", "0s"], r#"--timeout "0s" is zero"#).hint(FORM),
    no(&["k1", "--timeout", "0h 0m"], r#"--timeout "{last}" is zero"#).hint(FORM),
    no(&["k1", "--timeout", "2d"], r#"--timeout "2d" is longer than a day"#).hint(FORM),
    no(&["k1", "--timeout", "{value}"], "--timeout {hidden} is not a duration").hint(FORM),
    no(&["--disabled-for", ""], r#"--disabled-for "" is not a duration"#).hint(AGES),
    no(&["--disabled-for", "30"], r#"--disabled-for "30" has no unit"#).hint(AGES),
    no(&["--disabled-for", "30 days ago"], r#"--disabled-for "{last}" is not a duration"#).hint(AGES),
    no(&["--disabled-for", "0d"], r#"--disabled-for "0d" is zero"#).hint(AGES),
    no(&["--disabled-for=-30d"], r#"--disabled-for "-30d" is not a duration"#).hint(AGES),
    no(&["--expired-for", "d30"], r#"--expired-for "d30" is not a duration"#).hint(AGES),
    no(&["--expired-for", "101y", "--yes"], r#"--expired-for "101y" is longer than 36500 days"#).hint(AGES),
    no(&["--unused-for", "2026-01-01"], r#"--unused-for "{last}" is not a duration"#).hint(AGES),
    no(&["--unused-for", "P90D", "--disable"], r#"--unused-for "P90D" is not a duration"#).hint(AGES),
    // White space between digits would make 90 days of something that was typed as two numbers, on two lines perhaps.
    no(&["--unused-for", "9\n0d"], r#"--unused-for "9 0d" is not a duration"#).hint(AGES),
    no(&["--unused-for", "9 0d"], r#"--unused-for "{last}" is not a duration"#).hint(AGES),
    // The age is repeated in messages, each of which is one line.
    no(&["--unused-for", "90d\n1h"], r#"--unused-for "90d 1h" is not a duration"#).hint(AGES),
    no(&["--disabled-for", "30d\n"], r#"--disabled-for "30d " is not a duration"#).hint(AGES),
    no(&["k1", "--retries", ""], r#"--retries "" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries", "many"], r#"--retries "{last}" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries", "101"], r#"--retries "101" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries", "1.5"], r#"--retries "1.5" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries", "+3"], r#"--retries "+3" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries", " 3"], r#"--retries " 3" is not a whole number from 0 to 100"#),
    no(&["k1", "--retries=-1"], r#"--retries "-1" is not a whole number from 0 to 100"#),
    no(
        &["k1", "--retries", "18446744073709551617"],
        r#"--retries "{last}" is not a whole number from 0 to 100"#,
    ),
    no(&["--unused-for", "90d", "--max", ""], r#"--max "" is not a whole number from 1 to 1000000"#),
    no(&["--unused-for", "90d", "--max", "0"], r#"--max "0" is not a whole number from 1 to 1000000"#),
    no(&["--unused-for", "90d", "--max", "all"], r#"--max "all" is not a whole number from 1 to 1000000"#),
    no(
        &["--unused-for", "90d", "--max", "1000001"],
        r#"--max "{last}" is not a whole number from 1 to 1000000"#,
    ),
    no(
        &["--unused-for", "90d", "--max", "1_000"],
        r#"--max "{last}" is not a whole number from 1 to 1000000"#,
    ),
    no(&["--unused-for", "90d", "--max", "٣"], r#"--max "٣" is not a whole number from 1 to 1000000"#),
    no(&["--unused-for", "90d", "--name", ""], "--name is empty")
        .hint("write a pattern, such as --name 'tmp-*'"),
    no(&["--disabled-for", "2m"], r#"--disabled-for "2m" may mean minutes or months"#).hint(AGES),
    no(&["--name", "a*", "--older-than", "7M"], r#"--older-than "7M" may mean minutes or months"#).hint(AGES),
    no(&["--name", "a*", "--older-than", "7"], r#"--older-than "7" has no unit"#).hint(AGES),
    no(&["--unused-for", "23h", "--yes"], r#"--unused-for "23h" is shorter than a day"#).hint(APPROXIMATE),
    no(&["--unused-for", "86399s", "--dry-run"], r#"--unused-for "86399s" is shorter than a day"#)
        .hint(APPROXIMATE),
    no(&["--name", "", "--yes"], "--name is empty").hint("write a pattern, such as --name 'tmp-*'"),
    no(&["--name", "*", "--yes"], r#"--name "*" would take keys of nearly any name"#).hint(ANY),
    no(&["--name", "*"], r#"--name "*" would take keys of nearly any name"#).hint(ANY),
    no(&["--name", "?* -_", "--disable"], r#"--name "?* -_" would take keys of nearly any name"#).hint(ANY),
    no(&["--name", "*", "--older-than", "30d"], r#"--name "*" would take keys of nearly any name"#).hint(ANY),
];
