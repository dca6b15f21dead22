//! Sample orders.
