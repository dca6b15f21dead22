//! What waits inside the engine: the record as it came, and the order it holds.

use std::sync::Arc;

use domain::OrderEvent;

use crate::call::Prepared;
use crate::kafka::record::RawRecord;

/// The engine's payload.
pub(crate) type Payload = Arc<Held>;

/// One record and what it was decoded to.
#[derive(Debug)]
pub(crate) struct Held {
    /// The record, untouched: a dead letter needs it.
    pub(crate) raw: RawRecord,
    /// The order; `None` for a record that is not one.
    pub(crate) event: Option<Arc<OrderEvent>>,
    /// The writer schema's id, where the framing has one.
    pub(crate) schema_id: Option<u32>,
    /// The signed request, kept for retries.
    pub(crate) prepared: Prepared,
}
