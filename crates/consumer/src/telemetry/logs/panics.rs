//! Panics: where, never what. A panic's text may quote a value of a record.

use std::io::{self, Write as _};
use std::panic;
use std::thread;

/// Replaces the default hook, which would print the panic's text.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let location = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let thread = thread::current().name().unwrap_or("unnamed").to_owned();
        if !tracing::dispatcher::has_been_set() {
            // Nobody writes log lines yet; nobody is left to tell when stderr is gone.
            let _ = writeln!(io::stderr().lock(), "order-sync: panicked at {location}; the text is withheld, it could quote a record");
            return;
        }
        tracing::error!(location, thread, "panicked; the text is withheld, it could quote a record");
    }));
}
