//! Pseudo-random choices.

pub struct Random(fastrand::Rng);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.u64(least..=most)
    }

    /// True in `percent` of 100 cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.0.u64(..100) < percent
    }

    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        self.0.choice(choices).expect("there is a choice").clone()
    }
}
