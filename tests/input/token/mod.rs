//! The access token goes to the endpoint only, and no part of it is printed, whatever a server, a proxy or the user does.

mod echoes;
mod misplaced;
mod proxy;
mod redirects;
mod selectors;

use std::collections::HashSet;

use support::fake_coveo::{Coveo, Privilege};
use support::harness::{Cli, Run, cli};

/// A random token, so that no part of it is anywhere by chance.
pub const SECRET: &str = "xx9b3e6d17-52c8-4fa1-b0d4-7e35a8c6f912";

/// This many consecutive letters and digits of a token count as a leak. The rest of an API key's value, 14 hexadecimal
/// digits, can't be guessed.
const PIECE_LENGTH: usize = 20;

/// An organization with one key, where [`SECRET`] may do everything.
fn organization() -> Coveo {
    let coveo = Coveo::http();
    coveo.add(support::fake_coveo::ApiKey::new("k1"));
    coveo.grant(SECRET, &[Privilege::new("VIEW", "*"), Privilege::new("EDIT", "*")]);
    coveo
}

/// The binary with everything it needs, one attempt per request, and [`SECRET`].
fn with_secret(coveo: &Coveo) -> Cli {
    cli(coveo).env("COVEO_ACCESS_TOKEN", SECRET).args(["--retries", "0", "--timeout", "10s"])
}

/// Checks that a run has printed no part of `token`.
#[track_caller]
pub fn assert_hidden(token: &str, run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert_eq!(part_of(token, text), None, "a part of the token was printed:\n{text}");
    }
}

/// Returns a part of `token` that is in `text`, ignoring case and punctuation.
fn part_of(token: &str, text: &str) -> Option<String> {
    let token = letters(token);
    let length = PIECE_LENGTH.min(token.len());
    let parts: HashSet<&[u8]> = token.windows(length).collect();
    let text = letters(text);
    let found = text.windows(length).find(|window| parts.contains(window))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

fn letters(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[test]
fn search_for_a_token_finds_it() {
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
