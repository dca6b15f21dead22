//! Panics: where, never what. A panic's text may quote a value of a record.

use std::panic;
use std::thread;

/// Replaces the default hook, which would print the panic's text.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let location = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let thread = thread::current().name().unwrap_or("unnamed").to_owned();
        tracing::error!(location, thread, "panicked; the text is withheld, it could quote a record");
    }));
}
