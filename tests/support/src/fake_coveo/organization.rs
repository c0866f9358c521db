//! The organization: its keys, its access tokens and its clock. Its state is the truth that tests compare with,
//! even if the server lies.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use fastrand::Rng;

use super::key::{ApiKey, Date};
use super::token::{self, Privilege, SINGLE_KEY_TOKEN, Standing};
use super::unknowns::Unknowns;
use crate::lock;

/// The ID of the organization.
pub const ORGANIZATION: &str = "mycoveocloudv2organizationg8tp8wu3";

pub struct Organization {
    pub(super) unknowns: Unknowns,
    state: Mutex<State>,
}

/// The part that changes. Keys are sorted by creation, as in lists.
pub(super) struct State {
    keys: BTreeMap<u64, ApiKey>,
    numbers: HashMap<String, u64>,
    pub tokens: HashMap<String, Standing>,
    pub paused: bool,
    now: Option<SystemTime>,
    created: u64,
    /// The same in every run.
    random: Rng,
}

impl Organization {
    pub(super) fn new(unknowns: Unknowns) -> Organization {
        let state = State {
            keys: BTreeMap::new(),
            numbers: HashMap::new(),
            tokens: token::initial().into(),
            paused: false,
            now: None,
            created: 0,
            random: Rng::with_seed(0),
        };
        Organization { unknowns, state: Mutex::new(state) }
    }

    pub fn id(&self) -> &str {
        ORGANIZATION
    }

    pub fn now(&self) -> SystemTime {
        self.state().now.unwrap_or_else(SystemTime::now)
    }

    /// Stops the organization's clock at `now`; by default it shows the real time.
    pub fn set_now(&self, now: SystemTime) {
        self.state().now = Some(now);
    }

    pub fn exists(&self, id: &str) -> bool {
        self.state().numbers.contains_key(id)
    }

    /// `None` if it does not exist.
    pub fn is_enabled(&self, id: &str) -> Option<bool> {
        self.key(id).map(|key| key.enabled)
    }

    pub fn key(&self, id: &str) -> Option<ApiKey> {
        self.state().key(id).map(|key| key.clone())
    }

    /// The IDs of all keys, in the order of their creation.
    pub fn ids(&self) -> Vec<String> {
        self.state().keys().map(|key| key.id.clone()).collect()
    }

    /// Adds a key, or replaces the one with the same ID.
    pub fn add(&self, key: ApiKey) {
        self.state().add(key);
    }

    /// Adds `count` enabled keys, `Key 1` and so on, and returns their IDs.
    pub fn add_keys(&self, count: usize) -> Vec<String> {
        let mut state = self.state();
        let add = |number| {
            let key = ApiKey { display_name: format!("Key {number}"), ..ApiKey::new(&state.draw_id()) };
            state.add(key.clone());
            key.id
        };
        (1..=count).map(add).collect()
    }

    pub fn remove(&self, id: &str) {
        self.state().remove(id);
    }

    pub fn enable(&self, id: &str) {
        let now = self.date();
        self.edit(id, |key| key.activate(now));
    }

    /// Changes a key, if it exists.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut ApiKey)) {
        if let Some(key) = self.state().key(id) {
            change(key);
        }
    }

    /// Pauses or resumes the organization. While it is paused, every response is 400 `ORGANIZATION_IS_PAUSED`.
    pub fn set_paused(&self, paused: bool) {
        self.state().paused = paused;
    }

    /// Lets `SINGLE_KEY_TOKEN` edit this key.
    pub fn set_single_key(&self, id: &str) {
        self.grant(SINGLE_KEY_TOKEN, &[Privilege::new("EDIT", id)]);
    }

    /// Makes a token valid, with exactly these privileges.
    pub fn grant(&self, token: &str, privileges: &[Privilege]) {
        self.state().tokens.insert(token.to_owned(), Standing::Valid(privileges.to_vec()));
    }

    pub fn expire(&self, token: &str) {
        self.state().tokens.insert(token.to_owned(), Standing::Expired);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn date(&self) -> Date {
        Date::Rfc3339(self.now())
    }

    /// A UUID that identifies a request.
    pub(super) fn draw_request_id(&self) -> String {
        let random = &mut self.state().random;
        format!("{:08x}-{:04x}-4000-8000-{:012x}", random.u32(..), random.u16(..), random.u32(..))
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

    /// Ends the validity of the token that is this key's value, if the organization knows it as a token.
    pub fn revoke_value(&mut self, id: &str) {
        if let Some(value) = self.key(id).map(|key| key.value()) {
            self.tokens.entry(value).and_modify(|token| *token = Standing::Expired);
        }
    }

    /// An unused ID in the form of Coveo's.
    pub fn draw_id(&mut self) -> String {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
        (0..26).map(|_| char::from(alphabet[self.random.usize(..32)])).collect()
    }
}
