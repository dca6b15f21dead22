//! What the bytes of records mean: framing, the registry's schemas, Avro, and the sample orders that show them.

mod avro;
mod decoder;
mod encode;
mod framing;
mod key;
pub mod outcome;
mod registry;
pub mod sample;

pub use decoder::{Decoded, Decoder, DecoderError};
pub use encode::{Encoder, EncoderError, raw};
pub use key::KeyNote;
pub use registry::{Registry, RegistryError, RegistrySetup};
