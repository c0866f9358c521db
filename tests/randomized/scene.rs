//! The setting of a run: the organization, its undocumented behaviour, and the network.

use crate::fault::{RandomFault, TUNNELS};
use crate::random::Random;
use crate::response::{Form, Meaning};
use support::fake_coveo::{ErrorForm, MissingKey, OtherOrganization, Unknowns};

/// The setting of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scene {
    /// The right organization as documented, reached directly.
    Plain,
    /// Another organization than the one of the keys.
    Elsewhere(OtherOrganization),
    /// The token has no privilege on API keys, or may only view them; keys that it may not touch seem to be missing.
    HiddenKeys,
    /// Every change is refused with 404 and this code, while reads work.
    RefusedChanges(&'static str),
    /// Undocumented responses about missing keys, single and in bulk.
    Undocumented { missing: MissingKey, form: ErrorForm, refusal: u16 },
    /// The response to the list before bulk requests.
    NoList(Form),
    /// A proxy with CONNECT, which may fail.
    Proxy,
    /// A proxy may send a request about a key twice, and forwards the second response.
    Repeating,
    /// A condition selects the keys.
    Selected(Criterion),
}

/// The condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Criterion {
    Unused,
    Disabled,
}

impl Criterion {
    pub fn option(self) -> &'static str {
        match self {
            Criterion::Unused => "--unused-for=90d",
            Criterion::Disabled => "--disabled-for=30d",
        }
    }
}

const CODES: [&str; 7] = [
    "API_KEY_NOT_FOUND",
    "KEY_NOT_FOUND",
    "NOT_FOUND",
    "INVALID_API_KEY_ID",
    // These aren't codes of Coveo's.
    "not-found",
    "404",
    "https://docs.example/errors/404",
];

/// The codes of a missing organization.
pub const NO_ORGANIZATION: [&str; 2] = ["ORGANIZATION_NOT_FOUND", "ORGANIZATION_DOES_NOT_EXIST"];

impl Scene {
    pub fn draw(random: &mut Random) -> Scene {
        match random.between(0, 99) {
            0..36 => Scene::Plain,
            36..40 => Scene::RefusedChanges(random.one_of(&CODES[..4])),
            40..50 => Scene::Elsewhere(match random.between(0, 3) {
                0 => OtherOrganization::Denied,
                1 => OtherOrganization::Unproven,
                _ => OtherOrganization::NotFound(random.one_of(&NO_ORGANIZATION)),
            }),
            50..55 => Scene::HiddenKeys,
            55..68 => Scene::Undocumented {
                missing: match random.percent(20) {
                    true => MissingKey::NoContent,
                    false => MissingKey::NotFound(random.one_of(&CODES)),
                },
                form: random.one_of(&ErrorForm::ALL),
                refusal: random.one_of(&[400, 404, 405, 412, 413]),
            },
            68..74 => Scene::NoList(match random.between(0, 9) {
                0 => Form::TooLong,
                1..6 => Form::Error(403),
                _ => Form::Page(503),
            }),
            74..82 => Scene::Proxy,
            82..89 => Scene::Repeating,
            _ => Scene::Selected(random.one_of(&[Criterion::Unused, Criterion::Disabled])),
        }
    }

    /// Another fault there, in addition to `featured`.
    pub fn draw_fault(
        self,
        featured: RandomFault,
        https: bool,
        bulk: bool,
        random: &mut Random,
    ) -> RandomFault {
        match (self, featured) {
            (Scene::Proxy, _) if random.percent(60) => {
                let (response, then) = random.one_of(&TUNNELS);
                RandomFault::Tunnel(response, then).with_time(random)
            }
            // A certificate needs a new connection.
            (_, RandomFault::TurnsBad(_)) if random.percent(50) => RandomFault::CloseAfter,
            // A bulk request leaves a doubt, then a key is refused.
            _ if bulk && random.percent(30) => random.one_of(&[
                RandomFault::Acting(Form::Error(412)),
                RandomFault::Acting(Form::Empty(504)),
                RandomFault::Response(Form::Busy("86400")),
                RandomFault::Response(Form::Error(403)),
            ]),
            _ => RandomFault::draw(random, https, bulk),
        }
    }

    /// The organization's choices where Coveo's behaviour isn't documented.
    pub fn unknowns(self, partial_bulk: bool) -> Unknowns {
        let mut unknowns = Unknowns { partial_bulk, ..Unknowns::default() };
        match self {
            Scene::Elsewhere(response) => unknowns.other_organization = response,
            Scene::HiddenKeys => unknowns.hides_keys = true,
            Scene::RefusedChanges(code) => unknowns.refused_changes = Some((404, code)),
            Scene::Undocumented { missing, form, refusal } => {
                unknowns.missing_key = missing;
                unknowns.error_form = Some((404, form));
                unknowns.bulk_refusal = (refusal, "KEYS_NOT_FOUND");
            }
            _ => {}
        }
        unknowns
    }

    /// Whether it is unclear what a refused bulk request has changed.
    pub fn refuses_in_doubt(self) -> bool {
        !matches!(self, Scene::Undocumented { refusal, .. } if refusal != 412)
    }

    /// The meaning of its 404 about a key.
    pub fn missing(self) -> Meaning {
        match self {
            Scene::Elsewhere(OtherOrganization::NotFound(_)) => Meaning::NoOrganization,
            Scene::Undocumented {
                form: ErrorForm::WithoutCode | ErrorForm::OAuth | ErrorForm::Empty,
                ..
            } => Meaning::Undocumented,
            Scene::Undocumented { missing: MissingKey::NotFound(code), .. }
                if !code.starts_with(char::is_uppercase) =>
            {
                Meaning::Undocumented
            }
            _ => Meaning::Missing,
        }
    }

    /// Whether the response about a missing key is 204.
    pub fn confirms_missing(self) -> bool {
        matches!(self, Scene::Undocumented { missing: MissingKey::NoContent, .. })
    }

    pub fn is_elsewhere(self) -> bool {
        matches!(self, Scene::Elsewhere(_))
    }
}
