//! Encrypted connections: who trusts the server's certificate is served, and nobody else.
#![cfg(feature = "tls")]
use faux_redis::{ErrorKind, FauxRedis, block_on};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

async fn start() -> FauxRedis {
    FauxRedis::builder().tls(true).start().await.expect("a port is free")
}

/// A client that trusts what these certificates vouch for.
fn trusting(ca: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        let ca = CertificateDer::from_pem_slice(ca.as_bytes()).expect("it is PEM");
        roots.add(ca).expect("it is a certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[test]
fn a_client_that_trusts_the_certificate_is_served() {
    block_on(async {
        let redis = start().await;
        assert!(redis.url().starts_with("rediss://127.0.0.1:"));
        for name in ["localhost", "127.0.0.1"] {
            let socket = TcpStream::connect(redis.address()).await.unwrap();
            let name = ServerName::try_from(name).unwrap();
            let mut client = trusting(redis.tls_ca()).connect(name, socket).await.unwrap();
            client.write_all(b"PING\r\n").await.unwrap();
            let mut reply = [0; 7];
            client.read_exact(&mut reply).await.unwrap();
            assert_eq!(&reply, b"+PONG\r\n");
        }
        redis.stop().await;
    });
}

#[test]
fn a_client_that_does_not_trust_it_or_does_not_encrypt_is_let_go() {
    block_on(async {
        let (redis, other) = (start().await, start().await);
        for ca in [None, other.tls_ca()] {
            let socket = TcpStream::connect(redis.address()).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let refused = trusting(ca).connect(name, socket).await.unwrap_err();
            assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
        }
        let mut plain = TcpStream::connect(redis.address()).await.unwrap();
        plain.write_all(b"PING\r\n").await.unwrap();
        let mut reply = Vec::new();
        let _ended = plain.read_to_end(&mut reply).await;
        assert!(!reply.windows(4).any(|bytes| bytes == b"PONG"));
        assert!(redis.calls().is_empty());
    });
}

#[test]
fn a_unix_socket_is_not_encrypted() {
    block_on(async {
        let both = FauxRedis::builder().tls(true).unix_socket("/nowhere/socket").start().await;
        let error = both.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        assert_eq!(
            error.to_string(),
            "option 'tls' is for a port, and 'unix_socket' takes its place"
        );
        let plain = FauxRedis::start().await.unwrap();
        assert_eq!(plain.tls_ca(), None);
    });
}
