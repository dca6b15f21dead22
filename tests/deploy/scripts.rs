//! The project's own scripts.

use crate::tools::{content, packaged};

#[test]
fn shellcheck_finds_nothing_in_our_scripts() {
    content(packaged("shellcheck").args(["dev", ".ci/run"]));
}
