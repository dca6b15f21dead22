//! Both live pages in a real Chromium, driven over WebDriver: the pipeline's own and the sandbox's, as `order-sync demo` serves them.
//!
//! Chromium and its driver must be there (Debian: `chromium`, `chromium-driver`), and npm, which fetches the accessibility checks once into
//! `.dev/`. Every test leaves its pictures in `.dev/page/`, for people.

mod access;
mod axe;
mod gate;
mod keyboard;
mod loads;
mod looks;
mod stage;
mod token;
