//! What the benches share: orders to work on, and a clock that other programs on the machine do not disturb.

pub mod bare;
pub mod cpu_clock;
pub mod engines;
pub mod orders;
