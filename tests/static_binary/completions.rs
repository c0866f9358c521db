//! Completions for four shells are generated from `--help`, and tried in three of the shells.
//!
//! `COMPLETIONS=overwrite cargo test --test static_binary completions` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use support::harness::help::{HelpOption, options};
use support::harness::{Cli, needed};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/doc/completions");

/// The file of a completion and its generator.
type File = (&'static str, fn(&[HelpOption], &[String]) -> String);

const FILES: [File; 4] = [
    ("coveo-delete-key.bash", bash),
    ("_coveo-delete-key", zsh),
    ("coveo-delete-key.fish", fish),
    ("_coveo-delete-key.ps1", powershell),
];

fn is_file(option: &HelpOption) -> bool {
    matches!(&*option.value, "FILE" | "PATH")
}

fn is_region(option: &HelpOption) -> bool {
    option.long == "--region"
}

/// Returns the names of these options.
fn names<'a>(options: impl IntoIterator<Item = &'a HelpOption>) -> Vec<&'a str> {
    options.into_iter().flat_map(HelpOption::names).collect()
}

/// Returns the names of the regions, read from an error message.
fn regions() -> Vec<String> {
    let refused = Cli::without_environment()
        .args(["k1", "--org", "o", "--region", "?"])
        .env("COVEO_ACCESS_TOKEN", "a-token-of-no-use")
        .run()
        .assert_status(2);
    let (_, names) = refused.stderr.split_once("the regions are ").expect("the regions are named");
    names.trim().split([',', ' ']).filter(|word| !["", "and"].contains(word)).map(str::to_owned).collect()
}

fn bash(options: &[HelpOption], regions: &[String]) -> String {
    let others =
        options.iter().filter(|option| !option.value.is_empty() && !is_file(option) && !is_region(option));
    format!(
        r#"# Completion of coveo-delete-key for bash.
_coveo_delete_key() {{
    local IFS=$'\n' current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    # Bash splits --option=value into three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    COMPREPLY=()
    case $previous in
        {files})
            compopt -o filenames 2> /dev/null
            COMPREPLY=($(compgen -f -- "$current")) ;;
        {regions_of})
            COMPREPLY=($(compgen -W $'{regions}' -- "$current")) ;;
        {others}) ;;
        *)
            if [[ $current == -* ]]; then
                COMPREPLY=($(compgen -W $'{all}' -- "$current"))
            fi ;;
    esac
}}
complete -F _coveo_delete_key coveo-delete-key
"#,
        files = names(options.iter().filter(|option| is_file(option))).join(" | "),
        regions_of = names(options.iter().filter(|option| is_region(option))).join(" | "),
        others = names(others).join(" | "),
        regions = regions.join(r"\n"),
        all = names(options).join(r"\n"),
    )
}

fn zsh(options: &[HelpOption], regions: &[String]) -> String {
    let mut file =
        "#compdef coveo-delete-key\n# Completion of coveo-delete-key for zsh.\n_arguments -s -S".to_owned();
    for option in options {
        let text = option.text.replace('\'', r"'\''").replace('[', r"\[").replace(']', r"\]");
        let value = match &*option.value {
            "" => String::new(),
            value if is_file(option) => format!(":{value}:_files"),
            value if is_region(option) => format!(":{value}:({})", regions.join(" ")),
            value => format!(":{value}: "),
        };
        let equals = if value.is_empty() { "" } else { "=" };
        let repeats = if option.text.contains("can be repeated") { "*" } else { "" };
        let names = match &*option.short {
            "" => format!("'{repeats}{}{equals}", option.long),
            short => format!("'({short} {long})'{{{short},{long}{equals}}}'", long = option.long),
        };
        write!(file, " \\\n    {names}[{text}]{value}'").expect("a string can be written to");
    }
    file + " \\\n    '*:KEY_ID: '\n"
}

fn fish(options: &[HelpOption], regions: &[String]) -> String {
    let mut file = "# Completion of coveo-delete-key for fish.\ncomplete -c coveo-delete-key -f\n".to_owned();
    for option in options {
        let short = option.short.strip_prefix('-').map(|short| format!(" -s {short}")).unwrap_or_default();
        let long = option.long.trim_start_matches('-');
        let value = match &*option.value {
            "" => String::new(),
            _ if is_file(option) => " -r -F".to_owned(),
            _ if is_region(option) => format!(" -x -a '{}'", regions.join(" ")),
            _ => " -x".to_owned(),
        };
        let text = option.text.replace('\'', r"\'");
        writeln!(file, "complete -c coveo-delete-key{short} -l {long}{value} -d '{text}'")
            .expect("a string can be written to");
    }
    file
}

fn powershell(options: &[HelpOption], regions: &[String]) -> String {
    let list = |names: &[&str]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let mut rows = String::new();
    for option in options {
        let text = option.text.replace('\'', "''");
        for name in option.names() {
            writeln!(rows, "        , @('{name}', '{text}')").expect("a string can be written to");
        }
    }
    format!(
        r#"# Completion of coveo-delete-key for PowerShell.
Register-ArgumentCompleter -Native -CommandName 'coveo-delete-key' -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object {{ $_.ToString() }})
    $previous = if ($wordToComplete) {{ $words[-2] }} else {{ $words[-1] }}
    # PowerShell offers files if nothing is returned.
    if ($previous -cin @({values})) {{ return }}
    if ($previous -cin @({regions_of})) {{
        @({regions}) | Where-Object {{ $_ -like "$wordToComplete*" }}
        return
    }}
    if (-not $wordToComplete.StartsWith('-')) {{ return }}
    @(
{rows}    ) | Where-Object {{ $_[0].StartsWith($wordToComplete, [StringComparison]::Ordinal) }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
    }}
}}
"#,
        values = list(&names(options.iter().filter(|option| !option.value.is_empty() && !is_region(option)))),
        regions_of = list(&names(options.iter().filter(|option| is_region(option)))),
        regions = list(&regions.iter().map(String::as_str).collect::<Vec<_>>()),
    )
}

#[test]
fn completions_match_the_help() {
    let (options, regions) = (options(), regions());
    assert!(options.len() >= 24 && regions.len() == 5);
    for (name, generate) in FILES {
        let (path, generated) = (Path::new(FOLDER).join(name), generate(&options, &regions));
        if std::env::var("COMPLETIONS").is_ok_and(|what| what == "overwrite") {
            std::fs::write(&path, &generated).expect("the file can be written");
        }
        let file = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(file == generated, "{name} differs from the help: COMPLETIONS=overwrite writes it");
    }
}

/// Returns what a shell offers after `line`.
fn offered(shell: &str, line: &str) -> Option<BTreeSet<String>> {
    let program = needed(shell, shell)?;
    let script = match shell {
        "bash" => {
            let line = line.replace('=', " = ");
            let last = line.split(' ').count() - 1;
            let words = line.replace(' ', "' '");
            format!(
                "source {FOLDER}/coveo-delete-key.bash; COMP_WORDS=('{words}'); COMP_CWORD={last}; \
                 _coveo_delete_key; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            )
        }
        "fish" => format!("source {FOLDER}/coveo-delete-key.fish; complete -C '{line}'"),
        // Only a prompt completes, so there has to be one. `BAUD=0`: matches are listed though more was typed meanwhile.
        _ => format!(
            r#"zmodload zsh/zpty; zpty z zsh -f -i
            zpty -w z "fpath=({FOLDER} \$fpath); autoload -Uz compinit; compinit -D -u; LISTMAX=1000; BAUD=0"
            zpty -w z "bindkey '^I' list-choices; setopt no_list_packed no_beep; PS1=rea''dy-"
            zpty -r z line '*ready-*'
            zpty -n -w z "{line}"$'\t'; zpty -w z $'\nprint -- -th''at-is-all-'
            zpty -r z line '*-that-is-all-*'; print -r -- $line"#
        ),
    };
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("keys.txt"), "").expect("a file");
    let mut command = Command::new(program);
    command.arg("-c").arg(script).current_dir(folder.path()).env("HOME", folder.path()).env("TERM", "dumb");
    let text = command.output().expect("the shell starts").stdout;
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    Some(text.split_whitespace().map(str::to_owned).collect())
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the shells are those of Debian")]
fn shells_offer_options_regions_and_files() {
    let cases: [(&str, &[&str]); 7] = [
        ("--dis", &["--disable", "--disabled-for"]),
        ("--name=a --na", &["--name"]),
        ("k1 --", &["--org", "--from", "--older-than", "--dry-run", "--yes"]),
        ("--region ", &["us", "ca", "eu", "au", "hipaa"]),
        ("-r h", &["hipaa"]),
        ("--from ", &["keys.txt"]),
        ("--org ", &[]),
    ];
    for shell in ["bash", "zsh", "fish"] {
        for (line, wanted) in cases {
            let Some(words) = offered(shell, &format!("coveo-delete-key {line}")) else { break };
            let has_all = wanted.iter().all(|word| words.contains(*word));
            let has_more = words.contains("--yes") && !wanted.contains(&"--yes");
            assert!(has_all && !has_more, "{shell}, {line:?}: {wanted:?} of {words:?}");
        }
    }
}
