//! The soak as a test: two minutes of disturbances from one seed.

use std::time::Duration;

use order_sync_tests::process::Start;

/// Two minutes of disturbances, up to two until everything is committed, and the starts and stops around them.
const PATIENCE: Duration = Duration::from_secs(420);

#[test]
fn nothing_is_lost_goes_backwards_or_is_committed_early_in_two_minutes_of_random_faults() {
    let folder = tempfile::Builder::new().prefix("soak-").tempdir().expect("a temporary folder").keep();
    let soak = Start::new(env!("CARGO_BIN_EXE_soak"), &folder).args(["--minutes", "2", "--seed", "20261125"]).spawn();
    let code = soak.wait(PATIENCE);
    let told = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    println!("{told}");
    assert_eq!(code, Some(0), "{told}");
}
