pub mod kafka;
pub mod ports;
pub mod process;
pub mod wait;
