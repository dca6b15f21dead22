//! Log lines on stderr: one line an event, as text or JSON. Stdout belongs to the output of commands.

mod clean;
mod filter;
mod lines;
mod panics;

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

pub use filter::{BadLevel, Filter};
pub use panics::install_panic_hook;

use lines::Lines;

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
    let terminal = io::stderr().is_terminal();
    let colour = format == Format::Text && terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Lines::new(format, colour, io::stderr)
}

#[cfg(test)]
mod tests;
