//! A schedule: what the tool is asked for, of which keys, and what goes wrong meanwhile. All of it follows from a seed.

use std::fmt;

use crate::fault::{Occasion, Wrong};
use crate::random::Random;
use crate::scene::{Criterion, Scene};
use crate::signals::Signal;
use support::fake_coveo::{
    Break, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, Point, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};

/// What a key is before the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Before {
    Enabled,
    Disabled,
    Missing,
}

#[derive(Debug)]
pub struct Schedule {
    pub seed: u64,
    pub scene: Scene,
    pub signal: Option<Signal>,
    pub https: bool,
    /// Whether a bulk operation that is refused has changed half of its keys all the same.
    pub partial_bulk: bool,
    pub keys: Vec<Before>,
    /// Which keys were used or disabled lately; no selector takes these.
    pub lately: Vec<bool>,
    /// A key that no selector takes any more from the first request about it on.
    pub meanwhile: usize,
    pub disable: bool,
    pub bulk: bool,
    pub ignore_not_found: bool,
    /// In milliseconds.
    pub timeout: u64,
    pub retries: u64,
    pub token: &'static str,
    /// What does go wrong, if it comes to the occasion of this number. Faults take turns at this by the seed.
    featured: (Wrong, usize),
    /// What else may go wrong in this run.
    palette: Vec<Wrong>,
    /// In how many of a hundred cases it does.
    percent: u64,
    /// Nothing goes wrong any more after so many connections, or so many requests.
    clears: u64,
}

impl Schedule {
    /// A seed near `drawn` that makes the faults take turns from run to run.
    pub fn seed(drawn: u64, run: usize) -> u64 {
        let kinds = Wrong::all().len() as u64;
        (drawn >> 1) / kinds * kinds + run as u64 % kinds
    }

    pub fn draw(seed: u64) -> Schedule {
        let mut random = Random::new(seed);
        let all = Wrong::all();
        let featured = all[(seed % all.len() as u64) as usize].with_time(&mut random);
        let scene = Schedule::draw_scene(featured, &mut random);
        let https = match scene {
            Scene::Proxy => true,
            Scene::Repeating => false,
            _ => random.percent(40) || featured.occasion() == Occasion::Connection,
        };
        let bulk = match scene {
            Scene::Selected(_) => false,
            Scene::NoList(_) => true,
            _ => random.percent(35) || featured.is_of_bulk(),
        };
        let count = random.between(if bulk { 2 } else { 1 }, 6);
        let missing = match featured {
            Wrong::Odd404(_) => 50,
            // Keys that are missing are sent one by one.
            Wrong::HalfBody(_) => 0,
            _ => random.one_of(&[0, 0, 20, 50]),
        };
        let (most, some) = match scene {
            Scene::Selected(Criterion::Disabled) => (Before::Disabled, Before::Enabled),
            _ => (Before::Enabled, Before::Disabled),
        };
        let key = |random: &mut Random| match random.between(0, 99) {
            drawn if drawn < missing => Before::Missing,
            drawn if drawn < missing + 20 => some,
            _ => most,
        };
        let kinds = random.between(1, 4);
        let signal = Signal::draw(&mut random, count);
        let draw = |random: &mut Random| match signal {
            // Something is under way when it comes.
            Some(_) if random.percent(50) => Wrong::Break(Point::AfterActing, Break::Hang),
            _ => scene.draw_wrong(featured, https, bulk, random),
        };
        let palette = (0..kinds).map(|_| draw(&mut random)).collect();
        Schedule {
            seed,
            scene,
            signal,
            https,
            // Where the whole request is refused, nothing was changed.
            partial_bulk: random.percent(50) && scene.refuses_in_doubt(),
            keys: (0..count).map(|_| key(&mut random)).collect(),
            lately: (0..count).map(|_| random.percent(40)).collect(),
            meanwhile: random.between(0, count) as usize,
            disable: random.percent(35) && scene != Scene::Selected(Criterion::Disabled),
            bulk,
            ignore_not_found: random.percent(30),
            // A signal gives a request that is under way 2 s.
            timeout: if signal.is_some() { random.one_of(&[1500, 6000]) } else { random.between(1000, 2500) },
            retries: random.between(0, if signal.is_some() { 1 } else { 4 }),
            token: match (scene, random.between(0, 99)) {
                (Scene::HiddenKeys, _) => NONE_TOKEN,
                (_, 0..88) => FULL_TOKEN,
                (_, 88..91) => SINGLE_KEY_TOKEN,
                (_, 91..94) => NONE_TOKEN,
                (_, 94..97) => VIEW_TOKEN,
                _ => EXPIRED_TOKEN,
            },
            // The first request of a bulk run is for the list, and the next one is in bulk.
            featured: (featured, if featured.is_of_bulk() { 1 } else { random.one_of(&[0, 0, 1]) }),
            palette,
            percent: random.one_of(&[20, 40, 60, 80, 100]),
            clears: random.one_of(&[1, 2, 3, 5, 8, 1000]),
        }
    }

    /// A scene in which the fault can strike.
    fn draw_scene(featured: Wrong, random: &mut Random) -> Scene {
        let selected = Scene::Selected(random.one_of(&[Criterion::Unused, Criterion::Disabled]));
        match (featured, Scene::draw(random)) {
            (Wrong::Tunnel(_), _) => Scene::Proxy,
            // Only what is read gets old, and only a selector looks at dates.
            (Wrong::Aged(_) | Wrong::DateOff(_), _) if random.percent(60) => selected,
            (Wrong::TurnsBad(_) | Wrong::Break(..) | Wrong::Stray { .. }, Scene::Repeating) => Scene::Plain,
            // It can't be done there.
            (wrong, Scene::Selected(_) | Scene::NoList(_) | Scene::Elsewhere(_) | Scene::HiddenKeys)
                if wrong.is_of_bulk() =>
            {
                Scene::Plain
            }
            (Wrong::Odd204(_), Scene::Elsewhere(_) | Scene::HiddenKeys) => Scene::Plain,
            (Wrong::Odd404(_), Scene::Selected(_) | Scene::HiddenKeys) => Scene::Plain,
            (_, scene) => scene,
        }
    }

    /// What goes wrong on the occasion with this number.
    pub fn wrong(&self, occasion: Occasion, number: usize) -> Option<Wrong> {
        let (featured, at) = self.featured;
        let stays = matches!(featured, Wrong::TurnsBad(_)) && number > at;
        if featured.occasion() == occasion && (number == at || stays) {
            return Some(featured);
        }
        let mut random = Random::new(self.seed).fork(1 + 4 * number as u64 + occasion as u64);
        if number as u64 >= self.clears || !random.percent(self.percent) {
            return None;
        }
        let fitting: Vec<Wrong> =
            self.palette.iter().copied().filter(|wrong| wrong.occasion() == occasion).collect();
        (!fitting.is_empty()).then(|| random.one_of(&fitting))
    }

    /// The IDs of the keys.
    pub fn ids(&self) -> Vec<String> {
        (1..=self.keys.len()).map(|number| format!("k{number}")).collect()
    }

    /// Whether a proxy sends its request of this number twice.
    pub fn repeats(&self, number: usize) -> bool {
        Random::new(!self.seed).fork(number as u64).percent(50)
    }

    /// Whether the token has a privilege on API keys there.
    pub fn has_privilege(&self) -> bool {
        !self.scene.is_elsewhere() && ![NONE_TOKEN, EXPIRED_TOKEN].contains(&self.token)
    }

    /// The key that the token may edit that may edit one.
    pub fn single_key(&self) -> usize {
        self.seed as usize % self.keys.len()
    }

    /// Whether the token may edit the key.
    pub fn may_edit(&self, key: usize) -> bool {
        let may_edit = self.token == FULL_TOKEN || self.token == SINGLE_KEY_TOKEN && key == self.single_key();
        may_edit && !self.scene.is_elsewhere()
    }

    /// Whether the selector takes the key before the run.
    pub fn is_selected(&self, key: usize) -> bool {
        let wanted = match self.scene {
            Scene::Selected(Criterion::Unused) => Before::Enabled,
            Scene::Selected(Criterion::Disabled) => Before::Disabled,
            _ => return false,
        };
        self.keys[key] == wanted && !self.lately[key]
    }

    /// The command line, without the endpoint.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "--json".to_owned(),
            "-v".to_owned(),
            format!("--timeout={}ms", self.timeout),
            format!("--retries={}", self.retries),
        ];
        for (given, option) in [
            (self.disable, "--disable"),
            (self.bulk, "--bulk"),
            (self.ignore_not_found, "--ignore-not-found"),
        ] {
            if given {
                arguments.push(option.to_owned());
            }
        }
        match self.scene {
            Scene::Selected(criterion) => {
                arguments.extend([criterion.option().to_owned(), "--yes".to_owned()]);
            }
            _ => arguments.extend(self.ids()),
        }
        arguments
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let scheme = if self.https { "HTTPS" } else { "HTTP" };
        writeln!(f, "{} over {scheme}, token {}", self.arguments().join(" "), self.token)?;
        writeln!(f, "keys before: {:?}, partial_bulk: {}", self.keys, self.partial_bulk)?;
        writeln!(f, "scene: {:?}, signal: {:?}", self.scene, self.signal)?;
        writeln!(f, "lately: {:?}, meanwhile: {}", self.lately, self.meanwhile)?;
        writeln!(f, "fault at number {}: {:?}", self.featured.1, self.featured.0)?;
        let (percent, clears) = (self.percent, self.clears);
        write!(f, "faults in {percent} of 100 cases before number {clears}, of: {:?}", self.palette)
    }
}
