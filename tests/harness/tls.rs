//! Throw-away certificates by openssl, as PEM: an authority and what it signs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A certificate authority; its certificate is `NAME.pem`.
pub struct Authority {
    folder: PathBuf,
    name: String,
}

impl Authority {
    /// Makes one.
    pub fn new(folder: &Path, name: &str) -> Self {
        let subject = format!("/CN={name}");
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
        let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &pem];
        openssl(folder, &[new.as_slice(), &extensions].concat());
        Self { folder: folder.to_owned(), name: name.to_owned() }
    }

    /// A certificate for localhost for two days: `NAME.pem` with `NAME.key`, and both in `NAME.both.pem`.
    pub fn sign(&self, name: &str) {
        self.sign_for(name, "DNS:localhost,IP:127.0.0.1", 2);
    }

    /// The same for other names, in openssl's spelling, and so many days; with less than none it has run out.
    pub fn sign_for(&self, name: &str, names: &str, days: i32) {
        let (key, request, pem, extensions) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"), format!("{name}.ext"));
        openssl(
            &self.folder,
            &["req", "-newkey", "rsa:2048", "-nodes", "-subj", &format!("/CN={name}"), "-keyout", &key, "-out", &request],
        );
        fs::write(self.folder.join(&extensions), format!("subjectAltName={names}\n")).expect("the folder is ours");
        let (ca, ca_key) = (format!("{}.pem", self.name), format!("{}.key", self.name));
        let days = days.to_string();
        let sign = ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", &days, "-out", &pem];
        openssl(&self.folder, &[sign.as_slice(), &["-extfile", &extensions]].concat());
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).expect("openssl wrote it");
        fs::write(self.folder.join(format!("{name}.both.pem")), read(&key) + &read(&pem)).expect("the folder is ours");
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).stdin(Stdio::null()).output().expect("openssl is installed");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
