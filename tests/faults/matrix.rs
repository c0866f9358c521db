//! The fault matrix: every break at every point of a request, once for a single key, once for the middle key of three, and
//! always for the middle key.

use std::fmt;

use crate::case::{WIDTH, attempts_shown, coveo_organization, results};
use support::fake_coveo::Break::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point, Recorded};
use support::harness::{cli, parallel};

use Scheme::{Http, Https};
use Work::{Delete, DeleteMissing, Disable};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    Http,
    Https,
}

/// The action, and whether the key exists.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    Delete,
    /// Its response, 404, has a body.
    DeleteMissing,
    Disable,
}

/// A row: the point, the breaks, and the allowed outcomes if it breaks once and if it always breaks.
struct Row(Scheme, Work, Point, &'static [Break], &'static [&'static str], &'static [&'static str]);

const ALL: &[Break] = &[Close, Reset, Hang, Drip, Garbage];

const DELETED: &[&str] = &["deleted"];
const DISABLED: &[&str] = &["disabled"];
const GONE: &[&str] = &["gone"];
const UNKNOWN: &[&str] = &["unknown"];
const UNAVAILABLE: &[&str] = &["unavailable"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    //  scheme action         point                 breaks                         once      always
    // Without TLS, a connection that breaks immediately looks like one that breaks later, unless connecting fails or
    // the break is found before the request.
    Row(Http,  Delete,        Point::Accept,        &[Hang],                       DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::Accept,        &[Close, Reset, Drip, Garbage], DELETED,  &["unknown", "unavailable"]),
    Row(Http,  Delete,        Point::Reading,       ALL,                           DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::BeforeActing,  ALL,                           DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::AfterActing,   ALL,                           GONE,     UNKNOWN),
    Row(Http,  Delete,        Point::StatusLine,    ALL,                           GONE,     UNKNOWN),
    Row(Http,  Delete,        Point::Header,        ALL,                           GONE,     UNKNOWN),
    Row(Http,  DeleteMissing, Point::Body,          ALL,                           GONE,     UNKNOWN),
    Row(Http,  Disable,       Point::BeforeActing,  &[Close, Hang],                DISABLED, UNKNOWN),
    Row(Http,  Disable,       Point::AfterActing,   &[Reset, Drip, Garbage],       DISABLED, UNKNOWN),
    // The request is sent after the handshake.
    Row(Https, Delete,        Point::Accept,        ALL,                           DELETED,  UNAVAILABLE),
    Row(Https, Delete,        Point::Handshake,     ALL,                           DELETED,  UNAVAILABLE),
    Row(Https, Disable,       Point::Handshake,     &[Reset, Hang],                DISABLED, UNAVAILABLE),
    Row(Https, Delete,        Point::Reading,       &[Hang, Close],                DELETED,  UNKNOWN),
    Row(Https, Delete,        Point::BeforeActing,  &[Reset, Drip],                DELETED,  UNKNOWN),
    Row(Https, Delete,        Point::AfterActing,   ALL,                           GONE,     UNKNOWN),
    Row(Https, Delete,        Point::StatusLine,    &[Close, Garbage],             GONE,     UNKNOWN),
    Row(Https, Delete,        Point::Header,        &[Drip, Reset],                GONE,     UNKNOWN),
    Row(Https, DeleteMissing, Point::Body,          ALL,                           GONE,     UNKNOWN),
    Row(Https, Disable,       Point::AfterActing,   &[Close, Hang],                DISABLED, UNKNOWN),
];

struct Case {
    scheme: Scheme,
    work: Work,
    point: Point,
    how: Break,
    always: bool,
    middle: bool,
    expected: &'static [&'static str],
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Case { scheme, work, point, how, .. } = self;
        let times = if self.always { "always" } else { "once, then good" };
        let key = if self.middle { "the middle key of three" } else { "one key" };
        write!(f, "{work:?} over {scheme:?}, {how:?} at {point:?}, {times}, {key}")
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &Row(scheme, work, point, hows, once, always) in ROWS {
        for &how in hows {
            // For the middle key, the first break is on a used connection, the second on a new one.
            for (always, middle, expected) in
                [(false, false, once), (false, true, once), (true, true, always)]
            {
                cases.push(Case { scheme, work, point, how, always, middle, expected });
            }
        }
    }
    cases
}

impl Case {
    /// The number of breaks: `--retries 1` allows two attempts.
    fn breaks(&self) -> usize {
        if self.always { 2 } else { 1 }
    }

    /// Whether it breaks before the request.
    fn is_of_connections(&self) -> bool {
        matches!(self.point, Point::Accept | Point::Handshake)
    }

    /// Breaks the first attempt for `id`, or both. For the middle key, the response about the first key closes its
    /// connection if the break needs a new one.
    fn plan(&self, coveo: &Coveo, id: &str) {
        let fault = Fault::At(self.point, self.how);
        let (point, middle, of_connections) = (self.point, self.middle, self.is_of_connections());
        let first = usize::from(middle);
        let struck = first..first + self.breaks();
        let path = format!("/{id}");
        coveo.plan(move |hook| match hook {
            Hook::Connection(number) if of_connections && struck.contains(&number) => fault.clone(),
            Hook::Request(0, _) if of_connections && middle => {
                Fault::Answer(CannedResponse::status(204).acting().closing())
            }
            Hook::Reading(number) if point == Point::Reading && struck.contains(&number) => fault.clone(),
            Hook::Request(number, request)
                if !of_connections
                    && point != Point::Reading
                    && request.path.contains(&path)
                    && struck.contains(&number) =>
            {
                fault.clone()
            }
            _ => Fault::None,
        });
    }

    /// The number of changes of the key whose head the server has read.
    fn requests(&self) -> usize {
        match (self.is_of_connections() || self.point == Point::Reading, self.always) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }

    /// The number of connections: every break costs one.
    fn connections(&self) -> usize {
        match (self.middle, self.is_of_connections()) {
            (false, _) => 2,
            // One for the first key, one for each break, and one for the rest.
            (true, true) => 1 + self.breaks() + 1,
            (true, false) => self.breaks() + 1,
        }
    }

    /// Whether the key was changed in the end.
    fn acted(&self) -> bool {
        let before =
            matches!(self.point, Point::Accept | Point::Handshake | Point::Reading | Point::BeforeActing);
        !(self.always && before)
    }

    fn check(&self) {
        let (coveo, ids) = coveo_organization(self.scheme == Https, if self.middle { 3 } else { 1 });
        let struck = usize::from(self.middle);
        if self.work == DeleteMissing {
            coveo.remove(&ids[struck]);
        }
        let before = coveo.key(&ids[struck]);
        self.plan(&coveo, &ids[struck]);
        // After a reset while connecting, the next address of localhost would be tried.
        let one_address = coveo.endpoint().replace("localhost", "127.0.0.1");
        let cli = cli(&coveo).args(["--json", "-v", "--timeout", "2s", "--retries", "1"]);
        let cli = if self.work == Disable { cli.arg("--disable") } else { cli };
        let run = if self.point == Point::Accept { cli.env("COVEO_ENDPOINT", one_address) } else { cli };
        let run = run.args(&ids).run();

        let all = results(&run, &ids);
        for (number, result) in all.iter().enumerate() {
            if number == struck {
                assert!(self.expected.contains(&result.outcome.as_str()), "{result:?} {}", run.stderr);
                assert_eq!(result.attempts, 2, "{}", run.stderr);
            } else {
                let good = if self.work == Disable { "disabled" } else { "deleted" };
                assert_eq!((result.outcome.as_str(), result.attempts), (good, 1), "{}", run.stderr);
            }
        }
        let attempts: u64 = all.iter().map(|result| result.attempts).sum();
        assert_eq!(attempts_shown(&run), attempts, "{}", run.stderr);
        let status = if matches!(self.expected[0], "unknown" | "unavailable") { 6 } else { 0 };
        assert!(run.took.as_secs_f64() < 3.5, "it took {:?}", run.took);
        let run = run.assert_status(status);

        let is_change = |request: &&Recorded, id: &str| request.method != "GET" && request.path.contains(id);
        let of_key = |id: &str| coveo.requests().iter().filter(|request| is_change(request, id)).count();
        assert_eq!(of_key(&format!("/{}", ids[struck])), self.requests(), "requests\n{}", run.stderr);
        assert_eq!(coveo.connections(), self.connections(), "connections\n{}", run.stderr);

        for (number, id) in ids.iter().enumerate() {
            let after = coveo.key(id);
            match self.work {
                _ if number == struck && !self.acted() => assert_eq!(after, before, "{id} is unchanged"),
                Disable => assert_eq!(after.map(|key| key.enabled), Some(false), "{id} is disabled"),
                Delete | DeleteMissing => assert_eq!(after, None, "{id} is gone"),
            }
        }
    }
}

#[test]
fn fault_matrix() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    parallel(WIDTH, &cases, Case::check);
}
