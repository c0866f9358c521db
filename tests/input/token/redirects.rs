//! Redirects: another host sees neither a connection nor the token.

use super::{SECRET, assert_hidden, organization, with_secret};
use crate::WIDTH;
use support::fake_coveo::{CannedResponse, Coveo, Fault, always};
use support::harness::parallel;

/// Targets of a redirect; `{http}` and `{https}` stand for the ports of two other servers, `{port}` for the port of the
/// server that sends it.
const TARGETS: [Option<&str>; 14] = [
    Some("http://127.0.0.1:{http}/rest/organizations/o/apikeys/k1"),
    Some("http://localhost:{http}/"),
    Some("HTTP://127.0.0.1:{http}"),
    Some("//127.0.0.1:{http}/rest"),
    Some("///127.0.0.1:{http}/rest"),
    Some("http://user:password@127.0.0.1:{http}/"),
    Some("http://127.0.0.1:{port}@127.0.0.1:{http}/"),
    Some("http:\\\\127.0.0.1:{http}\\"),
    Some("https://localhost:{https}/rest/organizations/o/apikeys/k1"),
    Some("https://127.0.0.1:{https}/"),
    // The same server: not even there.
    Some("http://127.0.0.1:{port}/elsewhere"),
    Some("/elsewhere"),
    Some("elsewhere?to=127.0.0.1:{http}"),
    None,
];

/// 200 isn't a redirect, but its page may lead elsewhere.
const STATUSES: [u16; 10] = [200, 300, 301, 302, 303, 304, 305, 307, 308, 399];

/// Arguments, the number of requests, and the exit status.
const MODES: [(&[&str], usize, i32); 6] = [
    (&["k1"], 1, 1),
    (&["k1", "--disable"], 1, 1),
    // The token's privileges, and the key.
    (&["k1", "--dry-run"], 2, 1),
    // The list, all of them at once, then one by one.
    (&["k1", "k2", "--bulk"], 4, 1),
    (&["k1", "k2", "--bulk", "--disable"], 4, 1),
    (&["--unused-for", "1d", "--yes"], 1, 1),
];

#[test]
fn redirect_never_carries_token() {
    let mut cases = Vec::new();
    for status in STATUSES {
        for target in TARGETS {
            // 307 is the redirect that clients follow with the same method.
            let modes = if status == 307 { &MODES[..] } else { &MODES[..1] };
            cases.extend(modes.iter().map(|mode| (status, target, *mode)));
        }
    }
    let (http, https) = (Coveo::http(), Coveo::https());
    parallel(WIDTH, &cases, |&(status, target, (arguments, requests, exit))| {
        let coveo = organization();
        let mut answer = CannedResponse::status(status).header("X-Token", SECRET);
        if let Some(target) = target {
            let target = target.replace("{port}", &coveo.port().to_string());
            let target = target.replace("{http}", &http.port().to_string());
            let target = target.replace("{https}", &https.port().to_string());
            answer = answer.header("Location", &target).header("Content-Location", &target);
            answer =
                answer.header("Refresh", &format!("0; url={target}")).header("Content-Type", "text/html");
            answer = answer.body(format!(
                "<html><head><meta http-equiv=refresh content='0; url={target}'></head>\
                 <script>location='{target}'</script></html>"
            ));
        }
        coveo.plan(always(Fault::Answer(answer)));
        // Nothing else prevents a connection to the other server.
        let run = with_secret(&coveo)
            .env("SSL_CERT_FILE", https.authority_file())
            .args(arguments)
            .run()
            .assert_status(exit);
        assert_hidden(SECRET, &run);
        assert_eq!(coveo.requests().len(), requests, "{}", run.stderr);
        assert_eq!(coveo.ids(), ["k1"]);
        if requests == 1 && status != 200 && !arguments.contains(&"--yes") {
            run.assert_stderr("the response is a redirect, which is never followed");
        }
    });
    for other in [http, https] {
        assert_eq!(other.connections(), 0);
        assert!(!other.saw_bytes(SECRET.as_bytes()));
    }
}
