//! Where a run takes place: the organization, what is not documented of it, and the way to it.

use std::collections::BTreeSet;
use std::fmt;

use crate::answer::{Form, Meaning};
use crate::fault::Wrong;
use crate::random::Random;
use crate::tunnel::TunnelFault;
use support::fake_coveo::{Builder, ErrorForm, MissingKey, OtherOrganization};

/// The place of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scene {
    /// The right organization as it is documented, by a direct way.
    Plain,
    /// Another organization than that of the keys.
    Elsewhere(OtherOrganization),
    /// The token has no privilege on API keys, and every key is answered as a missing one.
    HiddenKeys,
    /// What is not documented of missing keys, and of bulk requests with them.
    Undocumented { missing: MissingKey, form: ErrorForm, refusal: u16 },
    /// The list before bulk requests is answered like this.
    NoList(Form),
    /// A proxy that CONNECT is sent to, which may fail.
    Proxy,
    /// A proxy that may send the request about a key twice, and hands the second answer on.
    Repeating,
    /// A selector takes the keys.
    Selected(Criterion),
}

/// Which keys a selector takes.
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
    // These are no codes of Coveo's.
    "not-found",
    "404",
    "https://docs.example/errors/404",
];

/// Each of these names a missing organization.
pub const NO_ORGANIZATION: [&str; 2] = ["ORGANIZATION_NOT_FOUND", "ORGANIZATION_DOES_NOT_EXIST"];

impl Scene {
    pub fn draw(random: &mut Random) -> Scene {
        match random.between(0, 99) {
            0..40 => Scene::Plain,
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

    /// What else may go wrong there, beside `featured`.
    pub fn draw_wrong(self, featured: Wrong, https: bool, bulk: bool, random: &mut Random) -> Wrong {
        match (self, featured) {
            (Scene::Proxy, _) if random.percent(60) => {
                Wrong::Tunnel(random.one_of(&TunnelFault::ALL)).with_time(random)
            }
            // Without another connection no certificate is shown.
            (_, Wrong::TurnsBad(_)) if random.percent(50) => Wrong::CloseAfter,
            // A bulk request leaves a doubt, and then a key is refused.
            _ if bulk && random.percent(30) => random.one_of(&[
                Wrong::Acting(Form::Error(412)),
                Wrong::Acting(Form::Empty(504)),
                Wrong::Answer(Form::Busy("86400")),
                Wrong::Answer(Form::Error(403)),
            ]),
            _ => Wrong::draw(random, https, bulk),
        }
    }

    /// An organization as the scene has it.
    pub fn set_up(self, builder: Builder) -> Builder {
        match self {
            Scene::Elsewhere(answer) => builder.other_organization(answer),
            Scene::HiddenKeys => builder.hides_keys(true),
            Scene::Undocumented { missing, form, refusal } => {
                builder.missing_key(missing).error_form(404, form).bulk_refusal(refusal, "KEYS_NOT_FOUND")
            }
            _ => builder,
        }
    }

    /// Whether a bulk request that is refused leaves open what has become of its keys.
    pub fn refuses_in_doubt(self) -> bool {
        !matches!(self, Scene::Undocumented { refusal, .. } if refusal != 412)
    }

    /// What its 404 about a key means.
    pub fn missing(self) -> Meaning {
        match self {
            Scene::Elsewhere(OtherOrganization::NotFound(_)) => Meaning::Elsewhere,
            Scene::Undocumented {
                form: ErrorForm::WithoutCode | ErrorForm::OAuth | ErrorForm::Empty,
                ..
            } => Meaning::Odd,
            Scene::Undocumented { missing: MissingKey::NotFound(code), .. }
                if !code.starts_with(char::is_uppercase) =>
            {
                Meaning::Odd
            }
            _ => Meaning::Missing,
        }
    }

    /// Whether the request about a missing key is answered with 204.
    pub fn confirms_missing(self) -> bool {
        matches!(self, Scene::Undocumented { missing: MissingKey::NoContent, .. })
    }

    pub fn is_elsewhere(self) -> bool {
        matches!(self, Scene::Elsewhere(_))
    }

    /// The names of all scenes, for a look at whether each was there.
    pub fn names() -> BTreeSet<String> {
        (0..1000).map(|seed| Scene::draw(&mut Random::new(seed)).to_string()).collect()
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Scene::Plain => "plain",
            Scene::Elsewhere(OtherOrganization::NotFound(_)) => "no such organization",
            Scene::Elsewhere(OtherOrganization::Denied) => "denied organization",
            Scene::Elsewhere(OtherOrganization::Unproven) => "unproven organization",
            Scene::HiddenKeys => "hidden keys",
            Scene::Undocumented { .. } => "undocumented",
            Scene::NoList(_) => "no list",
            Scene::Proxy => "proxy",
            Scene::Repeating => "repeating proxy",
            Scene::Selected(_) => "selected",
        })
    }
}
