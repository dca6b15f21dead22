//! What recovery costs: after a kill, after an outage, after a long absence; and what is added to a calm line.

pub(crate) mod bare_loop;
mod calm;
mod catch_up;
mod killed;
mod outage;
mod witness;

pub(crate) use calm::measure as calm;
pub(crate) use catch_up::measure as catch_up;
pub(crate) use killed::measure as killed;
pub(crate) use outage::measure as outage;
