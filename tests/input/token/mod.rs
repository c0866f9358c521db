//! The access token: however a server, a proxy or the user brings it about, no part of it is printed that would be of
//! use to anybody, and it goes to the endpoint alone.

mod answers;
mod echoes;
mod misplaced;
mod proxy;
mod redirects;
mod selectors;

use std::collections::HashSet;

use support::fake_coveo::{Coveo, Privilege};
use support::harness::{Cli, Run, cli};

/// A token without a pattern, so that no part of it stands anywhere by chance.
pub const SECRET: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912";

/// So many letters and digits of a token in a row are a part of it, and not chance. What is then left of an API key's
/// value, 14 hexadecimal digits, can't be guessed.
const PIECE: usize = 20;

/// An organization with one key, where [`SECRET`] may do everything.
fn organization() -> Coveo {
    let coveo = Coveo::http();
    coveo.add(support::fake_coveo::ApiKey::new("k1"));
    coveo.grant(SECRET, &[Privilege::new("VIEW", "*"), Privilege::new("EDIT", "*")]);
    coveo
}

/// The binary with all that it needs, one attempt a request, and [`SECRET`].
fn with_secret(coveo: &Coveo) -> Cli {
    cli(coveo).env("COVEO_ACCESS_TOKEN", SECRET).args(["--retries", "0", "--timeout", "10s"])
}

/// Checks that a run has printed no part of a token.
#[track_caller]
pub fn is_kept(token: &str, run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert_eq!(part_of(token, text), None, "a part of the token was printed:\n{text}");
    }
}

/// A part of `token` that stands in `text`, in whatever case, and with whatever signs in between.
fn part_of(token: &str, text: &str) -> Option<String> {
    let token = letters(token);
    let length = PIECE.min(token.len());
    let parts: HashSet<&[u8]> = token.windows(length).collect();
    let text = letters(text);
    let found = text.windows(length).find(|window| parts.contains(window))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

fn letters(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[test]
fn the_search_for_a_token_finds_it() {
    for text in [
        format!("said {SECRET}"),
        SECRET.to_uppercase(),
        SECRET.replace('-', "\n"),
        SECRET.chars().map(|c| format!("{c} ")).collect(),
        SECRET[..30].to_owned(),
        SECRET[1..].to_owned(),
    ] {
        assert!(part_of(SECRET, &text).is_some(), "{text}");
    }
    for text in ["", "xx9b3e6d17", "xx00000000-0000-4000-8000-000000000000", "(the access token)"] {
        assert_eq!(part_of(SECRET, text), None, "{text}");
    }
}
