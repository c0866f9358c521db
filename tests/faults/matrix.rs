//! The matrix: each way for a connection to break at each point of an exchange: once, then good, on one key and on the
//! middle key of three; and always, on the middle key.

use std::fmt;

use crate::case::{WIDTH, attempts_shown, organization, results};
use support::fake_coveo::Break::{Close, Drip, Garbage, Hang, Reset};
use support::fake_coveo::{Break, CannedResponse, Coveo, Fault, Hook, Point};
use support::harness::{cli, parallel};

use Scheme::{Http, Https};
use Work::{Delete, DeleteMissing, Disable};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    Http,
    Https,
}

/// What the tool is to do to the key, and whether the key is there.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    Delete,
    /// Its answer, 404, is the one with a body.
    DeleteMissing,
    Disable,
}

/// A row: where it breaks and in which ways, and what the tool has to say when it breaks once and when it always does.
struct Row(Scheme, Work, Point, &'static [Break], &'static [&'static str], &'static [&'static str]);

const ALL: &[Break] = &[Close, Reset, Hang, Drip, Garbage];

const DELETED: &[&str] = &["deleted"];
const DISABLED: &[&str] = &["disabled"];
const GONE: &[&str] = &["gone"];
const UNKNOWN: &[&str] = &["unknown"];
const UNAVAILABLE: &[&str] = &["unavailable"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    //  over   what           breaks                ways                           once      always
    // Without TLS nothing tells a connection that breaks at once from one that breaks later, but for a reset that is
    // so fast that connecting itself fails.
    Row(Http,  Delete,        Point::Accept,        &[Close, Hang, Drip, Garbage], DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::Accept,        &[Reset],                      DELETED,  &["unknown", "unavailable"]),
    Row(Http,  Delete,        Point::Reading,       ALL,                           DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::BeforeActing,  ALL,                           DELETED,  UNKNOWN),
    Row(Http,  Delete,        Point::AfterActing,   ALL,                           GONE,     UNKNOWN),
    Row(Http,  Delete,        Point::StatusLine,    ALL,                           GONE,     UNKNOWN),
    Row(Http,  Delete,        Point::Header,        ALL,                           GONE,     UNKNOWN),
    Row(Http,  DeleteMissing, Point::Body,          ALL,                           GONE,     UNKNOWN),
    Row(Http,  Disable,       Point::BeforeActing,  &[Close, Hang],                DISABLED, UNKNOWN),
    Row(Http,  Disable,       Point::AfterActing,   &[Reset, Drip, Garbage],       DISABLED, UNKNOWN),
    // The request leaves once encryption is agreed on, and not before.
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
            // What always breaks for the middle key breaks on a connection that has been used, and then on a new one.
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
    /// How often it breaks: `--retries 1` makes two attempts of always.
    fn breaks(&self) -> usize {
        if self.always { 2 } else { 1 }
    }

    /// Whether it breaks before there is a request.
    fn is_of_connections(&self) -> bool {
        matches!(self.point, Point::Accept | Point::Handshake)
    }

    /// Breaks `id`'s first attempt, or its two attempts. In the middle, what breaks connections needs new ones to break,
    /// so the first key's answer says that its connection ends there.
    fn plan(&self, coveo: &Coveo, id: &str) {
        let fault = Fault::At(self.point, self.how);
        let (point, middle, of_connections) = (self.point, self.middle, self.is_of_connections());
        let first = usize::from(middle);
        let struck = first..first + self.breaks();
        let path = format!("/{id}");
        coveo.plan(move |moment| match moment {
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

    /// The requests of the struck key whose head the server has read.
    fn requests(&self) -> usize {
        match (self.is_of_connections() || self.point == Point::Reading, self.always) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }

    /// Every break costs a connection, and nothing else does.
    fn connections(&self) -> usize {
        match (self.middle, self.is_of_connections()) {
            (false, _) => 2,
            // A connection for the first key, those that break, and one to go on with.
            (true, true) => 1 + self.breaks() + 1,
            (true, false) => self.breaks() + 1,
        }
    }

    /// Whether the key has been dealt with in the end.
    fn acted(&self) -> bool {
        let before =
            matches!(self.point, Point::Accept | Point::Handshake | Point::Reading | Point::BeforeActing);
        !(self.always && before)
    }

    fn check(&self) {
        let (coveo, ids) = organization(self.scheme == Https, if self.middle { 3 } else { 1 });
        let struck = usize::from(self.middle);
        if self.work == DeleteMissing {
            coveo.remove(&ids[struck]);
        }
        let before = coveo.key(&ids[struck]);
        self.plan(&coveo, &ids[struck]);
        // A reset can be so fast that connecting fails, upon which the next address of localhost would be tried.
        let one_address = coveo.endpoint().replace("localhost", "127.0.0.1");
        let cli = cli(&coveo).args(["--json", "-v", "--timeout", "2s", "--retries", "1"]);
        let cli = if self.work == Disable { cli.arg("--disable") } else { cli };
        let run = if self.point == Point::Accept { cli.env("COVEO_ENDPOINT", one_address) } else { cli };
        let run = run.args(&ids).run();

        let all = results(&run, &ids);
        for (number, json_lines) in all.iter().enumerate() {
            if number == struck {
                assert!(
                    self.expected.contains(&json_lines.outcome.as_str()),
                    "{json_lines:?} {}",
                    run.stderr
                );
                assert_eq!(json_lines.attempts, 2, "{}", run.stderr);
            } else {
                let good = if self.work == Disable { "disabled" } else { "deleted" };
                assert_eq!((json_lines.outcome.as_str(), json_lines.attempts), (good, 1), "{}", run.stderr);
            }
        }
        let attempts: u64 = all.iter().map(|json_lines| json_lines.attempts).sum();
        assert_eq!(attempts_shown(&run), attempts, "{}", run.stderr);
        let status = if matches!(self.expected[0], "unknown" | "unavailable") { 6 } else { 0 };
        assert!(run.took.as_secs_f64() < 3.5, "it took {:?}", run.took);
        let run = run.assert_status(status);

        let of_key = |id: &str| coveo.requests().iter().filter(|request| request.path.contains(id)).count();
        assert_eq!(of_key(&format!("/{}", ids[struck])), self.requests(), "requests\n{}", run.stderr);
        assert_eq!(coveo.connections(), self.connections(), "connections\n{}", run.stderr);

        for (number, id) in ids.iter().enumerate() {
            let after = coveo.key(id);
            match self.work {
                _ if number == struck && !self.acted() => assert_eq!(after, before, "{id} is as it was"),
                Disable => assert_eq!(after.map(|key| key.enabled), Some(false), "{id} is disabled"),
                Delete | DeleteMissing => assert_eq!(after, None, "{id} is gone"),
            }
        }
    }
}

#[test]
fn whatever_breaks_the_word_is_true_and_the_next_key_is_taken() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    parallel(WIDTH, &cases, Case::check);
}
