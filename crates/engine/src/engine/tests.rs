//! Facts about the whole engine, one module for each part of its rules.

mod answering;
mod bounding;
mod collapsing;
mod committing;
mod draining;
mod gating;
mod going_back;
mod handing_over;
mod leasing;
mod outage;
mod random;
mod restoring;
mod rig;
mod several_partitions;
mod showing;
mod watching;
mod world;
