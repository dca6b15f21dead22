//! What the bytes of records mean: framing, the registry's schemas, Avro, and the sample orders that show them.

pub(crate) mod avro;
mod decoder;
mod encode;
pub(crate) mod fill;
mod framing;
mod key;
pub mod outcome;
mod reading;
mod registry;
pub mod sample;

pub(crate) use decoder::END_OF_TIME;
pub use decoder::{Claims, Decoded, Decoder, DecoderError};
pub use encode::{Encoder, EncoderError, raw};
pub use key::KeyNote;
pub use reading::fits;
pub use registry::{Newest, Registry, RegistryError, RegistrySetup};
