//! The server's certificate, and the file with its authority.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use tempfile::TempDir;

use crate::tls::{Authority, Settings};

pub(super) struct Tls {
    /// With the default certificate.
    pub config: Arc<ServerConfig>,
    pub authority: Authority,
    pub file: PathBuf,
    names: Vec<String>,
    _temporary: TempDir,
}

impl Tls {
    /// Creates an authority, writes it to `directory` or a temporary one, and signs a certificate.
    pub fn new(certificate: &Settings, names: Vec<String>, directory: Option<PathBuf>) -> io::Result<Tls> {
        let authority = Authority::new().map_err(io::Error::other)?;
        let config = authority.sign(certificate, &names).map_err(io::Error::other)?.config;
        let temporary = tempfile::Builder::new().prefix("fake-coveo-").tempdir()?;
        let directory = directory.unwrap_or_else(|| temporary.path().to_owned());
        fs::create_dir_all(&directory)?;
        let file = directory.join("authority.pem");
        fs::write(&file, &authority.pem)?;
        Ok(Tls { config, authority, file, names, _temporary: temporary })
    }

    /// A configuration with another certificate of the same authority.
    pub fn showing(&self, certificate: &Settings) -> io::Result<Arc<ServerConfig>> {
        self.authority.sign(certificate, &self.names).map(|signed| signed.config).map_err(io::Error::other)
    }
}
