//! Starts a fake Coveo organization to rehearse against, says how to reach it, and logs what it is asked:
//! `cargo run --example fake-coveo -- --help`

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use support::fake_coveo::{
    ApiKey, Certificate, Coveo, Date, EDIT_TOKEN, EXPIRED_TOKEN, FULL_TOKEN, NONE_TOKEN, SINGLE_KEY_TOKEN,
    VIEW_TOKEN,
};

const USAGE: &str = "\
A fake Coveo organization on this machine, to rehearse against

Usage: fake-coveo [OPTIONS]

  --http             plain HTTP instead of HTTPS
  --port N           the port to listen on (default: a free one)
  --keys N           so many more enabled API keys
  --directory DIR    leave the certificate to trust in DIR instead of a temporary directory
  -h, --help         this text

It runs until Ctrl-C.
";

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
    if let Some(port) = arguments.opt_value_from_str("--port")? {
        builder = builder.port(port);
    }
    if let Some(directory) = arguments.opt_value_from_str::<_, String>("--directory")? {
        builder = builder.directory(directory);
    }
    let more = arguments.opt_value_from_str("--keys")?.unwrap_or(0);
    if let Some(argument) = arguments.finish().first() {
        return Err(format!("{} is unknown", argument.to_string_lossy()).into());
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
    coveo.on_done(|request| {
        let status = request.status.map_or("-".to_owned(), |status| status.to_string());
        say(&format!("{} {} {status}\n", request.method, request.path));
    });
    say(&introduction(&coveo, http));
    stopped.recv()?;
    Ok(())
}

/// The keys that the organization starts with, one for each thing that can be said of a key.
fn keys() -> [ApiKey; 6] {
    let ago = |days: u32| Date::Rfc3339(SystemTime::now() - days * Duration::from_secs(24 * 60 * 60));
    let key = |id: &str, name: &str, created| ApiKey {
        display_name: name.to_owned(),
        created_date: ago(created),
        activation_date: ago(created),
        ..ApiKey::new(id)
    };
    let disabled = |key: ApiKey, status: &str, since| ApiKey {
        enabled: false,
        status: status.to_owned(),
        disabled_date: ago(since),
        ..key
    };
    [
        ApiKey { last_used_date: ago(1), ..key("wduuqg3ip2c3i3gpopapxhcgxe", "My Source API Key", 400) },
        ApiKey { last_used_date: ago(200), ..key("k3vqzmd5yhw2j7txc4rnb6aeua", "Nightly reindex", 500) },
        key("b5tj2xwoq7e3rkzm4dvhcnyf6i", "Search page prototype", 120),
        disabled(key("f7ncy4kdz2ovtq3whx5mjr6beq", "Old website", 900), "DISABLED", 45),
        disabled(key("h2wgs6rqk4ubx7dyz3ptmcoj5e", "Summer intern", 300), "DISABLED_FOR_INACTIVITY", 10),
        ApiKey {
            enabled: false,
            status: "EXPIRED".to_owned(),
            last_used_date: ago(70),
            expiration_date: ago(60),
            ..key("m6xpe3ahv5yrz2kqtw7jdcnb4u", "Migration", 425)
        },
    ]
}

/// Lines to paste into a shell.
fn introduction(coveo: &Coveo, http: bool) -> String {
    let mut lines = format!("export COVEO_ENDPOINT={}\n", coveo.endpoint());
    if !http {
        let file = coveo.authority_file().to_string_lossy();
        lines += &format!("export SSL_CERT_FILE='{}'\n", file.replace('\'', r"'\''"));
    }
    lines += &format!("export COVEO_ORGANIZATION_ID={}\n", coveo.id());
    lines += &format!("export COVEO_ACCESS_TOKEN={FULL_TOKEN}\n#\n# API keys:\n");
    for id in coveo.ids() {
        let key = coveo.key(&id).expect("no key is removed before the first request");
        lines += &format!("#   {id}  {}, {}\n", key.display_name, key.status);
    }
    lines += "#\n# Other access tokens:\n";
    lines += &format!("#   {VIEW_TOKEN}  may view all API keys\n");
    lines += &format!("#   {EDIT_TOKEN}  may edit all API keys, and view none\n");
    lines += &format!("#   {SINGLE_KEY_TOKEN}  may edit the first API key\n");
    lines += &format!("#   {NONE_TOKEN}  has no privilege\n");
    lines += &format!("#   {EXPIRED_TOKEN}  has expired\n#\n");
    lines
}

/// Writes to standard output, where it may be that nobody reads any more.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
