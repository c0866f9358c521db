//! The access token, the key IDs and the certificates: where they come from.

use std::path::Path;

use ureq::tls::Certificate;

use crate::cli::config::Target;
use crate::cli::environment::Environment;
use crate::cli::inputs::{STANDARD_INPUT, read_file, read_standard_input, without_mark};
use crate::cli::parse::ArgValue;
use crate::cli::specs::RawArgs;
use crate::coveo::ids::{self, KeyId};
use crate::coveo::token::AccessToken;
use crate::error::UsageError;
use crate::net::ca_bundle::parse_certificates;
use crate::sanitize::{looks_secret, quote};
use crate::selector::Selector;

/// The variable with the token itself.
pub const TOKEN: &str = "COVEO_ACCESS_TOKEN";

/// Where a token may be.
const WHERE_TOKEN: &str = "put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file";

/// The most bytes of a file with a token that are read.
const LONGEST_TOKEN_FILE: u64 = 64 * 1024;

/// The most bytes of a file of IDs that are read: some two million keys.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;

/// The most bytes of a file of certificates that are read: some fifty times the system's.
const LONGEST_BUNDLE: u64 = 10 * 1024 * 1024;

/// Reads the certificates of a PEM file of up to 10 MiB.
///
/// # Errors
/// A file that can't be read, or has no certificate, or a broken one.
pub fn certificates(file: &ArgValue) -> Result<Vec<Certificate<'static>>, UsageError> {
    let name = format!("{} {}", file.source, quote(&file.text));
    parse_certificates(&name, &read_file(&name, &file.text, LONGEST_BUNDLE)?)
}

/// The access token of a file or a variable; `None` where it is to come from standard input. What was found, and may be
/// a token, goes to `tokens`.
pub fn stored_token(
    file: Option<&ArgValue>,
    environment: &Environment,
    tokens: &mut Vec<AccessToken>,
) -> Result<Option<AccessToken>, UsageError> {
    let stored = match file {
        Some(file) if file.is_option() => None,
        _ => environment.secret(TOKEN)?,
    };
    let token = match (file, stored) {
        (Some(_), Some(_)) => {
            return Err(UsageError::new(format!("{TOKEN} and COVEO_ACCESS_TOKEN_FILE are both set"))
                .hint("unset one of them, or use --token-file"));
        }
        (None, None) => return Err(UsageError::new("no access token is given").hint(WHERE_TOKEN)),
        (None, Some(token)) => AccessToken::parse(TOKEN, without_mark(token.as_bytes()))?,
        (Some(_), None) if is_stdin(file) => return Ok(None),
        (Some(ArgValue { source, text }), None) => {
            if looks_like_token(text) {
                tokens.extend(AccessToken::parse(source, text.as_bytes()));
                return Err(UsageError::new(format!(
                    "{source} looks like the token itself, not like the path of a file (not repeated here)"
                ))
                .hint("put the token into the file, or into the variable COVEO_ACCESS_TOKEN"));
            }
            let content = read_file(&format!("{source} {}", quote(text)), text, LONGEST_TOKEN_FILE)?;
            AccessToken::parse(&quote(text), &content)?
        }
    };
    tokens.push(token.clone());
    Ok(Some(token))
}

/// Whether the path of a file is rather a token.
fn looks_like_token(path: &str) -> bool {
    let opaque = path.len() >= 20 && !path.contains(['/', '\\', '.']);
    looks_secret(path) || opaque && !Path::new(path).exists()
}

fn is_stdin(given: Option<&ArgValue>) -> bool {
    given.is_some_and(|given| given.text == "-")
}

/// The key IDs of a file, or of standard input for `-`.
fn list(path: &str) -> Result<Vec<KeyId>, UsageError> {
    if path == "-" {
        return ids::parse_list(STANDARD_INPUT, &read_standard_input(LONGEST_LIST)?);
    }
    let name = format!("--from {}", quote(path));
    ids::parse_list(&name, &read_file(&name, path, LONGEST_LIST)?)
}

/// The keys and the access token, one of which may come from standard input, unless that `asks`: it is to answer a
/// question.
///
/// Standard input is read last: nobody should type a token only to be told that something else is wrong.
pub fn target_and_token(
    args: &RawArgs,
    selector: Option<Selector>,
    token: Result<Option<AccessToken>, UsageError>,
    asks: bool,
) -> Result<(Target, AccessToken), UsageError> {
    let list_from_stdin = is_stdin(args.from.as_ref());
    if list_from_stdin && asks {
        return Err(no_answer("--from -"));
    }
    let token = || match token? {
        Some(token) => Ok(token),
        None if list_from_stdin => {
            Err(UsageError::new("the access token and the KEY_IDs can't both come from standard input")
                .hint("put the token into the variable COVEO_ACCESS_TOKEN or into a file"))
        }
        None if asks => Err(no_answer("--token-file -")),
        None => AccessToken::parse(STANDARD_INPUT, &read_standard_input(LONGEST_TOKEN_FILE)?),
    };
    let target = || match (selector, &args.from) {
        (Some(selector), _) => Ok(Target::Selected(selector)),
        (None, Some(from)) => list(&from.text).map(Target::Keys),
        (None, None) => ids::parse_all(&args.keys).map(Target::Keys),
    };
    if list_from_stdin {
        let token = token()?;
        Ok((target()?, token))
    } else {
        Ok((target()?, token()?))
    }
}

/// A question is due, and `option` uses standard input, which would answer it.
fn no_answer(option: &str) -> UsageError {
    UsageError::new(format!("{option} uses standard input, so the question can't be answered"))
        .hint("use --yes if you are sure, or a file")
}

/// Refuses a token that stands among the key IDs or in `texts`, all that was given beside it.
///
/// # Errors
/// Where it does; the token is not repeated.
pub fn check_misplaced<'a>(
    token: &AccessToken,
    target: &Target,
    mut texts: impl Iterator<Item = &'a String>,
) -> Result<(), UsageError> {
    if let Target::Keys(keys) = target
        && keys.iter().any(|key| token.is_contained_in(key.as_str()))
    {
        return Err(UsageError::new("a KEY_ID contains the access token (not repeated here)")
            .hint("is the token's variable set to the ID of a key, or the KEY_ID to its value?"));
    }
    if texts.any(|text| token.is_contained_in(text)) {
        return Err(UsageError::new(
            "another option or variable contains the access token (not repeated here)",
        ));
    }
    Ok(())
}
