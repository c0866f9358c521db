//! Starts a fake Coveo organization to try the tool on, prints how to reach it, and logs all requests:
//! `cargo run --example fake-coveo -- --help`

use std::io::{self, Write};
use std::path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use support::fake_coveo::{
    ApiKey, CannedResponse, Certificate, Coveo, Date, EDIT_TOKEN, EXPIRED_TOKEN, Exposure, FULL_TOKEN, Fault,
    Hook, NONE_TOKEN, SINGLE_KEY_TOKEN, VIEW_TOKEN,
};

const USAGE: &str = "\
A fake Coveo organization on this machine, to try coveo-delete-key on

Usage: fake-coveo [OPTIONS]

  --http             plain HTTP instead of HTTPS
  --port N           the port to listen on (default: a free one)
  --keys N           this many more enabled API keys
  --slow             respond to each change after 3 seconds
  --fail STATUS      respond to each change with this status, and change nothing
  --directory DIR    write the certificate to trust to DIR instead of a temporary directory
  -h, --help         show this text

It runs until Ctrl-C.
";

/// The delay of `--slow`: long enough to press Ctrl-C.
const DELAY: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fake-coveo: error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = pico_args::Arguments::from_env();
    if arguments.contains(["-h", "--help"]) {
        print!("{USAGE}");
        return Ok(());
    }
    let http = arguments.contains("--http");
    let mut builder = Coveo::builder();
    if !http {
        builder = builder.https(Certificate::Good);
    }
    builder.port = arguments.opt_value_from_str("--port")?.unwrap_or(0);
    builder.directory = arguments.opt_value_from_str("--directory")?;
    let more = arguments.opt_value_from_str("--keys")?.unwrap_or(0);
    let fault = fault(arguments.contains("--slow"), arguments.opt_value_from_str("--fail")?)?;
    if let Some(argument) = arguments.finish().first() {
        return Err(format!("unknown argument {}", argument.to_string_lossy()).into());
    }

    // Before the server starts, so that an early Ctrl-C removes its temporary directory too.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || _ = stop.send(()))?;
    let coveo = builder.try_start()?;
    for key in keys() {
        coveo.add(key);
    }
    coveo.set_single_key(&coveo.ids()[0]);
    coveo.add_keys(more);
    coveo.plan(move |hook| match hook {
        Hook::Request(_, request) if request.method != "GET" => fault.clone(),
        _ => Fault::None,
    });
    coveo.on_done(|request| {
        let status = request.status.map_or("-".to_owned(), |status| status.to_string());
        print(&format!("{} {} {status}\n", request.method, request.path));
    });
    print(&introduction(&coveo, http));
    stopped.recv()?;
    Ok(())
}

/// The fault of each change.
fn fault(slow: bool, fail: Option<u16>) -> Result<Fault, String> {
    match fail {
        Some(_) if slow => Err("--slow and --fail exclude each other".to_owned()),
        Some(status @ 400..=599) => {
            let code = if status == 401 { "INVALID_TOKEN" } else { "FAKE_ERROR" };
            Ok(Fault::Answer(CannedResponse::error(status, code, "This error was requested with --fail.")))
        }
        Some(status) => Err(format!("--fail {status} isn't a status from 400 to 599")),
        None if slow => Ok(Fault::Slow(DELAY)),
        None => Ok(Fault::None),
    }
}

fn ago(days: u32) -> SystemTime {
    SystemTime::now() - days * Duration::from_secs(24 * 60 * 60)
}

fn date(days: u32) -> Date {
    Date::Rfc3339(ago(days))
}

fn key(id: &str, name: &str, created: u32) -> ApiKey {
    ApiKey {
        display_name: name.to_owned(),
        created_date: date(created),
        activation_date: date(created),
        ..ApiKey::new(id)
    }
}

fn used(key: ApiKey, last: u32) -> ApiKey {
    ApiKey { last_used_date: date(last), ..key }
}

fn disabled(key: ApiKey, status: &str, since: u32) -> ApiKey {
    ApiKey { enabled: false, status: status.to_owned(), disabled_date: date(since), ..key }
}

fn created_by(user: &str, description: &str, key: ApiKey) -> ApiKey {
    ApiKey { created_by: user.to_owned(), description: description.to_owned(), ..key }
}

/// The first keys of the organization: at least one for each condition.
fn keys() -> [ApiKey; 11] {
    let exposure = Exposure { severity: "CRITICAL", source: "GITHUB", reported: ago(1) };
    let build =
        |id, name, created| created_by("ci@example.com", "Created by a build", key(id, name, created));
    let production =
        |id, name, description| created_by("ops@example.com", description, used(key(id, name, 700), 0));
    [
        used(key("wduuqg3ip2c3i3gpopapxhcgxe", "My Source API Key", 400), 1),
        used(key("k3vqzmd5yhw2j7txc4rnb6aeua", "Nightly reindex", 500), 200),
        key("b5tj2xwoq7e3rkzm4dvhcnyf6i", "Search page prototype", 120),
        disabled(key("f7ncy4kdz2ovtq3whx5mjr6beq", "Old website", 900), "DISABLED", 45),
        disabled(key("h2wgs6rqk4ubx7dyz3ptmcoj5e", "Summer intern", 300), "DISABLED_FOR_INACTIVITY", 10),
        ApiKey {
            enabled: false,
            status: "EXPIRED".to_owned(),
            expiration_date: date(60),
            ..used(key("m6xpe3ahv5yrz2kqtw7jdcnb4u", "Migration", 425), 70)
        },
        used(build("n2c5wjxkq6ty4hbv3rzdgm7oae", "CI build 1041", 12), 12),
        build("q4h6zrtbv2xm5kwyc3jdfn7peu", "CI build 1042", 3),
        production("s3yd6mkwj2qv5txhb4rzcnf7ga", "prod search", "The search page"),
        production("t5rx2qzhc6wk3vmyj4bdnp7fie", "prod push", "Pushes the catalog"),
        ApiKey {
            exposure: Some(exposure),
            ..used(key("u7kb4wyxm3hq2zrtv6cjdn5sae", "Partner demo", 250), 2)
        },
    ]
}

/// Lines to paste into a shell.
fn introduction(coveo: &Coveo, http: bool) -> String {
    let mut lines = format!("export COVEO_ENDPOINT={}\n", coveo.endpoint());
    if !http {
        let file = path::absolute(coveo.authority_file()).expect("the path of a file isn't empty");
        let file = file.to_string_lossy();
        lines += &format!("export SSL_CERT_FILE='{}'\n", file.replace('\'', r"'\''"));
    }
    lines += &format!("export COVEO_ORGANIZATION_ID={}\n", coveo.id());
    lines += &format!("export COVEO_ACCESS_TOKEN={FULL_TOKEN}\n#\n# API keys:\n");
    for id in coveo.ids() {
        let key = coveo.key(&id).expect("no key was removed yet");
        let exposed = if key.exposure.is_some() { ", exposed" } else { "" };
        lines += &format!("#   {id}  {}, {}{exposed}\n", key.display_name, key.status);
    }
    lines += "#\n# Other access tokens:\n";
    lines += &format!("#   {VIEW_TOKEN}  may view all API keys\n");
    lines += &format!("#   {EDIT_TOKEN}  may edit all API keys, and view none\n");
    lines += &format!("#   {SINGLE_KEY_TOKEN}  may edit the first API key\n");
    lines += &format!("#   {NONE_TOKEN}  has no privilege\n");
    lines += &format!("#   {EXPIRED_TOKEN}  has expired\n#\n");
    lines
}

/// Writes to standard output, which may be closed.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
