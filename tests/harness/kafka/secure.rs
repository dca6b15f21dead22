//! A broker with the listeners that are met in the wild: TLS, TLS with client certificates, SASL over both.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::place::Place;
use super::{Kafka, text};
use crate::keys::Pair;
use crate::oidc::{AUDIENCE, ISSUER, Oidc, jwks};
use crate::ports;
use crate::tls::Authority;

/// Who may come in by PLAIN and SCRAM.
pub const USER: &str = "order-sync";
/// With what.
pub const PASSWORD: &str = "correct horse battery staple!";

/// A running broker with its ports and what a client needs.
pub struct Secure {
    /// The broker; its plain listener is for the test itself.
    pub kafka: Kafka,
    /// Certificates and keys: `ca.pem`, `other.pem` (an authority that signed nothing), `client.pem`, `client.key`.
    pub folder: PathBuf,
    /// Gives out tokens that the broker accepts.
    pub oidc: Oidc,
    /// Signs the tokens that it accepts.
    pub signing: Pair,
    ports: [u16; 4],
}

impl Secure {
    /// The one of this test process.
    pub fn shared() -> &'static Secure {
        static SHARED: OnceLock<Secure> = OnceLock::new();
        SHARED.get_or_init(Secure::start)
    }

    /// The listener with TLS.
    pub fn tls(&self) -> String {
        self.at(0)
    }

    /// The listener with TLS that asks for a certificate.
    pub fn mtls(&self) -> String {
        self.at(1)
    }

    /// The listener with SASL over TLS.
    pub fn sasl_tls(&self) -> String {
        self.at(2)
    }

    /// The listener with SASL and without TLS.
    pub fn sasl_plain(&self) -> String {
        self.at(3)
    }

    /// A file of [`Secure::folder`].
    pub fn file(&self, name: &str) -> String {
        text(&self.folder.join(name))
    }

    fn at(&self, listener: usize) -> String {
        format!("localhost:{}", self.ports[listener])
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("secure-").tempdir().expect("a temporary folder").keep();
        let authority = Authority::new(&folder, "ca");
        Authority::new(&folder, "other");
        authority.sign("server");
        authority.sign("client");
        let signing = Pair::rsa();
        fs::write(folder.join("jwks.json"), jwks(&signing)).expect("the folder is ours");
        let oidc = Oidc::start(signing.clone(), &folder);
        let mut seen = String::new();
        for _ in 0..3 {
            match Self::try_start(&folder) {
                Ok((kafka, ports)) => return Self { kafka, folder, oidc, signing, ports },
                Err(log) => seen = log,
            }
        }
        panic!("kafka did not start three times in a row: {seen}");
    }

    fn try_start(certificates: &Path) -> Result<(Kafka, [u16; 4]), String> {
        let mut place = Place::new(1, 0);
        let (port, controller, ports) = (place.port, place.controller, [(); 4].map(|()| ports::free()));
        let jwks = format!("file://{}", text(&certificates.join("jwks.json")));
        let names = ["SSL", "MTLS", "SASL_SSL", "SASL_PLAINTEXT"];
        let listeners = |host: &str| names.iter().zip(ports).map(|(name, port)| format!(",{name}://{host}:{port}")).collect::<String>();
        let pem = |name: &str| text(&certificates.join(name));
        let (scram, plain) =
            ("org.apache.kafka.common.security.scram.ScramLoginModule", "org.apache.kafka.common.security.plain.PlainLoginModule");
        let mut settings = vec![
            ("listeners".to_owned(), format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{}", listeners("127.0.0.1"))),
            ("advertised.listeners".to_owned(), format!("PLAINTEXT://127.0.0.1:{port}{}", listeners("localhost"))),
            (
                "listener.security.protocol.map".to_owned(),
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,MTLS:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT".to_owned(),
            ),
            ("ssl.keystore.type".to_owned(), "PEM".to_owned()),
            ("ssl.keystore.location".to_owned(), pem("server.both.pem")),
            ("ssl.truststore.type".to_owned(), "PEM".to_owned()),
            ("ssl.truststore.location".to_owned(), pem("ca.pem")),
            ("listener.name.mtls.ssl.client.auth".to_owned(), "required".to_owned()),
            ("sasl.enabled.mechanisms".to_owned(), "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER".to_owned()),
            ("sasl.oauthbearer.jwks.endpoint.url".to_owned(), jwks.clone()),
            ("sasl.oauthbearer.expected.audience".to_owned(), AUDIENCE.to_owned()),
            ("sasl.oauthbearer.expected.issuer".to_owned(), ISSUER.to_owned()),
            // A connection lives no longer than its token.
            ("connections.max.reauth.ms".to_owned(), "3600000".to_owned()),
        ];
        for listener in ["sasl_ssl", "sasl_plaintext"] {
            let of = |mechanism: &str, what: &str| format!("listener.name.{listener}.{mechanism}.{what}");
            settings.push((of("scram-sha-512", "sasl.jaas.config"), format!("{scram} required;")));
            settings.push((of("scram-sha-256", "sasl.jaas.config"), format!("{scram} required;")));
            settings.push((of("plain", "sasl.jaas.config"), format!("{plain} required user_{USER}=\"{PASSWORD}\";")));
            let login = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;";
            settings.push((of("oauthbearer", "sasl.jaas.config"), login.to_owned()));
            let validator = "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler";
            settings.push((of("oauthbearer", "sasl.server.callback.handler.class"), validator.to_owned()));
        }
        let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        // Users of SCRAM that only formatting can make before anybody is let in.
        let user = |mechanism: &str| format!("{mechanism}=[name={USER},password=\"{PASSWORD}\"]");
        place.prepare_by(&["--add-scram", &user("SCRAM-SHA-512"), "--add-scram", &user("SCRAM-SHA-256")], &settings);
        place.java_options = format!("-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={jwks}");
        let kafka = Kafka::at(place, 1);
        kafka.launch().map(|()| (kafka, ports))
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
