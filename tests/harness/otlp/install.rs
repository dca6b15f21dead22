//! The Python environment of the receiver.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::python::environment;

/// The environment's Python, after the environment has been made if it was missing.
pub(super) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/otlp/requirements.txt");
        environment("otlp", "ORDER_SYNC_OTLP", requirements, |_| ()).join("bin/python")
    })
}
