//! One schema behind TLS: openssl's own server hands out files, with a certificate by an authority that nobody else trusts.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::ports;
use crate::process::{Process, Start};
use crate::wait::{PATIENCE, until};

/// A running server. It ends when it is dropped.
pub struct Secure {
    port: u16,
    folder: TempDir,
    _process: Process,
}

impl Secure {
    /// Starts one that knows this schema by this id.
    pub fn start(id: u32, schema: &str) -> Self {
        let (port, folder) = (ports::free(), tempfile::tempdir().expect("a folder"));
        let path = folder.path();
        let new = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
        let authority = ["req", "-x509", "-subj", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE"];
        openssl(path, &[&authority[..], &new, &["-keyout", "ca.key", "-out", "ca.pem"]].concat());
        let signed = ["req", "-x509", "-subj", "/CN=registry", "-CA", "ca.pem", "-CAkey", "ca.key"];
        let names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(path, &[&signed[..], &new, &names, &["-keyout", "registry.key", "-out", "registry.pem"]].concat());
        // What it serves is a folder of its own: a process takes its folder along when it ends.
        let served = tempfile::tempdir().expect("a folder").keep();
        fs::create_dir_all(served.join("schemas/ids")).expect("the folder is ours");
        fs::write(served.join(format!("schemas/ids/{id}")), json!({ "schema": schema }).to_string()).expect("the folder is ours");
        let file = |name: &str| path.join(name).display().to_string();
        // It serves what is below the folder it stands in.
        let process = Start::new("sh", &served)
            .args(["-c", "cd \"$0\" && exec openssl \"$@\"", &served.display().to_string()])
            .args(["s_server", "-WWW", "-quiet", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", &file("registry.pem"), "-key", &file("registry.key")])
            .spawn();
        until("it listens", PATIENCE, || TcpStream::connect(("127.0.0.1", port)).map(drop).map_err(|error| error.to_string()));
        Self { port, folder, _process: process }
    }

    /// Its address, for `schema.registry_url`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The authority's certificate, for `schema.ca_file`.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).stdin(Stdio::null()).output().expect("openssl is installed");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
