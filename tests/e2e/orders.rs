//! The harness's orders, by the name the tests here know them by.

use order_sync_tests::avro::Order;

pub(crate) use order_sync_tests::orders::{Life, Modification, assert_delivered, lives, untidy, write};

/// A cinema ticket, with what its table requires.
pub(crate) fn order(number: &str) -> Order {
    Order::new(number).ext_info("{\"start_time\": 1760003600000}")
}
