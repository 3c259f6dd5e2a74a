//! Encrypted connections: a certificate made for the server, and the handshake of those who connect.
#[cfg(feature = "tls")]
pub(crate) use enabled::{Secure, Stream};

#[cfg(not(feature = "tls"))]
pub(crate) use disabled::Secure;

#[cfg(feature = "tls")]
mod enabled {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use std::io;
    use std::net::IpAddr;
    use std::sync::Arc;
    use tokio::net::TcpStream;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
    use tokio_rustls::rustls::{self, ServerConfig};

    /// An encrypted connection.
    pub(crate) type Stream = Box<tokio_rustls::server::TlsStream<TcpStream>>;

    /// How connections are encrypted.
    #[derive(Clone)]
    pub(crate) struct Secure {
        acceptor: TlsAcceptor,
        ca: String,
    }

    impl std::fmt::Debug for Secure {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Secure")
        }
    }

    impl Secure {
        /// Makes an authority and a certificate for a server at this address, which nobody has seen before.
        pub(crate) fn new(ip: IpAddr) -> io::Result<Secure> {
            let mut authority = CertificateParams::default();
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            authority.distinguished_name.push(DnType::CommonName, "faux_redis, for tests");
            let authority_key = KeyPair::generate().map_err(io::Error::other)?;
            let ca = authority.self_signed(&authority_key).map_err(io::Error::other)?.pem();
            let issuer = Issuer::new(authority, authority_key);
            let mut names = vec!["localhost".into(), "127.0.0.1".into(), "::1".into()];
            if !ip.is_loopback() && !ip.is_unspecified() {
                names.push(ip.to_string());
            }
            let key = KeyPair::generate().map_err(io::Error::other)?;
            let server = CertificateParams::new(names).map_err(io::Error::other)?;
            let certificate = server.signed_by(&key, &issuer).map_err(io::Error::other)?;
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_no_client_auth()
                .with_single_cert(
                    vec![certificate.der().clone()],
                    PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
                )
                .map_err(io::Error::other)?;
            Ok(Secure { acceptor: TlsAcceptor::from(Arc::new(config)), ca })
        }

        /// The certificate by which clients know the server's, as PEM.
        pub(crate) fn ca(&self) -> &str {
            &self.ca
        }

        /// Agrees with a client on how to go on.
        pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<Stream> {
            self.acceptor.accept(socket).await.map(Box::new)
        }
    }
}

#[cfg(not(feature = "tls"))]
mod disabled {
    /// Without the feature `tls` no connection is encrypted.
    #[derive(Clone, Debug)]
    pub(crate) enum Secure {}

    impl Secure {
        /// The certificate by which clients know the server's.
        pub(crate) fn ca(&self) -> &str {
            match *self {}
        }
    }
}
