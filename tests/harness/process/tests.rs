use std::fs;

use super::*;
use crate::wait::{PATIENCE, until};

fn folder() -> PathBuf {
    tempfile::tempdir().unwrap().keep()
}

fn shell(script: &str, folder: &Path) -> Process {
    Start::new("sh", folder).args(["-c", script]).spawn()
}

fn runs(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn the_exit_code_comes_back() {
    let process = shell("exit 7", &folder());
    assert_eq!(process.wait(PATIENCE), Some(7));
    assert_eq!(process.exit_code(), Some(7));
}

#[test]
fn a_signal_reaches_the_child() {
    let process = shell("exec sleep 100", &folder());
    assert_eq!(process.exit_code(), None);
    process.signal(Signal::TERM);
    assert_eq!(process.wait(PATIENCE), Some(128 + 15));
}

#[test]
fn output_and_errors_can_go_apart() {
    let folder = folder();
    let process = Start::new("sh", &folder).args(["-c", "echo out; echo err >&2"]).apart("out", "err").spawn();
    process.wait(PATIENCE);
    assert_eq!(fs::read_to_string(folder.join("out")).unwrap(), "out\n");
    assert_eq!(fs::read_to_string(folder.join("err")).unwrap(), "err\n");
}

#[test]
fn dropping_kills_also_a_stopped_child_and_removes_the_folder() {
    let folder = folder();
    let process = shell("exec sleep 100", &folder);
    let pid = process.pid();
    process.signal(Signal::STOP);
    drop(process);
    assert!(!runs(pid));
    assert!(!folder.exists());
}

#[test]
fn the_folder_can_be_kept_for_a_second_life() {
    let folder = folder();
    let process = shell("echo first; exec sleep 100", &folder);
    let pid = process.pid();
    until("output", PATIENCE, || if folder.join("log").metadata().is_ok_and(|log| log.len() > 0) { Ok(()) } else { Err("none".into()) });
    process.keep_folder();
    assert!(!runs(pid));
    let second = shell("echo second", &folder);
    second.wait(PATIENCE);
    assert_eq!(fs::read_to_string(folder.join("log")).unwrap(), "first\nsecond\n");
}

#[test]
fn a_child_does_not_outlive_a_killed_parent() {
    let folder = folder();
    let mut parent = Command::new("sleep").arg("100").stdout(Stdio::piped()).spawn().unwrap();
    let mut guard = Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .args([&folder, &folder.join("out"), &folder.join("err")])
        .args(["sleep", "100"])
        .stdin(parent.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(guard.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let child: i32 = line.trim().parse().unwrap();
    assert!(runs(child));
    parent.kill().unwrap();
    parent.wait().unwrap();
    guard.wait().unwrap();
    assert!(!runs(child));
    assert!(!folder.exists());
}
