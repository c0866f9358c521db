//! The organization: its keys, its access tokens and its clock. What it says here is the truth, whatever the
//! server answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use super::key::{ApiKey, Date};
use super::lock;
use super::token::{self, Privilege, SINGLE_KEY_TOKEN, Standing};
use super::unknowns::Unknowns;

/// The ID of the organization, unless another one is asked for.
pub const ORGANIZATION: &str = "mycoveocloudv2organizationg8tp8wu3";

/// An organization with its API keys.
pub struct Organization {
    id: String,
    pub(super) unknowns: Unknowns,
    dates: fn(SystemTime) -> Date,
    state: Mutex<State>,
}

/// What changes. Keys stand under the number of their creation, which is the order that lists have.
#[derive(Default)]
pub(super) struct State {
    keys: BTreeMap<u64, ApiKey>,
    numbers: HashMap<String, u64>,
    pub tokens: HashMap<String, Standing>,
    pub paused: bool,
    now: Option<SystemTime>,
    created: u64,
    drawn: u64,
}

impl Organization {
    pub(super) fn new(id: String, unknowns: Unknowns, dates: fn(SystemTime) -> Date) -> Organization {
        let state = State { tokens: token::initial().into(), ..State::default() };
        Organization { id, unknowns, dates, state: Mutex::new(state) }
    }

    /// The organization's ID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The time by the organization's clock.
    pub fn now(&self) -> SystemTime {
        self.state().now.unwrap_or_else(SystemTime::now)
    }

    /// Stops the organization's clock at that time; without this it shows the real one.
    pub fn set_now(&self, now: SystemTime) {
        self.state().now = Some(now);
    }

    /// Whether there is such a key.
    pub fn exists(&self, id: &str) -> bool {
        self.state().numbers.contains_key(id)
    }

    /// Whether the key is enabled, if there is such a key.
    pub fn is_enabled(&self, id: &str) -> Option<bool> {
        self.key(id).map(|key| key.enabled)
    }

    /// The key, if there is such a key.
    pub fn key(&self, id: &str) -> Option<ApiKey> {
        self.state().key(id).map(|key| key.clone())
    }

    /// The IDs of all keys, in the order of their creation.
    pub fn ids(&self) -> Vec<String> {
        self.state().keys().map(|key| key.id.clone()).collect()
    }

    /// Adds a key, in the place of another of the same ID.
    pub fn add(&self, key: ApiKey) {
        self.state().add(key);
    }

    /// Adds so many enabled keys, `Key 1` and so on, and returns their IDs.
    pub fn add_keys(&self, count: usize) -> Vec<String> {
        let mut state = self.state();
        let add = |number| {
            let key = ApiKey { display_name: format!("Key {number}"), ..ApiKey::new(&state.draw_id()) };
            state.add(key.clone());
            key.id
        };
        (1..=count).map(add).collect()
    }

    /// Removes a key behind the API's back.
    pub fn remove(&self, id: &str) {
        self.state().remove(id);
    }

    /// Activates a key behind the API's back.
    pub fn enable(&self, id: &str) {
        let now = self.date();
        if let Some(key) = self.state().key(id) {
            key.activate(now);
        }
    }

    /// Pauses the organization, or ends its pause: while it is paused, whatever it is asked is answered by 400
    /// `ORGANIZATION_IS_PAUSED`.
    pub fn set_paused(&self, paused: bool) {
        self.state().paused = paused;
    }

    /// Says which key `SINGLE_KEY_TOKEN` may edit.
    pub fn set_single_key(&self, id: &str) {
        self.grant(SINGLE_KEY_TOKEN, &[Privilege::new("EDIT", id)]);
    }

    /// Makes a token valid, with these privileges instead of any that it had.
    pub fn grant(&self, token: &str, privileges: &[Privilege]) {
        self.state().tokens.insert(token.to_owned(), Standing::Valid(privileges.to_vec()));
    }

    /// Makes a token one that has expired.
    pub fn expire(&self, token: &str) {
        self.state().tokens.insert(token.to_owned(), Standing::Expired);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The present, as the organization writes it into a key.
    pub(super) fn date(&self) -> Date {
        (self.dates)(self.now())
    }

    /// A UUID to tell one request from another.
    pub(super) fn draw_request_id(&self) -> String {
        let bits = self.state().draw();
        format!("{:08x}-{:04x}-4000-8000-{:012x}", bits >> 32, bits >> 16 & 0xffff, bits & 0xffff)
    }
}

impl State {
    pub fn keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.keys.values()
    }

    pub fn key(&mut self, id: &str) -> Option<&mut ApiKey> {
        let number = self.numbers.get(id)?;
        self.keys.get_mut(number)
    }

    pub fn add(&mut self, key: ApiKey) {
        self.remove(&key.id);
        self.created += 1;
        self.numbers.insert(key.id.clone(), self.created);
        self.keys.insert(self.created, key);
    }

    pub fn remove(&mut self, id: &str) -> bool {
        let number = self.numbers.remove(id);
        number.and_then(|number| self.keys.remove(&number)).is_some()
    }

    /// An ID in the form of Coveo's, which no key has.
    pub fn draw_id(&mut self) -> String {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
        let (high, low) = (self.draw(), self.draw());
        let bits = u128::from(high) << 64 | u128::from(low);
        (0..26).map(|place| char::from(alphabet[(bits >> (5 * place) & 31) as usize])).collect()
    }

    /// The next of a series of numbers without a pattern, the same in every run (SplitMix64).
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.drawn;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
