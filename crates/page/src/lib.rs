//! What both live pages share, the pipeline's and the sandbox's: the frame, the look, the one script, plots, and how numbers are written.
//!
//! Pure: no clock, no I/O, no state. A page's frame carries no figures. Its script asks for them and changes only what differs, so that
//! focus, selection and scroll stay, and a screen reader is told of a changed situation and of nothing else.

#![deny(missing_docs, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly"))]

pub mod bar;
mod frame;
pub mod plot;
pub mod words;

pub use frame::Frame;

/// The style sheet.
pub const STYLE: &str = include_str!("page.css");
/// The script.
pub const SCRIPT: &str = include_str!("page.js");
/// The icon, an SVG.
pub const ICON: &str = include_str!("page.svg");
/// What a page may do: load its own style, script and icon, ask its own process, and nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
