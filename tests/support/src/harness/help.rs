//! Parses `--help`.

use super::Cli;

/// A heading, and the lines below it: the first word, and the text.
pub type Section = (String, Vec<(String, String)>);

pub struct HelpOption {
    /// `--org`
    pub long: String,
    /// `-o`, or nothing
    pub short: String,
    /// `ID`, or nothing
    pub value: String,
    /// Its help, without the variable.
    pub text: String,
}

impl HelpOption {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&*self.short, &*self.long].into_iter().filter(|name| !name.is_empty())
    }
}

pub fn help() -> String {
    Cli::without_environment().arg("--help").run().assert_status(0).stdout
}

/// The headings of the help and the lines below each.
pub fn help_sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in help().lines() {
        if let Some(title) = line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
            sections.push((title.to_owned(), Vec::new()));
        } else if let (Some((_, lines)), Some(line)) = (sections.last_mut(), line.strip_prefix("  ")) {
            match (line.trim().split_once("  "), lines.last_mut()) {
                // A continued line.
                (None, Some((_, text))) if line.starts_with("    ") => {
                    text.push(' ');
                    text.push_str(line.trim());
                }
                (Some((word, text)), _) => lines.push((word.to_owned(), text.trim().to_owned())),
                (None, _) => lines.push((line.to_owned(), String::new())),
            }
        }
    }
    sections
}

pub fn help_section(title: &str) -> Vec<(String, String)> {
    let found = help_sections().into_iter().find(|(found, _)| found == title);
    found.unwrap_or_else(|| panic!("the help has a section {title}")).1
}

pub fn options() -> Vec<HelpOption> {
    let lines = help_sections().into_iter().flat_map(|(_, lines)| lines);
    let options = lines.filter(|(names, _)| names.starts_with('-')).map(|(names, text)| {
        let word = |is: fn(&&str) -> bool| names.split([' ', ',']).find(is).unwrap_or_default().to_owned();
        HelpOption {
            long: word(|word| word.starts_with("--")),
            short: word(|word| word.len() == 2 && word.starts_with('-')),
            value: word(|word| word.starts_with(|letter: char| letter.is_ascii_uppercase())),
            text: text.split(" [").next().unwrap_or_default().to_owned(),
        }
    });
    options.collect()
}
