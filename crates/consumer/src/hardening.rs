//! What the process does to itself before it reads a key: its memory is written to no core dump, no other process of the same user looks into
//! it, and a panic says where it was and never what.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::telemetry::logs::install_panic_hook;

/// Once, at the very beginning.
///
/// # Errors
/// Linux refuses one of it.
pub fn harden() -> io::Result<()> {
    install_panic_hook();
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Not even to a program that takes core dumps through a pipe, for which the limit does not count; and no debugger attaches.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn no_core_is_dumped_and_the_limit_cannot_be_raised_again() {
        let before = std::panic::take_hook();
        harden().unwrap();
        std::panic::set_hook(before);
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
