//! The binary in what is left of a machine in the image: its libraries, the authorities' certificates, its configuration, and nobody's user.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use order_sync_tests::keys::Keys;
use order_sync_tests::order_sync::binary;
use order_sync_tests::process::{Process, Signal, Start};
use order_sync_tests::wait::{PATIENCE, until};
use order_sync_tests::{http, ports};
use tempfile::TempDir;

use crate::series::Series;
use crate::tools::{content, machine, promtool, text};

/// The image's user.
const NOBODY: u32 = 65_532;
const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";
const HERE: &str = "usr/local/bin/order-sync";

/// Lays the root of the file system out. No shell, no /tmp, no /proc, no /dev.
fn lay_out(root: &Path, kafka: u16) {
    let libraries = content(machine("ldd", "libc-bin").arg(binary()));
    let paths = libraries.split_whitespace().filter(|word| word.starts_with('/'));
    let wanted = paths.map(|path| (PathBuf::from(path), path.trim_start_matches('/')));
    for (from, to) in wanted.chain([(binary().to_owned(), HERE), (Path::new("/").join(AUTHORITIES), AUTHORITIES)]) {
        let to = root.join(to);
        fs::create_dir_all(to.parent().expect("below the root")).expect("the folder is ours");
        fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
    let etc = root.join("etc/order-sync");
    fs::create_dir_all(&etc).expect("the folder is ours");
    Keys::rsa().write(&etc);
    let config = text("deploy/order-sync.example.toml").replace("127.0.0.1:9092", &format!("127.0.0.1:{kafka}")).replace("keys/", "");
    fs::write(etc.join("order-sync.toml"), config).expect("the folder is ours");
}

/// Starts it there, as a user who may write nowhere. Root may change the root of a process; everybody else needs a namespace for that.
fn start(root: &Path, folder: &Path, admin: u16) -> Process {
    let is_root = rustix::process::getuid().is_root();
    let start = if is_root {
        chown(root.join("etc/order-sync/merchant.pem"), Some(NOBODY), Some(NOBODY)).expect("root may");
        Start::new("chroot", folder).arg(format!("--userspec={NOBODY}:{NOBODY}"))
    } else {
        let may = Command::new("unshare").args(["--user", "--map-root-user", "true"]).status().is_ok_and(|status| status.success());
        assert!(may, "this test wants root, or a machine on which everybody may make user namespaces (unshare --user)");
        Start::new("unshare", folder).args(["--user", "--map-root-user", "--root"])
    };
    let run = ["run", "--config", "/etc/order-sync/order-sync.toml"];
    let start = start.arg(root).arg(Path::new("/").join(HERE)).args(run);
    start.env("ORDER_SYNC__ADMIN__LISTEN", format!("127.0.0.1:{admin}")).spawn()
}

/// Every file and folder below it.
fn inventory(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], inventory(&path)].concat() } else { vec![path] }).collect()
}

/// A running process in such a root.
struct Jailed {
    root: TempDir,
    before: Vec<PathBuf>,
    process: Process,
    admin: u16,
}

impl Jailed {
    #[track_caller]
    fn start() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).expect("the folder is ours");
        let (kafka, admin) = (ports::free(), ports::free());
        lay_out(root.path(), kafka);
        let before = inventory(root.path());
        let folder = tempfile::Builder::new().prefix("order-sync-").tempdir().expect("a temporary folder").keep();
        let process = start(root.path(), &folder, admin);
        let jailed = Self { root, before, process, admin };
        until("it lives", PATIENCE, || match jailed.get("/livez") {
            Ok((200, _)) => Ok(()),
            other => {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                Err(format!("{other:?}, exit {:?}: {log}", jailed.process.exit_code()))
            }
        });
        jailed
    }

    fn get(&self, path: &str) -> Result<(u16, String), String> {
        http::get(&format!("http://127.0.0.1:{}{path}", self.admin))
    }
}

#[test]
fn it_runs_with_nothing_but_its_libraries_and_writes_nothing() {
    let jailed = Jailed::start();
    jailed.process.signal(Signal::TERM);
    assert_eq!(jailed.process.wait(PATIENCE), Some(0));
    assert_eq!(inventory(jailed.root.path()), jailed.before);
}

#[test]
fn prometheus_has_nothing_to_say_about_the_page_and_rules_and_dashboards_find_their_names_on_it() {
    let (status, page) = Jailed::start().get("/metrics").expect("the page");
    assert_eq!(status, 200);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), &page).expect("the file is ours");
    let mut check = promtool();
    content(check.args(["check", "metrics"]).stdin(fs::File::open(file.path()).expect("the file is ours")));
    // What needs a partition or a call is not there yet; what is there has the catalogue's names.
    let series = Series::of_catalogue();
    let names: BTreeSet<&str> =
        page.lines().filter(|line| line.starts_with("ordersync_")).filter_map(|line| line.split(['{', ' ']).next()).collect();
    let strange: Vec<&&str> = names.iter().filter(|name| !series.has(name)).collect();
    assert!(names.len() > 20 && strange.is_empty(), "{} names, not in the catalogue: {strange:?}", names.len());
}
