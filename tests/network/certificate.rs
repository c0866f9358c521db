//! A certificate for this machine that vouches for itself, for servers that are not the fake organization.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

/// The certificate and its key.
pub struct Certificate(CertifiedKey<KeyPair>);

impl Certificate {
    /// A new one for these names or addresses.
    pub fn new(names: &[&str]) -> Certificate {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Certificate(generate_simple_self_signed(names).expect("a certificate can be made"))
    }

    /// The certificate.
    pub fn pem(&self) -> String {
        self.0.cert.pem()
    }

    /// Writes `certificate.pem` and `key.pem` into `folder`, and returns the path of the first.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join("certificate.pem");
        fs::write(&file, self.pem()).expect("the certificate can be written");
        fs::write(folder.join("key.pem"), self.0.signing_key.serialize_pem())
            .expect("its key can be written");
        file
    }

    /// What a server of TLS needs.
    pub fn config(&self) -> rustls::ServerConfig {
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(self.0.signing_key.serialize_der());
        rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![self.0.cert.der().clone()], key.into())
            })
            .expect("the certificate is a good one")
    }
}
