//! What waits inside the engine: the record as it came. A million of them may wait, so only its bytes are kept: what they say is read
//! again when it is sent, which costs a hundredth of the signature.

use std::sync::Arc;

use crate::call::Prepared;
use crate::kafka::record::RawRecord;

/// The engine's payload.
pub(crate) type Payload = Arc<Held>;

/// One record that waits.
#[derive(Debug)]
pub(crate) struct Held {
    /// The record, untouched: a dead letter needs it.
    pub(crate) raw: RawRecord,
    /// The signed request, kept for retries.
    pub(crate) prepared: Prepared,
}
