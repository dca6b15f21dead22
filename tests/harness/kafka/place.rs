//! Where a broker has its files and its ports, and what is prepared there.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::{java, text};
use crate::kafka::jars;
use crate::ports;
use crate::process::Process;
use crate::wait::PATIENCE;

/// Any 22 characters of base64url.
const CLUSTER_ID: &str = "b3JkZXItc3luYy10ZXN0cw";

/// One broker's folder and ports.
pub(super) struct Place {
    pub(super) node: usize,
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    pub(super) controller: u16,
    pub(super) doors: Vec<Door>,
    /// Properties of the JVM beside ours.
    pub(super) java_options: String,
}

/// A listener of its own, which names the proxy's port to whoever comes in by it.
pub(super) struct Door {
    pub(super) outside: u16,
    pub(super) inside: u16,
}

impl Place {
    pub(super) fn new(node: usize, doors: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("kafka-").tempdir().expect("a temporary folder").keep();
        let doors = (0..doors).map(|_| Door { outside: ports::free(), inside: ports::free() }).collect();
        Self { node, folder, port: ports::free(), controller: ports::free(), doors, java_options: String::new() }
    }

    /// As it stands in `controller.quorum.voters`.
    pub(super) fn voter(&self) -> String {
        format!("{}@127.0.0.1:{}", self.node, self.controller)
    }

    /// Writes settings and formatted storage.
    pub(super) fn prepare(&self, voters: &str, settings: &[(&str, &str)]) {
        self.write_settings(voters, settings);
        self.copy_formatted();
    }

    /// Writes settings, and storage formatted with arguments of its own.
    pub(super) fn prepare_by(&self, arguments: &[&str], settings: &[(&str, &str)]) {
        self.write_settings(&self.voter(), settings);
        self.format(arguments).keep_folder();
    }

    fn format(&self, arguments: &[&str]) -> Process {
        let settings = text(&self.folder.join("server.properties"));
        let start = java(&self.folder).args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", &settings]);
        let process = start.args(arguments).spawn();
        let code = process.wait(PATIENCE);
        assert_eq!(code, Some(0), "format: {}", fs::read_to_string(self.folder.join("log")).unwrap_or_default());
        process
    }

    fn write_settings(&self, voters: &str, settings: &[(&str, &str)]) {
        let (port, controller, mut text) = (self.port, self.controller, include_str!("../../kafka/server.properties").to_owned());
        let (mut listeners, mut advertised, mut map) = (String::new(), String::new(), String::new());
        for (number, door) in self.doors.iter().enumerate() {
            let _ = write!(listeners, ",DOOR{number}://127.0.0.1:{}", door.inside);
            let _ = write!(advertised, ",DOOR{number}://127.0.0.1:{}", door.outside);
            let _ = write!(map, ",DOOR{number}:PLAINTEXT");
            let _ = writeln!(text, "listener.name.door{number}.num.network.threads=1");
        }
        let _ = write!(
            text,
            "\nlog.dirs={}/data\nnode.id={}\ncontroller.quorum.voters={voters}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listeners}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{map}\n",
            self.folder.display(),
            self.node,
        );
        for (key, value) in settings {
            let _ = writeln!(text, "{key}={value}");
        }
        fs::write(self.folder.join("server.properties"), text).expect("the folder is ours");
    }

    /// Formatting costs a JVM, and its result (two small files) does not depend on ports: it is done once and kept beside the jars.
    fn copy_formatted(&self) {
        let kept = jars::folder().join("formatted");
        if !kept.exists() {
            format(&kept);
        }
        let data = self.folder.join("data");
        fs::create_dir_all(data.join("__cluster_metadata-0")).expect("the folder is ours");
        for entry in walk(&kept) {
            fs::copy(kept.join(&entry), data.join(&entry)).expect("the folder is ours");
        }
        if self.node != 1 {
            self.become_another(&data.join("meta.properties"));
        }
    }

    /// Another node has another number, and its folder another id.
    fn become_another(&self, file: &Path) {
        let text = fs::read_to_string(file).expect("formatted storage");
        let lines = text.lines().map(|line| match line.split_once('=') {
            Some(("node.id", _)) => format!("node.id={}", self.node),
            Some(("directory.id", id)) => format!("directory.id={}", id_of_another(id, self.node)),
            _ => line.to_owned(),
        });
        let text: Vec<String> = lines.collect();
        fs::write(file, text.join("\n") + "\n").expect("the folder is ours");
    }
}

/// The id of the folder of node 2, 3 or 4, other than that of node 1 and of one another: two nodes with one id cannot register both.
fn id_of_another(id: &str, node: usize) -> String {
    let mut letters = ["A", "B", "C", "D"].into_iter().filter(|letter| !id.starts_with(letter));
    format!("{}{}", letters.nth(node - 2).expect("at most four nodes"), &id[1..])
}

fn format(kept: &Path) {
    let scratch = tempfile::Builder::new().prefix("format-").tempdir_in(jars::folder()).expect("the jars' folder is writable");
    let place =
        Place { node: 1, folder: scratch.path().to_owned(), port: 1, controller: 2, doors: Vec::new(), java_options: String::new() };
    place.write_settings(&place.voter(), &[]);
    let _process = place.format(&[]);
    // Somebody else may have been faster; both results serve.
    let _ = fs::rename(scratch.path().join("data"), kept);
}

fn walk(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = PathBuf::from(entry.file_name());
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()).into_iter().map(|file| name.join(file)));
        } else {
            files.push(name);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_nodes_have_one_id_whatever_the_first_one_has() {
        for first in ["A", "B", "C", "D", "z", "-", "_", "0"] {
            let id = format!("{first}8b8qrUiHjt7sSytPD4UGA");
            let ids: BTreeSet<String> = (2..=4).map(|node| id_of_another(&id, node)).chain([id.clone()]).collect();
            assert_eq!(ids.len(), 4, "{id}");
        }
    }
}
