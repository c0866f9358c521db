//! The memory for the list of a large organization.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::fixtures::{ANY_NUMBER, assert_only_reads, ids_after, organization};
use support::fake_coveo::{CannedResponse, Coveo, FULL_TOKEN, Fault, ORGANIZATION};
use support::harness::{Run, binary, skip};

const MEASURE: &str = "/usr/bin/time";

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

/// Lists keys disabled long ago. Returns the peak of memory in KiB too.
fn list(coveo: &Coveo) -> (Run, u64) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let figure = directory.path().join("KiB");
    let started = Instant::now();
    let output = Command::new(MEASURE)
        .args(["--format=%M", "--output"])
        .arg(&figure)
        .arg(binary())
        .args(["--disabled-for", "30d", ANY_NUMBER])
        .env_clear()
        .envs([
            ("COVEO_ENDPOINT", coveo.endpoint()),
            ("COVEO_ORGANIZATION_ID", coveo.id()),
            ("COVEO_ACCESS_TOKEN", FULL_TOKEN),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let run = Run::check(output, started.elapsed());
    let figure = std::fs::read_to_string(figure).expect("the figure was written");
    let peak = figure.lines().last().and_then(|line| line.parse().ok()).expect("a number");
    (run, peak)
}

#[test]
fn list_of_20000_keys_fits_into_64_mib() {
    if !Path::new(MEASURE).exists() {
        return skip(format_args!("{MEASURE} is missing (Debian: apt-get install time)"));
    }
    let count = 20_000;
    let ids: Vec<String> = (0..count).map(|number| format!("wduuqg3ip2c3i3gpopap{number:06}")).collect();
    let key = KEY.replace("\n    ", "").replace("ORG", ORGANIZATION);
    let keys: Vec<String> = ids.iter().map(|id| key.replace("\"ID\"", &format!("\"{id}\""))).collect();
    let list_of_all = format!("[{}]", keys.join(","));
    let size = list_of_all.len();
    let coveo = organization([]);
    let list_response = Fault::Answer(CannedResponse::status(200).body(list_of_all));
    coveo.inject("GET", "/apikeys", list_response);
    // Selecting all of them takes the most memory.
    let (listed, peak) = list(&coveo);
    eprintln!("{count} keys, {} KiB: {peak} KiB of memory, {} ms", size / 1024, listed.took.as_millis());
    let listed = listed.assert_status(0);
    assert_eq!(ids_after("would delete ", &listed.stdout), ids);
    assert!(size > 900 * count, "{size} bytes are too few for this many keys");
    assert!(peak > size as u64 / 1024 / 2, "{peak} KiB can't be true");
    assert!(peak < 64 * 1024, "{count} keys: {peak} KiB");
    assert_only_reads(&coveo);
}
