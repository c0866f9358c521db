//! Certificates that real authorities issue and this tool refuses: made and served by openssl. Each message has the words
//! that an engineer would search for, and none is a debug dump.

use support::daemon::Daemon;
use support::harness::{Cli, needed, parallel};

/// `certificate NAME ISSUER OPTION...` makes NAME.pem and NAME.key; a certificate that is its own issuer is self-signed.
const SET_UP: &str = r#"
printf '[req]\ndistinguished_name = dn\n[dn]\n' >config
certificate() {
    name=$1 issuer=$2
    shift 2
    if [ "$issuer" != "$name" ]; then set -- "$@" -CA "$issuer.pem" -CAkey "$issuer.key"; fi
    openssl req -config config -x509 -nodes -days 30 -subj "/CN=$name" -keyout "$name.key" -out "$name.pem" "$@"
}
P256='-newkey ec -pkeyopt ec_paramgen_curve:P-256' P521='-newkey ec -pkeyopt ec_paramgen_curve:P-521'
CA='-addext basicConstraints=critical,CA:TRUE' SAN='-addext subjectAltName=DNS:localhost'
"#;

const ORDINARY: &str = "certificate ca ca $P256 $CA; certificate leaf ca -newkey rsa:2048 $SAN";
const INTERMEDIATE: &str =
    "certificate ca ca $P256 $CA; certificate middle ca $P256 $CA; certificate leaf middle $P256 $SAN";

/// What is wrong; the commands that make `ca` and `leaf`; options of the server; and what is said of it.
#[rustfmt::skip]
const CASES: [(&str, &str, &str, &str); 18] = [
    ("hidden intermediate", INTERMEDIATE, "", "unknown CA"),
    ("RSA 1024", "certificate ca ca $P256 $CA; certificate leaf ca -newkey rsa:1024 $SAN", "", "bad signature: an RSA key has fewer than 2048 bits"),
    ("CA with RSA 1024", "certificate ca ca -newkey rsa:1024 $CA; certificate leaf ca $P256 $SAN", "", "bad signature: an RSA key has fewer than 2048 bits"),
    ("SHA-1 with RSA", "certificate ca ca -newkey rsa:2048 $CA; certificate leaf ca $P256 $SAN -sha1", "", "signed with SHA-1, which is not supported"),
    ("SHA-1 with ECDSA", "certificate ca ca $P256 $CA; certificate leaf ca $P256 $SAN -sha1", "", "signed with SHA-1, which is not supported"),
    ("ECDSA with SHA-512", "certificate ca ca $P256 $CA; certificate leaf ca $P256 $SAN -sha512", "", "signed with ECDSA with SHA-512, which is not supported"),
    ("CA with P-521", "certificate ca ca $P521 $CA; certificate leaf ca $P256 $SAN -sha256", "", "signed with a P-521 key, which is not supported"),
    ("P-521", "certificate ca ca $P256 $CA; certificate leaf ca $P521 $SAN", "", "no common cipher or signature algorithm"),
    ("X.509 v1", "certificate ca ca $P256 $CA; openssl req -config config -new -nodes $P256 -keyout leaf.key -subj /CN=leaf |
        openssl x509 -req -CA ca.pem -CAkey ca.key -out leaf.pem", "", "X.509 version 1"),
    ("name constraints", "certificate ca ca $P256 $CA -addext 'nameConstraints=permitted;DNS:other.test'; certificate leaf ca $P256 $SAN", "", "name constraints"),
    ("intermediate without basicConstraints", "certificate ca ca $P256 $CA; certificate middle ca $P256 -addext keyUsage=keyCertSign; certificate leaf middle $P256 $SAN", "-cert_chain middle.pem", "lacks basicConstraints with CA:TRUE"),
    ("path length", "certificate ca ca $P256 $CA; certificate first ca $P256 -addext basicConstraints=CA:TRUE,pathlen:0; certificate second first $P256 $CA;
        certificate leaf second $P256 $SAN; cat second.pem first.pem >chain.pem", "-cert_chain chain.pem", "path length"),
    ("critical extension", "certificate ca ca $P256 $CA; certificate leaf ca $P256 $SAN -addext 1.2.3.4=critical,ASN1:NULL", "", "a critical extension that is not supported"),
    ("no subject alternative name", "certificate ca ca $P256 $CA; certificate leaf ca $P256 -addext basicConstraints=CA:FALSE", "", "no subject alternative name, so it is not valid for localhost"),
    ("an address as a DNS name", "certificate ca ca $P256 $CA; certificate leaf ca $P256 -addext subjectAltName=DNS:127.0.0.1", "", "it has 127.0.0.1 as a DNS name, and not as an IP address"),
    ("a mail address", "certificate ca ca $P256 $CA; certificate leaf ca $P256 -addext subjectAltName=email:a@b.test", "", "it names no host, so it is not valid for localhost"),
    ("no common cipher", ORDINARY, "-tls1_2 -cipher AES256-SHA256", "no common cipher or signature algorithm"),
    ("TLS 1.1", ORDINARY, "-tls1_1", "the server supports neither TLS 1.2 nor TLS 1.3"),
];

#[test]
fn refused_certificates_are_explained() {
    let Some(_) = needed("openssl", "openssl") else { return };
    parallel(4, &CASES, |(what, make, options, words)| {
        let serve = |port, _: &_| {
            format!(
                "set -e{SET_UP}{make}\nexec openssl s_server -accept 127.0.0.1:{port} -www -cert leaf.pem -key leaf.key -cipher ALL@SECLEVEL=0 {options}\n"
            )
        };
        let Some(server) = Daemon::start("sh", &["settings"], serve) else { return };
        let host = if what.starts_with("an address") { "127.0.0.1" } else { "localhost" };
        let cli =
            Cli::at(&format!("https://{host}:{}", server.port)).env("SSL_CERT_FILE", server.path("ca.pem"));
        let cli = cli.args(["--retries", "0", "--timeout", "10s", "--json", "-v", "k1"]);
        let run = cli.run().assert_status(6);
        run.assert_stderr("k1 was not deleted").assert_stderr(words);
        for dump in ["{", "[", "0x", "Other("] {
            assert!(!run.stderr.contains(dump), "{dump} in {}", run.stderr);
        }
        assert!(!server.file("output").contains("DELETE"), "{}", server.file("output"));
    });
}
