//! The memory for 10,000 keys and a list of 20,000, as Linux counts it, and a file too large for the memory.

use std::fs::{self, File};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};

use crate::{id_file, in_shell, keys_of};
use support::fake_coveo::{Coveo, Fault, ORGANIZATION};
use support::harness::{Cli, Run, cli};

/// The memory of a process in bytes.
#[derive(Clone, Copy, Debug)]
struct Memory {
    current: i64,
    peak: i64,
}

impl Memory {
    fn of(process: u32) -> Memory {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the field");
            line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<i64>().expect("a number") * 1024
        };
        Memory { current: field("VmRSS"), peak: field("VmHWM") }
    }
}

/// Runs the binary, and measures its memory while it waits for the responses to requests with these numbers.
fn measure<const N: usize>(
    coveo: &Coveo,
    cli: Cli,
    stdout: impl Into<Stdio>,
    numbers: [usize; N],
) -> [Memory; N] {
    let (process, figures) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
    let (id, measured) = (Arc::clone(&process), Arc::clone(&figures));
    coveo.on_request(move |request, _| {
        if numbers.contains(&request.number) {
            measured.lock().unwrap().push(Memory::of(*id.wait()));
        }
    });
    let mut command = cli.command();
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null()).spawn();
    let mut child = child.expect("the binary starts");
    process.set(child.id()).expect("one process");
    assert!(child.wait().unwrap().success());
    let figures = figures.lock().unwrap().clone();
    eprintln!("{figures:?}");
    figures.try_into().expect("each of these requests came")
}

/// Deletes this many keys of a file. Returns the memory after a tenth of them, and at the end.
fn memory_over(count: usize) -> [Memory; 2] {
    let (coveo, ids) = Coveo::with_keys(count);
    let file = id_file(&ids);
    let cli = cli(&coveo).arg("--from").arg(file.path());
    let figures = measure(&coveo, cli, Stdio::null(), [count / 10, count - 1]);
    assert_eq!(keys_of(&coveo.requests(), "DELETE"), ids);
    assert!(coveo.ids().is_empty());
    assert_eq!(coveo.connections(), 1);
    figures
}

#[test]
fn memory_of_10000_keys_is_little_more_than_their_ids() {
    let [_, few] = memory_over(1_000);
    let [early, many] = memory_over(10_000);
    // The kernel counts in large steps. One small allocation kept per key would be more.
    let growth = many.current - early.current;
    assert!(growth <= 256 * 1024, "{growth} bytes more in memory after 9,000 keys");
    assert!((many.peak - few.peak) / 9_000 <= 100, "{few:?} for 1,000 keys, {many:?} for 10,000");
}

/// A key with all documented fields.
const KEY: &str = r#"{"groupsThatCanEdit":[{"id":"admin","displayName":"Administrators"}],"apiKeysThatCanEdit":[],
    "value":"xx*****a3f1","id":"ID","tokenId":"ID","organizationId":"ORG","displayName":"A key with a name of some length",
    "description":"Pushes the catalog of the shop, once a night","privileges":[
    {"owner":"PLATFORM","targetDomain":"ORGANIZATION","type":"VIEW","targetId":"*"},
    {"owner":"SEARCH_API","targetDomain":"EXECUTE_QUERY","type":"ENABLE","targetId":"*"},
    {"owner":"USAGE_ANALYTICS","targetDomain":"ANALYTICS_DATA","type":"EDIT","targetId":"*"}],
    "enabled":false,"createdBy":{"username":"alice@example.com-google","name":"alice@example.com-google",
    "email":"alice@example.com","displayName":"Alice","provider":"GOOGLE","enabled":true},"allowedIps":[],"deniedIps":[],
    "additionalConfiguration":{},"privacyLevel":"PRIVATE","status":"DISABLED","resourceId":"ID",
    "createdDate":1696161600000,"lastUsedDate":1704067200000,"disabledDate":"2024-06-01T12:00:00Z"}"#;

#[test]
fn list_of_20000_keys_fits_into_64_mib() {
    let coveo = Coveo::http();
    let key = KEY.replace("\n    ", "").replace("ORG", ORGANIZATION);
    let id = |number| format!("\"wduuqg3ip2c3i3gpopap{number:06}\"");
    let keys: Vec<String> = (0..20_000).map(|number| key.replace("\"ID\"", &id(number))).collect();
    let list = format!("[{}]", keys.join(","));
    let size = list.len() as i64;
    coveo.inject("GET", "/apikeys", Fault::json(list));
    let file = tempfile::NamedTempFile::new().unwrap();
    let cli = cli(&coveo).args(["--disabled-for", "30d", "--max", "20000"]);
    // Selecting all of them takes the most memory. The token's privileges are read last.
    let [end] = measure(&coveo, cli, File::create(file.path()).unwrap(), [1]);
    let listed = fs::read_to_string(file.path()).unwrap();
    assert_eq!(listed.matches("would delete ").count(), keys.len());
    assert!(size > 900 * 20_000, "{size} bytes are too few for this many keys");
    assert!(end.peak > size / 2 && end.peak < 64 << 20, "{end:?}");
}

#[test]
fn file_too_large_for_memory_is_refused() {
    let coveo = Coveo::http();
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(60 << 20).unwrap();
    let cli = cli(&coveo).arg("--from").arg(file.path());
    let run = Run::of(&mut in_shell(cli, "ulimit -v 60000;", "")).assert_status(2);
    assert!(run.stderr.ends_with(" can't be read: out of memory\n"), "{}", run.stderr);
    assert!(coveo.requests().is_empty());
}
