//! A run killed by SIGKILL in the middle, and the next one, which finishes the work.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use crate::{assert_outcomes, id_file};
use support::fake_coveo::{Break, Coveo, Fault, Hook, Point};
use support::harness::{cli, key_outcomes};

/// Starts a run on the keys in `file`, kills it when its request `number` arrives, and returns its output. That request is
/// carried out if `applied`.
fn kill_at(coveo: &Coveo, arguments: &[&str], file: &Path, number: usize, applied: bool) -> String {
    let child: Arc<Mutex<Option<Child>>> = Arc::default();
    coveo.plan(move |hook| match hook {
        Hook::Request(at, _) if at == number && !applied => Fault::At(Point::BeforeActing, Break::Close),
        _ => Fault::None,
    });
    let victim = Arc::clone(&child);
    coveo.on_request(move |request, _| {
        if request.number == number {
            let mut victim = victim.lock().unwrap();
            let victim = victim.as_mut().expect("the run has started");
            victim.kill().expect("the run can be killed");
            victim.wait().expect("the run has ended");
        }
    });
    let mut command = cli(coveo).args(arguments).arg("--from").arg(file).command();
    let mut stdout = {
        // The first request may arrive before the child is stored here.
        let mut place = child.lock().unwrap();
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        place.insert(started.expect("the binary starts")).stdout.take().unwrap()
    };
    let mut written = String::new();
    stdout.read_to_string(&mut written).expect("UTF-8");
    let ended = child.lock().unwrap().as_mut().unwrap().wait().unwrap();
    assert_eq!(ended.signal(), Some(9), "{arguments:?}: it ended on its own");
    coveo.on_request(|_, _| ());
    written
}

#[test]
fn second_run_finishes_a_killed_one() {
    // The options, the number of keys, the request at which the run is killed, and the number of keys reported by then.
    let cases: [(&[&str], usize, usize, usize); 10] = [
        (&[], 120, 0, 0),
        (&[], 120, 1, 1),
        (&[], 120, 57, 57),
        (&[], 120, 119, 119),
        (&["--bulk"], 250, 0, 0),
        (&["--bulk"], 250, 1, 0),
        (&["--bulk"], 250, 2, 100),
        (&["--bulk"], 250, 3, 200),
        (&["--disable"], 60, 31, 31),
        (&["--disable", "--bulk"], 250, 2, 100),
    ];
    for (arguments, count, number, known) in cases {
        let disables = arguments.contains(&"--disable");
        let done = if disables { "disabled" } else { "deleted" };
        for applied in [false, true] {
            let name = format!("{arguments:?}, killed at {number}, applied: {applied}");
            let (coveo, ids) = Coveo::with_keys(count);
            let file = id_file(&ids);
            let arguments = [arguments, &["--json"]].concat();
            let first = kill_at(&coveo, &arguments, file.path(), number, applied);
            assert_outcomes(&first, &ids[..known], &vec![done; known]);
            assert!(ids[..known].iter().all(|id| coveo.is_enabled(id) != Some(true)), "{name}");
            assert_eq!(coveo.requests().len(), number + 1, "{name}");

            let ignore = (!disables).then_some("--ignore-not-found");
            let again = cli(&coveo).args(&arguments).args(ignore).arg("--from").arg(file.path());
            let second = key_outcomes(&again.run().assert_status(0).stdout);
            assert!(ids.iter().all(|id| coveo.is_enabled(id) == disables.then_some(false)), "{name}");
            assert_eq!(second.iter().map(|(id, _)| id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
            for (at, (id, outcome)) in second.iter().enumerate() {
                let is_gone = outcome == "alreadyGone";
                assert!(is_gone || outcome == done, "{name}: {id} is {outcome}");
                assert!(at >= known || is_gone || disables, "{name}: {id} was deleted twice");
            }
        }
    }
}
