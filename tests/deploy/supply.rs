//! What comes in from outside, by cargo-deny: the bans, licences and sources of deny.toml. `tests/tidy/supply.rs` asks much the same of the lock
//! file with nothing installed.

use crate::tools::{content, packaged};

#[test]
fn cargo_deny_has_nothing_to_say() {
    let said = content(packaged("cargo-deny").args(["--locked", "check", "bans", "licenses", "sources"]));
    assert!(said.contains("bans ok, licenses ok, sources ok") && !said.contains("warning["), "{said}");
}
