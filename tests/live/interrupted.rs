//! The script is interrupted: the keys that it created are removed all the same.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use support::fake_coveo::{Fault, Hook};
use support::harness::parallel;

use crate::setting::Setting;

/// When a signal comes: at the first request of this method whose path ends like this.
#[derive(Debug)]
struct Case {
    method: &'static str,
    ending: &'static str,
    signal: &'static str,
    number: i32,
    /// Whether all processes of the script get it, as with Ctrl-C, or the script alone.
    to_all: bool,
    /// How many keys had been created by then.
    created: usize,
}

#[test]
fn the_keys_that_were_created_are_removed_after_a_signal() {
    let case = |method, ending, (signal, number), to_all, created| Case {
        method,
        ending,
        signal,
        number,
        to_all,
        created,
    };
    let (int, term, hup) = (("INT", 2), ("TERM", 15), ("HUP", 1));
    let cases = [
        case("POST", "/apikeys", int, true, 1),
        case("POST", "/apikeys", term, false, 1),
        case("PUT", "/disable", int, true, 2),
        case("PUT", "/disable", int, false, 2),
        case("DELETE", "", hup, true, 2),
        case("GET", "/token", term, true, 2),
    ];
    parallel(2, &cases, |case| {
        let Some(setting) = Setting::new(|builder| builder) else { return };
        let (send, reached) = mpsc::channel();
        let (method, ending) = (case.method, case.ending);
        setting.coveo.plan(move |moment| match moment {
            Hook::Request(_, request) if request.method == method && request.path.ends_with(ending) => {
                _ = send.send(());
                Fault::Slow(Duration::from_millis(300))
            }
            _ => Fault::None,
        });
        let child = setting.start();
        reached.recv_timeout(Duration::from_secs(60)).expect("the script comes so far");
        let target = if case.to_all { format!("-{}", child.id()) } else { child.id().to_string() };
        let killed = Command::new("kill").args(["-s", case.signal, "--", &target]).status();
        assert!(killed.expect("kill is there").success());
        let run = setting.ends(child);
        assert_eq!(run.signal, Some(case.number), "{}", run.said);
        assert!(
            run.report.contains(&format!("The run was interrupted by SIG{}.", case.signal)),
            "{}",
            run.report
        );
        assert_eq!(setting.created().len(), case.created, "{}", run.said);
        setting.nothing_else_was_touched();
    });
}
