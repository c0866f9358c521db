//! A network for one test: the test runs itself again in network and mount namespaces, with loopback, a link to nowhere, and
//! its own `/etc/hosts` and `/etc/resolv.conf`. Nothing gets out, and the machine isn't changed.

use std::any::type_name;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::Command;

use crate::harness::{as_root, needed, skip};

/// The variable that tells a test that it is inside. [`SET_UP`] sets it.
const INSIDE: &str = "NETWORK_TEST_INSIDE";

/// The files of the network.
#[derive(Default)]
pub struct Network {
    /// `/etc/hosts`.
    pub hosts: String,
    /// `/etc/resolv.conf`; by default, the only name server is at port 53 of 127.0.0.1.
    pub resolv_conf: String,
    /// Whether root of a user namespace isn't enough.
    pub needs_root: bool,
}

/// On the link to nowhere: the address of this machine in IPv4 and IPv6. Connections to it stay on the machine.
pub const HERE: [&str; 2] = ["10.9.9.1", "2001:db8:9::1"];

/// IPv4 addresses on the link to nowhere. What is sent to them vanishes.
pub const DEAD_V4: [&str; 2] = ["10.9.9.7", "10.9.9.8"];

/// IPv6 addresses on the link to nowhere.
pub const DEAD_V6: [&str; 4] = ["2001:db8:9::7", "2001:db8:9::8", "2001:db8:9::9", "2001:db8:9::10"];

/// Makes the network. Its arguments are a folder with the files, and the command to run.
const SET_UP: &str = r#"
export NETWORK_TEST_INSIDE=yes PATH="$PATH:/usr/sbin:/sbin"
folder=$1
shift
for file in hosts resolv.conf nsswitch.conf; do
    if [ -e "/etc/$file" ]; then mount --bind "$folder/$file" "/etc/$file"; fi
done
# A cache of names would answer in our place.
if [ -d /run/nscd ]; then mount -t tmpfs none /run/nscd; fi
ip link set lo up
ip link add here type veth peer name nowhere
ip address add 10.9.9.1/24 dev here
ip address add 2001:db8:9::1/64 dev here nodad
ip link set here up
ip link set nowhere up
for number in 7 8 9 10; do
    ip neighbour add 10.9.9.$number lladdr 02:00:00:00:00:07 nud permanent dev here
    ip neighbour add 2001:db8:9::$number lladdr 02:00:00:00:00:07 nud permanent dev here
done
exec "$@"
"#;

/// Runs `body` in a `network`. It must be a closure in the test itself, which is run again by its name.
///
/// # Panics
/// If the test fails inside.
#[track_caller]
pub fn within<Body: FnOnce()>(network: &Network, body: Body) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let Some(mut unshare) = unshare(network.needs_root) else { return };
    // `network::names::a_test::{{closure}}`
    let (_, test) = type_name::<Body>().split_once("::").expect("it has the name of the suite before it");
    let test = test.trim_end_matches("::{{closure}}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let resolv_conf = match network.resolv_conf.as_str() {
        "" => "nameserver 127.0.0.1\n",
        other => other,
    };
    for (name, content) in
        [("hosts", &*network.hosts), ("resolv.conf", resolv_conf), ("nsswitch.conf", "hosts: files dns\n")]
    {
        fs::write(folder.path().join(name), content).expect("a file can be written");
    }
    unshare.args(["--mount", "--net", "sh", "-euc", SET_UP, "set-up"]).arg(folder.path());
    unshare.arg(env::current_exe().expect("the tests know where they are"));
    let output =
        unshare.args(["--exact", test, "--nocapture"]).output().expect("an installed program starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if let Some(why) = stderr.strip_prefix("unshare: ") {
        return skip(format!("there can be no network namespace here: {}", why.trim()));
    }
    assert!(output.status.success(), "inside:\n{stdout}\n{stderr}");
    assert!(stdout.contains("test result: ok. 1 passed"), "no such test as {test}: {stdout}\n{stderr}");
    for line in stderr.lines().filter(|line| line.starts_with("skipped: ")) {
        _ = writeln!(io::stderr(), "{line}");
    }
}

/// The start of a command that makes namespaces, as root or as root of a user namespace.
#[track_caller]
fn unshare(needs_root: bool) -> Option<Command> {
    let unshare = needed("unshare", "util-linux")?;
    needed("ip", "iproute2")?;
    needed("mount", "mount")?;
    let variables: Vec<(String, String)> = env::vars().collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    let command = as_root(&variables, [&unshare]).or_else(|why| {
        let mut command = Command::new(&unshare);
        command.arg("--map-root-user");
        if needs_root { Err(why) } else { Ok(command) }
    });
    command.map_err(skip).ok()
}
