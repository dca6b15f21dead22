//! A stand-in for an identity provider: HTTPS, the client-credentials grant, tokens that a real broker verifies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crypto::{Algorithm, Signer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::keys::{Pair, modulus};

/// Who may ask.
pub const CLIENT_ID: &str = "order sync";
/// With what.
pub const CLIENT_SECRET: &str = "hunter2:&=";
/// `iss` of every token.
pub const ISSUER: &str = "https://idp.test";
/// `aud` of every token.
pub const AUDIENCE: &str = "kafka";

/// What it does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// A token that lives so many seconds.
    Gives(u64),
    /// HTTP 503.
    Down,
}

/// A running one; it ends with the test process.
pub struct Oidc {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicU64>,
}

impl Oidc {
    /// Signs with this key; `folder` holds the certificate `server.pem` and `server.key`.
    pub fn start(signing: Pair, folder: &Path) -> Self {
        let certificates: Vec<_> =
            CertificateDer::pem_file_iter(folder.join("server.pem")).expect("PEM").map(|one| one.expect("PEM")).collect();
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("PEM");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("rustls's own");
        let config = Arc::new(config.with_no_client_auth().with_single_cert(certificates, key).expect("a pair"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let oidc = Self {
            port: listener.local_addr().expect("bound").port(),
            mood: Arc::new(Mutex::new(Mood::Gives(3_600))),
            asked: Arc::default(),
        };
        let (mood, asked, signer) = (Arc::clone(&oidc.mood), Arc::clone(&oidc.asked), Arc::new(signer(&signing)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, mood, asked, signer) = (Arc::clone(&config), Arc::clone(&mood), Arc::clone(&asked), Arc::clone(&signer));
                // A client that goes in the middle is no failure of the test.
                std::thread::spawn(move || serve(stream, config, &mood, &asked, &signer).ok());
            }
        });
        oidc
    }

    /// The token endpoint.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/token", self.port)
    }

    /// From now on.
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How many tokens were asked for.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The public half as a JSON Web Key Set.
pub fn jwks(signing: &Pair) -> String {
    let n = URL_SAFE_NO_PAD.encode(modulus(signing));
    serde_json::json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": n, "e": "AQAB" }] }).to_string()
}

fn signer(pair: &Pair) -> Signer {
    Signer::new(Arc::new(pair.private_key()), Algorithm::Rsa256).expect("an RSA key")
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, mood: &Mutex<Mood>, asked: &AtomicU64, signer: &Signer) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let (mut login, mut length, mut line) = (String::new(), 0, String::new());
        while reader.read_line(&mut line)? > 0 && line != "\r\n" {
            if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "authorization" => login = value.trim().to_owned(),
                    "content-length" => length = value.trim().parse().unwrap_or(0),
                    _ => {}
                }
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        asked.fetch_add(1, Ordering::Relaxed);
        let mood = *mood.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, answer) = answer(&login, &String::from_utf8_lossy(&body), mood, signer);
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.len());
        reader.get_mut().write_all((head + &answer).as_bytes())?;
    }
}

fn answer(login: &str, form: &str, mood: Mood, signer: &Signer) -> (&'static str, String) {
    // RFC 6749, section 2.3.1: both parts are form-encoded before they are put together.
    let known = format!("Basic {}", STANDARD.encode("order%20sync:hunter2%3A%26%3D"));
    match mood {
        Mood::Down => ("503 Service Unavailable", String::new()),
        Mood::Gives(_) if login != known => ("401 Unauthorized", "{\"error\":\"invalid_client\"}".to_owned()),
        Mood::Gives(_) if !form.split('&').any(|pair| pair == "grant_type=client_credentials") => {
            ("400 Bad Request", "{\"error\":\"unsupported_grant_type\"}".to_owned())
        }
        Mood::Gives(seconds) => {
            let token = token(signer, seconds);
            ("200 OK", format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":{seconds}}}"))
        }
    }
}

fn token(signer: &Signer, seconds: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let claims =
        serde_json::json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "order-sync", "iat": now, "exp": now + seconds, "scope": "kafka" });
    let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let content = format!("{}.{}", encode("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"one\"}"), encode(&claims.to_string()));
    let signature = signer.sign(content.as_bytes()).expect("signed");
    format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
}
