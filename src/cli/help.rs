//! The texts of `--help` and `--version`.

use crate::cli::specs::OPTIONS;

/// The text of `--version`.
pub const VERSION: &str = concat!("coveo-delete-key ", env!("CARGO_PKG_VERSION"), "\n");

const BEGINNING: &str = "\
coveo-delete-key deletes, disables, activates or lists API keys of a Coveo organization.

Usage:
  coveo-delete-key [OPTIONS] KEY_ID...
  coveo-delete-key [OPTIONS] --from FILE
  coveo-delete-key [OPTIONS] CONDITION...

A KEY_ID is the ID of a key, not its value. Conditions filter the named keys or, if
none are named, all keys of the organization. Keys that you don't name are changed
only after a confirmation or with --yes.
";

const END: &str = "
Environment:
  COVEO_ACCESS_TOKEN      the access token (instead of COVEO_ACCESS_TOKEN_FILE)
  HTTPS_PROXY, ALL_PROXY  the proxy, as with curl
  NO_PROXY                hosts that are reached without it
  CI                      if set, nothing is asked, as without a terminal

Exit status:
  0      no failure; keys may be kept, only listed without --yes, or none may match
  1      refused, unexpected or cancelled, or failures of several kinds
  2      wrong usage or configuration, no such organization, or more keys than --max;
         nothing was changed
  3      the access token was refused (401)
  4      the access token may not do this (403)
  5      no such key (404)
  6      no usable response: network, TLS, time-out, 429 or 5xx
  128+n  interrupted by signal n

Examples:
  coveo-delete-key --org myorg123 --list
  COVEO_ACCESS_TOKEN=... coveo-delete-key --org myorg123 wduuqg3ip2c3i3gpopapxhcgxe
  coveo-delete-key --org myorg123 --unused-for 90d --exclude 'prod *' --disable --yes
";

/// The maximum length of a line.
const MAX_WIDTH: usize = 88;

/// The column of the descriptions.
const INDENT: usize = 26;

/// Returns the text of `--help`.
pub fn help() -> String {
    let mut page = BEGINNING.to_owned();
    let mut section = "";
    for option in OPTIONS {
        if option.section != section {
            section = option.section;
            page += &format!("\n{section}:\n");
        }
        let comma = if option.short.is_empty() { "  " } else { ", " };
        let names = format!("  {:2}{comma}{}", option.short, option.with_value());
        let mut text = option.help.to_owned();
        if !option.variable.is_empty() {
            let last = text.lines().last().map_or(0, str::len);
            let is_full = INDENT + last + option.variable.len() + 3 > MAX_WIDTH;
            text += &format!("{}[{}]", if is_full { '\n' } else { ' ' }, option.variable);
        }
        let text = text.replace('\n', &format!("\n{:INDENT$}", ""));
        page += &format!("{names:INDENT$}{text}\n");
    }
    page + END
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::specs::{MORE, OptionSpec};

    const MAN_PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/doc/coveo-delete-key.1");

    #[test]
    fn help_fits_a_terminal() {
        assert!(help().lines().all(|line| line.len() <= MAX_WIDTH && line == line.trim_end()), "{}", help());
    }

    /// Formats a sentence for the man page: options and variables are bold, and `value` is italic.
    fn roff(text: &str, value: &str) -> String {
        let format = |word: &str| {
            let bare = word.trim_matches(['(', ')', '.', ',', ';', ':']);
            let font = match bare {
                _ if OptionSpec::find(bare).is_some() || bare.contains('_') && bare != "KEY_ID" => "\\fB",
                _ if bare == value && !value.is_empty() || bare == "KEY_ID" => "\\fI",
                "-" => return word.replace('-', "\\-"),
                _ => return word.replace('\'', "\\(aq"),
            };
            word.replace(bare, &format!("{font}{}\\fR", bare.replace('-', "\\-")))
        };
        text.trim().split(' ').map(format).collect::<Vec<_>>().join(" ")
    }

    /// Returns the options as a section of the man page.
    fn man_page_options() -> String {
        let mut page = String::new();
        let mut section = "";
        for (option, more) in OPTIONS.iter().zip(MORE) {
            if option.section != section {
                section = option.section;
                page += &format!(".SS {section}\n");
            }
            let names = [option.short, option.long].into_iter().filter(|name| !name.is_empty());
            let names: Vec<_> = names.map(|name| roff(name, "")).collect();
            let value = if option.has_value() { format!(" \\fI{}\\fR", option.value) } else { String::new() };
            page += &format!(".TP\n{}{value}\n", names.join(", "));
            let (first, rest) = option.help.split_at(1);
            let help = format!("{}{}.", first.to_uppercase(), rest.replace('\n', " "));
            let lines = std::iter::once(&*help).chain(more.iter().copied());
            page.extend(lines.map(|line| roff(line, option.value) + "\n"));
        }
        page
    }

    /// `MAN_PAGE=overwrite cargo test man_page` writes the options anew.
    #[test]
    fn man_page_has_the_options_of_the_table() {
        let page = std::fs::read_to_string(MAN_PAGE).unwrap().replace("\r\n", "\n");
        let (before, rest) = page.split_once(".SH OPTIONS\n").unwrap();
        let (options, after) = rest.split_once(".SH ").unwrap();
        let wanted = man_page_options();
        if std::env::var("MAN_PAGE").is_ok_and(|what| what == "overwrite") {
            std::fs::write(MAN_PAGE, format!("{before}.SH OPTIONS\n{wanted}.SH {after}")).unwrap();
        } else {
            assert_eq!(options, wanted, "MAN_PAGE=overwrite writes it");
        }
    }
}
