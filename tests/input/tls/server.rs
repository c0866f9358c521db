//! An HTTPS server whose certificate and versions of TLS are what a test asks for. It answers everything with 204.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ALL_VERSIONS, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

const DAY: i64 = 24 * 60 * 60;

/// What is to be said of the server.
pub struct Settings {
    /// The names that the certificate is for.
    pub names: &'static [&'static str],
    /// From when to when it is valid, in seconds from now.
    pub valid: (i64, i64),
    /// What it may be used for.
    pub purpose: ExtendedKeyUsagePurpose,
    /// Who has issued it.
    pub issuer: Issuer,
    /// The versions of TLS that the server speaks.
    pub versions: &'static [&'static SupportedProtocolVersion],
}

/// Who has issued a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// The authority.
    Authority,
    /// An intermediate authority, whose own certificate the server sends along.
    Intermediate,
    /// The same, but the server keeps that certificate to itself.
    HiddenIntermediate,
    /// Nobody but the server.
    Itself,
    /// The same, with a certificate that is an authority's, as `openssl req -x509` makes them.
    ItselfAsAuthority,
}

/// A certificate without fault, for localhost.
pub const GOOD: Settings = Settings {
    names: &["localhost"],
    valid: (-30 * DAY, 365 * DAY),
    purpose: ExtendedKeyUsagePurpose::ServerAuth,
    issuer: Issuer::Authority,
    versions: ALL_VERSIONS,
};

/// A running server. Its threads end with the tests.
pub struct Server {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The authority's certificate.
    pub authority: String,
    /// The certificate that has issued the server's own.
    pub issuer: String,
    heard: Arc<Mutex<Vec<u8>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(settings: Settings) -> Server {
        let (authority, issuer, config) = sign(&settings).expect("a certificate");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = Server { port, authority, issuer, heard: Arc::default(), connections: Arc::default() };
        let (heard, connections) = (Arc::clone(&server.heard), Arc::clone(&server.connections));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                serve(client, &config, &heard);
            }
        });
        server
    }

    /// What all clients have said, decrypted.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("nobody panics with it")).into_owned()
    }

    /// How many clients there have been.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(client: TcpStream, config: &Arc<ServerConfig>, heard: &Mutex<Vec<u8>>) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(10)));
    let tls = ServerConnection::new(Arc::clone(config)).expect("a connection");
    let mut stream = StreamOwned::new(tls, client);
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let mut heard = heard.lock().expect("nobody panics with it");
        heard.extend_from_slice(&buffer[..count]);
        if heard.ends_with(b"\r\n\r\n") && stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}

type AnyError = Box<dyn std::error::Error>;

/// The certificate of the authority, that of the server's issuer, and the server's settings.
fn sign(settings: &Settings) -> Result<(String, String, Arc<ServerConfig>), AnyError> {
    let authority = CertifiedIssuer::self_signed(issuing("Authority")?, KeyPair::generate()?)?;
    let intermediate =
        CertifiedIssuer::signed_by(issuing("Intermediate")?, KeyPair::generate()?, &authority)?;
    let mut params =
        CertificateParams::new(settings.names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "Server");
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let date = |seconds| date_time_ymd(1970, 1, 1) + Duration::from_secs(now.saturating_add_signed(seconds));
    (params.not_before, params.not_after) = (date(settings.valid.0), date(settings.valid.1));
    params.extended_key_usages = vec![settings.purpose.clone()];
    if settings.issuer == Issuer::ItselfAsAuthority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate()?;
    let leaf = match settings.issuer {
        Issuer::Authority => params.signed_by(&key, &authority)?,
        Issuer::Intermediate | Issuer::HiddenIntermediate => params.signed_by(&key, &intermediate)?,
        Issuer::Itself | Issuer::ItselfAsAuthority => params.self_signed(&key)?,
    };
    let issuer = match settings.issuer {
        Issuer::Authority => authority.pem(),
        Issuer::Intermediate | Issuer::HiddenIntermediate => intermediate.pem(),
        Issuer::Itself | Issuer::ItselfAsAuthority => leaf.pem(),
    };
    let mut chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
    if settings.issuer == Issuer::Intermediate {
        chain.push(intermediate.der().clone());
    }
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(settings.versions)?
        .with_no_client_auth()
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    Ok((authority.pem(), issuer, Arc::new(config)))
}

fn issuing(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}
