use super::*;

#[test]
fn the_binary_is_built_and_a_command_without_a_meaning_is_refused() {
    let finished = OrderSync::plain(&["dance"]);
    assert_eq!(finished.code, 2, "{finished:?}");
    assert!(finished.errors.contains("dance"), "{finished:?}");
}

#[test]
fn what_the_configuration_lacks_is_named_on_standard_error() {
    let finished = OrderSync::command(&Config::empty(), &["run"]);
    assert_eq!((finished.code, finished.errors.trim().lines().count()), (2, 1), "{finished:?}");
}
