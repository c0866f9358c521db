//! A schedule: the command line, the keys, and the faults. All of it follows from a seed.

use crate::fault::{Occasion, RandomFault};
use crate::random::Random;
use crate::scene::{Criterion, Scene};
use crate::signals::Signal;
use support::fake_coveo::{
    Break, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, Point, SINGLE_KEY_TOKEN, VIEW_TOKEN, key_id,
};

/// A key before the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyState {
    Enabled,
    Disabled,
    Missing,
}

/// The data of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyData {
    /// Used or disabled long ago.
    Old,
    /// Used or disabled a few days ago.
    Recent,
    /// Created after it was disabled or used.
    Contradictory,
    /// It names another organization.
    OtherOrganization,
}

/// What somebody else does to a selected key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meddling {
    /// Uses or activates it before it is read.
    Use,
    /// Deletes it before it is read.
    Delete,
    /// Deletes it between the read and the change.
    DeleteAfterRead,
    /// Uses or activates it while the handshake for the change stalls for more than ten seconds.
    UseDuringStall,
}

#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub scene: Scene,
    pub signal: Option<Signal>,
    pub https: bool,
    /// Whether a refused bulk request has changed half of its keys.
    pub partial_bulk: bool,
    pub keys: Vec<KeyState>,
    pub data: Vec<KeyData>,
    /// The key that somebody else changes.
    pub meddled: usize,
    pub meddling: Meddling,
    pub disable: bool,
    pub bulk: bool,
    pub ignore_not_found: bool,
    /// In milliseconds.
    pub timeout: u64,
    pub retries: u64,
    pub token: &'static str,
    /// A fault that does happen, at the occasion with this number. The seed selects it, so that all faults take turns.
    featured: (RandomFault, usize),
    /// Other faults of this run.
    palette: Vec<RandomFault>,
    /// The percentage of occasions with a fault.
    percent: u64,
    /// The number of connections and of requests after which faults end.
    clears: u64,
}

impl Meddling {
    fn draw(scene: Scene, random: &mut Random) -> Meddling {
        match random.between(0, 99) {
            0..5 if matches!(scene, Scene::Selected(_)) => Meddling::UseDuringStall,
            5..30 => Meddling::Delete,
            30..50 => Meddling::DeleteAfterRead,
            _ => Meddling::Use,
        }
    }
}

fn draw_data(random: &mut Random) -> KeyData {
    match random.between(0, 99) {
        0..55 => KeyData::Old,
        55..85 => KeyData::Recent,
        85..93 => KeyData::Contradictory,
        _ => KeyData::OtherOrganization,
    }
}

impl Schedule {
    /// Returns a seed near `drawn` with which faults take turns from run to run.
    pub fn seed(drawn: u64, run: u64) -> u64 {
        let kinds = RandomFault::all().len() as u64;
        (drawn >> 1) / kinds * kinds + run % kinds
    }

    pub fn draw(seed: u64) -> Schedule {
        let mut random = Random::new(seed);
        let all = RandomFault::all();
        let featured = all[(seed % all.len() as u64) as usize].with_time(&mut random);
        let scene = Schedule::draw_scene(featured, &mut random);
        let meddling = Meddling::draw(scene, &mut random);
        let needs_https = scene == Scene::Proxy
            || featured.occasion() == Occasion::Connection
            || meddling == Meddling::UseDuringStall;
        let https = needs_https || random.percent(40);
        let bulk = match scene {
            Scene::Selected(_) => false,
            Scene::NoList(_) => true,
            _ => random.percent(35) || featured.is_of_bulk(),
        };
        let count = random.between(if bulk { 2 } else { 1 }, 6);
        let missing = match featured {
            RandomFault::Unusual404(_) => 50,
            // Missing keys aren't sent in bulk.
            RandomFault::HalfBody(_) => 0,
            _ => random.one_of(&[0, 0, 20, 50]),
        };
        let (most, some) = match scene {
            Scene::Selected(Criterion::Disabled) => (KeyState::Disabled, KeyState::Enabled),
            _ => (KeyState::Enabled, KeyState::Disabled),
        };
        let key = |random: &mut Random| match random.between(0, 99) {
            drawn if drawn < missing => KeyState::Missing,
            drawn if drawn < missing + 20 => some,
            _ => most,
        };
        let kinds = random.between(1, 4);
        let signal = Signal::draw(&mut random, count);
        let draw = |random: &mut Random| match signal {
            // A request is in progress when it comes.
            Some(_) if random.percent(50) => RandomFault::Break(Point::AfterActing, Break::Hang),
            _ => scene.draw_fault(featured, https, bulk, random),
        };
        let palette = (0..kinds).map(|_| draw(&mut random)).collect();
        let meddled = random.between(0, count) as usize;
        let mut schedule = Schedule {
            seed,
            scene,
            signal,
            https,
            // Some refusals say that nothing was changed.
            partial_bulk: random.percent(50) && scene.refuses_in_doubt(),
            keys: (0..count).map(|_| key(&mut random)).collect(),
            data: (0..count).map(|_| draw_data(&mut random)).collect(),
            meddled,
            meddling,
            disable: random.percent(35) && scene != Scene::Selected(Criterion::Disabled),
            bulk,
            ignore_not_found: random.percent(30),
            timeout: match signal {
                _ if meddling == Meddling::UseDuringStall => 30_000,
                // After a signal, a request in progress has 2 s.
                Some(_) => random.one_of(&[1500, 6000]),
                None => random.between(1000, 2500),
            },
            retries: random.between(0, if signal.is_some() { 1 } else { 4 }),
            token: match (scene, random.between(0, 99)) {
                (Scene::HiddenKeys, 0..50) => VIEW_TOKEN,
                (Scene::HiddenKeys, _) => NONE_TOKEN,
                // Only a read shows that the key still exists.
                (Scene::RefusedChanges(_), _) | (_, 0..88) => FULL_TOKEN,
                (_, 88..91) => SINGLE_KEY_TOKEN,
                (_, 91..94) => NONE_TOKEN,
                (_, 94..97) => VIEW_TOKEN,
                _ => EXPIRED_TOKEN,
            },
            // The first request of a bulk run is for the list, the next one is in bulk.
            featured: (featured, if featured.is_of_bulk() { 1 } else { random.one_of(&[0, 0, 1]) }),
            palette,
            percent: random.one_of(&[20, 40, 60, 80, 100]),
            clears: random.one_of(&[1, 2, 3, 5, 8, 1000]),
        };
        if let Some(key) = schedule.keys.get_mut(meddled).filter(|_| random.percent(70)) {
            (*key, schedule.data[meddled]) = (most, KeyData::Old);
        }
        schedule
    }

    /// Draws a scene in which the fault is possible.
    fn draw_scene(featured: RandomFault, random: &mut Random) -> Scene {
        use RandomFault::*;
        let selected = Scene::Selected(random.one_of(&[Criterion::Unused, Criterion::Disabled]));
        match (featured, Scene::draw(random)) {
            (Tunnel(..), _) => Scene::Proxy,
            // They matter only to reads, and dates only to conditions.
            (Aged(_) | DateOff(_) | TwoDates | NextPage, _) if random.percent(60) => selected,
            // They are impossible there.
            (Stray { .. }, Scene::Repeating) => Scene::Plain,
            (
                fault,
                Scene::Selected(_)
                | Scene::NoList(_)
                | Scene::Elsewhere(_)
                | Scene::HiddenKeys
                | Scene::RefusedChanges(_),
            ) if fault.is_of_bulk() => Scene::Plain,
            (Unusual204(_), Scene::Elsewhere(_) | Scene::HiddenKeys | Scene::RefusedChanges(_)) => {
                Scene::Plain
            }
            (Unusual404(_), Scene::Selected(_) | Scene::HiddenKeys) => Scene::Plain,
            (_, scene) => scene,
        }
    }

    /// The fault at the occasion with this number.
    pub fn fault(&self, occasion: Occasion, number: usize) -> Option<RandomFault> {
        let (featured, at) = self.featured;
        let stays = matches!(featured, RandomFault::TurnsBad(_)) && number > at;
        if featured.occasion() == occasion && (number == at || stays) {
            return Some(featured);
        }
        let mut random = Random::new(self.seed ^ (1 + 4 * number as u64 + occasion as u64) << 48);
        if number as u64 >= self.clears || !random.percent(self.percent) {
            return None;
        }
        let fitting: Vec<RandomFault> =
            self.palette.iter().copied().filter(|fault| fault.occasion() == occasion).collect();
        (!fitting.is_empty()).then(|| random.one_of(&fitting))
    }

    /// The IDs of the keys.
    pub fn ids(&self) -> Vec<String> {
        (1..=self.keys.len()).map(|number| key_id(&format!("k{number}"))).collect()
    }

    /// Whether a proxy has sent the change with this number once before.
    pub fn repeats(&self, number: usize) -> bool {
        self.scene == Scene::Repeating && Random::new(!self.seed ^ (number as u64) << 48).percent(50)
    }

    /// Whether the token has a privilege on API keys there.
    pub fn has_privilege(&self) -> bool {
        !self.scene.is_elsewhere() && ![NONE_TOKEN, EXPIRED_TOKEN].contains(&self.token)
    }

    /// The key that [`SINGLE_KEY_TOKEN`] may edit.
    pub fn single_key(&self) -> usize {
        self.seed as usize % self.keys.len()
    }

    /// Whether the token may edit the key.
    pub fn may_edit(&self, key: usize) -> bool {
        let may_edit = self.token == FULL_TOKEN || self.token == SINGLE_KEY_TOKEN && key == self.single_key();
        may_edit && !self.scene.is_elsewhere() && !matches!(self.scene, Scene::RefusedChanges(_))
    }

    /// Whether the condition matches the key before the run.
    pub fn is_selected(&self, key: usize) -> bool {
        let wanted = match self.scene {
            Scene::Selected(Criterion::Unused) => KeyState::Enabled,
            Scene::Selected(Criterion::Disabled) => KeyState::Disabled,
            _ => return false,
        };
        self.keys[key] == wanted && self.data[key] == KeyData::Old
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
