//! What a terminal shows and a pipe does not: views that are drawn over, colours, and what is waited for.
//!
//! The terminal is that of `script` (Debian: bsdutils).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

const ORDER_SYNC: &str = env!("CARGO_BIN_EXE_order-sync");
/// Sets a colour.
const COLOUR: &str = "\x1b[3";

fn on_a_terminal(arguments: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &format!("{ORDER_SYNC} {arguments}"), "/dev/null"]).stdin(Stdio::null());
    said(command, environment)
}

fn through_a_pipe(arguments: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{ORDER_SYNC} {arguments} 2>&1")]).stdin(Stdio::null());
    said(command, environment)
}

fn said(mut command: Command, environment: &[(&str, &str)]) -> String {
    let Output { stdout, .. } = command.env_remove("NO_COLOR").env("TERM", "xterm").envs(environment.iter().copied()).output().unwrap();
    String::from_utf8(stdout).unwrap()
}

/// A configuration whose broker is not there, with the pages at this address.
fn lonely(folder: &Path, admin: &str) -> String {
    let keys = folder.join("keys");
    let made = Command::new(ORDER_SYNC).args(["keys", "generate", "--algorithm", "ECC224", "--out"]).arg(&keys).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut text = String::new();
    let _ = write!(
        text,
        "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\ntopics = [\"orders\"]\ngroup_id = \"lonely\"\n[schema]\nframing = \"single_object\"\n\
         [alipayhk]\nbase_url = \"http://127.0.0.1:1\"\nclient_id = \"4Q5Y8W0WSG45P907917\"\n\
         [alipayhk.signing]\nalgorithm = \"ECC224\"\nprivate_key_file = \"keys/merchant.pem\"\nkey_version = 1\n\
         [[alipayhk.verify_keys]]\npublic_key_file = \"keys/merchant.pub.pem\"\nkey_version = 1\n\
         [quota]\nrequests_per_second = 20\n[dead_letter]\ntopic = \"orders.dlq\"\n[admin]\nlisten = \"{admin}\"\n"
    );
    let file = folder.join("order-sync.toml");
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[cfg(feature = "sandbox")]
#[test]
fn on_a_terminal_the_demo_is_drawn_over_and_elsewhere_it_is_plain_lines() {
    let (drawn, plain, piped) = thread::scope(|all| {
        let plain = all.spawn(|| on_a_terminal("demo --for 4s", &[("NO_COLOR", "1")]));
        let piped = all.spawn(|| through_a_pipe("demo --for 4s", &[]));
        (on_a_terminal("demo --for 4s", &[]), plain.join().unwrap(), piped.join().unwrap())
    });
    assert!(drawn.matches("\x1b[6A").count() > 3 && drawn.contains(COLOUR), "{drawn:?}");
    assert!(drawn.contains("gate ") && !drawn.contains("\nwritten "), "{drawn:?}");
    assert!(plain.contains("\x1b[6A") && !plain.contains(COLOUR), "{plain:?}");
    assert!(piped.contains("\nwritten ") && piped.contains("\nok: ") && !piped.contains('\x1b'), "{piped:?}");
}

#[test]
fn the_log_has_colours_on_a_terminal_unless_somebody_says_no() {
    // It warns of its keys, and ends by itself, for its address is taken.
    let (folder, taken) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let file = lonely(folder.path(), &taken.local_addr().unwrap().to_string());
    let run = |environment: &[(&str, &str)], ask: fn(&str, &[(&str, &str)]) -> String| {
        let log = ask(&format!("run --config {file}"), environment);
        assert!(log.contains("WARN") && log.contains("admin.listen"), "{log:?}");
        log
    };
    assert!(run(&[], on_a_terminal).contains(COLOUR));
    assert!(!run(&[("NO_COLOR", "1")], on_a_terminal).contains('\x1b'));
    assert!(!run(&[], through_a_pipe).contains('\x1b'));
}

#[test]
fn what_takes_long_is_said_on_a_terminal_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let file = lonely(folder.path(), "127.0.0.1:0");
    let status = format!("status --config {file}");
    let (asked, piped) = thread::scope(|both| {
        let piped = both.spawn(|| through_a_pipe(&status, &[]));
        (on_a_terminal(&status, &[]), piped.join().unwrap())
    });
    assert!(asked.contains("\rwaiting for Kafka, 2 s\x1b[K") && asked.contains("\r\x1b[K"), "{asked:?}");
    let last = asked.rsplit("\x1b[K").next().unwrap();
    assert!(last.starts_with("order-sync: kafka.bootstrap_servers: "), "{asked:?}");
    assert!(piped.starts_with("order-sync: kafka.bootstrap_servers: "), "{piped:?}");
}

#[test]
fn help_has_no_escapes_where_nobody_sees_them() {
    for help in ["--help", "dlq replay --help", "backfil"] {
        assert!(!through_a_pipe(help, &[]).contains('\x1b'), "{help}");
        assert!(!on_a_terminal(help, &[("NO_COLOR", "1")]).contains('\x1b'), "{help}");
    }
}
