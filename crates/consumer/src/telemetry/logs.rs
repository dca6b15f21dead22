//! Log lines on stderr: one line an event, as text or JSON. Stdout belongs to the output of commands.

mod clean;
mod filter;
mod lines;
mod panics;
pub(crate) mod quiet;

use std::io;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

pub use filter::{BadLevel, Filter};
pub use panics::install_panic_hook;

#[cfg(feature = "sandbox")]
pub(crate) use lines::written;

use lines::Lines;

use crate::terminal::Look;

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The layer that writes events to stderr; [`Filter::globally`] chooses them.
pub(super) fn layer<S>(format: Format) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let colour = format == Format::Text && Look::of(&io::stderr()).colour;
    Lines::new(format, colour, io::stderr)
}

#[cfg(test)]
mod tests;
