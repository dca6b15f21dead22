//! The image: how it is built, and what the binary needs in it.

use std::collections::BTreeSet;

use order_sync_tests::order_sync;

use crate::tools::{content, machine, packaged, text};

/// What distroless' cc image brings: glibc, libgcc, OpenSSL 3.
const THERE: [&str; 7] =
    ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libssl.so.3", "libcrypto.so.3"];

#[test]
fn hadolint_finds_nothing_in_the_dockerfile() {
    content(packaged("hadolint").args(["--failure-threshold", "style", "deploy/Dockerfile"]));
}

#[test]
fn the_production_stage_is_last_without_sandbox_shell_and_root() {
    let file = text("deploy/Dockerfile");
    let last = &file[file.rfind("\nFROM ").expect("stages")..];
    assert!(last.starts_with("\nFROM ${RUNTIME}\n"), "{last}");
    assert!(last.contains("COPY --from=build /order-sync") && last.contains("USER 65532:65532"), "{last}");
    assert!(!last.contains("\nRUN "), "nothing runs in the production stage: there is no shell in it");
    let build = file.split("FROM source AS build\n").nth(1).and_then(|rest| rest.split("FROM ").next()).expect("the stage `build`");
    assert!(build.contains("--no-default-features"), "{build}");
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_project() {
    let file = text("deploy/Dockerfile");
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")).expect("a channel").trim_end_matches('"');
    assert!(file.contains(&format!("ARG RUST=rust:{version}-slim-bookworm")), "{version}");
    assert!(file.contains(&format!("ENV RUSTUP_TOOLCHAIN={version}")), "{version}");
}

#[test]
fn the_binary_needs_no_library_that_the_image_does_not_have() {
    let said = content(machine("readelf", "binutils").arg("--dynamic").arg(order_sync::binary()));
    let needed: BTreeSet<&str> =
        said.lines().filter(|line| line.contains("(NEEDED)")).filter_map(|line| line.split(['[', ']']).nth(1)).collect();
    assert!(needed.contains("libc.so.6"), "{said}");
    let missing: Vec<&&str> = needed.iter().filter(|name| !THERE.contains(name)).collect();
    assert!(missing.is_empty(), "not in distroless' cc image: {missing:?}");
}
