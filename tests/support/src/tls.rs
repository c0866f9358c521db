//! Certificate authorities, and good and bad server certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ALL_VERSIONS, ServerConfig, SupportedProtocolVersion};

const DAY: i64 = 24 * 60 * 60;

#[derive(Clone, Debug)]
pub struct Settings {
    pub names: &'static [&'static str],
    /// The start and end of its validity, in seconds from now.
    pub valid: (i64, i64),
    pub purpose: ExtendedKeyUsagePurpose,
    pub issuer: Issuer,
    /// The TLS versions of the server.
    pub versions: &'static [&'static SupportedProtocolVersion],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    Authority,
    /// An intermediate authority, whose certificate the server sends too.
    Intermediate,
    /// The same, but the server doesn't send that certificate.
    HiddenIntermediate,
    Itself,
    /// The server itself, marked as an authority, as `openssl req -x509` does.
    ItselfAsAuthority,
}

/// A good certificate for this machine.
pub const GOOD: Settings = Settings {
    names: &["localhost", "127.0.0.1", "::1"],
    valid: (-30 * DAY, 365 * DAY),
    purpose: ExtendedKeyUsagePurpose::ServerAuth,
    issuer: Issuer::Authority,
    versions: ALL_VERSIONS,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    /// Three days ago.
    Expired,
    /// Valid, but only for other.example.
    OtherName,
}

impl From<Certificate> for Settings {
    fn from(certificate: Certificate) -> Settings {
        match certificate {
            Certificate::Good => GOOD,
            Certificate::Expired => Settings { valid: (-30 * DAY, -3 * DAY), ..GOOD },
            Certificate::OtherName => Settings { names: &["other.example"], ..GOOD },
        }
    }
}

type Authorities = CertifiedIssuer<'static, KeyPair>;
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// An authority, and an intermediate one signed by it.
pub struct Authority {
    pub pem: String,
    pub intermediate_pem: String,
    root: Authorities,
    intermediate: Authorities,
}

impl Authority {
    pub fn new() -> Result<Authority, AnyError> {
        let root = CertifiedIssuer::self_signed(issuing("Authority")?, KeyPair::generate()?)?;
        let intermediate = CertifiedIssuer::signed_by(issuing("Intermediate")?, KeyPair::generate()?, &root)?;
        Ok(Authority { pem: root.pem(), intermediate_pem: intermediate.pem(), root, intermediate })
    }

    /// Signs a certificate; one for this machine is also for `more` names.
    ///
    /// # Errors
    /// The settings are invalid.
    pub fn sign(&self, settings: &Settings, more: &[String]) -> Result<Identity, AnyError> {
        let mut names: Vec<String> = settings.names.iter().map(|&name| name.to_owned()).collect();
        if settings.names == GOOD.names {
            names.extend_from_slice(more);
        }
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "Server");
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let date =
            |seconds| date_time_ymd(1970, 1, 1) + Duration::from_secs(now.saturating_add_signed(seconds));
        (params.not_before, params.not_after) = (date(settings.valid.0), date(settings.valid.1));
        params.extended_key_usages = vec![settings.purpose.clone()];
        if settings.issuer == Issuer::ItselfAsAuthority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate()?;
        let leaf = match settings.issuer {
            Issuer::Authority => params.signed_by(&key, &self.root)?,
            Issuer::Intermediate | Issuer::HiddenIntermediate => {
                params.signed_by(&key, &self.intermediate)?
            }
            Issuer::Itself | Issuer::ItselfAsAuthority => params.self_signed(&key)?,
        };
        let mut chain = vec![leaf.der().clone()];
        if settings.issuer == Issuer::Intermediate {
            chain.push(self.intermediate.der().clone());
        }
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(settings.versions)?
            .with_no_client_auth()
            .with_single_cert(chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
        Ok(Identity { pem: leaf.pem(), key: key.serialize_pem(), config: Arc::new(config) })
    }
}

fn issuing(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

pub struct Identity {
    pub pem: String,
    pub config: Arc<ServerConfig>,
    key: String,
}

impl Identity {
    /// A self-signed certificate for this machine.
    pub fn self_signed() -> Identity {
        let settings = Settings { issuer: Issuer::Itself, ..GOOD };
        let signed = Authority::new().and_then(|nobody| nobody.sign(&settings, &[]));
        signed.expect("a certificate can be made")
    }

    /// Writes `certificate.pem` and `key.pem` into `folder`, and returns the path of the first.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join("certificate.pem");
        fs::write(&file, &self.pem).expect("the certificate can be written");
        fs::write(folder.join("key.pem"), &self.key).expect("its key can be written");
        file
    }
}
