//! A run that is cut off by SIGKILL in its middle, and the next one, which finishes the work.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use crate::list;
use support::fake_coveo::{Break, Coveo, Fault, Hook, Point};
use support::harness::{cli, key_outcomes};

/// Starts a run on the keys in `file`, kills it once its request `number` has come, and returns what it had written.
/// Whether that request is carried out all the same is up to `carried_out`.
fn cut_off(coveo: &Coveo, arguments: &[&str], file: &Path, number: usize, carried_out: bool) -> String {
    let child: Arc<Mutex<Option<Child>>> = Arc::default();
    coveo.plan(move |moment| match moment {
        Hook::Request(at, _) if at == number && !carried_out => Fault::At(Point::BeforeActing, Break::Close),
        _ => Fault::None,
    });
    let victim = Arc::clone(&child);
    coveo.on_request(move |request, _| {
        if request.number == number {
            let mut victim = victim.lock().unwrap();
            let victim = victim.as_mut().expect("it runs");
            victim.kill().expect("it can be killed");
            victim.wait().expect("it is dead");
        }
    });
    let mut command = cli(coveo).args(arguments).arg("--from").arg(file).command();
    let mut stdout = {
        // The first request may come before the child is known here.
        let mut place = child.lock().unwrap();
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        place.insert(started.expect("the binary starts")).stdout.take().unwrap()
    };
    let mut written = String::new();
    stdout.read_to_string(&mut written).expect("what it wrote is text");
    let ended = child.lock().unwrap().as_mut().unwrap().wait().unwrap();
    assert_eq!(ended.signal(), Some(9), "{arguments:?}: it ended by itself");
    coveo.on_request(|_, _| ());
    written
}

#[test]
fn a_run_that_is_killed_and_started_again_ends_with_every_key_gone() {
    // The options, the number of keys, the request at which the run is killed, and how many keys were told by then.
    let cases: [(&[&str], usize, usize, usize); 8] = [
        (&[], 120, 0, 0),
        (&[], 120, 1, 1),
        (&[], 120, 57, 57),
        (&[], 120, 119, 119),
        (&["--bulk"], 250, 0, 0),
        (&["--bulk"], 250, 1, 0),
        (&["--bulk"], 250, 2, 100),
        (&["--bulk"], 250, 3, 200),
    ];
    for (arguments, count, number, known) in cases {
        for carried_out in [false, true] {
            let name = format!("{arguments:?}, killed at {number}, carried out: {carried_out}");
            let coveo = Coveo::http();
            let ids = coveo.add_keys(count);
            let (_directory, file) = list(&ids);
            let arguments = [arguments, &["--json"]].concat();
            let first = key_outcomes(&cut_off(&coveo, &arguments, &file, number, carried_out));
            let wanted: Vec<_> = ids[..known].iter().map(|id| (id.clone(), "deleted".to_owned())).collect();
            assert_eq!(first, wanted, "{name}");
            assert!(first.iter().all(|(id, _)| !coveo.exists(id)), "{name}");
            assert_eq!(coveo.requests().len(), number + 1, "{name}");

            let again = cli(&coveo).args(&arguments).arg("--ignore-not-found").arg("--from").arg(&file);
            let second = key_outcomes(&again.run().assert_status(0).stdout);
            assert!(coveo.ids().is_empty(), "{name}");
            assert_eq!(second.iter().map(|(id, _)| id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
            for (at, (id, outcome)) in second.iter().enumerate() {
                let gone = outcome == "alreadyGone";
                assert!(gone || outcome == "deleted", "{name}: {id} is {outcome}");
                assert!(at >= known || gone, "{name}: {id} is {outcome}, and was deleted before");
            }
        }
    }
}

#[test]
fn disabling_that_is_killed_and_started_again_ends_with_every_key_disabled() {
    for (arguments, count, number) in [(&["--disable"][..], 60, 31), (&["--disable", "--bulk"], 250, 2)] {
        for carried_out in [false, true] {
            let coveo = Coveo::http();
            let ids = coveo.add_keys(count);
            let (_directory, file) = list(&ids);
            cut_off(&coveo, arguments, &file, number, carried_out);
            assert!(ids.iter().any(|id| coveo.is_enabled(id) == Some(true)));
            let again = cli(&coveo).args(arguments).arg("--from").arg(&file).run().assert_status(0);
            assert_eq!(again.stdout.matches("disabled ").count(), count);
            assert!(ids.iter().all(|id| coveo.is_enabled(id) == Some(false)), "{arguments:?}");
        }
    }
}
