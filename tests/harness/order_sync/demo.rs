//! `order-sync demo` as a child process: a pipeline with everything around it, and nothing to install.

use std::path::PathBuf;
use std::time::Duration;

use super::{binary, folder, last, read};
use crate::process::{Process, Start};
use crate::wait::until;

/// The debug build makes two RSA keys first.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running demo. Dropping it kills it.
pub struct Demo {
    process: Process,
    admin: String,
    sandbox: String,
}

impl Demo {
    /// Starts it, and waits for its addresses.
    #[track_caller]
    pub fn start() -> Self {
        let folder: PathBuf = folder();
        let process = Start::new(binary::path(), &folder).arg("demo").apart("out", "log").spawn();
        let address = |name: &str| {
            until(&format!("the demo tells the address of its {name}"), PATIENCE, || {
                let out = read(&folder, "out");
                let line = out.lines().find_map(|line| line.strip_prefix(name).map(|rest| rest.trim().trim_end_matches('/').to_owned()));
                line.ok_or_else(|| format!("exit {:?}; {out}; {}", process.exit_code(), last(&read(&folder, "log"))))
            })
        };
        let (admin, sandbox) = (address("page "), address("sandbox "));
        Self { process, admin, sandbox }
    }

    /// A path on its admin address.
    pub fn admin(&self, path: &str) -> String {
        format!("{}{path}", self.admin)
    }

    /// A path on its sandbox.
    pub fn sandbox(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox)
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }
}
