//! The authority that each HTTPS server makes for itself, and the certificate that it signs for the server.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is to be said of the server's certificate. The authority behind it is a good one in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Valid, for localhost, 127.0.0.1, ::1 and the names that were asked for.
    Good,
    /// The same, but it expired three days ago.
    Expired,
    /// Valid, but for other.example alone.
    OtherName,
}

/// The authority's certificate, and the file it is in.
pub(super) struct Authority {
    pub pem: String,
    pub file: PathBuf,
    _temporary: Option<TempDir>,
}

/// What the server shows, and what it takes to show something else.
pub(super) struct Tls {
    /// With the certificate that was asked for.
    pub config: Arc<ServerConfig>,
    issuer: Issuer,
    names: Vec<String>,
}

impl Tls {
    /// The same with another certificate of the same authority's.
    pub fn showing(&self, certificate: Certificate) -> io::Result<Arc<ServerConfig>> {
        sign(&self.issuer, certificate, &self.names).map_err(io::Error::other)
    }
}

/// Makes an authority, writes it to `directory` or to a temporary one, and sets up TLS with a certificate
/// from it.
pub(super) fn create(
    certificate: Certificate,
    names: Vec<String>,
    directory: Option<PathBuf>,
) -> io::Result<(Authority, Tls)> {
    let issuer = create_authority().map_err(io::Error::other)?;
    let config = sign(&issuer, certificate, &names).map_err(io::Error::other)?;
    let (directory, temporary) = match directory {
        Some(directory) => {
            fs::create_dir_all(&directory)?;
            (directory, None)
        }
        None => {
            let temporary = tempfile::Builder::new().prefix("fake-coveo-").tempdir()?;
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    let authority =
        Authority { pem: issuer.pem(), file: directory.join("authority.pem"), _temporary: temporary };
    fs::write(&authority.file, &authority.pem)?;
    Ok((authority, Tls { config, issuer, names }))
}

type Issuer = CertifiedIssuer<'static, KeyPair>;
type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn create_authority() -> Result<Issuer, AnyError> {
    let mut params = params(Vec::new(), "Fake Coveo Authority")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?)
}

fn sign(issuer: &Issuer, certificate: Certificate, names: &[String]) -> Result<Arc<ServerConfig>, AnyError> {
    let names = match certificate {
        Certificate::OtherName => vec!["other.example".to_owned()],
        Certificate::Good | Certificate::Expired => {
            let mut all = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
            all.extend_from_slice(names);
            all
        }
    };
    let mut params = params(names, "Fake Coveo")?;
    if certificate == Certificate::Expired {
        params.not_after = date_time_ymd(1970, 1, 1) + age(SystemTime::now() - 3 * DAY);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let leaf = params.signed_by(&key, issuer)?;

    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    Ok(Arc::new(config))
}

/// A certificate for `names` that has been valid for a month and goes on for a year.
fn params(names: Vec<String>, common_name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(1970, 1, 1) + age(SystemTime::now() - 30 * DAY);
    params.not_after = date_time_ymd(1970, 1, 1) + age(SystemTime::now() + 365 * DAY);
    Ok(params)
}

fn age(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
