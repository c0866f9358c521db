//! Environment variables, files and standard input: the access token, the key IDs and the certificates.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Error, ErrorKind, IsTerminal, Read, stdin};
use std::path::Path;

use ureq::tls::Certificate;

use crate::cli::keys;
use crate::cli::specs::{ArgValue, OPTIONS, Opt, RawArgs};
use crate::cli::validate::swallowed_id;
use crate::coveo::ids::KeyId;
use crate::coveo::token::{AccessToken, Redactor};
use crate::error::{Result, UsageError, os_error_text};
use crate::net::ca_bundle::parse_certificates;
use crate::sanitize::{looks_secret, quote};

/// The variable with the token itself.
pub const TOKEN: &str = "COVEO_ACCESS_TOKEN";

/// A shorter path is not a token.
const MIN_TOKEN_LENGTH: usize = 20;

/// The limits of files, in bytes. A list of this size has two million keys. A bundle of this size is fifty times as large
/// as the system's.
const MAX_TOKEN_FILE: u64 = 64 * 1024;
const MAX_LIST: u64 = 64 * 1024 * 1024;
const MAX_BUNDLE: u64 = 10 * 1024 * 1024;

/// Environment variables, and a record of what was read: texts that are searched for a misplaced token, and secrets that
/// errors don't repeat. A variable that is set but empty counts as unset.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The values of all options and variables, except for secrets.
    pub texts: RefCell<Vec<String>>,
    secrets: RefCell<Vec<Redactor>>,
}

impl<'a> Environment<'a> {
    /// Reads variables with `variable`, which returns `None` for an unset one.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { variable, texts: RefCell::default(), secrets: RefCell::default() }
    }

    /// Returns the value of `name`; `None` if it is unset or empty.
    ///
    /// # Errors
    /// A value that isn't UTF-8 text.
    pub fn get(&self, name: &'static str) -> Result<Option<String>> {
        let value = self.read(name)?;
        self.texts.borrow_mut().extend(value.clone());
        Ok(value)
    }

    /// Returns the value of `name` like [`Self::get`], but as a secret, and without a byte order mark.
    pub fn secret(&self, name: &'static str) -> Result<Option<String>> {
        let value = self.read(name)?;
        let secret = value.map(|value| value.strip_prefix('\u{feff}').unwrap_or(&value).to_owned());
        self.add_secret(secret.as_deref().unwrap_or_default().as_bytes());
        Ok(secret)
    }

    fn read(&self, name: &'static str) -> Result<Option<String>> {
        let value = (self.variable)(name).filter(|value| !value.is_empty());
        let not_text = |_| UsageError::new(format!("the value of {name} is not UTF-8 text"));
        value.map(OsString::into_string).transpose().map_err(not_text)
    }

    /// Returns whether `name` is set and not empty; its value needn't be UTF-8.
    pub fn is_set(&self, name: &'static str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }

    /// Adds what was given as a token, even if it is unusable.
    pub fn add_secret(&self, content: &[u8]) {
        self.secrets.borrow_mut().extend(Redactor::of_input(content));
    }

    /// Removes secrets from an error: any value in it may be a misplaced token.
    pub fn redact(&self, error: UsageError) -> UsageError {
        self.secrets.borrow().iter().fold(error, |error, secret| secret.redact_error(error))
    }

    /// Fills options that were not given from their variables. A line break at the end is ignored: files from
    /// which variables are set end with one.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub fn fill_in(&self, args: &mut RawArgs) -> Result<()> {
        self.texts.borrow_mut().extend(args.values.iter().map(|value| value.text.clone()));
        for option in OPTIONS {
            let is_read = !option.variable.is_empty() && !args.is_given(option.id);
            let value = if is_read { self.get(option.variable)? } else { None };
            let text = value.unwrap_or_default().trim_end_matches(['\r', '\n']).to_owned();
            if !text.is_empty() {
                args.values.push(ArgValue { option: option.id, source: option.variable, text });
            }
        }
        Ok(())
    }
}

/// Reads the certificates of a PEM file of up to 10 MiB.
///
/// # Errors
/// A file that can't be read, or has no certificate, or a broken one.
pub fn certificates(file: &ArgValue) -> Result<Vec<Certificate<'static>>> {
    let (name, content) = read_file(file, MAX_BUNDLE)?;
    parse_certificates(&name, &content)
}

/// Reads the access token from its variable, a file or a pipe. `None` if it will be typed at a terminal, or if the key IDs
/// also come from standard input. It is added to the secrets, even if it is unusable.
///
/// # Errors
/// No source or two, a file that can't be read, or an unusable token.
pub fn token(args: &RawArgs, environment: &Environment) -> Result<Option<AccessToken>> {
    let (file, from) = (args.value(Opt::TokenFile), args.value(Opt::From));
    let variable = if file.is_some_and(ArgValue::is_option) { None } else { environment.secret(TOKEN)? };
    Err(match (file, variable) {
        (Some(_), None) if is_stdin(file) && (is_stdin(from) || stdin().is_terminal()) => return Ok(None),
        (Some(file), None) => {
            check_path(file, environment)?;
            let (name, content) = read_input(file, MAX_TOKEN_FILE)?;
            environment.add_secret(&content);
            return AccessToken::parse(&name, &content).map(Some);
        }
        (None, Some(token)) if Path::new(&token).exists() => {
            UsageError::new("COVEO_ACCESS_TOKEN is the path of a file, not a token")
                .hint("set COVEO_ACCESS_TOKEN_FILE instead")
        }
        (None, Some(token)) => return AccessToken::parse(TOKEN, token.as_bytes()).map(Some),
        (Some(_), Some(_)) => UsageError::new("COVEO_ACCESS_TOKEN and COVEO_ACCESS_TOKEN_FILE are both set")
            .hint("unset one of them, or use --token-file"),
        (None, None) if args.is_given(Opt::Org) => UsageError::new("no access token is given")
            .hint("put it into the variable COVEO_ACCESS_TOKEN or into a file for --token-file"),
        (None, None) => UsageError::new("no organization and no access token are given")
            .hint("use --org ID or COVEO_ORGANIZATION_ID, and COVEO_ACCESS_TOKEN or --token-file PATH"),
    })
}

/// Refuses the token itself given as the path of its file.
fn check_path(file: &ArgValue, environment: &Environment) -> Result<()> {
    let ArgValue { source, text, .. } = file;
    if !looks_secret(text) && may_be_shown(text) {
        return Ok(());
    }
    environment.add_secret(text.as_bytes());
    if looks_secret(text) || !text.contains(['/', '\\', '.']) {
        let problem = "looks like the token itself, not like the path of a file (not shown here)";
        return Err(UsageError::new(format!("{source} {problem}"))
            .hint("put the token into the file, or into the variable COVEO_ACCESS_TOKEN"));
    }
    Ok(())
}

/// Returns whether `path` is clearly a path, so that an error may repeat it: it exists, is too short for a token, begins
/// like a path, or is in an existing folder.
fn may_be_shown(path: &str) -> bool {
    let begins = ["/", "./", "../", "~", ".\\", "..\\", "\\\\"].iter().any(|begin| path.starts_with(begin));
    let has_drive = matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    let parent = Path::new(path).parent().filter(|parent| !parent.as_os_str().is_empty());
    let is_short = path.len() < MIN_TOKEN_LENGTH && parent.is_none();
    begins || has_drive || is_short || Path::new(path).exists() || parent.is_some_and(Path::exists)
}

fn is_stdin(path: Option<&ArgValue>) -> bool {
    path.is_some_and(|path| path.text == "-")
}

/// Returns the named keys, of which there may be none. `token` is `None` if it will be read from standard input. If `asks`,
/// standard input is reserved for the confirmation.
///
/// # Errors
/// Key IDs that can't be read; two uses of standard input.
pub fn keys(args: &RawArgs, token: Option<&AccessToken>, asks: bool) -> Result<Vec<KeyId>> {
    let is_piped = is_stdin(args.value(Opt::From));
    if asks && (is_piped || token.is_none()) {
        let option = if is_piped { "--from -" } else { "--token-file -" };
        let error = format!("{option} uses standard input, so the question can't be answered");
        return Err(UsageError::new(error).hint("use --yes if you are sure, or a file"));
    }
    if is_piped && token.is_none() {
        return Err(UsageError::new("the access token and the KEY_IDs can't both come from standard input")
            .hint("put the token into the variable COVEO_ACCESS_TOKEN or into a file"));
    }
    let Some(from) = args.value(Opt::From) else { return keys::from_arguments(&args.keys) };
    let (name, content) = read_input(from, MAX_LIST)?;
    keys::from_list(&name, &content)
}

/// Reads the token that a person types. This is done last: nobody should type a token only to see another error.
///
/// # Errors
/// An unusable token.
pub fn typed_token() -> Result<AccessToken> {
    let (name, content) = read_stdin(MAX_TOKEN_FILE)?;
    AccessToken::parse(&name, &content)
}

/// Reads a file, or standard input if the path is `-`. Also returns its name for messages.
fn read_input(path: &ArgValue, limit: u64) -> Result<(String, Vec<u8>)> {
    if is_stdin(Some(path)) { read_stdin(limit) } else { read_file(path, limit) }
}

fn read_stdin(limit: u64) -> Result<(String, Vec<u8>)> {
    read("standard input".to_owned(), stdin().lock(), 0, limit)
}

fn read_file(path: &ArgValue, limit: u64) -> Result<(String, Vec<u8>)> {
    const HIDDEN: &str = "(path not shown here, since it may be a secret)";
    let ArgValue { source, text, .. } = path;
    let shown = if may_be_shown(text) { quote(text) } else { HIDDEN.to_owned() };
    let name = format!("{source} {shown}");
    let file = File::open(text).map_err(|error| {
        let is_home = text.starts_with('~') && error.kind() == ErrorKind::NotFound;
        let hint = if is_home { Some("~ was not expanded; write $HOME".into()) } else { swallowed_id(path) };
        UsageError { hint, ..unreadable(&name, &error) }
    })?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    read(name, file, size, limit)
}

/// Reads at most `limit` bytes, without a byte order mark. Also returns `name`. `size` is the expected number of bytes, so that
/// the buffer needn't grow and be copied.
fn read(name: String, source: impl Read, size: u64, limit: u64) -> Result<(String, Vec<u8>)> {
    let mut content = Vec::new();
    // If there isn't enough memory, the read below reports it.
    let _ = content.try_reserve_exact(size.min(limit) as usize);
    source.take(limit + 1).read_to_end(&mut content).map_err(|error| unreadable(&name, &error))?;
    if content.len() as u64 > limit {
        return Err(UsageError::new(format!("{name} is longer than {} KiB", limit / 1024))
            .hint("is this the right file?"));
    }
    if is_utf_16(&content) {
        return Err(UsageError::new(format!("{name} is UTF-16 text, not UTF-8"))
            .hint("PowerShell's > writes UTF-16; write the file with | Set-Content -Encoding ascii"));
    }
    if content.starts_with(b"\xef\xbb\xbf") {
        content.drain(..3);
    }
    Ok((name, content))
}

fn unreadable(name: &str, error: &Error) -> UsageError {
    UsageError::new(format!("{name} can't be read: {}", os_error_text(error)))
}

/// Returns whether `content` begins with the byte order mark of UTF-16, or with two ASCII characters in UTF-16.
fn is_utf_16(content: &[u8]) -> bool {
    match content {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => *a != 0 && *b != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_differs_from_a_stray_nul() {
        for text in [&b"\xff\xfek\x001\0"[..], b"\xfe\xff\0k", b"k\x001\0", b"\0k\x001", b"\xff\xfe"] {
            assert!(is_utf_16(text), "{text:?}");
        }
        for text in [&b""[..], b"k", b"k1\0", b"\0\0\0\0", b"k\x001", b"k1\0\0", b"\xef\xbb\xbfk1"] {
            assert!(!is_utf_16(text), "{text:?}");
        }
    }

    #[test]
    fn only_plain_paths_may_be_shown() {
        for path in [
            "token",
            "/a/b",
            "./tokenOf01234567890123",
            "../x",
            "~/token",
            "C:\\token",
            "d:/x",
            "src/none.txt",
        ] {
            assert!(may_be_shown(path), "{path}");
        }
        for path in [
            "tokenOf01234567890123",
            "ya29.a0AfB/xy",
            "a\u{2f}b",
            "ya29.a0AfB_byC7f3kQ~x1Zp",
            "kQ+/x1Zp+8Lw/9Rt",
        ] {
            assert!(!may_be_shown(path), "{path}");
        }
    }
}
