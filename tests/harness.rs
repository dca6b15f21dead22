pub mod avro;
pub mod http;
pub mod kafka;
pub mod otlp;
pub mod ports;
pub mod process;
pub mod registry;
pub mod wait;
