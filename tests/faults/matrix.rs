//! The fault matrix: every break at every point of a request, once for a single key, once for the middle key of three, and
//! always for the middle key.

use crate::case::{WIDTH, attempts_shown, check_outcomes, organization};
use support::fake_coveo::Break::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point};
use support::harness::{cli, outcomes, parallel};

/// Whether it is HTTPS, the option if any, the point, the breaks, and the outcome if it breaks once and if it always breaks.
type Row = (bool, Option<&'static str>, Point, &'static [Break], &'static str, &'static str);

const HTTP: bool = false;
const HTTPS: bool = true;
const DELETE: Option<&str> = None;
const DISABLE: Option<&str> = Some("--disable");
const ALL: &[Break] = &[Close, Reset, Hang, Drip, Garbage];

const ROWS: [Row; 20] = [
    // Without TLS, a connection that breaks immediately looks like one that breaks later, unless connecting fails or
    // the break is found before the request.
    (HTTP, DELETE, Point::Accept, &[Hang], "deleted", "unknown"),
    (HTTP, DELETE, Point::Accept, &[Close, Reset, Drip, Garbage], "deleted", "unknown or unavailable"),
    (HTTP, DELETE, Point::Reading, ALL, "deleted", "unknown"),
    (HTTP, DELETE, Point::BeforeActing, ALL, "deleted", "unknown"),
    (HTTP, DELETE, Point::AfterActing, ALL, "gone", "unknown"),
    (HTTP, DELETE, Point::StatusLine, ALL, "gone", "unknown"),
    (HTTP, DELETE, Point::Header, ALL, "gone", "unknown"),
    (HTTP, DELETE, Point::Body, ALL, "gone", "unknown"),
    (HTTP, DISABLE, Point::BeforeActing, &[Close, Hang], "disabled", "unknown"),
    (HTTP, DISABLE, Point::AfterActing, &[Reset, Drip, Garbage], "disabled", "unknown"),
    // The request is sent after the handshake.
    (HTTPS, DELETE, Point::Accept, ALL, "deleted", "unavailable"),
    (HTTPS, DELETE, Point::Handshake, ALL, "deleted", "unavailable"),
    (HTTPS, DISABLE, Point::Handshake, &[Reset, Hang], "disabled", "unavailable"),
    (HTTPS, DELETE, Point::Reading, &[Hang, Close], "deleted", "unknown"),
    (HTTPS, DELETE, Point::BeforeActing, &[Reset, Drip], "deleted", "unknown"),
    (HTTPS, DELETE, Point::AfterActing, ALL, "gone", "unknown"),
    (HTTPS, DELETE, Point::StatusLine, &[Close, Garbage], "gone", "unknown"),
    (HTTPS, DELETE, Point::Header, &[Drip, Reset], "gone", "unknown"),
    (HTTPS, DELETE, Point::Body, ALL, "gone", "unknown"),
    (HTTPS, DISABLE, Point::AfterActing, &[Close, Hang], "disabled", "unknown"),
];

#[derive(Debug)]
struct Case {
    https: bool,
    option: Option<&'static str>,
    point: Point,
    how: Break,
    /// The number of attempts that break: one, or both that `--retries 1` allows.
    breaks: usize,
    /// Whether it is about the middle key of three.
    middle: bool,
    expected: &'static str,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (https, option, point, hows, once, always) in ROWS {
        for &how in hows {
            // For the middle key, the first break is on a used connection, the second on a new one.
            for (breaks, middle, expected) in [(1, false, once), (1, true, once), (2, true, always)] {
                cases.push(Case { https, option, point, how, breaks, middle, expected });
            }
        }
    }
    cases
}

impl Case {
    /// Whether it breaks before the request.
    fn is_of_connections(&self) -> bool {
        matches!(self.point, Point::Accept | Point::Handshake)
    }

    /// Breaks the first attempt, or both. For the middle key, the response about the first key closes its connection if the
    /// break needs a new one.
    fn plan(&self, coveo: &Coveo) {
        let (point, middle, of_connections) = (self.point, self.middle, self.is_of_connections());
        let (fault, first) = (Fault::At(point, self.how), usize::from(middle));
        let struck = first..first + self.breaks;
        coveo.plan(move |hook| match hook {
            Hook::Request(0, _) if of_connections && middle => {
                Fault::Answer(CannedResponse::status(204).acting().closing())
            }
            Hook::Connection(number) if of_connections && struck.contains(&number) => fault.clone(),
            Hook::Reading(number) if point == Point::Reading && struck.contains(&number) => fault.clone(),
            Hook::Request(number, _)
                if !of_connections && point != Point::Reading && struck.contains(&number) =>
            {
                fault.clone()
            }
            _ => Fault::None,
        });
    }

    /// The number of connections: every break costs one.
    fn connections(&self) -> usize {
        let for_the_first_key = usize::from(self.middle && self.is_of_connections());
        for_the_first_key + self.breaks + 1
    }

    /// Whether the key was changed in the end.
    fn acted(&self) -> bool {
        matches!(self.point, Point::AfterActing | Point::StatusLine | Point::Header | Point::Body)
            || self.breaks == 1
    }

    fn check(&self) {
        let (coveo, ids) = organization(self.https, if self.middle { 3 } else { 1 });
        let struck = usize::from(self.middle);
        if self.point == Point::Body {
            // The 404 about a missing key has a body.
            coveo.remove(&ids[struck]);
        }
        self.plan(&coveo);
        // After a reset while connecting, the next address of localhost would be tried.
        let one_address = coveo.endpoint().replace("localhost", "127.0.0.1");
        let cli = cli(&coveo).args(["--json", "-v", "--timeout", "2s", "--retries", "1"]).args(self.option);
        let cli = if self.point == Point::Accept { cli.env("COVEO_ENDPOINT", one_address) } else { cli };
        let run = cli.args(&ids).run();

        let outcome = outcomes(&run.stdout).into_iter().nth(struck).unwrap_or_default();
        assert!(self.expected.split(" or ").any(|it| it == outcome), "{outcome}\n{}", run.stderr);
        let good = if self.option == DISABLE { "disabled" } else { "deleted" };
        let (mut all, mut attempts) = (vec![good; ids.len()], vec![1; ids.len()]);
        (all[struck], attempts[struck]) = (outcome.as_str(), 2);
        let lines = check_outcomes(&run, &ids, &all);
        assert!(lines.iter().map(|line| &line["attempts"]).eq(&attempts), "{}", run.stderr);
        assert_eq!(attempts_shown(&run), attempts.iter().sum::<usize>(), "{}", run.stderr);
        assert!(run.took.as_secs_f64() < 3.5, "it took {:?}", run.took);
        assert_eq!(coveo.connections(), self.connections(), "connections\n{}", run.stderr);
        for (number, id) in ids.iter().enumerate() {
            let after = match number == struck && !self.acted() {
                true => Some(true),
                false => self.option.map(|_| false),
            };
            assert_eq!(coveo.is_enabled(id), after, "{id}");
        }
    }
}

#[test]
fn fault_matrix() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    parallel(WIDTH, &cases, Case::check);
}
