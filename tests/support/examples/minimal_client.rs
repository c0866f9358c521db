//! What the TLS library itself costs: a handshake, one request and nothing else. `make bench` measures against it.
//!
//! Usage: `minimal_client HOST PORT PATH`, with the token in COVEO_ACCESS_TOKEN and one trusted CA in SSL_CERT_FILE.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, host, port, path] = words.as_slice() else { return Err("give HOST PORT PATH".into()) };
    let token = std::env::var("COVEO_ACCESS_TOKEN")?;

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(std::env::var("SSL_CERT_FILE")?)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(host.clone())?)?;
    let mut tcp = TcpStream::connect((host.as_str(), port.parse()?))?;
    tcp.set_nodelay(true)?;
    let mut stream = Stream::new(&mut connection, &mut tcp);

    let request = format!(
        "DELETE {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: coveo-delete-key\r\nAccept: application/json\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let (mut response, mut piece) = (Vec::new(), [0; 4096]);
    while !response.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => return Err("the connection ended early".into()),
            count => response.extend_from_slice(&piece[..count]),
        }
    }
    match response.starts_with(b"HTTP/1.1 204 ") {
        true => Ok(()),
        false => Err("not 204".into()),
    }
}
