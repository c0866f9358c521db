//! What `--help` and `--version` print.

use crate::cli::specs::OPTIONS;

/// What `--version` prints.
pub const VERSION: &str = concat!("coveo-delete-key ", env!("CARGO_PKG_VERSION"), "\n");

const BEGINNING: &str = "\
coveo-delete-key deletes or disables API keys of a Coveo organization.

Usage:
  coveo-delete-key [OPTIONS] KEY_ID...
  coveo-delete-key [OPTIONS] --from FILE
  coveo-delete-key [OPTIONS] --disabled-for AGE | --expired-for AGE | --unused-for AGE
  coveo-delete-key [OPTIONS] --name GLOB
";

const END: &str = "
Environment:
  COVEO_ACCESS_TOKEN      the access token; not together with a file for it
  HTTPS_PROXY, ALL_PROXY  the proxy, as with curl
  NO_PROXY                hosts that are reached without it
  CI                      if set, nothing is asked

Exit status:
  0      success
  1      refused, unexpected or cancelled, or failures of several kinds
  2      wrong usage or configuration; nothing was changed
  3      the access token was refused (401)
  4      the access token may not do this (403)
  5      no such key (404)
  6      no usable answer: network, TLS, time-out, 429 or 5xx
  128+n  interrupted by signal n

Examples:
  coveo-delete-key --org myorg123 --dry-run wduuqg3ip2c3i3gpopapxhcgxe
  COVEO_ACCESS_TOKEN=... coveo-delete-key --org myorg123 wduuqg3ip2c3i3gpopapxhcgxe
  coveo-delete-key --org myorg123 --token-file token --disable --unused-for 90d --yes
";

/// The most columns of a line.
const WIDTH: usize = 88;

/// The column where the texts begin.
const INDENT: usize = 26;

/// What `--help` prints.
pub fn usage() -> String {
    let mut page = BEGINNING.to_owned();
    let mut section = "";
    for option in OPTIONS {
        if option.section != section {
            section = option.section;
            page += &format!("\n{section}:\n");
        }
        let comma = if option.short.is_empty() { "  " } else { ", " };
        let mut line = format!("  {:2}{comma}{}", option.short, option.with_value());
        for (index, text) in option.help.lines().enumerate() {
            if index > 0 {
                page += &format!("{line}\n");
                line.clear();
            }
            line = format!("{line:INDENT$}{text}");
        }
        if let Some(variable) = option.variable {
            if line.len() + variable.len() + 3 > WIDTH {
                page += &format!("{line}\n");
                line = " ".repeat(INDENT - 1);
            }
            line += &format!(" [{variable}]");
        }
        page += &format!("{line}\n");
    }
    page + END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_fits_a_terminal() {
        assert!(usage().lines().all(|line| line.len() <= WIDTH && line == line.trim_end()), "{}", usage());
    }
}
