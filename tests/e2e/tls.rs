//! AlipayHK's side of TLS, played by openssl: what does not hold gets no byte of a request.

use std::path::Path;

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::ports;
use order_sync_tests::process::{Process, Start};
use order_sync_tests::tls::Authority;
use order_sync_tests::wait::{PATIENCE, until};

use crate::world::World;

/// What is served and how: certificate, further arguments of `openssl s_server`, and whether it is spoken to.
type Case = (&'static str, &'static [&'static str], bool);

const CASES: [Case; 8] = [
    ("good", &[], true),
    ("good", &["-tls1_3"], true),
    ("good", &["-tls1_2"], true),
    ("good", &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], false),
    ("good", &["-tls1", "-cipher", "ALL:@SECLEVEL=0"], false),
    ("elsewhere", &[], false),
    ("expired", &[], false),
    ("stranger", &[], false),
];

fn serve(folder: &Path, certificate: &str, how: &[&str]) -> (Process, u16) {
    let port = ports::free();
    let own = tempfile::tempdir().unwrap().keep();
    let file = |end: &str| folder.join(format!("{certificate}.{end}")).to_str().unwrap().to_owned();
    let (cert, key, at) = (file("pem"), file("key"), port.to_string());
    let arguments = ["s_server", "-accept", &at, "-cert", &cert, "-key", &key, "-www"];
    let process = Start::new("openssl", &own).args(arguments).args(how).spawn();
    until("openssl listens", PATIENCE, || match std::net::TcpStream::connect(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error}, exit {:?}", process.exit_code())),
    });
    (process, port)
}

#[test]
fn only_tls_that_holds_is_spoken_to() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, other) = (Authority::new(folder.path(), "ca"), Authority::new(folder.path(), "other"));
    ca.sign("good");
    ca.sign_for("elsewhere", "DNS:alipayhk.example", 2);
    ca.sign_for("expired", "DNS:localhost,IP:127.0.0.1", -1);
    other.sign("stranger");
    let world = World::new("tls", 1);
    let config = world.config().set("alipayhk.ca_file", folder.path().join("ca.pem").to_str().unwrap());
    for (certificate, how, spoken) in CASES {
        let (_server, port) = serve(folder.path(), certificate, how);
        let config = config.clone().set("alipayhk.base_url", format!("https://localhost:{port}"));
        let said = OrderSync::command(&config, &["check", "--call"]);
        let refused = said.errors.contains("alipayhk call: no connection: ");
        assert_eq!(said.output.contains("Nothing was sent."), !spoken, "{}", said.output);
        assert_eq!((said.code, refused), (1, !spoken), "{certificate} {how:?}: {}", said.output);
    }
}
