//! What an HTTPS server shows, and the file by which it is trusted.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use tempfile::TempDir;

use crate::tls::{Authority, Settings};

/// A server's certificate, and what it takes to show another one.
pub(super) struct Tls {
    /// With the certificate that was asked for.
    pub config: Arc<ServerConfig>,
    pub authority: Authority,
    /// With the authority's certificate.
    pub file: PathBuf,
    names: Vec<String>,
    _temporary: Option<TempDir>,
}

impl Tls {
    /// Makes an authority, writes it to `directory` or to a temporary one, and signs a certificate by it.
    pub fn new(certificate: &Settings, names: Vec<String>, directory: Option<PathBuf>) -> io::Result<Tls> {
        let authority = Authority::new().map_err(io::Error::other)?;
        let config = authority.sign(certificate, &names).map_err(io::Error::other)?.config;
        let (directory, temporary) = match directory {
            Some(directory) => (directory, None),
            None => {
                let temporary = tempfile::Builder::new().prefix("fake-coveo-").tempdir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        fs::create_dir_all(&directory)?;
        let file = directory.join("authority.pem");
        fs::write(&file, &authority.pem)?;
        Ok(Tls { config, authority, file, names, _temporary: temporary })
    }

    /// The same with another certificate of the same authority's.
    pub fn showing(&self, certificate: &Settings) -> io::Result<Arc<ServerConfig>> {
        self.authority.sign(certificate, &self.names).map(|signed| signed.config).map_err(io::Error::other)
    }
}
